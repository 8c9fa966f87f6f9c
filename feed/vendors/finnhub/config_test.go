package finnhub

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tickertape/feed"
	"tickertape/feed/vendors/vendortest"
)

func TestDefaultConfigIsValid(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
}

func TestValidateNamesEveryBadValue(t *testing.T) {
	vendortest.CheckSettings(t, DefaultConfig, vendortest.Settings[Config]{
		"address": {func(c *Config) { c.URL = "ws.finnhub.io" }, `url: "ws.finnhub.io" is not an address such as wss://host/path`},
		"rest": {func(c *Config) { c.REST = "wss://finnhub.io" },
			`rest: "wss://finnhub.io" is not an address such as https://host/path`},
		"none":       {func(c *Config) { c.Symbols = nil }, "symbols: [] names none"},
		"bad symbol": {func(c *Config) { c.Symbols = []string{"AAPL", "IC MARKETS:1"} }, `symbols[1]: "IC MARKETS:1" is no symbol`},
		"no venue":   {func(c *Config) { c.Symbols = []string{":BTCUSDT"} }, `symbols[0]: ":BTCUSDT" is not a symbol such as`},
		"mute venue": {func(c *Config) { c.Symbols = []string{"FXCM:EUR/USD"} },
			`symbols[0]: "FXCM:EUR/USD" cannot be followed: the vendor does not stream FXCM`},
		"twice":           {func(c *Config) { c.Symbols = []string{"AAPL", "AAPL"} }, `symbols[1]: "AAPL" is there twice`},
		"too many":        {func(c *Config) { c.MaxSymbols = 19 }, "symbols: 20 are more than max_symbols (19)"},
		"max_symbols":     {func(c *Config) { c.MaxSymbols = 0 }, "max_symbols: 0 is not between 1 and 10000"},
		"rest_per_minute": {func(c *Config) { c.RESTPerMinute = 1801 }, "rest_per_minute: 1801 is not between 1 and 1800"},
		"empty code":      {func(c *Config) { c.Conditions.Nothing = []string{""} }, `conditions.nothing[0]: "" is not a code of 1 to 8 bytes`},
		"code of two": {func(c *Config) { c.Conditions.Nothing = []string{"24"} },
			`conditions.nothing[0]: "24" is in conditions.extended[0], too`},
	})
}

// Whoever puts the key into the address must not find it in the error.
func TestAddressesAreShownWithoutTheirKeys(t *testing.T) {
	for _, address := range []string{"wss://ws.finnhub.io?token=" + canary, "ws.finnhub.io?token=" + canary, "wss://" +
		canary + "@ws.finnhub.io", "x://" + canary + "@host"} {
		cfg := DefaultConfig()
		cfg.URL = address
		if err := cfg.Validate(); err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestOpenNeedsAKey(t *testing.T) {
	t.Setenv("FINNHUB_API_KEY", "")
	_, err := Open(DefaultConfig(), vendortest.Env(t))
	if err == nil || !strings.Contains(err.Error(), "feed.finnhub.key_file") || !strings.Contains(err.Error(), "FINNHUB_API_KEY") {
		t.Errorf("without a key: %v", err)
	}
	cfg := DefaultConfig()
	cfg.KeyFile = filepath.Join(t.TempDir(), "key")
	if _, err := Open(cfg, vendortest.Env(t)); err == nil || !strings.Contains(err.Error(), "feed.finnhub.key_file: ") ||
		!strings.Contains(err.Error(), cfg.KeyFile) {
		t.Errorf("with a file that is not there: %v", err)
	}
	if err := os.WriteFile(cfg.KeyFile, []byte(canary+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := vendortest.Env(t)
	sources, err := Open(cfg, env)
	if err != nil || len(sources) != 1 {
		t.Fatalf("with a file: %d sources, %v", len(sources), err)
	}
	if got, want := sources[0].Info(), (feed.Info{Name: "finnhub", Market: "us", Remote: true}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := env.Dir.Len(); got != len(cfg.Symbols) {
		t.Errorf("%d symbols in the directory, want %d", got, len(cfg.Symbols))
	}
}

// A feed with coins is never closed, though its stocks are.
func TestOnlyOneMarketIsTheFeeds(t *testing.T) {
	for want, symbols := range map[string][]string{"us": {"AAPL", "MSFT"}, "crypto": {"BINANCE:BTCUSDT", "KRAKEN:XBTUSD"},
		"": {"AAPL", "BINANCE:BTCUSDT"}} {
		if got := marketOfAll(symbols); got != want {
			t.Errorf("%v: market %q, want %q", symbols, got, want)
		}
	}
}
