package replay

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.yaml.in/yaml/v3"

	"tickertape/feed/market"
	"tickertape/feed/recording"
	"tickertape/feed/vendors"
)

const root = "../.." // of the module

// example loads a configuration file of deploy/examples and refuses any key that there is not.
func example(t testing.TB, name string) Config {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "deploy", "examples", name))
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]any
	if err := yaml.Unmarshal(text, &keys); err != nil {
		t.Fatal(err)
	}
	var cfg struct {
		Listen string `mapstructure:"listen"`
		Feed   struct {
			Source string `mapstructure:"source"`
			Replay Config `mapstructure:"replay"`
		} `mapstructure:"feed"`
	}
	cfg.Feed.Replay = DefaultConfig()
	d, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{Result: &cfg, ErrorUnused: true,
		DecodeHook: mapstructure.StringToTimeDurationHookFunc()})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Decode(keys); err != nil {
		t.Fatal(err)
	}
	if cfg.Feed.Source != "replay" {
		t.Errorf("feed.source: got %q, want replay", cfg.Feed.Source)
	}
	return cfg.Feed.Replay
}

// nyse is the example's configuration, with the file as seen from here.
func nyse(t testing.TB) Config {
	t.Helper()
	cfg := example(t, "nyse-2005.yaml")
	cfg.File = filepath.Join(root, cfg.File)
	if _, err := os.Stat(cfg.File); errors.Is(err, fs.ErrNotExist) {
		t.Skipf("the recording is not here: %v", err)
	}
	return cfg
}

func TestExampleIsValid(t *testing.T) {
	cfg := example(t, "nyse-2005.yaml")
	if err := cfg.Validate(); err != nil {
		t.Error(err)
	}
}

// sums are what the trades of a symbol add up to.
type sums struct {
	trades                int
	volume                market.Quantity
	open, high, low, last market.Price
	turnover              market.Turnover
}

// add adds a trade.
func (x *sums) add(trade *market.Tick) {
	if x.trades == 0 {
		x.open, x.high, x.low = trade.Price, trade.Price, trade.Price
	}
	x.trades++
	x.volume, _ = x.volume.Add(trade.Size)
	x.high, x.low, x.last = max(x.high, trade.Price), min(x.low, trade.Price), trade.Price
	cost, _ := trade.Size.Times(trade.Price)
	x.turnover, _ = x.turnover.Add(cost)
}

// TestNYSEAddsUp plays a day of the New York Stock Exchange, and nothing is lost.
func TestNYSEAddsUp(t *testing.T) {
	cfg := nyse(t)
	cfg.Speed = 0
	var logged bytes.Buffer
	dir := market.NewDirectory()
	s, err := Open(cfg, vendors.Env{Dir: dir, Log: slog.New(slog.NewTextHandler(&logged, nil))}, nil, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := dir.Len(), 1919; got != want { // five more are only on rows without a price
		t.Errorf("%d symbols, want %d", got, want)
	}
	all := map[string]*sums{}
	trades, quotes, oneSided := 0, 0, 0
	volume := market.Quantity{}
	if err := s.Run(t.Context(), func(b market.Batch) {
		for _, tick := range b.Ticks {
			if tick.Kind == market.KindQuote {
				quotes++
				if tick.Flags != market.BothSides {
					oneSided++
				}
				continue
			}
			trades++
			volume, _ = volume.Add(tick.Size)
			x := all[dir.Symbol(tick.Symbol).Symbol]
			if x == nil {
				x = &sums{}
				all[dir.Symbol(tick.Symbol).Symbol] = x
			}
			x.add(&tick)
		}
	}); err != nil {
		t.Fatal(err)
	}
	bad := testutil.ToFloat64(s.metrics.bad[recording.NoPrice])
	if trades != 6571 || quotes != 23412 || oneSided != 3 || bad != 16 || len(all) != 1583 || volume != market.Units(24_885_450) {
		t.Errorf("%d trades of %d symbols, volume %v, %d quotes, %d one-sided, %v bad rows; want 6571, 1583, 24885450, 23412, 3, 16",
			trades, len(all), volume, quotes, oneSided, bad)
	}
	for symbol, want := range map[string]struct {
		trades                      int
		volume                      uint64
		open, high, low, last, vwap string
	}{
		"IBM": {32, 95_500, "83.48", "83.68", "83.44", "83.64", "83.51"},
		"GE":  {23, 490_700, "35.57", "35.58", "35.55", "35.55", "35.5689"},
		"C":   {31, 263_000, "49.42", "49.44", "49.36", "49.38", "49.4174"},
		"WMT": {39, 227_600, "48.41", "48.44", "48.38", "48.42", "48.408"},
		"XOM": {20, 260_600, "56.7", "56.71", "56.67", "56.71", "56.6998"},
		"AIG": {25, 106_300, "68.4", "68.44", "68.31", "68.42", "68.3967"},
		"SPY": {2, 2_600, "126.92", "126.92", "126.91", "126.91", "126.9196"},
	} {
		x := all[symbol]
		if x == nil {
			t.Errorf("%s has no trade", symbol)
			continue
		}
		if x.trades != want.trades || x.volume != market.Units(want.volume) || x.open.String() != want.open || x.high.String() != want.high ||
			x.low.String() != want.low || x.last.String() != want.last || x.turnover.Over(x.volume).String() != want.vwap {
			t.Errorf("%s: got %d trades, volume %v, open %v, high %v, low %v, last %v, VWAP %v; want %+v",
				symbol, x.trades, x.volume, x.open, x.high, x.low, x.last, x.turnover.Over(x.volume), want)
		}
	}
	if n := strings.Count(logged.String(), "level=WARN"); n != 1 || !strings.Contains(logged.String(), "line=2 reason=no_price") {
		t.Errorf("want one warning, of line 2:\n%s", &logged)
	}
	if id, _ := dir.ID("IBM"); dir.Symbol(id).Decimals != 2 || dir.Symbol(id).Currency != "USD" {
		t.Errorf("IBM: %+v", dir.Symbol(id))
	}
}

// TestNYSEOpensOnTime plays from the open at the recorded speed.
func TestNYSEOpensOnTime(t *testing.T) {
	cfg := nyse(t)
	cfg.From, cfg.MaxGap = "2005-12-27T14:30:00Z", 0
	synctest.Test(t, func(t *testing.T) {
		s := openFile(t, cfg)
		began, first, n := time.Now(), market.Time(0), 0
		if err := s.Run(t.Context(), func(b market.Batch) {
			for _, tick := range b.Ticks {
				n++
				if first == 0 {
					first = tick.Time
				}
				due := tick.Time.Std().Sub(first.Std())
				if late := time.Since(began) - due; late < 0 || late > together {
					t.Fatalf("tick %d is due after %v and came after %v", n, due, time.Since(began))
				}
			}
		}); err != nil {
			t.Error(err)
		}
		if n != 29_565 {
			t.Errorf("%d rows from the open on, want 29565", n)
		}
	})
}

func BenchmarkNYSE(b *testing.B) {
	cfg := nyse(b)
	cfg.Speed = 0
	s := openFile(b, cfg)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if err := s.Run(b.Context(), func(batch market.Batch) { n += len(batch.Ticks) }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
}
