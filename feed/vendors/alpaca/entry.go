package alpaca

import "tickertape/feed/market"

// remembered is how many of a symbol's newest trades can be cancelled in full.
const remembered = 128

// entry is what one connection knows of an instrument.
type entry struct {
	*instrument
	step   market.Price // the smallest that its decimals show
	recent []told
	next   int // of recent
}

// told is what a trade was told to set: who cancels it does not repeat its conditions.
type told struct {
	id    uint64
	flags market.Flags
}

func (e *entry) remember(id uint64, flags market.Flags) {
	if id == 0 {
		return
	}
	if e.recent == nil {
		e.recent = make([]told, remembered)
	}
	e.recent[e.next] = told{id, flags}
	e.next = (e.next + 1) % remembered
}

// recall is what a trade was told to set; false where it is not known any more.
func (e *entry) recall(id uint64) (*told, bool) {
	for i := range e.recent {
		if t := &e.recent[i]; t.id == id && id != 0 {
			return t, true
		}
	}
	return nil, false
}
