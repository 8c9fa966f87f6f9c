package recording

import "tickertape/feed"

// told is what a recording has said so far, which the next file of its series begins with.
type told struct {
	symbols  []toldSymbol // by id
	statuses []feed.Status
}

// toldSymbol is what was said of one symbol.
type toldSymbol struct {
	tally feed.Tally
	state feed.State
}

// take takes in a batch of which all is recorded.
func (s *told) take(b *feed.Batch, dir *feed.Directory) {
	for id := len(s.symbols); id < dir.Len(); id++ {
		s.symbols = append(s.symbols, toldSymbol{tally: feed.NewTally(feed.SymbolID(id), dir.Symbol(feed.SymbolID(id)).PreviousClose)})
	}
	if b.Status != nil {
		s.status(b.Status)
	}
	for i := range b.Images {
		if q := &b.Images[i]; int(q.Symbol) < len(s.symbols) {
			y := &s.symbols[q.Symbol]
			y.tally.Image(q)
			if q.Set&feed.FieldState != 0 {
				y.state = q.State
			}
		}
	}
	for i := range b.Ticks {
		if t := &b.Ticks[i]; int(t.Symbol) < len(s.symbols) {
			y := &s.symbols[t.Symbol]
			y.tally.Apply(t)
			if t.Kind == feed.KindState {
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

func (s *told) status(next *feed.Status) {
	for i := range s.statuses {
		if s.statuses[i].Source == next.Source {
			s.statuses[i] = *next
			return
		}
	}
	s.statuses = append(s.statuses, *next)
}

// image is all that was said of a symbol, and whether that is anything.
func (s *told) image(id feed.SymbolID) (q feed.Quote, known bool) {
	y := &s.symbols[id]
	q = y.tally.Quote()
	if q.Set == 0 && y.state == feed.Live {
		return q, false
	}
	q.Symbol, q.Whole, q.State = id, true, y.state
	q.Set |= feed.FieldState
	return q, true
}
