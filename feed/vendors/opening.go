package vendors

import (
	"sync"

	"tickertape/feed/market"
)

// mostKept is how many trades wait for the statistics of their session; the oldest give way, since
// statistics that come so late count them already.
const mostKept = 10_000

const sums = market.SetsVolume | market.SetsHighLow

// Opening is the beginning of a connection: trades stream in before it is known what the session's
// earlier ones add up to. Until then they set the last price only; then those are counted that are
// later than the statistics. Its methods may be called from several goroutines.
type Opening struct {
	mu      sync.Mutex
	publish func(market.Batch)
	all     bool                     // guarded by mu: every symbol is open
	open    map[market.SymbolID]bool // guarded by mu: symbols whose trades count in full
	again   map[market.SymbolID]bool // guarded by mu: open symbols whose statistics are asked for anew
	kept    []market.Tick            // guarded by mu: trades of the symbols that are not open, and of those in again
}

// NewOpening hands on to publish, one batch at a time.
func NewOpening(publish func(market.Batch)) *Opening {
	return &Opening{publish: publish, open: map[market.SymbolID]bool{}, again: map[market.SymbolID]bool{}}
}

// Publish hands on what streams in. Trades whose sums cannot be counted yet are kept and set the last
// price only.
func (o *Opening) Publish(b market.Batch) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.all || len(o.again) > 0 {
		for i := range b.Ticks {
			t := &b.Ticks[i]
			open := o.all || o.open[t.Symbol]
			switch {
			case t.Kind == market.KindSession:
				if !o.all {
					o.open[t.Symbol] = true
				}
				delete(o.again, t.Symbol)
			case t.Kind == market.KindTrade && t.Flags&sums != 0 && (!open || o.again[t.Symbol]):
				if len(o.kept) == mostKept {
					o.kept = append(o.kept[:0], o.kept[mostKept/2:]...)
				}
				late := *t
				late.Flags &= sums
				late.ID = 0 // told a second time
				o.kept = append(o.kept, late)
				if !open {
					t.Flags &^= sums
				}
			}
		}
	}
	o.publish(b)
}

// Again says that a symbol's statistics are asked for anew: its trades count as before, and those that are
// later than the statistics count on top of them, too. It does nothing to a symbol that has none yet.
func (o *Opening) Again(id market.SymbolID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.all && !o.open[id] {
		return
	}
	o.release(id, func(t *market.Tick) { t.Flags = 0 })
	o.again[id] = true
}

// Start publishes the statistics of a symbol's session as they were at asOf, and counts the trades
// that are later; those before too into a volume that the statistics do not have. Further statistics of
// the same symbol are published as they are, unless Again was called before they were asked for.
func (o *Opening) Start(image market.Quote, asOf market.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var b market.Batch
	if image.Set != 0 { // or there are none, and the trades count without
		b.Images = []market.Quote{image}
	}
	switch {
	case o.again[image.Symbol]:
		delete(o.again, image.Symbol)
		b.Ticks = o.release(image.Symbol, func(t *market.Tick) {
			if t.Time <= asOf {
				t.Flags = 0
			} else if image.Set&market.FieldVolume == 0 {
				t.Flags &^= market.SetsVolume // that was not replaced
			}
		})
	case !o.all && !o.open[image.Symbol]:
		o.open[image.Symbol] = true
		b.Ticks = o.release(image.Symbol, func(t *market.Tick) {
			if t.Time > asOf {
				return
			}
			if t.Flags &^= market.SetsHighLow; image.Set&market.FieldVolume != 0 {
				t.Flags = 0
			}
		})
	}
	if len(b.Images)+len(b.Ticks) > 0 {
		o.publish(b)
	}
}

// release takes a symbol's trades out of what is kept, after trim has taken flags from each; those without
// any are left out. The caller holds mu.
func (o *Opening) release(id market.SymbolID, trim func(*market.Tick)) (free []market.Tick) {
	rest := o.kept[:0]
	for i := range o.kept {
		t := o.kept[i]
		if t.Symbol != id {
			rest = append(rest, t)
			continue
		}
		if trim(&t); t.Flags != 0 {
			free = append(free, t)
		}
	}
	o.kept = rest
	return free
}

// GiveUp counts what has come so far and all that comes, since the statistics cannot be had. Those that
// come after all are published by Start as they are.
func (o *Opening) GiveUp() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.all {
		return
	}
	o.all, o.open = true, nil
	var free, rest []market.Tick
	for _, t := range o.kept {
		if o.again[t.Symbol] {
			rest = append(rest, t) // was counted when it came
		} else {
			free = append(free, t)
		}
	}
	o.kept = rest
	if len(free) > 0 {
		o.publish(market.Batch{Ticks: free})
	}
}
