package replay

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/recording"
	"tickertape/feed/vendors"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	head = `{"format":"tickertape.ticks","version":1,"source":"sim","simulated":true}` + "\n"
	t0   = 1_700_000_000_000_000 // 2023-11-14T22:13:20Z
)

// trades is a recording of trades of one symbol, at these offsets from t0.
func trades(offsets ...time.Duration) string {
	var b strings.Builder
	b.WriteString(head)
	for i, o := range offsets {
		fmt.Fprintf(&b, `{"k":"trade","s":"A","p":%d,"z":1,"t":%d}`+"\n", i+1, t0+o.Microseconds())
	}
	return b.String()
}

func write(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "recording")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

var quiet = slog.New(slog.DiscardHandler)

func openFile(t testing.TB, cfg Config) *Source {
	t.Helper()
	s, err := Open(cfg, vendors.Env{Dir: market.NewDirectory(), Log: quiet}, nil, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// arrivals plays a recording in a bubble and returns when each tick came, since the beginning.
func arrivals(t *testing.T, s *Source) (when []time.Duration) {
	t.Helper()
	began := time.Now()
	err := s.Run(t.Context(), func(b market.Batch) {
		for i := range b.Ticks {
			when = append(when, time.Since(began))
			if got := b.Ticks[i].Received; got != market.TimeOf(time.Now()) {
				t.Errorf("received: got %d, want now", got)
			}
		}
	})
	if err != nil {
		t.Error(err)
	}
	return when
}

func TestRowsComeWhenTheyAreDue(t *testing.T) {
	const s, ms = time.Second, time.Millisecond
	for name, c := range map[string]struct {
		change  func(*Config)
		offsets []time.Duration
		want    []time.Duration
	}{
		"as recorded": {func(c *Config) {}, []time.Duration{0, 1 * s, 1500 * ms, 9 * s},
			[]time.Duration{0, 1 * s, 1500 * ms, 9 * s}},
		"ten times as fast": {func(c *Config) { c.Speed = 10 }, []time.Duration{0, 1 * s, 1500 * ms, 9 * s},
			[]time.Duration{0, 100 * ms, 150 * ms, 900 * ms}},
		"half as fast": {func(c *Config) { c.Speed = .5 }, []time.Duration{0, 1 * s, 9 * s},
			[]time.Duration{0, 2 * s, 18 * s}},
		"as fast as possible": {func(c *Config) { c.Speed = 0 }, []time.Duration{0, 1 * s, 9 * s}, []time.Duration{0, 0, 0}},
		"silences shortened": {func(c *Config) { c.MaxGap = 2 * s }, []time.Duration{0, 1 * s, 3 * s, 3600 * s, 3601 * s},
			[]time.Duration{0, 1 * s, 3 * s, 5 * s, 6 * s}},
		"silences shortened before scaling": {func(c *Config) { c.MaxGap, c.Speed = 2*s, 2 }, []time.Duration{0, 3600 * s, 3601 * s},
			[]time.Duration{0, 1 * s, 1500 * ms}},
		"every silence kept": {func(c *Config) { c.MaxGap = 0 }, []time.Duration{0, 8 * 3600 * s},
			[]time.Duration{0, 8 * 3600 * s}},
		"a late row does not wait": {func(c *Config) {}, []time.Duration{0, 5 * s, 4 * s, 6 * s},
			[]time.Duration{0, 5 * s, 5 * s, 6 * s}},
		"an earlier day joined behind": {func(c *Config) {}, []time.Duration{0, 5 * s, -86400 * s, -86395 * s},
			[]time.Duration{0, 5 * s, 5 * s, 10 * s}},
		"rows of a moment come together": {func(c *Config) {}, []time.Duration{0, 1 * ms, 2 * ms, 2 * ms, 3 * ms},
			[]time.Duration{0, 2 * ms, 2 * ms, 2 * ms, 4 * ms}},
		"from and to are part of it": {func(c *Config) { c.From, c.To = "2023-11-14T22:13:21Z", "2023-11-14T22:13:29+00:00" },
			[]time.Duration{0, 1 * s, 5 * s, 2 * s, 9 * s, 10 * s}, []time.Duration{0, 4 * s, 4 * s, 8 * s}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := DefaultConfig()
			cfg.File = write(t, trades(c.offsets...))
			c.change(&cfg)
			synctest.Test(t, func(t *testing.T) {
				if got := arrivals(t, openFile(t, cfg)); !slices.Equal(got, c.want) {
					t.Errorf("got %v, want %v", got, c.want)
				}
			})
		})
	}
}

func TestTicksKeepTheirTimes(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Speed = 0
	cfg.File = write(t, head+
		`{"k":"symbol","s":"A","name":"Aye","currency":"USD","decimals":2,"pc":1.5}`+"\n"+
		`{"k":"status","status":"down","since":7,"message":"lost"}`+"\n"+
		`{"k":"image","s":"A","p":1.234,"vw":1.2345,"t":8,"r":9}`+"\n"+
		`{"k":"trade","s":"A","p":1.23,"z":5,"t":10,"r":20}`+"\n"+
		`{"k":"trade","s":"B","p":2,"r":30}`+"\n")
	dir := market.NewDirectory()
	if _, err := dir.Add(market.Symbol{Symbol: "other"}); err != nil {
		t.Fatal(err)
	}
	s, err := Open(cfg, vendors.Env{Dir: dir, Log: quiet}, nil, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := s.Info(), (feed.Info{Name: "replay", Simulated: true, Replayed: true, Lossless: true}); got != want {
		t.Errorf("info: got %+v, want %+v", got, want)
	}
	want := []market.Symbol{{Symbol: "other"}, {Symbol: "A", Name: "Aye", Currency: "USD", Decimals: 3, PreviousClose: 1_500_000_000},
		{Symbol: "B", Decimals: 2}}
	if got := dir.All(); !slices.Equal(got, want) {
		t.Errorf("symbols: got %+v, want %+v", got, want)
	}
	var all market.Batch
	if err := s.Run(t.Context(), func(b market.Batch) {
		if b.Status != nil {
			status := *b.Status
			all.Status = &status
		}
		all.Images = append(all.Images, b.Images...)
		all.Ticks = append(all.Ticks, b.Ticks...)
	}); err != nil {
		t.Fatal(err)
	}
	if got, want := *all.Status, (market.Status{State: market.Down, Since: 7, Message: "recorded: down"}); !got.Equal(&want) {
		t.Errorf("status: got %+v, want %+v", got, want)
	}
	if got, want := all.Images, []market.Quote{{Symbol: 1, Set: market.FieldPrice | market.FieldVWAP | market.FieldTime,
		Price: 1_234_000_000, VWAP: 1_234_500_000, Time: 8}}; !slices.Equal(got, want) {
		t.Errorf("images: got %+v, want %+v", got, want)
	}
	if got := all.Ticks; len(got) != 2 || got[0].Symbol != 1 || got[0].Time != 10 || got[1].Symbol != 2 || got[1].Time != 30 {
		t.Errorf("ticks: got %+v", got)
	}
}

// The header of a relay's recording was written before its server had said what its prices are. Its statuses have it.
func TestWhatPricesWereIsInHeaderAndStatuses(t *testing.T) {
	const trade = `{"k":"trade","s":"A","p":1,"t":9}` + "\n"
	for text, want := range map[string]feed.Info{
		`{"format":"tickertape.ticks","version":1,"source":"alpaca","delayed_ms":900000}` + "\n" + trade:              {Delay: 15 * time.Minute},
		`{"format":"tickertape.ticks","version":1,"source":"replay","simulated":true,"replayed":true}` + "\n" + trade: {Simulated: true},
		`{"format":"tickertape.ticks","version":1,"source":"relay"}` + "\n" +
			`{"k":"status","src":"relay","status":"live","since":8,"simulated":true,"delayed_ms":60000}` + "\n" + trade: {
			Simulated: true, Delay: time.Minute},
	} {
		cfg := DefaultConfig()
		cfg.File = write(t, text)
		want.Name, want.Replayed, want.Lossless = "replay", true, true
		if got := openFile(t, cfg).Info(); got != want {
			t.Errorf("%s: got %+v, want %+v", text, got, want)
		}
	}
}

// TestLoopBeginsEachRoundWithANewSession plays two rounds and a half.
func TestLoopBeginsEachRoundWithANewSession(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Loop = true
	cfg.File = write(t, head+
		fmt.Sprintf(`{"k":"trade","s":"A","p":1,"t":%d}`+"\n", t0)+
		fmt.Sprintf(`{"k":"trade","s":"B","p":2,"t":%d}`+"\n", t0+1_000_000)+
		fmt.Sprintf(`{"k":"state","s":"B","st":"halted","t":%d}`+"\n", t0+2_000_000)+
		fmt.Sprintf(`{"k":"status","status":"closed","since":%d}`+"\n", t0+3_000_000))
	synctest.Test(t, func(t *testing.T) {
		s := openFile(t, cfg)
		ctx, cancel := context.WithTimeout(t.Context(), 7500*time.Millisecond)
		defer cancel()
		var got []string
		began := time.Now()
		err := s.Run(ctx, func(b market.Batch) {
			at := time.Since(began)
			if b.Status != nil {
				got = append(got, fmt.Sprint(at, " ", b.Status.State))
			}
			for _, tick := range b.Ticks {
				got = append(got, fmt.Sprint(at, " ", [...]string{"trade", "quote", "state", "session"}[tick.Kind], tick.Symbol, " ", tick.State,
					" ", int64(tick.Time-t0)))
			}
		})
		if err != nil {
			t.Error(err)
		}
		round := func(at time.Duration) []string {
			after := func(s int) string { return (at + time.Duration(s)*time.Second).String() }
			return []string{after(0) + " trade0 live 0", after(1) + " trade1 live 1000000", after(2) + " state1 halted 2000000",
				after(3) + " closed"}
		}
		again := func(at string) []string {
			return []string{at + " live", at + " session0 live 0", at + " session1 live 0", at + " state1 live 0"}
		}
		want := slices.Concat(round(0), again("3s"), round(3*time.Second), again("6s"), round(6 * time.Second)[:2])
		if !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

func TestShortLoopIsNoBusyLoop(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Loop = true
	cfg.File = write(t, trades(0))
	synctest.Test(t, func(t *testing.T) {
		s := openFile(t, cfg)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		sessions := 0
		if err := s.Run(ctx, func(b market.Batch) {
			for _, tick := range b.Ticks {
				if tick.Kind == market.KindSession {
					sessions++
				}
			}
		}); err != nil {
			t.Error(err)
		}
		if want := int(time.Second/leastRound) - 1; sessions < want || sessions > want+1 {
			t.Errorf("%d further rounds in a second, want %d", sessions, want)
		}
	})
}

func TestFastReplayStopsWhenItIsTold(t *testing.T) {
	offsets := make([]time.Duration, 5000)
	cfg := DefaultConfig()
	cfg.Speed, cfg.Loop = 0, true
	cfg.File = write(t, trades(offsets...))
	ctx, cancel := context.WithCancel(t.Context())
	batches := 0
	if err := openFile(t, cfg).Run(ctx, func(b market.Batch) {
		if len(b.Ticks) > batchSize {
			t.Errorf("%d ticks in a batch, want %d or fewer", len(b.Ticks), batchSize)
		}
		if batches++; batches == 3 {
			cancel()
		}
	}); err != nil {
		t.Error(err)
	}
	if batches > 4 {
		t.Errorf("%d batches after the end, want none", batches-3)
	}
}

// TestBadRowsAreToldOnceAndCounted plays a recording twice that has bad rows of two kinds.
func TestBadRowsAreToldOnceAndCounted(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Speed = 0
	bad := func(price int) string { return fmt.Sprintf(`{"k":"trade","s":"A","p":%d,"t":1}`+"\n", price) }
	cfg.File = write(t, trades(0)+bad(-1)+trades(time.Second)+bad(0)+`{"k":"trade","s":"A","p":1,`)
	var logged bytes.Buffer
	reg := prometheus.NewRegistry()
	s, err := Open(cfg, vendors.Env{Dir: market.NewDirectory(), Log: slog.New(slog.NewTextHandler(&logged, nil))}, nil, reg)
	if err != nil {
		t.Fatal(err)
	}
	count := func(r recording.Reason) float64 { return testutil.ToFloat64(s.metrics.bad[r]) }
	if n := count(recording.BadPrice); n != 0 {
		t.Errorf("%v bad rows are counted before any was played", n)
	}
	ticks := 0
	if err := s.Run(t.Context(), func(b market.Batch) { ticks += len(b.Ticks) }); err != nil {
		t.Fatal(err)
	}
	if ticks != 2 || count(recording.BadPrice) != 2 || count(recording.Truncated) != 1 {
		t.Errorf("%d ticks, %v bad prices, %v cut off: want 2, 2, 1", ticks, count(recording.BadPrice), count(recording.Truncated))
	}
	log := logged.String()
	if n := strings.Count(log, "level=WARN"); n != 2 {
		t.Errorf("%d warnings, want 2:\n%s", n, log)
	}
	for _, says := range []string{"line=3 reason=price", "line=7 reason=truncated", `bad_rows="price=2 truncated=1"`, "rows=2 trades=2",
		"from=2023-11-14T22:13:20Z to=2023-11-14T22:13:21Z"} {
		if !strings.Contains(log, says) {
			t.Errorf("the log does not say %q:\n%s", says, log)
		}
	}
	if problems, err := testutil.GatherAndLint(reg); err != nil || len(problems) > 0 {
		t.Errorf("metrics: %v %v", problems, err)
	}
}

func TestOpenRefusesWhatCannotBePlayed(t *testing.T) {
	dir := t.TempDir()
	mapped := func(c *Config) {
		c.CSV.Symbol, c.CSV.Time, c.CSV.Price = "s", []string{"t"}, "p"
		c.CSV.TimeFormat = "unix_s"
	}
	for name, c := range map[string]struct {
		text   string
		change func(*Config)
		says   []string
	}{
		"no file":           {"", func(c *Config) { c.File = "" }, []string{`file: ""`}},
		"a missing file":    {"", func(c *Config) { c.File = filepath.Join(dir, "nothing") }, []string{"nothing: no such file"}},
		"a folder":          {"", func(c *Config) { c.File = dir }, []string{dir, "no file that holds anything"}},
		"a device":          {"", func(c *Config) { c.File = os.DevNull }, []string{os.DevNull, "not a regular file"}},
		"no such files":     {"", func(c *Config) { c.File = filepath.Join(dir, "*.zst") }, []string{"*.zst", "no file"}},
		"no pattern":        {"", func(c *Config) { c.File = filepath.Join(dir, "[") }, []string{"file:", "no pattern"}},
		"an empty file":     {" \n", mapped, []string{"empty"}},
		"no mapping":        {"a,b\n1,2\n", func(c *Config) {}, []string{"no tick file", "csv"}},
		"bytes":             {"\x7fELF\x00\x01", mapped, []string{"neither text"}},
		"broken gzip":       {"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff", mapped, []string{"corrupt"}},
		"a later version":   {`{"format":"tickertape.ticks","version":9}`, func(c *Config) {}, []string{"line 1: version: 9"}},
		"other JSON":        {`{"a":1}`, func(c *Config) {}, []string{"line 1: format"}},
		"a header alone":    {head, func(c *Config) {}, []string{"no rows"}},
		"bad rows alone":    {head + "x\n{}\n", func(c *Config) {}, []string{"no good row", "json=1", "kind=1"}},
		"an unknown column": {"s,t,q\nA,1,2\n", mapped, []string{"csv.price", `"p"`, `"q"`}},
		"a column twice":    {"s,t,p,p\nA,1,2,3\n", mapped, []string{"csv.price", "3 and 4"}},
		"from after the end": {trades(0), func(c *Config) { c.From = "2024-01-01T00:00:00Z" },
			[]string{"from (2024-01-01T00:00:00Z)", "2023-11-14T22:13:20Z"}},
		"to before the begin": {trades(0), func(c *Config) { c.To = "2022-01-01T00:00:00Z" },
			[]string{"to (2022-01-01T00:00:00Z)", "2023-11-14T22:13:20Z"}},
		"nothing between": {trades(0, time.Hour), func(c *Config) { c.From, c.To = "2023-11-14T22:14:00Z", "2023-11-14T22:15:00Z" },
			[]string{"2023-11-14T22:14:00Z", "2023-11-14T22:15:00Z", "2023-11-14T22:13:20Z", "2023-11-14T23:13:20Z"}},
		"a bad speed": {trades(0), func(c *Config) { c.Speed = -1 }, []string{"speed: -1"}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := DefaultConfig()
			cfg.File = write(t, c.text)
			path := cfg.File
			c.change(&cfg)
			directory := market.NewDirectory()
			_, err := Open(cfg, vendors.Env{Dir: directory, Log: quiet}, nil, prometheus.NewRegistry())
			if err == nil {
				t.Fatal("no error")
			}
			if !strings.HasPrefix(err.Error(), "replay: ") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q is not one line that begins with replay", err)
			}
			if cfg.File == path && name != "a bad speed" {
				c.says = append(c.says, path)
			}
			for _, says := range c.says {
				if !strings.Contains(err.Error(), says) {
					t.Errorf("%q does not say %q", err, says)
				}
			}
			if directory.Len() > 0 {
				t.Errorf("%d symbols of a refused file are in the directory", directory.Len())
			}
		})
	}
}

func TestValidateNamesKeyAndValue(t *testing.T) {
	full := func(c *Config) {
		c.CSV.Symbol, c.CSV.Time, c.CSV.Price = "s", []string{"t"}, "p"
	}
	for name, c := range map[string]struct {
		change func(*Config)
		want   string // "" is no error
	}{
		"defaults":          {func(c *Config) {}, ""},
		"as fast as it can": {func(c *Config) { c.Speed = 0 }, ""},
		"slow":              {func(c *Config) { c.Speed = 0.001 }, "speed: 0.001 is not 0 or between 0.01 and 100000"},
		"negative":          {func(c *Config) { c.Speed = -1 }, "speed: -1 is not 0 or between 0.01 and 100000"},
		"fast":              {func(c *Config) { c.Speed = 1e6 }, "speed: 1e+06 is not 0"},
		"gap":               {func(c *Config) { c.MaxGap = -1 }, "max_gap: -1ns is not between 0s and 24h"},
		"long gap":          {func(c *Config) { c.MaxGap = 25 * time.Hour }, "max_gap: 25h0m0s is not"},
		"from":              {func(c *Config) { c.From = "14:30" }, `from: "14:30" is neither empty nor an RFC 3339 instant`},
		"to":                {func(c *Config) { c.To = "x" }, `to: "x" is neither`},
		"from after to": {func(c *Config) { c.From, c.To = "2024-01-02T00:00:00Z", "2024-01-01T00:00:00Z" },
			"from: 2024-01-02T00:00:00Z is after to (2024-01-01T00:00:00Z)"},
		"mapping":          {full, ""},
		"comma":            {func(c *Config) { c.CSV.Comma = ";;" }, `csv.comma: ";;" is not one character`},
		"no comma":         {func(c *Config) { c.CSV.Comma = "" }, `csv.comma: "" is not one character`},
		"zone":             {func(c *Config) { c.CSV.Zone = "Mars/X" }, `csv.zone: "Mars/X" is no time zone`},
		"layout":           {func(c *Config) { c.CSV.TimeFormat = "15:04" }, `csv.time_format: "15:04" is neither unix_s`},
		"layout of others": {func(c *Config) { c.CSV.TimeFormat = "%Y-%m-%d" }, `csv.time_format: "%Y-%m-%d" is neither`},
		"lot":              {func(c *Config) { c.CSV.Lot = 0 }, "csv.lot: 0 is not between 1 and 1000000"},
		"no symbol":        {func(c *Config) { full(c); c.CSV.Symbol = "" }, `csv.symbol: "" is no column`},
		"no time":          {func(c *Config) { full(c); c.CSV.Time = nil }, "csv.time: [] names no column"},
		"an empty time":    {func(c *Config) { full(c); c.CSV.Time = []string{"a", ""} }, `csv.time[1]: "" is no column`},
		"no price":         {func(c *Config) { full(c); c.CSV.Price = "" }, `csv.price: "" is no column`},
		"size alone":       {func(c *Config) { full(c); c.CSV.BidSize = "bz" }, `csv.bid_size: "bz" is of no use without bid`},
		"no kind":          {func(c *Config) { full(c); c.CSV.Trade = []string{"T"} }, `csv.kind: "" is no column`},
		"kind alone":       {func(c *Config) { full(c); c.CSV.Kind = "k" }, "csv.trade: [] and quote: []"},
		"quotes of none":   {func(c *Config) { full(c); c.CSV.Kind, c.CSV.Quote = "k", []string{"Q"} }, `csv.bid: "" is no column`},
		"trades of none": {func(c *Config) {
			full(c)
			c.CSV.Kind, c.CSV.Trade, c.CSV.Price, c.CSV.Bid = "k", []string{"T"}, "", "b"
		}, `csv.price: "" is no column`},
		"both": {func(c *Config) {
			full(c)
			c.CSV.Bid, c.CSV.Kind, c.CSV.Trade, c.CSV.Quote = "b", "k", []string{"X"}, []string{"X"}
		}, `csv.trade: "X" is in quote too`},
		"names without header": {func(c *Config) { full(c); c.CSV.Header = false }, `csv.symbol: "s" is no column number`},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := DefaultConfig()
			c.change(&cfg)
			err := cfg.Validate()
			switch {
			case c.want == "" && err != nil:
				t.Errorf("got %v, want no error", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want it to say %q", err, c.want)
			}
		})
	}
}
