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
	ss := s.symbol(id)
	if ss == nil || !ss.known() || ss.claimed == market.Stale || ss.claimed == market.Down {
		return false
	}
	return ss.connection.state == market.Live && (ss.claimed == market.Halted || now.Sub(ss.heard) <= max(r.silence, ss.staleAfter(&r.cfg)))
}

// choose decides which source counts for a symbol after one has had data of it, or another has failed. It returns the one
// that takes over; nil: nothing changes. As long as none is reliable, the best of those that have said anything counts, so that its
// state is published.
func (r *router) choose(id market.SymbolID, sym *symbol, now time.Time) *source {
	var best *source
	for _, s := range r.sources {
		ss := s.symbol(id)
		if ss == nil || !ss.known() {
			continue
		}
		if s == sym.source {
			if r.reliable(s, id, now) && (best == nil || r.rank(id, s) < r.rank(id, best)) {
				best = s
			}
			continue
		}
		if !r.reliable(s, id, now) || best != nil && r.rank(id, s) > r.rank(id, best) {
			continue
		}
		if sym.source != nil {
			if ss.newest() < sym.newestPublished {
				continue // its data are older than the published ones
			}
			preferred := r.rank(id, s) < r.rank(id, sym.source)
			if preferred && r.reliable(sym.source, id, now) && sym.failedOver && ss.steadyFor(now) < r.cfg.FailbackAfter {
				continue // it has to prove itself first
			}
		}
		best = s
	}
	if best == nil && (sym.source == nil || sym.provisional) {
		best = r.provisional(id)
	}
	if best == sym.source {
		return nil
	}
	return best
}

// provisional is the preferred one of the sources that have said anything of a symbol; nil: none has.
func (r *router) provisional(id market.SymbolID) (best *source) {
	for _, s := range r.sources {
		ss := s.symbol(id)
		if ss == nil || !ss.known() && (ss.tally == nil || ss.tally.Known() == 0) {
			continue
		}
		if best == nil || r.rank(id, s) < r.rank(id, best) {
			best = s
		}
	}
	return best
}

// takeoverImage is the full quote to publish when a source takes over a symbol. Where its last price is older than the
// published one, that of the source before it stays.
func takeoverImage(id market.SymbolID, sym *symbol, from, to *sourceSymbol) market.Quote {
	image := to.tally.AsTraded()
	image.Symbol, image.Replaces, image.OldPrice = id, true, to.tally.LastIsOld()
	if from != nil {
		if was := from.tally.AsTraded(); to.traded < sym.traded && was.Set&market.FieldPrice != 0 {
			image.Price, image.Size, image.OldPrice = was.Price, was.Size, from.tally.LastIsOld()
			image.Set = image.Set&^market.FieldSize | was.Set&(market.FieldPrice|market.FieldSize)
		}
		image.Time = max(image.Time, sym.newestPublished)
	}
	image.Set &^= market.FieldState
	if image.Set&market.FieldSource == 0 { // a relay says itself which source its prices are from
		image.Set |= market.FieldSource
		image.Source = to.source.name
	}
	return image
}
