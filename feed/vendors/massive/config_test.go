package massive

import (
	"testing"
	"time"

	"tickertape/feed/vendors/vendortest"
)

func TestClustersThatAreLateSaySo(t *testing.T) {
	for url, late := range map[string]time.Duration{
		"wss://socket.massive.com/stocks":      0,
		"wss://delayed.massive.com/stocks":     15 * time.Minute,
		"wss://delayed.polygon.io:443/stocks":  15 * time.Minute,
		"wss://proxy.example/delayed.massive.": 0,
	} {
		if got := (Config{URL: url}).delay(); got != late {
			t.Errorf("%s: %v late, want %v", url, got, late)
		}
	}
}

func TestBadConfigurationIsNamed(t *testing.T) {
	vendortest.CheckSettings(t, DefaultConfig, vendortest.Settings[Config]{
		"no address":       {func(c *Config) { c.URL = "" }, `url: "" is not an address such as wss://host/path`},
		"a key in it":      {func(c *Config) { c.URL = "wss://x/stocks?apiKey=CANARY" }, `url: the address at "x" has more than a path`},
		"a password in it": {func(c *Config) { c.REST = "https://me:CANARY@x" }, `rest: the address at "x" has more than a path`},
		"another scheme": {func(c *Config) { c.REST = "ftp://me:CANARY@x" },
			`rest: "ftp://***@x" is not an address such as https://host/path`},
		"no symbols":         {func(c *Config) { c.Symbols = nil }, "symbols: 0 is not between 1 and 20000"},
		"all of them":        {func(c *Config) { c.Symbols = []string{"*"} }, `symbols[0]: "*" is no symbol`},
		"a coin":             {func(c *Config) { c.Symbols = []string{"X:BTCUSD"} }, `symbols[0]: "X:BTCUSD" is not a stock`},
		"no symbol":          {func(c *Config) { c.Symbols = []string{"A B"} }, `symbols[0]: "A B" is no symbol`},
		"twice":              {func(c *Config) { c.Symbols = []string{"A", "A"} }, `symbols[1]: "A" is there twice`},
		"no requests":        {func(c *Config) { c.RESTPerMinute = 0 }, "rest_per_minute: 0 is not between 1 and 6000"},
		"a lot of nothing":   {func(c *Config) { c.Lot = 0 }, "lot: 0 is not between 1 and 1000000"},
		"everything at once": {func(c *Config) { *c = Config{} }, "lot: "},
	})
}

func TestAdviceIsTheSameClusterLater(t *testing.T) {
	const advice = "; if the plan has delayed data only, set feed.massive.url to "
	for address, want := range map[string]string{
		"wss://socket.massive.com/stocks":  advice + "wss://delayed.massive.com/stocks",
		"wss://socket.polygon.io/stocks":   advice + "wss://delayed.polygon.io/stocks",
		"wss://delayed.massive.com/stocks": "",
		"ws://localhost:9000/stocks":       "",
		"%":                                "",
	} {
		if got := (Config{URL: address}).advice(); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
}
