package recording

import "tickertape/feed/market"

// told is what a recording has said so far, which the next file of its series begins with.
type told struct {
	symbols  []toldSymbol // by id
	statuses []market.Status
}

// toldSymbol is what was said of one symbol.
type toldSymbol struct {
	tally market.Tally
	state market.State
}

// take takes in a batch of which all is recorded.
func (s *told) take(b *market.Batch, dir *market.Directory) {
	for id := len(s.symbols); id < dir.Len(); id++ {
		s.symbols = append(s.symbols, toldSymbol{tally: market.NewTally(market.SymbolID(id), dir.Symbol(market.SymbolID(id)).PreviousClose)})
	}
	if b.Status != nil {
		s.status(b.Status)
	}
	for i := range b.Images {
		if q := &b.Images[i]; int(q.Symbol) < len(s.symbols) {
			y := &s.symbols[q.Symbol]
			y.tally.Image(q)
			if q.Set&market.FieldState != 0 {
				y.state = q.State
			}
		}
	}
	for i := range b.Ticks {
		if t := &b.Ticks[i]; int(t.Symbol) < len(s.symbols) {
			y := &s.symbols[t.Symbol]
			y.tally.Apply(t)
			if t.Kind == market.KindState {
				y.state = t.State
			}
		}
	}
	for i := range b.Corrections {
		if c := &b.Corrections[i]; int(c.Symbol) < len(s.symbols) {
			s.symbols[c.Symbol].tally.Correct(c)
		}
	}
}

func (s *told) status(next *market.Status) {
	for i := range s.statuses {
		if s.statuses[i].Source == next.Source {
			s.statuses[i] = *next
			return
		}
	}
	s.statuses = append(s.statuses, *next)
}

// image is all that was said of a symbol, and whether that is anything.
func (s *told) image(id market.SymbolID) (q market.Quote, known bool) {
	y := &s.symbols[id]
	q = y.tally.Quote()
	if q.Set == 0 && y.state == market.Live {
		return q, false
	}
	q.Symbol, q.Whole, q.State = id, true, y.state
	q.Set |= market.FieldState
	return q, true
}
