package recording

import "tickertape/feed/market"

// snapshot sums up what was recorded so far. The next file of a rotation begins with it.
type snapshot struct {
	ledgers  *market.Ledgers
	symbols  []symbolSnapshot // by id
	statuses []market.Status  // of the sources
}

// ledger is how many trades are kept for their corrections: some 40 MB.
const ledger = 1_000_000

func newSnapshot() *snapshot { return &snapshot{ledgers: market.NewLedgers(ledger)} }

// symbolSnapshot sums up what was recorded of one symbol.
type symbolSnapshot struct {
	tally  market.Tally
	state  market.State
	reason string // of the state; "" none
}

// apply applies a batch.
func (s *snapshot) apply(b *market.Batch, dir *market.Directory) {
	for id := len(s.symbols); id < dir.Len(); id++ {
		id := market.SymbolID(id)
		s.symbols = append(s.symbols, symbolSnapshot{tally: market.NewTally(id, dir.Symbol(id).PreviousClose, s.ledgers)})
	}
	if b.Status != nil {
		s.status(b.Status)
	}
	for i := range b.Images {
		if q := &b.Images[i]; int(q.Symbol) < len(s.symbols) {
			y := &s.symbols[q.Symbol]
			y.tally.Image(q)
			if q.Set&market.FieldState != 0 {
				y.state, y.reason = q.State, ""
				if q.Set&market.FieldReason != 0 {
					y.reason = q.Reason
				}
			}
		}
	}
	for i := range b.Ticks {
		if t := &b.Ticks[i]; int(t.Symbol) < len(s.symbols) {
			y := &s.symbols[t.Symbol]
			y.tally.Apply(t)
			if t.Kind == market.KindState {
				y.state, y.reason = t.State, t.Conditions
			}
		}
	}
	for i := range b.Corrections {
		if c := &b.Corrections[i]; int(c.Symbol) < len(s.symbols) {
			s.symbols[c.Symbol].tally.Correct(c)
		}
	}
}

func (s *snapshot) status(next *market.Status) {
	for i := range s.statuses {
		if s.statuses[i].Source == next.Source {
			s.statuses[i] = *next
			return
		}
	}
	s.statuses = append(s.statuses, *next)
}

// image returns all that was recorded of a symbol, and whether that is anything.
func (s *snapshot) image(id market.SymbolID) (q market.Quote, known bool) {
	y := &s.symbols[id]
	q = y.tally.Quote()
	if q.Set == 0 && y.state == market.Live {
		return q, false
	}
	q.Symbol, q.Replaces, q.State = id, true, y.state
	if q.Set |= market.FieldState; y.reason != "" {
		q.Reason = y.reason
		q.Set |= market.FieldReason
	}
	return q, true
}
