package history

import "tickertape/feed/market"

// Trade is one as bars and the time and sales have it.
type Trade struct {
	ID         uint64 // the source's; 0 none
	Price      market.Price
	Size       market.Quantity // zero where the source did not say
	Time       market.Time     // when it was traded, by the exchange or else when it was received
	Added      Seq             // the flush that it came with
	Changed    Seq             // the newest flush that changed it
	Conditions string          // as the source spells them, with commas
	Flags      market.Flags
	Direction  int8 // 1 or -1: above or below the last price that differed; 0 for the first
	Corrected  bool // corrected or cancelled
}

// Cancelled reports whether it was struck out: it has the price and size that it had.
func (t *Trade) Cancelled() bool { return t.Corrected && t.Flags == 0 }

// Outside reports whether it is of the hours outside the regular session.
func (t *Trade) Outside() bool { return t.Flags.Outside() }

// marks reports whether the trade counts in bars of the interval.
func (t *Trade) marks(k Interval) bool {
	return t.Flags&market.SetsVolume != 0 || t.Flags.SetsPrice() && (k != Day || !t.Outside())
}
