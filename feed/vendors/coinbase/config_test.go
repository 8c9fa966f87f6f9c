package coinbase

import (
	"fmt"
	"testing"

	"tickertape/feed/vendors/vendortest"
)

func TestDefaultConfigIsValid(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
}

func TestValidateNamesWhatIsWrong(t *testing.T) {
	many := make([]string, mostSymbols+1)
	for i := range many {
		many[i] = fmt.Sprintf("C%d-USD", i)
	}
	vendortest.CheckSettings(t, DefaultConfig, vendortest.Settings[Config]{
		"another api":           {func(c *Config) { c.API = "pro" }, `api: "pro" is not advanced or exchange`},
		"an address of its own": {func(c *Config) { c.URL, c.REST = "ws://127.0.0.1:9000/feed", "http://127.0.0.1:9000/" }, ""},
		"an address of a page": {func(c *Config) { c.URL = "https://example.com" },
			`url: "https://example.com" is not an address such as wss://host/path`},
		"no address": {func(c *Config) { c.URL = "::" }, `url: "::" is not an address`},
		"a password": {func(c *Config) { c.REST = "https://me:secret@example.com" },
			`rest: the address at "example.com" has more than a path`},
		"a query": {func(c *Config) { c.REST = "https://example.com?key=1" },
			`rest: the address at "example.com" has more than a path`},
		"no symbols":       {func(c *Config) { c.Symbols = nil }, "symbols: 0 is not between 1 and 2000"},
		"too many symbols": {func(c *Config) { c.Symbols = many }, "symbols: 2001 is not between 1 and 2000"},
		"a lower case":     {func(c *Config) { c.Symbols = []string{"btc-usd"} }, `symbols[0]: "btc-usd" is not a product such as BTC-USD`},
		"a slash":          {func(c *Config) { c.Symbols = []string{"BTC-USD", "BTC/USD"} }, `symbols[1]: "BTC/USD" is not a product`},
		"a coin":           {func(c *Config) { c.Symbols = []string{"BTC-"} }, `symbols[0]: "BTC-" is not a product`},
		"a future":         {func(c *Config) { c.Symbols = []string{"BIT-28NOV26-CDE"} }, ""},
		"twice":            {func(c *Config) { c.Symbols = []string{"BTC-USD", "BTC-USD"} }, `symbols[1]: "BTC-USD" is there twice`},
		"twins": {func(c *Config) { c.Symbols = []string{"BTC-USDC", "BTC-USD"} },
			`symbols[0]: "BTC-USDC" is published as "BTC-USD", which is there, too`},
	})
}

func TestRecordsSayWhatASymbolIs(t *testing.T) {
	for product, want := range map[string]string{
		"BTC-USD":         "Bitcoin, USD",
		"SHIB-EUR":        "Shiba Inu, EUR",
		"WXYZ-USD":        ", USD",
		"BIT-28NOV26-CDE": ", ",
	} {
		if s := record(product); s.Name+", "+s.Currency != want || s.Symbol != product {
			t.Errorf("%s: %+v, want %s", product, s, want)
		}
	}
}
