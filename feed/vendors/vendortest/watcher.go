package vendortest

import (
	"context"
	"log/slog"
	"regexp"
	"slices"
	"sync"
	"testing"

	dto "github.com/prometheus/client_model/go"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed"
	"tickertape/feed/consolidate"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// Watcher is what the program makes of a feed: it supervises the sources, checks what they say, and keeps it.
type Watcher struct {
	t   testing.TB
	dir *market.Directory
	reg *prometheus.Registry

	mu       sync.Mutex
	tallies  map[market.SymbolID]*market.Tally // guarded by mu
	states   map[market.SymbolID]market.State  // guarded by mu
	reasons  map[market.SymbolID]string        // guarded by mu: of the states
	statuses []market.Status                   // guarded by mu
	whys     []string                          // guarded by mu: what the supervisor logged of each break
}

// betrays finds in a text what subscribers must not see: addresses, paths, users, and the keys of tests.
var betrays = regexp.MustCompile(`://|@|[/\\]\w|\d\.\d+\.\d|:\d|\[[0-9a-f:]+\]|\bdial\b|CANARY|s3cr3t`)

// Watch runs sources that were opened with env until the test ends.
func Watch(t testing.TB, env vendors.Env, sources []feed.Source, cfg feed.Config) *Watcher {
	w := &Watcher{t: t, dir: env.Dir, reg: prometheus.NewRegistry(),
		tallies: map[market.SymbolID]*market.Tally{}, states: map[market.SymbolID]market.State{},
		reasons: map[market.SymbolID]string{}}
	w.reg.MustRegister(env.Faults)
	log := slog.New(slog.DiscardHandler)
	v := feed.NewSupervisor(cfg, slog.New(breaks{slog.DiscardHandler, w}), w.reg)
	var supervised []feed.Source
	for _, s := range sources {
		supervised = append(supervised, v.Supervise(Joined(t, s), nil))
	}
	d := consolidate.New(consolidate.DefaultConfig(), cfg.Silence, supervised, env.Dir, env.Hours, log, w.reg)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx, w.publish) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the feed ended with %v", err)
		}
	})
	return w
}

// breaks is the supervisor's log.
type breaks struct {
	slog.Handler
	w *Watcher
}

func (breaks) Enabled(context.Context, slog.Level) bool { return true }

func (l breaks) Handle(_ context.Context, r slog.Record) error {
	if r.Message != "feed lost" && r.Message != "feed given up" {
		return nil
	}
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "message" {
			l.w.mu.Lock()
			l.w.whys = append(l.w.whys, a.Value.String())
			l.w.mu.Unlock()
		}
		return true
	})
	return nil
}

// Why is what the log says of the newest break, with all that subscribers do not see.
func (w *Watcher) Why() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.whys) == 0 {
		return ""
	}
	return w.whys[len(w.whys)-1]
}

// Whys are what the log says of all breaks so far.
func (w *Watcher) Whys() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.whys)
}

func (w *Watcher) publish(b market.Batch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if b.Status != nil {
		w.statuses = append(w.statuses, *b.Status)
		for _, s := range append([]market.Status{*b.Status}, b.Status.Behind...) {
			if found := betrays.FindString(s.Message); found != "" {
				w.t.Errorf("subscribers see %q, which has %q", s.Message, found)
			}
		}
	}
	for i := range b.Images {
		w.tally(b.Images[i].Symbol).Image(&b.Images[i])
	}
	for i := range b.Ticks {
		k := &b.Ticks[i]
		if k.Kind == market.KindState {
			w.states[k.Symbol], w.reasons[k.Symbol] = k.State, k.Conditions
		}
		w.tally(k.Symbol).Apply(k)
	}
	for i := range b.Corrections {
		w.tally(b.Corrections[i].Symbol).Correct(&b.Corrections[i])
	}
}

func (w *Watcher) tally(id market.SymbolID) *market.Tally {
	if w.tallies[id] == nil {
		y := market.NewTally(id, w.dir.Symbol(id).PreviousClose, market.NewLedgers(100_000))
		w.tallies[id] = &y
	}
	return w.tallies[id]
}

// Quote is what is known of a symbol, with its state; nothing is known of one that there is not.
func (w *Watcher) Quote(symbol string) market.Quote {
	w.mu.Lock()
	defer w.mu.Unlock()
	id, known := w.dir.ID(symbol)
	if !known {
		return market.Quote{}
	}
	q := w.tally(id).Quote()
	q.State, q.Reason = w.states[id], w.reasons[id]
	return q
}

// Status is the newest status of any source.
func (w *Watcher) Status() market.Status {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.statuses) == 0 {
		return market.Status{State: market.Down}
	}
	return w.statuses[len(w.statuses)-1]
}

// Statuses are all statuses so far.
func (w *Watcher) Statuses() []market.Status {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.statuses)
}

// Metric is the sum of a metric's values that have the given labels, name and value in turn.
func (w *Watcher) Metric(name string, labels ...string) float64 {
	families, err := w.reg.Gather()
	if err != nil {
		panic(err)
	}
	sum := 0.0
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			if has(m, labels) {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

func has(m *dto.Metric, labels []string) bool {
	for i := 0; i+1 < len(labels); i += 2 {
		if !slices.ContainsFunc(m.GetLabel(), func(l *dto.LabelPair) bool { return l.GetName() == labels[i] && l.GetValue() == labels[i+1] }) {
			return false
		}
	}
	return true
}
