package consolidate

import (
	"math/bits"

	"tickertape/feed/market"
)

// overnight is how a symbol's trading day began: its first prices, the close before them, and what is known to have happened to its
// shares in between. A move that looks like a split of which nobody knows leaves the prices in doubt.
type overnight struct {
	regular market.Price // the newest last price of the regular session
	before  market.Price // the previous close as it was traded; 0 unknown
	open    market.Price // the first regular price of the day; 0: none yet
	early   market.Price // the newest price before that which says more than nothing; 0: none

	regularAt, beforeAt, openAt market.Time  // when these were traded, so that they can be corrected; 0 unknown
	prior                       market.Price // the regular one before the newest; 0: none

	by        market.Adjustment // what happened
	explained bool              // it is known what did, if only that nothing did
	inDoubt   bool
}

const (
	// mostSplit is the largest split that a move is compared with. Larger ones are rarer than mistakes of a source; and from 50 on,
	// every move would be near some whole number.
	mostSplit = 100
	// nearSplit is how far, as one part in so many, a first price may be from what a split would have made of the close: shares
	// seldom move by more over one night, and where they do, a person can say that there was a split.
	nearSplit = 100
)

// fractions are the splits that move a price by less than 2:1 and are looked for, too. A move like that of 5:4 or 4:3, a fifth or a
// quarter, is more often news than a split.
var fractions = [...]market.Adjustment{{New: 3, Old: 2}, {New: 2, Old: 3}}

// looksLike is the split that a move from one price to another looks like, and whether it looks like any. Both are above zero.
func looksLike(from, to market.Price) (split market.Adjustment, like bool) {
	for _, f := range fractions {
		if nearlyMakes(f, from, to) {
			return f, true
		}
	}
	for _, f := range [...]market.Adjustment{{New: nearestSplit(from, to), Old: 1}, {New: 1, Old: nearestSplit(to, from)}} {
		if max(f.New, f.Old) >= 2 && nearlyMakes(f, from, to) {
			return f, true
		}
	}
	return split, false
}

// nearestSplit is how many times a price is another, to the nearest whole number up to mostSplit.
func nearestSplit(p, of market.Price) uint64 {
	return min((uint64(p)+uint64(of)/2)/uint64(of), mostSplit)
}

// nearlyMakes reports whether a split makes the one price of the other, within one part in nearSplit.
func nearlyMakes(split market.Adjustment, from, to market.Price) bool {
	hi, lo := bits.Mul64(uint64(to), split.New)
	wantHi, want := bits.Mul64(uint64(from), split.Old)
	distHi, dist := diff(hi, lo, wantHi, want)
	if distHi >= 1<<57 {
		return false
	}
	over, low := bits.Mul64(dist, nearSplit)
	over += distHi * nearSplit // prices and splits are small enough
	return over < wantHi || over == wantHi && low <= want
}

// diff is how far two numbers of 128 bits are from each other.
func diff(aHi, a, bHi, b uint64) (hi, lo uint64) {
	if aHi < bHi || aHi == bHi && a < b {
		aHi, a, bHi, b = bHi, b, aHi, a
	}
	lo, borrow := bits.Sub64(a, b, 0)
	hi, _ = bits.Sub64(aHi, bHi, borrow)
	return hi, lo
}

// begin begins another day.
func (o *overnight) begin() {
	if o.open == 0 && o.by != (market.Adjustment{}) && o.regular != 0 {
		o.regular = o.by.Price(o.regular) // it was not traded since
	}
	if o.regular != 0 {
		o.before, o.beforeAt = o.regular, o.regularAt
	}
	*o = overnight{regular: o.regular, regularAt: o.regularAt, prior: o.prior, before: o.before, beforeAt: o.beforeAt}
}

// reopen goes back to the day before. What that began with is not known any more, so nothing in it is in doubt.
func (o *overnight) reopen() {
	*o = overnight{regular: o.regular, regularAt: o.regularAt, prior: o.prior, open: o.regular, openAt: o.regularAt}
}

// trade notes a trade that sets a last price, and reports whether that can change what is in doubt.
func (o *overnight) trade(k *market.Tick) bool {
	if k.Flags&market.SetsLast != 0 {
		if o.regular != 0 {
			o.prior = o.regular
		}
		if o.regular, o.regularAt = k.Price, k.When(); o.open != 0 {
			return false // the usual case
		}
		o.open, o.openAt = k.Price, o.regularAt
		return true
	}
	if o.open == 0 {
		o.early = k.Price
	}
	return o.open == 0
}

// correct notes a correction, and reports whether that can change what is in doubt: if it is of the first trade of the day, or of
// the last before it. After a last trade that is cancelled, the one before it counts or, where that is not known any more, none.
func (o *overnight) correct(c *market.Correction) bool {
	is := func(p market.Price, at market.Time) bool {
		return at != 0 && at == c.Traded && p == c.Old.Price && c.Old.Flags&market.SetsLast != 0
	}
	first, before, last := is(o.open, o.openAt), is(o.before, o.beforeAt), is(o.regular, o.regularAt)
	sets := c.New.Flags&market.SetsLast != 0
	if first {
		if o.open = 0; sets {
			o.open = c.New.Price
		}
	}
	if before {
		switch o.before = 0; {
		case sets:
			o.before = c.New.Price
		case last:
			o.before = o.prior
		}
	}
	if last {
		if o.regular = o.prior; sets {
			o.regular = c.New.Price
		}
	}
	return first || before
}

// quote notes a quote before the first regular trade, and reports whether that can change what is in doubt: if both sides of it
// look like the same split. Any other says nothing, since quotes before the session can be far from each other.
func (o *overnight) quote(bid, ask market.Price) bool {
	if o.open != 0 || o.inDoubt || o.before == 0 || bid <= 0 || ask <= 0 {
		return false
	}
	base := o.by.Price(o.before)
	by, like := looksLike(base, bid)
	if other, same := looksLike(base, ask); !like || !same || by != other {
		return false
	}
	o.early = bid
	return true
}

// image notes an image, and reports whether that can change what is in doubt. today says that its last price is of the day.
func (o *overnight) image(im *market.Quote, today bool) bool {
	if im.Set&market.FieldPreviousClose != 0 {
		o.before, o.beforeAt = im.PreviousClose, 0
	}
	if im.Set&market.FieldPrice != 0 {
		if o.regular, o.regularAt = im.Price, 0; today && o.open == 0 {
			o.open, o.openAt = im.Price, 0
		}
	}
	if im.Set&market.FieldOpen != 0 {
		o.open, o.openAt = im.Open, 0
	}
	if im.Set&(market.FieldBid|market.FieldAsk) == market.FieldBid|market.FieldAsk {
		o.quote(im.Bid, im.Ask)
	}
	return true
}

// doubtful is the split that nobody knows of and that the day's first price looks like, and whether it looks like any.
func (o *overnight) doubtful() (split market.Adjustment, doubt bool) {
	first := o.open
	if first == 0 {
		first = o.early
	}
	nothing := o.explained && o.by == (market.Adjustment{})
	if first == 0 || o.before == 0 || nothing {
		return split, false
	}
	return looksLike(o.by.Price(o.before), first)
}
