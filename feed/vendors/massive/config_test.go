package massive

import (
	"strings"
	"testing"
)

func TestBadConfigurationIsNamed(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Errorf("the default: %v", err)
	}
	for name, tc := range map[string]struct {
		change func(*Config)
		want   string
	}{
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
	} {
		t.Run(name, func(t *testing.T) {
			c := DefaultConfig()
			tc.change(&c)
			if err := c.Validate(); err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "CANARY") {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
		})
	}
}
