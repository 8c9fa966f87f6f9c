package kraken

import (
	"testing"

	"tickertape/feed/vendors/vendortest"
)

func TestBadConfigurationIsNamed(t *testing.T) {
	vendortest.CheckSettings(t, DefaultConfig, vendortest.Settings[Config]{
		"no address":           {func(c *Config) { c.URL = "" }, `url: "" is not an address such as wss://host/path`},
		"another scheme":       {func(c *Config) { c.URL = "https://x" }, `url: "https://x"`},
		"a query":              {func(c *Config) { c.REST = "https://x/?a=b" }, `rest: the address at "x" has more than a path`},
		"a password in it":     {func(c *Config) { c.URL = "wss://me:secret@x" }, "url: "},
		"no symbols":           {func(c *Config) { c.Symbols = nil }, "symbols: 0 is not between 1 and 5000"},
		"no slash":             {func(c *Config) { c.Symbols = []string{"BTCUSD"} }, `symbols[0]: "BTCUSD" is not a pair such as BTC/USD`},
		"two slashes":          {func(c *Config) { c.Symbols = []string{"BTC/USD/X"} }, `symbols[0]: "BTC/USD/X"`},
		"half a pair":          {func(c *Config) { c.Symbols = []string{"/USD"} }, `symbols[0]: "/USD"`},
		"what must be escaped": {func(c *Config) { c.Symbols = []string{"A&B/USD"} }, `symbols[0]: "A&B/USD"`},
		"version 1, coin": {func(c *Config) { c.Symbols = []string{"ETH/USD", "XBT/USD"} },
			`symbols[1]: "XBT/USD" is how version 1 spells "BTC/USD"`},
		"version 1, currency": {func(c *Config) { c.Symbols = []string{"ETH/XBT"} }, `symbols[0]: "ETH/XBT" is how version 1 spells "ETH/BTC"`},
		"twice":               {func(c *Config) { c.Symbols = []string{"BTC/USD", "BTC/USD"} }, `symbols[1]: "BTC/USD" is there twice`},
		"all at once":         {func(c *Config) { *c = Config{} }, "rest: "},
	})
	c := DefaultConfig()
	c.Symbols = []string{"AAPLx/USD", "ETH/BTC", "USDT/USD"}
	if err := c.Validate(); err != nil {
		t.Errorf("%v: %v", c.Symbols, err)
	}
}
