package consolidate

import (
	"context"
	"io"
	"log/slog"
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

// fakeSource publishes the batches that a test gives it.
type fakeSource struct {
	info    feed.Info
	batches chan market.Batch // closed: the source ends
}

func (f *fakeSource) Info() feed.Info { return f.info }

func (f *fakeSource) Run(ctx context.Context, publish func(market.Batch)) error {
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

// fixture is a consolidated feed with its sources and all that it has published.
type fixture struct {
	series int // messages of bars and trades that were published
	t      *testing.T
	feed   *Feed
	dir    *market.Directory
	fakes  map[string]*fakeSource

	mu       sync.Mutex
	tallies  map[market.SymbolID]*market.Tally
	states   map[market.SymbolID]market.State
	reasons  map[market.SymbolID]string
	statuses []market.Status
	largest  int  // ticks in a batch, at most
	before   int  // how many changes of state came before the newest trade
	changes  int  // how many have come
	slow     bool // publishing takes a while
}

// newFixture runs a feed of one fake source for each name. It must be called in a synctest bubble.
func newFixture(t *testing.T, cfg Config, symbols []market.Symbol, infos ...feed.Info) *fixture {
	w := &fixture{
		t: t, dir: market.NewDirectory(), fakes: map[string]*fakeSource{},
		tallies: map[market.SymbolID]*market.Tally{}, states: map[market.SymbolID]market.State{}, reasons: map[market.SymbolID]string{},
	}
	for _, s := range symbols {
		if _, err := w.dir.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	var sources []feed.Source
	for _, info := range infos {
		f := &fakeSource{info, make(chan market.Batch)}
		w.fakes[info.Name] = f
		sources = append(sources, f)
	}
	hours, err := calendar.New(calendar.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	reg := prometheus.NewRegistry()
	w.feed = New(cfg, 15*time.Second, sources, w.dir, hours, slog.New(slog.NewTextHandler(io.Discard, nil)), reg)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.feed.Run(ctx, w.publish)
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

func (w *fixture) publish(b market.Batch) {
	if w.slow {
		time.Sleep(time.Millisecond)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if b.Status != nil {
		w.statuses = append(w.statuses, *b.Status)
	}
	for i := range b.Images {
		w.tally(b.Images[i].Symbol).Image(&b.Images[i])
	}
	w.series += len(b.Bars) + len(b.Trades)
	w.largest = max(w.largest, len(b.Ticks))
	for i := range b.Ticks {
		k := &b.Ticks[i]
		switch k.Kind {
		case market.KindState:
			w.states[k.Symbol], w.reasons[k.Symbol] = k.State, k.Conditions
			w.changes++
		case market.KindTrade:
			w.before = w.changes
		}
		w.tally(k.Symbol).Apply(k)
	}
	for i := range b.Corrections {
		w.tally(b.Corrections[i].Symbol).Correct(&b.Corrections[i])
	}
}

func (w *fixture) tally(id market.SymbolID) *market.Tally {
	if w.tallies[id] == nil {
		y := market.NewTally(id, w.dir.Symbol(id).PreviousClose, market.NewLedgers(100_000))
		w.tallies[id] = &y
	}
	return w.tallies[id]
}

// says has a source publish a batch and waits until it was taken in.
func (w *fixture) says(name string, b market.Batch) {
	w.t.Helper()
	w.fakes[name].batches <- b
	synctest.Wait()
}

// live connects the sources.
func (w *fixture) live(names ...string) {
	for _, n := range names {
		w.says(n, market.Batch{Status: &market.Status{Source: n, State: market.Live}})
	}
}

func (w *fixture) down(name, why string) {
	w.says(name, market.Batch{Status: &market.Status{Source: name, State: market.Down, Message: why}})
}

// quote is what was published of a symbol, with its state.
func (w *fixture) quote(id market.SymbolID) market.Quote {
	w.mu.Lock()
	defer w.mu.Unlock()
	q := w.tally(id).Quote()
	q.State, q.Reason = w.states[id], w.reasons[id]
	return q
}

func (w *fixture) price(id market.SymbolID) string { return w.quote(id).Price.String() }

func (w *fixture) refused(source string, why reason) float64 {
	return testutil.ToFloat64(w.feed.consolidator.metrics.refused.WithLabelValues(source, why.String()))
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
	return market.Tick{
		Symbol: id, Kind: market.KindTrade, Flags: market.Regular, Price: parse(price), Size: market.Units(1), Time: now(), Received: now(),
	}
}

func quote(id market.SymbolID, bid, ask string) market.Tick {
	return market.Tick{
		Symbol: id, Kind: market.KindQuote, Flags: market.BothSides, Bid: parse(bid), Ask: parse(ask), Time: now(), Received: now(),
	}
}

func ticks(t ...market.Tick) market.Batch { return market.Batch{Ticks: t} }

var remote = feed.Info{Name: "market", Remote: true}

// one runs a feed of one source with one symbol that never closes.
func one(t *testing.T, cfg Config) *fixture {
	w := newFixture(t, cfg, []market.Symbol{{Symbol: "A", Decimals: 2}}, remote)
	w.live("market")
	return w
}
