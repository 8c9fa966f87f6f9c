package consolidate

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"tickertape/feed"
	"tickertape/feed/calendar"
	"tickertape/feed/market"
)

// fake is a source that a test speaks for.
type fake struct {
	info    feed.Info
	batches chan market.Batch // closed: the source ends
}

func (f *fake) Info() feed.Info { return f.info }

func (f *fake) Run(ctx context.Context, publish func(market.Batch)) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case b, more := <-f.batches:
			if !more {
				return nil
			}
			publish(b)
		}
	}
}

// world is a desk with its sources and what it has handed on.
type world struct {
	t     *testing.T
	desk  *Desk
	dir   *market.Directory
	fakes map[string]*fake

	mu       sync.Mutex
	tallies  map[market.SymbolID]*market.Tally
	states   map[market.SymbolID]market.State
	statuses []market.Status
}

// newWorld starts a desk over one fake source for each name. It has to be made in a bubble.
func newWorld(t *testing.T, cfg Config, symbols []market.Symbol, infos ...feed.Info) *world {
	w := &world{t: t, dir: market.NewDirectory(), fakes: map[string]*fake{}, tallies: map[market.SymbolID]*market.Tally{}, states: map[market.SymbolID]market.State{}}
	for _, s := range symbols {
		if _, err := w.dir.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	var sources []feed.Source
	for _, info := range infos {
		f := &fake{info, make(chan market.Batch)}
		w.fakes[info.Name] = f
		sources = append(sources, f)
	}
	hours, err := calendar.New(calendar.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	reg := prometheus.NewRegistry()
	w.desk = New(cfg, 15*time.Second, sources, w.dir, hours, slog.New(slog.NewTextHandler(io.Discard, nil)), reg)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.desk.Run(ctx, w.publish)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		if problems, err := testutil.GatherAndLint(reg); err != nil || len(problems) > 0 {
			t.Errorf("lint: %v %v", problems, err)
		}
	})
	return w
}

func (w *world) publish(b market.Batch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if b.Status != nil {
		w.statuses = append(w.statuses, *b.Status)
	}
	for i := range b.Images {
		w.tally(b.Images[i].Symbol).Image(&b.Images[i])
	}
	for i := range b.Ticks {
		k := &b.Ticks[i]
		if k.Kind == market.KindState {
			w.states[k.Symbol] = k.State
		}
		w.tally(k.Symbol).Apply(k)
	}
	for i := range b.Corrections {
		w.tally(b.Corrections[i].Symbol).Correct(&b.Corrections[i])
	}
}

func (w *world) tally(id market.SymbolID) *market.Tally {
	if w.tallies[id] == nil {
		y := market.NewTally(id, w.dir.Symbol(id).PreviousClose)
		w.tallies[id] = &y
	}
	return w.tallies[id]
}

// says has a source publish and waits until the desk has taken it in.
func (w *world) says(name string, b market.Batch) {
	w.t.Helper()
	w.fakes[name].batches <- b
	synctest.Wait()
}

// live has the sources' connections come up.
func (w *world) live(names ...string) {
	for _, n := range names {
		w.says(n, market.Batch{Status: &market.Status{Source: n, State: market.Live}})
	}
}

func (w *world) down(name, why string) {
	w.says(name, market.Batch{Status: &market.Status{Source: name, State: market.Down, Message: why}})
}

// quote is what was handed on of a symbol, with its state.
func (w *world) quote(id market.SymbolID) market.Quote {
	w.mu.Lock()
	defer w.mu.Unlock()
	q := w.tally(id).Quote()
	q.State = w.states[id]
	return q
}

func (w *world) price(id market.SymbolID) string { return w.quote(id).Price.String() }

func (w *world) refused(source string, why reason) float64 {
	return testutil.ToFloat64(w.desk.metrics.refused.WithLabelValues(source, why.String()))
}

func parse(text string) market.Price {
	p, err := market.ParsePrice(text)
	if err != nil {
		panic(err)
	}
	return p
}

// now is the bubble's time.
func now() market.Time { return market.TimeOf(time.Now()) }

// trade is an ordinary one of a share, now.
func trade(id market.SymbolID, price string) market.Tick {
	return market.Tick{Symbol: id, Kind: market.KindTrade, Flags: market.Regular, Price: parse(price), Size: market.Units(1), Time: now(), Received: now()}
}

func quote(id market.SymbolID, bid, ask string) market.Tick {
	return market.Tick{Symbol: id, Kind: market.KindQuote, Flags: market.BothSides, Bid: parse(bid), Ask: parse(ask), Time: now(), Received: now()}
}

func ticks(t ...market.Tick) market.Batch { return market.Batch{Ticks: t} }

var vendor = feed.Info{Name: "market", Remote: true}

// one starts a desk over one market's feed with one symbol that never closes.
func one(t *testing.T, cfg Config) *world {
	w := newWorld(t, cfg, []market.Symbol{{Symbol: "A", Decimals: 2}}, vendor)
	w.live("market")
	return w
}

func TestTicksThatCannotBeTrueAreRefusedAndCounted(t *testing.T) {
	for name, tc := range map[string]struct {
		tick func() market.Tick
		why  reason
	}{
		"price of zero":      {func() market.Tick { return trade(0, "0") }, price},
		"negative price":     {func() market.Tick { return trade(0, "-37.63") }, price},
		"bid of zero":        {func() market.Tick { return quote(0, "0", "100") }, price},
		"from the future":    {func() market.Tick { k := trade(0, "101"); k.Time += 5_000_001; return k }, future},
		"quote from it":      {func() market.Tick { k := quote(0, "99", "101"); k.Time += 6_000_000; return k }, future},
		"older trade":        {func() market.Tick { k := trade(0, "101"); k.Time -= 1; return k }, old},
		"older quote":        {func() market.Tick { k := quote(0, "90", "91"); k.Time -= 1; return k }, old},
		"told twice":         {func() market.Tick { k := trade(0, "101"); k.ID = 7; return k }, duplicate},
		"crossed by a tenth": {func() market.Tick { return quote(0, "110", "100") }, crossed},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := one(t, DefaultConfig())
				first := trade(0, "100")
				first.ID = 7
				w.says("market", ticks(first, quote(0, "99.9", "100.1")))
				before := w.quote(0)
				w.says("market", ticks(tc.tick()))
				after := w.quote(0)
				if after.Price != before.Price || after.Bid != before.Bid || after.Ask != before.Ask {
					t.Errorf("now %v, %v/%v", after.Price, after.Bid, after.Ask)
				}
				if got := w.refused("market", tc.why); got != 1 {
					t.Errorf("%v refused as %q, want 1", got, tc.why)
				}
			})
		})
	}
}

func TestWhatIsLegalIsTaken(t *testing.T) {
	for name, tc := range map[string]struct {
		tick func() market.Tick
		want func(market.Quote) bool
	}{
		"a clock a little ahead":                {func() market.Tick { k := trade(0, "101"); k.Time += 1_272_000; return k }, func(q market.Quote) bool { return q.Price == parse("101") }},
		"a locked quote":                        {func() market.Tick { return quote(0, "100", "100") }, func(q market.Quote) bool { return q.Bid == q.Ask }},
		"a quote crossed a bit":                 {func() market.Tick { return quote(0, "100.5", "100") }, func(q market.Quote) bool { return q.Bid == parse("100.5") }},
		"the same trade again without a number": {func() market.Tick { return trade(0, "100") }, func(q market.Quote) bool { return q.Count == 2 }},
		"a late trade counts, but is not the last": {func() market.Tick { k := trade(0, "105"); k.Time -= 1_000_000; return k },
			func(q market.Quote) bool { return q.Price == parse("100") && q.Count == 2 && q.High == parse("105") }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := one(t, DefaultConfig())
				w.says("market", ticks(trade(0, "100")))
				w.says("market", ticks(tc.tick()))
				if q := w.quote(0); !tc.want(q) {
					t.Errorf("got %+v", q)
				}
			})
		})
	}
}

func TestFatFingerDoesNotPaintTheWall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := one(t, DefaultConfig())
		for range 10 {
			w.says("market", ticks(trade(0, "100")))
			time.Sleep(100 * time.Millisecond)
		}
		w.says("market", ticks(trade(0, "105"), trade(0, "1000"), trade(0, "1010"))) // eats through the book at once
		if got := w.quote(0); got.Price != parse("105") || got.High != parse("105") {
			t.Errorf("price %v, high %v", got.Price, got.High)
		}
		time.Sleep(50 * time.Millisecond)
		w.says("market", ticks(trade(0, "104")))
		if got := w.quote(0); got.Price != parse("104") || got.High != parse("105") || got.State != market.Live {
			t.Errorf("price %v, high %v, %v", got.Price, got.High, got.State)
		}
		if got := w.refused("market", move); got != 2 {
			t.Errorf("%v refused, want 2", got)
		}
	})
}

func TestCrashGetsThroughWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := one(t, DefaultConfig())
		w.says("market", ticks(trade(0, "100")))
		began := time.Now()
		for _, p := range []string{"70", "69", "60", "45", "44", "43"} {
			time.Sleep(90 * time.Millisecond)
			w.says("market", ticks(trade(0, p)))
		}
		if got := w.quote(0); got.Price != parse("43") || got.Count != 7 || got.Low != parse("43") {
			t.Errorf("%v after the crash: %v, %d trades, low %v", time.Since(began), got.Price, got.Count, got.Low)
		}
		if got := w.refused("market", move); got != 0 {
			t.Errorf("%v refused", got)
		}
	})
}

func TestCrashThatStopsAtOnceGetsThroughWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := one(t, DefaultConfig())
		w.says("market", ticks(trade(0, "100")))
		for _, p := range []string{"80", "79", "78"} {
			time.Sleep(10 * time.Millisecond)
			w.says("market", ticks(trade(0, p)))
		}
		time.Sleep(970 * time.Millisecond)
		synctest.Wait()
		if got := w.quote(0); got.Price != parse("78") || got.State != market.Live || got.Count != 4 {
			t.Errorf("%v, %v, %d trades", got.Price, got.State, got.Count)
		}
	})
}

func TestFatFingerIsNotConfirmedByASmallerMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := one(t, DefaultConfig())
		w.says("market", ticks(trade(0, "100"), trade(0, "1000")))
		for _, p := range []string{"112", "113"} {
			time.Sleep(200 * time.Millisecond)
			w.says("market", ticks(trade(0, p)))
		}
		if got := w.quote(0); got.Price != parse("113") || got.High != parse("113") || w.refused("market", move) != 1 {
			t.Errorf("price %v, high %v, %v refused; want 113, 113, 1", got.Price, got.High, w.refused("market", move))
		}
	})
}

func TestBadPrintThatIsTakenBackTakesNothingWithIt(t *testing.T) {
	for name, between := range map[string]func(*world){
		"while it is held":     func(*world) {},
		"after it was refused": func(w *world) { w.says("market", ticks(trade(0, "101"))) },
	} {
		for _, mended := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, mended: %v", name, mended), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := one(t, DefaultConfig())
					w.says("market", ticks(trade(0, "100")))
					bad := trade(0, "1000")
					bad.ID = 7
					w.says("market", ticks(bad))
					between(w)
					c := market.Correction{ID: 7, Old: market.Print{Price: bad.Price, Size: bad.Size, Flags: bad.Flags}, Time: now(), Received: now()}
					if mended {
						c.New = market.Print{Price: parse("100.5"), Size: market.Units(1), Flags: market.Regular}
					}
					w.says("market", market.Batch{Corrections: []market.Correction{c}})
					w.says("market", ticks(trade(0, "102")))
					want := uint64(2)
					if name == "after it was refused" {
						want++
					}
					if mended {
						want++
					}
					q := w.quote(0)
					if q.Volume != market.Units(want) || q.High != parse("102") || q.Price != parse("102") || q.State != market.Live {
						t.Errorf("volume %v, high %v, price %v, %v; want %d, 102, 102, live", q.Volume, q.High, q.Price, q.State, want)
					}
				})
			})
		}
	}
}

func TestQuoteAndHaltSpeakForAMove(t *testing.T) {
	for name, evidence := range map[string]func() market.Tick{
		"a quote": func() market.Tick { return quote(0, "69.9", "70.1") },
		"a halt": func() market.Tick {
			return market.Tick{Kind: market.KindState, State: market.Halted, Time: now(), Received: now()}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := one(t, DefaultConfig())
				w.says("market", ticks(trade(0, "100"), trade(0, "70")))
				if w.price(0) != "100" {
					t.Fatalf("a move by %s goes through unconfirmed", w.price(0))
				}
				time.Sleep(confirmed)
				w.says("market", ticks(evidence()))
				if w.price(0) != "70" {
					t.Errorf("price %s, want 70", w.price(0))
				}
			})
		})
	}
}

func TestPriceInDoubtIsStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := one(t, DefaultConfig())
		w.says("market", ticks(trade(0, "100"), trade(0, "70")))
		time.Sleep(doubtful + 2*lookAround)
		synctest.Wait()
		if q := w.quote(0); q.State != market.Stale || q.Price != parse("100") {
			t.Errorf("%v %v, want 100 and stale", q.Price, q.State)
		}
		w.says("market", ticks(trade(0, "71")))
		if q := w.quote(0); q.State != market.Live || q.Price != parse("71") || q.Low != parse("70") {
			t.Errorf("%v %v, low %v", q.Price, q.State, q.Low)
		}
	})
}

func TestSilentSymbolIsStaleByItsOwnRhythm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := DefaultConfig()
		w := newWorld(t, cfg, []market.Symbol{{Symbol: "BUSY"}, {Symbol: "RARE"}}, vendor)
		w.live("market")
		for range 4 {
			w.says("market", ticks(trade(0, "1"), trade(1, "1")))
			for range 19 {
				time.Sleep(time.Second)
				w.says("market", ticks(trade(0, "1")))
			}
			time.Sleep(time.Second)
		}
		w.says("market", ticks(trade(0, "1"), trade(1, "1")))
		time.Sleep(cfg.StaleAfter + 2*lookAround)
		synctest.Wait()
		if got := w.quote(0).State; got != market.Stale {
			t.Errorf("busy after %v: %v", cfg.StaleAfter, got)
		}
		if got := w.quote(1).State; got != market.Live {
			t.Errorf("rare after %v: %v", cfg.StaleAfter, got)
		}
		time.Sleep(steadiness * 20 * time.Second)
		synctest.Wait()
		if got := w.quote(1).State; got != market.Stale {
			t.Errorf("rare after ten pauses: %v", got)
		}
		w.says("market", ticks(market.Tick{Symbol: 1, Kind: market.KindAlive}))
		if got := w.quote(1).State; got != market.Live {
			t.Errorf("rare, confirmed by its market: %v", got)
		}
	})
}

func TestSymbolOfAClosedMarketIsClosedNotStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the bubble begins on Saturday, 1 January 2000
		time.Sleep(2*24*time.Hour + 14*time.Hour + 30*time.Minute) // Monday 09:30 in New York
		w := newWorld(t, DefaultConfig(), []market.Symbol{{Symbol: "AAPL", Market: "us"}}, vendor)
		w.live("market")
		w.says("market", ticks(trade(0, "100")))
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if got := w.quote(0).State; got != market.Stale {
			t.Errorf("silent at 09:30: %v", got)
		}
		time.Sleep(6*time.Hour + 30*time.Minute)
		synctest.Wait()
		if got := w.quote(0).State; got != market.Closed {
			t.Errorf("silent after 16:00: %v", got)
		}
	})
}

func TestSessionRollsWhenTheTradingDayBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(2*24*time.Hour + 20*time.Hour) // Monday 15:00 in New York
		w := newWorld(t, DefaultConfig(), []market.Symbol{{Symbol: "AAPL", Market: "us"}, {Symbol: "BTC-USD", Market: "crypto"}}, vendor)
		w.live("market")
		w.says("market", ticks(trade(0, "100"), trade(0, "101"), trade(1, "50000")))
		late := trade(0, "105")
		late.Flags = market.SetsExtended | market.SetsVolume
		time.Sleep(90 * time.Minute)
		late.Time, late.Received = now(), now()
		w.says("market", ticks(late))
		if q := w.quote(0); q.Price != parse("101") || q.Extended != parse("105") || q.High != parse("101") || q.Count != 3 {
			t.Errorf("after hours %+v", q)
		}
		time.Sleep(2*time.Hour + 30*time.Minute + time.Second) // midnight UTC
		synctest.Wait()
		if q := w.quote(1); q.PreviousClose != parse("50000") || q.Set&(market.FieldVolume|market.FieldHigh) != 0 {
			t.Errorf("a coin after midnight UTC: %+v", q)
		}
		if q := w.quote(0); q.Set&market.FieldVolume == 0 {
			t.Error("a stock rolls at midnight UTC")
		}
		time.Sleep(9 * time.Hour) // 04:00 in New York
		synctest.Wait()
		q := w.quote(0)
		if q.PreviousClose != parse("101") || q.Price != parse("101") || q.Set&(market.FieldVolume|market.FieldOpen|market.FieldHigh|market.FieldLow|market.FieldCount|market.FieldVWAP|market.FieldExtended) != 0 {
			t.Errorf("after the roll %+v", q)
		}
		stale := trade(0, "99")
		stale.Time -= 3600e6
		w.says("market", ticks(stale))
		if q := w.quote(0); q.Set&market.FieldVolume != 0 {
			t.Error("a trade of the last session counts in this one")
		}
	})
}

// TestFirstTradeOfADayBeginsIt has the exchange's clock ahead of this machine's.
func TestFirstTradeOfADayBeginsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(24*time.Hour - 2*time.Second)
		w := newWorld(t, DefaultConfig(), []market.Symbol{{Symbol: "BTC-USD", Market: "crypto"}}, vendor)
		w.live("market")
		w.says("market", ticks(trade(0, "100")))
		for _, p := range []string{"100.5", "101", "102", "103"} { // the second is made after midnight, and comes before it
			time.Sleep(650 * time.Millisecond)
			k := trade(0, p)
			k.Time += 1_270_000
			w.says("market", ticks(k))
		}
		if q := w.quote(0); q.PreviousClose != parse("100.5") || q.Open != parse("101") || q.Count != 3 {
			t.Errorf("previous close %v, open %v, %d trades; want 100.5, 101, 3", q.PreviousClose, q.Open, q.Count)
		}
	})
}

// two starts a desk over a primary and a standby that have the same symbol.
func two(t *testing.T) *world {
	cfg := DefaultConfig()
	cfg.Symbols = []Route{{Symbol: "A", Sources: []string{"first:A", "second:A"}}}
	w := newWorld(t, cfg, []market.Symbol{{Symbol: "A", Decimals: 2}}, feed.Info{Name: "second", Remote: true}, feed.Info{Name: "first", Remote: true})
	return w
}

func TestStandbyTakesOverAndGivesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := two(t)
		w.live("first", "second")
		w.says("second", ticks(trade(0, "100.2")))
		w.says("first", ticks(trade(0, "100.1")))
		if q := w.quote(0); q.Source != "first" || q.Price != parse("100.1") || q.Count != 1 {
			t.Fatalf("both well: %s of %s, %d trades", q.Price, q.Source, q.Count)
		}
		w.says("second", ticks(trade(0, "100.3"), trade(0, "100.4")))
		if q := w.quote(0); q.Price != parse("100.1") {
			t.Errorf("the standby's price %s is shown", q.Price)
		}
		w.down("first", "cable cut")
		time.Sleep(2 * lookAround)
		synctest.Wait()
		if q := w.quote(0); q.Source != "second" || q.Price != parse("100.4") || q.Count != 3 || q.State != market.Live {
			t.Errorf("after the cut: %s of %s, %d trades, %v", q.Price, q.Source, q.Count, q.State)
		}
		w.live("first")
		for range 35 {
			w.says("first", ticks(trade(0, "100.5")))
			w.says("second", ticks(trade(0, "100.6")))
			if q := w.quote(0); q.Source != "second" {
				t.Fatalf("given back too early")
			}
			time.Sleep(800 * time.Millisecond)
		}
		time.Sleep(3 * time.Second)
		w.says("first", ticks(trade(0, "100.7")))
		if q := w.quote(0); q.Source != "first" || q.Price != parse("100.7") {
			t.Errorf("after it has settled: %s of %s", q.Price, q.Source)
		}
	})
}

func TestSilentPrimaryIsReplacedWithinSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := two(t)
		w.live("first", "second")
		w.says("first", ticks(trade(0, "10")))
		for i := range 40 {
			w.says("second", ticks(trade(0, "10.1")))
			if q := w.quote(0); q.Source == "second" {
				if after := time.Duration(i) * 500 * time.Millisecond; after < 15*time.Second || after > 16*time.Second {
					t.Errorf("after %v", after)
				}
				return
			}
			time.Sleep(500 * time.Millisecond)
		}
		t.Error("never")
	})
}

func TestNoPriceGoesBackInTimeWhenTheSourceChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := two(t)
		w.live("first", "second")
		w.says("first", ticks(trade(0, "10")))
		w.says("second", ticks(trade(0, "9.9"), quote(0, "9.8", "10")))
		time.Sleep(time.Second)
		w.says("first", ticks(trade(0, "10.2"), quote(0, "10.1", "10.3")))
		w.down("first", "cut")
		time.Sleep(time.Second)
		synctest.Wait()
		if q := w.quote(0); q.Source != "first" || q.State != market.Down || q.Price != parse("10.2") {
			t.Errorf("the standby's older price: %s of %s, %v", q.Price, q.Source, q.State)
		}
		w.says("second", ticks(quote(0, "10", "10.4")))
		if q := w.quote(0); q.Source != "second" || q.Bid != parse("10") || q.Price != parse("10.2") || q.State != market.Live {
			t.Errorf("with a newer quote: %s of %s, bid %s, %v", q.Price, q.Source, q.Bid, q.State)
		}
	})
}

func TestSourcesTellTheirStates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := two(t)
		w.live("first")
		w.down("first", "cut")
		w.live("second")
		var told []string
		for _, s := range w.statuses {
			told = append(told, s.Source+" "+s.State.String()+" "+s.Message)
		}
		if want := []string{"first live ", "first down cut", "second live "}; !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
		if got := w.desk.Info().Name; got != "second,first" {
			t.Errorf("together they are %s", got)
		}
	})
}

func TestSkewOfARecorderBehindIsAboveZero(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := one(t, DefaultConfig())
		for i := range 100 {
			k := trade(0, "100")
			k.Time += market.Time(1_250_000 + i%30*1000)
			w.says("market", ticks(k))
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(lookAround)
		synctest.Wait()
		if got := testutil.ToFloat64(w.desk.metrics.skew.WithLabelValues("market")); got != 1.279 {
			t.Errorf("%v, want 1.279", got)
		}
	})
}

func TestEverySecondTellingOfATradeIsOne(t *testing.T) {
	for name, numbered := range map[string]bool{"numbered": true, "not numbered": false} {
		t.Run(name, func(t *testing.T) {
			var w window
			for i := range uint64(seen) {
				if id := i*7919%1000 + 1; !numbered && !w.new(id, 1, false) || numbered && !w.new(i+1, 1, true) {
					t.Fatalf("%d was there", i)
				}
			}
			for i := range uint64(seen) {
				if id := i*7919%1000 + 1; !numbered && w.new(id, 1, false) || numbered && w.new(i+1, 1, true) {
					t.Fatalf("%d was not there", i)
				}
			}
		})
	}
}

func TestTradeThatWasMissingIsNoSecondTelling(t *testing.T) {
	var w window
	for _, tc := range []struct {
		id   uint64
		want bool
	}{{10, true}, {14, true}, {12, true}, {12, false}, {10, false}, {9, false}, {15, true}, {13, true}, {11, true}, {11, false}} {
		if got := w.new(tc.id, market.Time(tc.id), true); got != tc.want {
			t.Errorf("trade %d: new %v, want %v", tc.id, got, tc.want)
		}
	}
}

func TestBadConfigurationIsNamed(t *testing.T) {
	cfg := DefaultConfig()
	cfg.StaleAfter, cfg.MaxMove, cfg.MaxCross = 0, -1, 1e9
	cfg.Symbols = []Route{{Symbol: "A B", Sources: []string{"kraken"}}, {Symbol: "X"}, {Symbol: "X", Sources: []string{"kraken:BTC/USD"}}}
	text := cfg.Validate().Error()
	for _, want := range []string{"stale_after: 0s", "max_move: -1", "max_cross: 1e+09", "symbols[0].symbol: \"A B\"", "symbols[0].sources[0]: \"kraken\"", "symbols[1].sources", "symbols[2].symbol: \"X\""} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in:\n%s", want, text)
		}
	}
}
