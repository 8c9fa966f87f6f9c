package market

import "math"

// Quote is the state of one symbol. A value is known where Set has its bit.
type Quote struct {
	Symbol                           SymbolID
	Set                              Fields
	State                            State
	Replaces                         bool // of an image: it takes the place of all that was known, so that what it does not set is unknown
	OldPrice                         bool // of an image: Price is of a session before the day's, whatever Time says of the quote
	Price, Bid, Ask, Open, High, Low Price
	PreviousClose, VWAP, Extended    Price
	Size, BidSize, AskSize, Volume   Quantity
	Count                            uint64
	Time, ExtendedTime               Time
	Source                           string
	Adjusted                         string // what adjusted PreviousClose, as [Adjustment.String] has it
	Reason                           string // why State is what it is; see [InDoubt]
}

// Merge puts the values that from has set into q.
func (q *Quote) Merge(from *Quote) {
	for f := range from.Set.All() {
		f.copy(q, from)
	}
	q.Set |= from.Set
}

// Changes are the fields in which two quotes of a symbol differ, those included that only one of them has.
func (q *Quote) Changes(old *Quote) Fields {
	changed := q.Set ^ old.Set
	for f := range (q.Set & old.Set).All() {
		if f.differs(q, old) {
			changed |= f.Bit
		}
	}
	return changed
}

// turnover is that of the volume and the VWAP, where both are known, and whether it fits.
func (q *Quote) turnover() (t Turnover, known, fits bool) {
	if q.Set&(FieldVolume|FieldVWAP) != FieldVolume|FieldVWAP {
		return t, false, true
	}
	t, fits = q.Volume.Times(q.VWAP)
	return t, true, fits
}

// Traded is about what the session's trades have cost: the volume at the VWAP or, where that is not known, at the last
// price. It is zero where neither is known, and the largest sum where it would be beyond.
func (q *Quote) Traded() Turnover {
	price := q.VWAP
	if q.Set&FieldVWAP == 0 {
		price = q.Price
	}
	if q.Set&FieldVolume == 0 || q.Set&(FieldVWAP|FieldPrice) == 0 || price < 0 {
		return Turnover{}
	}
	t, fits := q.Volume.Times(price)
	if !fits {
		return Turnover{math.MaxUint64, math.MaxUint64}
	}
	return t
}
