package board

import "tickertape/feed/market"

// Version is one symbol's quote as of the newest flush that changed it, with the flush that last changed each field.
type Version struct {
	Symbol   string
	Quote    market.Quote
	Last     Seq // the newest of Changed; 0: nothing was published yet
	Changed  [market.NumFields]Seq
	Received market.Time // when its newest tick came
}

// Since are the fields that changed after a flush.
func (v *Version) Since(seq Seq) market.Fields {
	var f market.Fields
	if v.Last <= seq {
		return 0
	}
	for i, s := range v.Changed {
		if s > seq {
			f |= 1 << i
		}
	}
	return f
}
