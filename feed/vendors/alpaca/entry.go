package alpaca

import (
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// remembered is for how many of a symbol's newest trades it is kept what they set, so that a cancellation takes all of it back.
const remembered = 128

// entry is what one connection knows of an instrument.
type entry struct {
	*vendors.Instrument // static
	stock               bool
	precision           vendors.Precision
	recent              []sale // a ring
	next                int    // of recent
}

// sale is what a trade was published to set, and when it was. A message that corrects or cancels a trade does not repeat its time,
// and one that cancels it not its conditions either. Two trades can have the same id.
type sale struct {
	id    uint64
	price market.Price
	size  market.Quantity
	flags market.Flags
	at    market.Time
}

func (e *entry) remember(k *market.Tick) {
	if k.ID == 0 {
		return
	}
	if e.recent == nil {
		e.recent = make([]sale, remembered)
	}
	e.recent[e.next] = sale{k.ID, k.Price, k.Size, k.Flags, k.Time}
	e.next = (e.next + 1) % remembered
}

// recall is what a trade was published to set; false where that is no longer known.
func (e *entry) recall(id uint64, price market.Price, size market.Quantity) (*sale, bool) {
	for i := range e.recent {
		if t := &e.recent[i]; t.id == id && id != 0 && t.price == price && t.size == size {
			return t, true
		}
	}
	return nil, false
}
