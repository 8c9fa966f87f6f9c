package alpaca

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tickertape/feed"
	"tickertape/feed/vendors/alpaca/alpacatest"
	"tickertape/feed/vendors/vendortest"
)

func TestDefaultConfigIsValid(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
}

func TestValidateNamesEveryBadValue(t *testing.T) {
	vendortest.CheckSettings(t, DefaultConfig, vendortest.Settings[Config]{
		"address": {func(c *Config) { c.URL = "stream.data.alpaca.markets" },
			`url: "stream.data.alpaca.markets" is not an address such as wss://host/path`},
		"rest": {func(c *Config) { c.REST = "wss://data.alpaca.markets" },
			`rest: "wss://data.alpaca.markets" is not an address such as https://host/path`},
		"feed": {func(c *Config) { c.Feed = "nyse" }, `feed: "nyse" is not one of ` +
			"iex, sip, delayed_sip, boats, overnight, otc, test"},
		"crypto":      {func(c *Config) { c.Crypto = "" }, `crypto: "" is not one of us, us-1, us-2, eu-1, bs-1`},
		"none":        {func(c *Config) { c.Symbols = nil }, "symbols: [] names none"},
		"bad symbol":  {func(c *Config) { c.Symbols = []string{"AAPL", "A B"} }, `symbols[1]: "A B" is no symbol`},
		"half a coin": {func(c *Config) { c.Symbols = []string{"BTC/"} }, `symbols[0]: "BTC/" is not a symbol such as AAPL or BTC/USD`},
		"twice":       {func(c *Config) { c.Symbols = []string{"AAPL", "AAPL"} }, `symbols[1]: "AAPL" is there twice`},
		"too many":    {func(c *Config) { c.MaxSymbols = 19 }, "symbols: 20 stocks are more than max_symbols (19)"},
		"max_symbols": {func(c *Config) { c.MaxSymbols = 0 }, "max_symbols: 0 is not between 1 and 10000"},
	})
}

func TestEveryFeedOfTheVendorIsAllowed(t *testing.T) {
	keys(t)
	for feedName, path := range map[string]string{"iex": "/v2/iex", "sip": "/v2/sip", "delayed_sip": "/v2/delayed_sip",
		"boats": "/v1beta1/boats", "overnight": "/v1beta1/overnight", "otc": "/v2/otc", "test": "/v2/test"} {
		for _, crypto := range []string{"us", "us-1", "us-2", "eu-1", "bs-1"} {
			cfg := DefaultConfig()
			cfg.Feed, cfg.Crypto = feedName, crypto
			sources, err := Open(cfg, vendortest.Env(t))
			if err != nil || len(sources) != 2 {
				t.Errorf("%s, %s: %d sources, %v", feedName, crypto, len(sources), err)
				continue
			}
			if got, want := sources[0].(*source).endpoint.URL, "wss://stream.data.alpaca.markets"+path; got != want {
				t.Errorf("%s: %s, want %s", feedName, got, want)
			}
			if got, want := sources[1].(*source).endpoint.URL, "wss://stream.data.alpaca.markets/v1beta3/crypto/"+crypto; got != want {
				t.Errorf("%s: %s, want %s", crypto, got, want)
			}
		}
	}
}

// Whoever puts the key into the address must not find it in the error.
func TestAddressesAreShownWithoutTheirKeys(t *testing.T) {
	for _, address := range []string{"wss://host?key=" + alpacatest.Key, "host?key=" + alpacatest.Key, "wss://" + alpacatest.Key + "@host"} {
		cfg := DefaultConfig()
		cfg.URL = address
		if err := cfg.Validate(); err == nil || strings.Contains(err.Error(), alpacatest.Key) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestOpenNeedsBothKeys(t *testing.T) {
	t.Setenv("APCA_API_KEY_ID", "")
	t.Setenv("APCA_API_SECRET_KEY", "")
	_, err := Open(DefaultConfig(), vendortest.Env(t))
	if err == nil || !strings.Contains(err.Error(), "feed.alpaca.key_file") || !strings.Contains(err.Error(), "APCA_API_KEY_ID") {
		t.Errorf("without a key: %v", err)
	}
	cfg := DefaultConfig()
	cfg.KeyFile = filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(cfg.KeyFile, []byte(alpacatest.Key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Open(cfg, vendortest.Env(t))
	if err == nil || !strings.Contains(err.Error(), "feed.alpaca.secret_file") || !strings.Contains(err.Error(), "APCA_API_SECRET_KEY") {
		t.Errorf("without a secret: %v", err)
	}
	t.Setenv("APCA_API_SECRET_KEY", alpacatest.Secret)
	env := vendortest.Env(t)
	sources, err := Open(cfg, env)
	if err != nil || len(sources) != 2 || env.Dir.Len() != len(cfg.Symbols) {
		t.Fatalf("with both: %d sources, %d symbols, %v", len(sources), env.Dir.Len(), err)
	}
	if got, want := sources[0].Info(), (feed.Info{Name: "alpaca", Market: "us", Remote: true, Corrects: true}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
