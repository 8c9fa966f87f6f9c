package consolidate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tickertape/feed/market"
)

// SplitSource takes "kraken:BTC/USD" apart into the source and its spelling of a symbol.
func SplitSource(text string) (source, spelling string, err error) {
	source, spelling, found := strings.Cut(text, ":")
	if !found || source == "" {
		return "", "", fmt.Errorf(`%q is not a source and its spelling of the symbol, such as "kraken:BTC/USD"`, text)
	}
	if err := market.CheckSymbol(spelling); err != nil {
		return "", "", fmt.Errorf("%q: %w", text, err)
	}
	return source, spelling, nil
}

// Names are the symbols that the routes call otherwise than the source does, by the source's spelling.
func Names(routes []Route, source string) map[string]string {
	names := map[string]string{}
	for _, r := range routes {
		for _, s := range r.Sources {
			if of, spelling, err := SplitSource(s); err == nil && of == source && spelling != r.Symbol {
				names[spelling] = r.Symbol
			}
		}
	}
	return names
}

// Wanted are the symbols that the routes want of a source, in its spelling.
func Wanted(routes []Route, source string) []string {
	var wanted []string
	for _, r := range routes {
		for _, s := range r.Sources {
			if of, spelling, err := SplitSource(s); err == nil && of == source && !slices.Contains(wanted, spelling) {
				wanted = append(wanted, spelling)
			}
		}
	}
	return wanted
}

// rank is a source's place among those of a symbol; the smaller is preferred.
func (d *Desk) rank(id market.SymbolID, s *source) int {
	order, routed := d.orders[id]
	if !routed {
		return s.place
	}
	if i := slices.Index(order, s.name); i >= 0 {
		return i
	}
	return len(order) + s.place
}

// well tells whether a source can be relied on for a symbol now.
func (d *Desk) well(s *source, id market.SymbolID, now time.Time) bool {
	t := s.track(id)
	if t == nil || !t.known() || t.own == market.Stale || t.own == market.Down { // the source says so itself
		return false
	}
	return d.lines[t.line].state == market.Live && (t.own == market.Halted || now.Sub(t.heard) <= max(d.silence, t.patience(d.cfg)))
}

// choose decides which source counts for a symbol of which s has just had news, or of which another one has
// failed. It returns the one that is to take over; nil: all stays as it is.
func (d *Desk) choose(id market.SymbolID, y *symbol, now time.Time) *source {
	var best *source
	for _, s := range d.sources {
		t := s.track(id)
		if t == nil || !t.known() {
			continue
		}
		if s == y.source {
			if d.well(s, id, now) && (best == nil || d.rank(id, s) < d.rank(id, best)) {
				best = s
			}
			continue
		}
		if !d.well(s, id, now) || best != nil && d.rank(id, s) > d.rank(id, best) {
			continue
		}
		if y.source != nil {
			if t.newest() < y.shown {
				continue // what it has is older than what is shown
			}
			if d.rank(id, s) < d.rank(id, y.source) && d.well(y.source, id, now) && y.failed && now.Sub(t.well) < d.cfg.FailbackAfter {
				continue // it has to settle first
			}
		}
		best = s
	}
	if best == y.source {
		return nil
	}
	return best
}

// change makes another source the one that counts: all that it says of the symbol takes the place of
// what the other has said, but for a last price that is older than the one shown.
func (d *Desk) change(id market.SymbolID, y *symbol, to *source) {
	t := to.track(id)
	old := y.source
	if old != nil && d.rank(id, old) < d.rank(id, to) {
		y.failed = true
	}
	y.source = to
	if len(d.sources) == 1 {
		return
	}
	image := t.tally.Quote()
	image.Symbol, image.Whole = id, true
	if old != nil {
		d.metrics.changes.WithLabelValues(to.name).Inc()
		before := old.track(id)
		if was := before.tally.Quote(); t.traded < y.traded && was.Set&market.FieldPrice != 0 {
			image.Price, image.Size = was.Price, was.Size
			image.Set = image.Set&^market.FieldSize | was.Set&(market.FieldPrice|market.FieldSize)
		}
		image.Time = max(image.Time, y.shown)
	}
	image.Set &^= market.FieldState
	if image.Set&market.FieldSource == 0 { // or it says itself which of its own they are from
		image.Set |= market.FieldSource
		image.Source = to.name
	}
	d.out.Images = append(d.out.Images, image)
}
