package binance

import (
	"testing"

	"tickertape/feed/vendors/vendortest"
)

func TestBadConfigurationIsNamed(t *testing.T) {
	vendortest.CheckSettings(t, DefaultConfig, vendortest.Settings[Config]{
		"no address":       {func(c *Config) { c.URL = "" }, `url: "" is not an address such as wss://host/path`},
		"another scheme":   {func(c *Config) { c.URL = "https://x" }, `url: "https://x"`},
		"a query":          {func(c *Config) { c.REST = "https://x/?a=b" }, `rest: the address at "x" has more than a path`},
		"no symbols":       {func(c *Config) { c.Symbols = nil }, "symbols: 0 is not between 1 and 5000"},
		"in lower case":    {func(c *Config) { c.Symbols = []string{"btcusdt"} }, `symbols[0]: "btcusdt" is not a symbol such as BTCUSDT`},
		"with a slash":     {func(c *Config) { c.Symbols = []string{"BTC/USDT"} }, `symbols[0]: "BTC/USDT"`},
		"twice":            {func(c *Config) { c.Symbols = []string{"BTCUSDT", "BTCUSDT"} }, `symbols[1]: "BTCUSDT" is there twice`},
		"all at once":      {func(c *Config) { *c = Config{} }, "rest: "},
		"a password in it": {func(c *Config) { c.URL = "wss://me:secret@x" }, "url: "},
	})
}

func TestRecordSaysWhatASymbolIs(t *testing.T) {
	for symbol, want := range map[string]string{
		"BTCUSDT":  "Bitcoin, USDT",
		"ETHBTC":   "Ethereum, BTC",
		"BTCFDUSD": "Bitcoin, FDUSD",
		"BNBUSD":   "BNB, USD", // and not BN in BUSD
		"DOTUSD":   "Polkadot, USD",
		"WXYZUSDT": ", USDT",
		"USDT":     ", ",
		"WXYZ":     ", ",
	} {
		if r := record(symbol); r.Name+", "+r.Currency != want || r.Symbol != symbol || r.Market != "crypto" {
			t.Errorf("%s: %+v, want %s", symbol, r, want)
		}
	}
}
