package main

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"tickertape/broadcast/admission"
)

// environmentTexts are values, other than the defaults, of the keys whose type does not tell a good one.
var environmentTexts = map[string]string{
	"listen":                              ":9090",
	"trusted_proxies":                     "10.0.0.0/8, ::1",
	"log.level":                           "debug",
	"log.format":                          "json",
	"feed.source":                         "replay",
	"feed.sim.start":                      "2026-01-02T14:30:00Z",
	"feed.sim.past":                       "5m0s",
	"feed.replay.file":                    "a file, with commas.csv",
	"feed.replay.from":                    "2005-12-27T14:30:00Z",
	"feed.replay.to":                      "2005-12-27T14:32:00Z",
	"feed.replay.csv.comma":               ";",
	"feed.replay.csv.symbol":              "1",
	"feed.replay.csv.time":                "2,3",
	"feed.replay.csv.time_format":         "unix_ms",
	"feed.replay.csv.zone":                "America/New_York",
	"feed.replay.csv.kind":                "4",
	"feed.replay.csv.trade":               "Trade",
	"feed.replay.csv.quote":               `["Quote", "Best bid, best ask"]`,
	"feed.replay.csv.price":               "5",
	"feed.replay.csv.size":                "6",
	"feed.replay.csv.bid":                 "7",
	"feed.replay.csv.bid_size":            "8",
	"feed.replay.csv.ask":                 "9",
	"feed.replay.csv.ask_size":            "10",
	"feed.replay.csv.currency":            "USD",
	"feed.replay.csv.market":              "us",
	"feed.symbols":                        `[{symbol: BTC, name: Bitcoin, market: crypto, sources: ["replay:XBT"]}]`,
	"feed.adjustments":                    `[{symbol: AAPL, date: "2026-12-01", split: "10:1"}, {symbol: AAPL, date: "2026-12-02", none: true}]`,
	"feed.calendar.closed":                "2026-11-27",
	"feed.calendar.early":                 "2026-12-24 12:00",
	"feed.calendar.us_roll":               "05:00",
	"feed.calendar.us_overnight":          "21:00",
	"feed.calendar.day_roll":              "17:00",
	"feed.coinbase.api":                   "advanced",
	"feed.coinbase.url":                   "wss://coinbase.example",
	"feed.coinbase.rest":                  "https://coinbase.example",
	"feed.coinbase.book":                  "false",
	"feed.coinbase.symbols":               "BTC-EUR, ETH-EUR",
	"feed.binance.url":                    "wss://stream.binance.us:9443",
	"feed.binance.rest":                   "https://api.binance.us",
	"feed.binance.symbols":                "BTCUSD, ETHUSD",
	"feed.kraken.url":                     "wss://kraken.example",
	"feed.kraken.rest":                    "https://kraken.example",
	"feed.kraken.symbols":                 "BTC/EUR, ETH/EUR",
	"feed.alpaca.url":                     "wss://alpaca.example",
	"feed.alpaca.rest":                    "https://alpaca.example",
	"feed.alpaca.feed":                    "sip",
	"feed.alpaca.crypto":                  "eu-1",
	"feed.alpaca.key_file":                "/run/secrets/key",
	"feed.alpaca.secret_file":             "/run/secrets/secret",
	"feed.alpaca.symbols":                 "BRK.B, BTC/USD",
	"feed.massive.url":                    "wss://delayed.massive.com/stocks",
	"feed.relay.url":                      "https://other.example",
	"feed.relay.symbols":                  "#tech, AAPL",
	"feed.massive.rest":                   "https://massive.example",
	"feed.massive.key_file":               "/run/secrets/massive",
	"feed.massive.symbols":                "BRK.A, AAPL",
	"feed.finnhub.url":                    "wss://finnhub.example",
	"feed.finnhub.rest":                   "https://finnhub.example",
	"feed.finnhub.key_file":               "/run/secrets/finnhub",
	"feed.finnhub.symbols":                "BRK.B, BINANCE:BTCUSDT",
	"feed.finnhub.conditions.volume_only": "12, 99",
	"feed.finnhub.conditions.extended":    "24, 25",
	"feed.finnhub.conditions.only_first":  "21, 30",
	"feed.finnhub.conditions.no_volume":   "39, 40",
	"feed.finnhub.conditions.nothing":     "98",
	"broadcast.memory":                    "512MiB",
	"hosts":                               "ticks.example, *.example.com:8443",
	"admin.listen":                        "localhost:9090",
	"broadcast.max_series":                "7",
	"broadcast.relays":                    "9",
	"broadcast.bars.1s":                   "10",
	"broadcast.bars.5s":                   "10",
	"broadcast.bars.1m":                   "10",
	"broadcast.bars.5m":                   "10",
	"broadcast.bars.15m":                  "10",
	"broadcast.bars.1h":                   "10",
	"broadcast.bars.1d":                   "10",
	"broadcast.trades":                    "500",
	"broadcast.origins":                   "https://example.com, http://localhost:5173",
	"limits.addresses":                    "off",
	"limits.total.handshakes":             "500",
	"limits.total.requests":               "600",
	"limits.total.work":                   "700",
	"limits.total.bytes_out":              "8MiB",
	"watchlists":                          "[{name: mine, symbols: [BRK.B, AAPL]}]",
}

// environmentLists are what the texts of lists mean.
var environmentLists = map[string]string{
	"trusted_proxies":                     "[10.0.0.0/8 ::1]",
	"feed.replay.csv.time":                "[2 3]",
	"feed.replay.csv.trade":               "[Trade]",
	"feed.replay.csv.quote":               "[Quote Best bid, best ask]",
	"feed.symbols":                        "[{BTC Bitcoin crypto [replay:XBT]}]",
	"feed.adjustments":                    "[{AAPL 2026-12-01 10:1  false} {AAPL 2026-12-02   true}]",
	"feed.calendar.closed":                "[2026-11-27]",
	"feed.calendar.early":                 "[2026-12-24 12:00]",
	"feed.source":                         "[replay]",
	"feed.coinbase.symbols":               "[BTC-EUR ETH-EUR]",
	"feed.binance.symbols":                "[BTCUSD ETHUSD]",
	"feed.kraken.symbols":                 "[BTC/EUR ETH/EUR]",
	"feed.alpaca.symbols":                 "[BRK.B BTC/USD]",
	"feed.relay.symbols":                  "[#tech AAPL]",
	"feed.massive.symbols":                "[BRK.A AAPL]",
	"feed.finnhub.symbols":                "[BRK.B BINANCE:BTCUSDT]",
	"feed.finnhub.conditions.volume_only": "[12 99]",
	"feed.finnhub.conditions.extended":    "[24 25]",
	"feed.finnhub.conditions.only_first":  "[21 30]",
	"feed.finnhub.conditions.no_volume":   "[39 40]",
	"feed.finnhub.conditions.nothing":     "[98]",
	"hosts":                               "[ticks.example *.example.com:8443]",
	"broadcast.origins":                   "[https://example.com http://localhost:5173]",
	"watchlists":                          "[{mine [BRK.B AAPL]}]",
}

func TestEnvironmentOverridesEveryKey(t *testing.T) {
	t.Chdir(t.TempDir()) // no config.yaml here
	plain := DefaultConfig()
	want := map[string]string{}
	for _, l := range leaves(reflect.ValueOf(&plain).Elem(), nil) {
		text, given := environmentTexts[l.name()]
		switch {
		case given:
			want[l.name()] = text
			if list, ok := environmentLists[l.name()]; ok {
				want[l.name()] = list
			}
		case l.value.Type() == durationType:
			text = (l.value.Interface().(time.Duration) * 3 / 2).String()
			want[l.name()] = text
		case l.value.Type() == sizeType:
			text = (l.value.Interface().(admission.Size) * 2).String()
			want[l.name()] = text
		case l.value.Kind() == reflect.Bool:
			text = fmt.Sprint(!l.value.Bool())
			want[l.name()] = text
		case l.value.Kind() == reflect.Int:
			text = fmt.Sprint(l.value.Int() + 1)
			want[l.name()] = text
		case l.value.Kind() == reflect.Uint64:
			text = "18446744073709551615"
			want[l.name()] = text
		case l.value.Kind() == reflect.Float64:
			text = fmt.Sprint(l.value.Float() + 0.5)
			want[l.name()] = text
		default:
			t.Fatalf("%s: give this test a value to set", l.name())
		}
		t.Setenv(l.environment(), text)
	}
	cfg, warnings, err := loadConfig("", nil)
	if err != nil || len(warnings) > 0 {
		t.Fatalf("loadConfig: %v, warnings %q", err, warnings)
	}
	for _, l := range leaves(reflect.ValueOf(&cfg).Elem(), nil) {
		if got := fmt.Sprint(l.value.Interface()); got != want[l.name()] {
			t.Errorf("%s: %s is %s, want %s", l.environment(), l.name(), got, want[l.name()])
		}
	}
}

func TestEnvironmentIsOverTheFileAndTheCommandLineOverBoth(t *testing.T) {
	t.Setenv("TICKERTAPE_DRAIN", "7s")
	t.Setenv("TICKERTAPE_LISTEN", ":7777")
	cfg, _, err := loadConfig("testdata/good/one-key.yaml", map[string]string{"listen": ":8888"})
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Server.Drain != 7*time.Second || cfg.Server.Listen != ":8888" {
		t.Errorf("drain is %v and listen %s, want 7s of the environment, over 30s, and :8888 of the command line",
			cfg.Server.Drain, cfg.Server.Listen)
	}
}

func TestStrayVariablesAreWarnedOf(t *testing.T) {
	cfg := DefaultConfig()
	known := leaves(reflect.ValueOf(&cfg).Elem(), nil)
	got := strayEnvironment([]string{"TICKERTAPE_DRIAN=1s", "TICKERTAPE_PORT_8080_TCP=tcp://10.0.0.1:8080", "TICKERTAPE_DRAIN=1s",
		"HOME=/root"}, known)
	want := []string{
		"environment TICKERTAPE_DRIAN: no key has this name (is it TICKERTAPE_DRAIN?)",
		"environment TICKERTAPE_PORT_8080_TCP: no key has this name",
	}
	if !slices.Equal(got, want) {
		t.Errorf("warnings are %q, want %q", got, want)
	}
}
