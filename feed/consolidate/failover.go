package consolidate

import (
	"slices"
	"time"

	"tickertape/feed/market"
)

// router decides which source of a symbol counts.
type router struct {
	cfg         Config
	silence     time.Duration
	sources     []*source                    // the preferred first
	preferences map[market.SymbolID][]string // names of sources, of the symbols that have a route
}

// rank is a source's place among those of a symbol, from 0; the smaller is preferred.
func (r *router) rank(id market.SymbolID, s *source) int {
	order, routed := r.preferences[id]
	if !routed {
		return s.place
	}
	if i := slices.Index(order, s.name); i >= 0 {
		return i
	}
	return len(order) + s.place
}

// reliable reports whether a source can be relied on for a symbol now.
func (r *router) reliable(s *source, id market.SymbolID, now time.Time) bool {
	t := s.track(id)
	if t == nil || !t.known() || t.claimed == market.Stale || t.claimed == market.Down {
		return false
	}
	return t.connection.state == market.Live && (t.claimed == market.Halted || now.Sub(t.heard) <= max(r.silence, t.patience(r.cfg)))
}

// choose decides which source counts for a symbol after one has had data of it, or another has failed. It returns the one
// that takes over; nil: nothing changes.
func (r *router) choose(id market.SymbolID, y *symbol, now time.Time) *source {
	var best *source
	for _, s := range r.sources {
		t := s.track(id)
		if t == nil || !t.known() {
			continue
		}
		if s == y.source {
			if r.reliable(s, id, now) && (best == nil || r.rank(id, s) < r.rank(id, best)) {
				best = s
			}
			continue
		}
		if !r.reliable(s, id, now) || best != nil && r.rank(id, s) > r.rank(id, best) {
			continue
		}
		if y.source != nil {
			if t.newest() < y.shown {
				continue // what it has is older than what is shown
			}
			preferred := r.rank(id, s) < r.rank(id, y.source)
			if preferred && r.reliable(y.source, id, now) && y.failedOver && t.steadyFor(now) < r.cfg.FailbackAfter {
				continue // it has to prove itself first
			}
		}
		best = s
	}
	if best == y.source {
		return nil
	}
	return best
}

// takeoverImage is all that a source has said of a symbol, in place of what another has said. Only a last price older than
// the one shown is not taken over.
func takeoverImage(id market.SymbolID, y *symbol, from, to *track) market.Quote {
	image := to.tally.Quote()
	image.Symbol, image.Whole = id, true
	if from != nil {
		if was := from.tally.Quote(); to.traded < y.traded && was.Set&market.FieldPrice != 0 {
			image.Price, image.Size = was.Price, was.Size
			image.Set = image.Set&^market.FieldSize | was.Set&(market.FieldPrice|market.FieldSize)
		}
		image.Time = max(image.Time, y.shown)
	}
	image.Set &^= market.FieldState
	if image.Set&market.FieldSource == 0 { // else it says itself which of its own sources the prices are from
		image.Set |= market.FieldSource
		image.Source = to.source.name
	}
	return image
}
