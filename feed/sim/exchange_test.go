package sim

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tickertape/feed/market"
)

// testMarket is the market of cfg with ids 0 and up, opening at the epoch.
func testMarket(t rapid.TB, cfg Config) *exchange {
	t.Helper()
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	companies, err := listings(cfg.Symbols, cfg.Seed)
	if err != nil {
		t.Fatal(err)
	}
	ids := make([]market.SymbolID, len(companies))
	for i := range ids {
		ids[i] = market.SymbolID(i)
	}
	return newExchange(cfg, companies, ids)
}

// each calls f with the ticks of a market up to a virtual time.
func each(m *exchange, until time.Duration, f func(market.Tick)) {
	batch := make([]market.Tick, 0, 1000)
	for m.due <= until.Microseconds() {
		for _, tick := range m.next(batch, until.Microseconds()) {
			f(tick)
		}
	}
}

// fingerprint is the hash of all fields of the images and the first n ticks.
func fingerprint(m *exchange, n int) string {
	h := sha256.New()
	put := func(v any) {
		if err := binary.Write(h, binary.LittleEndian, v); err != nil {
			panic(err)
		}
	}
	text := func(q market.Quantity) []byte { return append(q.AppendTo(nil), ' ') }
	for _, q := range m.images() {
		put([]int64{int64(q.Symbol), int64(q.Set), int64(q.Bid), int64(q.Ask), int64(q.PreviousClose), int64(q.Time)})
		h.Write(append(text(q.BidSize), text(q.AskSize)...))
	}
	batch := make([]market.Tick, 0, 1)
	for range n {
		t := m.next(batch, math.MaxInt64)[0]
		put([]uint8{uint8(t.Kind), uint8(t.Flags), uint8(t.State)})
		put([]int64{int64(t.Symbol), int64(t.Price), int64(t.Bid), int64(t.Ask), int64(t.Time), int64(t.Received)})
		h.Write(append(append(text(t.Size), text(t.BidSize)...), text(t.AskSize)...))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// The fingerprints change with the model, and with nothing else: not with the platform, Go's
// version, or how the ticks are asked for.
func TestSameSeedAndConfigurationGiveTheSameTicks(t *testing.T) {
	wild := Config{Seed: 7, Rate: 50, Symbols: 30, Session: time.Minute, HaltEvery: time.Second}
	wide := opening()
	wide.Symbols, wide.Rate = maxSymbols, maxRate
	for name, c := range map[string]struct {
		cfg  Config
		want string
	}{
		"at its opening":       {opening(), "50ca52e6b83555116b21e990f5cc48f2"},
		"sessions and halts":   {wild, "cdd83395dcdc5623365c70304a72aca3"},
		"all symbols and rate": {wide, "f6523f38de556fc603cbf378c26316de"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := fingerprint(testMarket(t, c.cfg), 100_000); got != c.want {
				t.Errorf("fingerprint of 100000 ticks is %s, want %s", got, c.want)
			}
		})
	}
}

func TestAnotherSeedGivesOtherTicks(t *testing.T) {
	cfg := opening()
	one := fingerprint(testMarket(t, cfg), 1000)
	cfg.Seed++
	if two := fingerprint(testMarket(t, cfg), 1000); one == two {
		t.Error("seeds 1 and 2 give the same ticks")
	}
}

func TestTicksDoNotDependOnHowTheyAreAskedFor(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		cfg := Config{Seed: 3, Rate: 3000, Symbols: 40, Session: time.Minute, HaltEvery: 5 * time.Second}
		const n = 4_000
		var want, got []market.Tick
		whole, parts := testMarket(t, cfg), testMarket(t, cfg)
		want = whole.next(make([]market.Tick, 0, n), math.MaxInt64)
		for until := int64(0); len(got) < n; until += rapid.Int64Range(0, 300_000).Draw(rt, "wait") {
			size := rapid.IntRange(1, 2000).Draw(rt, "capacity")
			for parts.due <= until && len(got) < n {
				got = append(got, parts.next(make([]market.Tick, 0, min(size, n-len(got))), until)...)
			}
		}
		if !slices.Equal(got, want) {
			rt.Error("the same market differs by batches")
		}
	})
}

func TestPricesDoNotDependOnTheRate(t *testing.T) {
	cfg := opening()
	cfg.HaltEvery, cfg.Session = 0, 2*time.Minute
	slow := cfg
	slow.Rate = 10 // both have a tick in every step
	a, b := testMarket(t, cfg), testMarket(t, slow)
	each(a, 3*time.Minute, func(market.Tick) {})
	each(b, 3*time.Minute, func(market.Tick) {})
	if a.at != b.at {
		t.Fatalf("at %d and %d µs", a.at, b.at)
	}
	for i := range a.instruments {
		if x, y := a.instruments[i].value, b.instruments[i].value; x != y {
			t.Fatalf("instrument %d is at %v and %v", i, x, y)
		}
	}
}

// Session ticks, opening quotes and halts come beside the rate: they are counted out.
func TestRateIsMetOverASessionAndAfterAMinute(t *testing.T) {
	for rate, span := range map[int]time.Duration{
		1:       5 * time.Minute,
		10:      time.Minute,
		2000:    3 * time.Minute,
		20_000:  time.Minute,
		maxRate: 3 * time.Second, // the opening is no faster than the rest
	} {
		cfg := opening()
		cfg.Rate, cfg.Symbols, cfg.Session, cfg.HaltEvery = rate, 50, 3*time.Minute, 0
		if span > cfg.Session {
			cfg.Session = span
		}
		m := testMarket(t, cfg)
		ticks, peak, second, inSecond := 0, 0, market.Time(0), 0
		each(m, span-time.Microsecond, func(tick market.Tick) {
			ticks++
			if tick.Time/1e6 != second {
				second, inSecond = tick.Time/1e6, 0
			}
			inSecond++
			peak = max(peak, inSecond)
		})
		want := float64(rate) * span.Seconds()
		if math.Abs(float64(ticks)-want) > max(2, want/1000) {
			t.Errorf("rate %d: %d ticks in %v, want %.0f", rate, ticks, span, want)
		}
		if peak > min(3*rate, maxRate)+1 {
			t.Errorf("rate %d: %d ticks in one second", rate, peak)
		}
	}
}

// tickChecker checks what holds for every tick of any market.
type tickChecker struct {
	t      rapid.TB
	m      *exchange
	last   market.Time
	quotes map[market.SymbolID]market.Tick
	opened map[market.SymbolID]bool
	halted map[market.SymbolID]bool
	closes map[market.SymbolID]market.Price // what the session would close at
	trades int
	counts map[market.Kind]int
}

func newTickChecker(t rapid.TB, m *exchange) *tickChecker {
	w := &tickChecker{t, m, 0, map[market.SymbolID]market.Tick{}, map[market.SymbolID]bool{}, map[market.SymbolID]bool{},
		map[market.SymbolID]market.Price{}, 0, map[market.Kind]int{}}
	for _, q := range m.images() {
		w.quote(market.Tick{Symbol: q.Symbol, Bid: q.Bid, Ask: q.Ask, BidSize: q.BidSize, AskSize: q.AskSize, Flags: market.BothSides})
		w.closes[q.Symbol] = q.PreviousClose
	}
	return w
}

func (w *tickChecker) quote(tick market.Tick) {
	in := &w.m.instruments[tick.Symbol]
	lot := market.Units(in.lot)
	step := market.Price(market.Scale / 100)
	if tick.Ask < market.Scale {
		step = market.Scale / 10_000
	}
	switch {
	case tick.Flags != market.BothSides, tick.Bid <= 0, tick.Ask <= tick.Bid:
		w.t.Fatalf("bid %v, ask %v, flags %b", tick.Bid, tick.Ask, tick.Flags)
	case tick.Bid%step != 0 || tick.Ask%step != 0 || in.tick != step:
		w.t.Fatalf("bid %v, ask %v in ticks of %v", tick.Bid, tick.Ask, in.tick)
	case tick.BidSize.Compare(lot) < 0, tick.AskSize.Compare(lot) < 0:
		w.t.Fatalf("sizes %v and %v with lots of %d", tick.BidSize, tick.AskSize, in.lot)
	}
	w.quotes[tick.Symbol] = tick
}

func (w *tickChecker) see(tick market.Tick) {
	s := tick.Symbol
	w.counts[tick.Kind]++
	if tick.Time < w.last || tick.Received != tick.Time {
		w.t.Fatalf("time %d received %d after %d", tick.Time, tick.Received, w.last)
	}
	w.last = tick.Time
	if w.halted[s] && tick.Kind != market.KindState {
		w.t.Fatalf("a halted symbol ticks: %+v", tick)
	}
	switch tick.Kind {
	case market.KindQuote:
		w.quote(tick)
	case market.KindTrade:
		odd := tick.Size.Compare(market.Units(w.m.instruments[s].lot)) < 0
		q := w.quotes[s]
		switch {
		case tick.Size.IsZero(), odd && tick.Flags != market.SetsVolume, !odd && tick.Flags != market.Regular:
			w.t.Fatalf("trade of %v with flags %b", tick.Size, tick.Flags)
		case tick.Price < q.Bid || tick.Price > q.Ask:
			w.t.Fatalf("trade at %v outside %v to %v", tick.Price, q.Bid, q.Ask)
		case !w.opened[s] && odd:
			w.t.Fatalf("the first trade is odd: %v", tick.Size)
		}
		w.opened[s] = true
		if !odd {
			w.closes[s] = tick.Price
		}
	case market.KindState:
		if (tick.State == market.Halted) == w.halted[s] || tick.State != market.Halted && tick.State != market.Live {
			w.t.Fatalf("state %v where halted is %v", tick.State, w.halted[s])
		}
		w.halted[s] = tick.State == market.Halted
	case market.KindSession:
		if tick.Price != w.closes[s] {
			w.t.Fatalf("a session closes at %v, its last trade was at %v", tick.Price, w.closes[s])
		}
		w.opened[s] = false
	}
}

func TestEveryTickIsPlausible(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		cfg := Config{
			Seed:      rapid.Uint64().Draw(rt, "seed"),
			Rate:      rapid.SampledFrom([]int{1, 7, 2000, 100_000, maxRate}).Draw(rt, "rate"),
			Symbols:   rapid.SampledFrom([]int{1, 2, 10, 503, 504}).Draw(rt, "symbols"),
			Session:   rapid.SampledFrom([]time.Duration{time.Minute, 91 * time.Second, time.Hour}).Draw(rt, "session"),
			HaltEvery: rapid.SampledFrom([]time.Duration{0, time.Second, time.Minute}).Draw(rt, "halts"),
		}
		m := testMarket(t, cfg)
		w := newTickChecker(rt, m)
		left := 4_000 + 3*cfg.Symbols
		batch := make([]market.Tick, 0, 500)
		for ; left > 0 && m.at < 150e6; left -= len(batch) {
			batch = m.next(batch[:0], m.due)
			for _, tick := range batch {
				w.see(tick)
			}
		}
	})
}

func TestEveryTickOfTheLargestMarketIsPlausible(t *testing.T) {
	for _, rate := range []int{1, maxRate} {
		cfg := opening()
		cfg.Symbols, cfg.Rate = maxSymbols, rate
		m := testMarket(t, cfg)
		each(m, max(100*time.Millisecond, 10*time.Second/time.Duration(rate)), newTickChecker(t, m).see)
	}
}

func TestQuotesAreThreeToFiveTimesTrades(t *testing.T) {
	m := testMarket(t, opening())
	w := newTickChecker(t, m)
	each(m, 2*time.Minute, w.see)
	if q := float64(w.counts[market.KindQuote]) / float64(w.counts[market.KindTrade]); q < 3 || q > 5 {
		t.Errorf("%.1f quotes a trade", q)
	}
}

func TestAFewNamesAreBusyAndAllHaveTraded(t *testing.T) {
	m := testMarket(t, opening())
	ticks := make([]int, 500)
	each(m, time.Minute, func(tick market.Tick) { ticks[tick.Symbol]++ })
	all, top := 0, 0
	for i, n := range ticks {
		all += n
		if i < 20 {
			top += n
		}
		if !m.instruments[i].opened {
			t.Errorf("%d has not opened after a minute", i)
		}
	}
	if share := float64(top) / float64(all); share < .25 || share > .5 {
		t.Errorf("20 of 500 names have %.0f %% of the ticks", 100*share)
	}
}

func TestASessionEndsForEverySymbolAtOnce(t *testing.T) {
	cfg := Config{Seed: 5, Rate: 1000, Symbols: 40, Session: time.Minute, HaltEvery: 2 * time.Second}
	m := testMarket(t, cfg)
	w := newTickChecker(t, m)
	ends := map[market.Time]int{}
	each(m, 5*time.Minute+time.Second, func(tick market.Tick) {
		w.see(tick)
		if tick.Kind == market.KindSession {
			ends[tick.Time]++
		}
	})
	want := map[market.Time]int{60e6: 40, 120e6: 40, 180e6: 40, 240e6: 40, 300e6: 40}
	if !maps.Equal(ends, want) {
		t.Errorf("session ends %v, want %v", ends, want)
	}
}

func TestShareClassesOfACompanyMoveTogether(t *testing.T) {
	m := testMarket(t, opening())
	each(m, 10*time.Minute, func(market.Tick) {})
	pairs := 0
	for _, in := range m.instruments {
		if in.leader < 0 {
			continue
		}
		pairs++
		leader := m.instruments[in.leader]
		a := float64(in.value) / float64(in.previousClose)
		b := float64(leader.value) / float64(leader.previousClose)
		if math.Abs(a/b-1) > .001 {
			t.Errorf("share classes are at %.4f and %.4f of their previous close", a, b)
		}
	}
	if pairs != 3 {
		t.Errorf("%d pairs of share classes, want GOOGL, FOXA and NWSA with another", pairs)
	}
}

func TestSteadyStateDoesNotAllocate(t *testing.T) {
	cfg := opening()
	cfg.Symbols, cfg.Session, cfg.HaltEvery = 100, time.Minute, time.Second
	m := testMarket(t, cfg)
	batch := make([]market.Tick, 0, 1000)
	if n := testing.AllocsPerRun(1000, func() { m.next(batch, math.MaxInt64) }); n != 0 {
		t.Errorf("%v allocations for 1000 ticks, want 0", n)
	}
}
