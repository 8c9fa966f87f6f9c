package main

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed/consolidate"
	"tickertape/feed/market"
)

// opened opens the sources of a configuration as a start does.
func opened(cfg FeedConfig) error {
	_, _, err := openSources(cfg, market.NewDirectory(), slog.New(slog.DiscardHandler), prometheus.NewRegistry(), nil)
	return err
}

// A recording knows its symbols only once it is read: config check and a start name those that it has not.
func TestASymbolThatARecordingLacksIsAMistake(t *testing.T) {
	file := filepath.Join(t.TempDir(), "day.ndjson")
	if err := os.WriteFile(file, []byte(`{"format":"tickertape.ticks","version":1,"source":"x"}
{"k":"trade","s":"AAPL","p":189.31,"z":100,"t":1700000000000000}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	for spelling, known := range map[string]bool{"AAPL": true, "AAPL2": false, "APPLE": false} {
		cfg := DefaultConfig().Feed
		cfg.Sources.Source, cfg.Replay.File = []string{"replay"}, file
		cfg.Consolidate.Symbols = []consolidate.Route{{Symbol: "APPLE", Sources: []string{"replay:" + spelling}}}
		if err := cfg.validate(); err != nil {
			t.Fatal(err)
		}
		want := `feed.symbols[0].sources[0]: "replay:` + spelling + `": the feed "replay" has no symbol "` + spelling + `"`
		for what, err := range map[string]error{"config check": checkRecorded(cfg), "a start": opened(cfg)} {
			if known && err != nil || !known && (!errors.Is(err, errConfig) || !strings.Contains(err.Error(), want)) {
				t.Errorf("%s says of %s: %v", what, spelling, err)
			}
		}
	}
}

// Every key that a feed needs and cannot have is a mistake of the configuration, with the same words for all.
func TestAKeyThatCannotBeReadIsAMistakeOfTheConfiguration(t *testing.T) {
	keys := map[string][]string{ // of the six vendors, by the names of their files in the configuration
		"coinbase": nil, "binance": nil, "kraken": nil,
		"alpaca": {"key_file", "secret_file"}, "finnhub": {"key_file"}, "massive": {"key_file"},
	}
	for _, name := range []string{"APCA_API_KEY_ID", "APCA_API_SECRET_KEY", "FINNHUB_API_KEY", "MASSIVE_API_KEY", "POLYGON_API_KEY"} {
		t.Setenv(name, "")
	}
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := write("good", "abc")
	for _, k := range remoteKinds() {
		files, listed := keys[k.name]
		if !listed && k.name != "relay" {
			t.Errorf("this test does not know whether %s needs a key", k.name)
		}
		set := func(values map[string]string) FeedConfig {
			cfg := DefaultConfig().Feed
			cfg.Sources.Source = []string{k.name}
			switch k.name {
			case "alpaca":
				cfg.Alpaca.KeyFile, cfg.Alpaca.SecretFile = values["key_file"], values["secret_file"]
			case "finnhub":
				cfg.Finnhub.KeyFile = values["key_file"]
			case "massive":
				cfg.Massive.KeyFile = values["key_file"]
			}
			return cfg
		}
		whole := map[string]string{}
		for _, file := range files {
			whole[file] = good
		}
		if err := opened(set(whole)); err != nil {
			t.Errorf("%s: %v", k.name, err)
		}
		for _, file := range files {
			for path, says := range map[string]string{
				"":                            `"" names no file, and `,
				filepath.Join(dir, "none"):    "no such file",
				dir:                           "is a directory",
				write("empty", " "):           "empty is empty",
				write("several", "two words"): "a character that no key has",
			} {
				values := map[string]string{}
				for _, other := range files {
					values[other] = good
				}
				values[file] = path
				err := opened(set(values))
				if !errors.Is(err, errConfig) || !strings.HasPrefix(err.Error(), "bad configuration: feed."+k.name+"."+file+": ") ||
					!strings.Contains(err.Error(), says) {
					t.Errorf("%s.%s %q: %v, want a bad configuration that says %q", k.name, file, path, err, says)
				}
			}
		}
	}
	for name := range keys {
		if !slices.ContainsFunc(remoteKinds(), func(k kind) bool { return k.name == name }) {
			t.Errorf("there is no feed %s", name)
		}
	}
}
