package history

import "tickertape/feed/market"

// Bar sums up the trades of one interval. One without a price ([Bar.Priced]) has none that sets one: of a day before
// its regular session, or of odd lots alone.
type Bar struct {
	Open, High, Low, Close market.Price
	Volume                 market.Quantity
	Turnover               market.Turnover
	Changed                Seq    // the flush that changed it last
	Start                  uint32 // seconds since the Unix epoch
	counted                uint32 // trades that count; its highest bit: the prices are of outside the regular session
	first, last            uint32 // when open and close were traded, in units of the interval since Start
}

const outsideSession = 1 << 31

// Count is how many of its trades count.
func (b *Bar) Count() uint32 { return b.counted &^ outsideSession }

// Extended reports whether its prices are those of outside the regular session.
func (b *Bar) Extended() bool { return b.counted&outsideSession != 0 }

// Priced reports whether it has open, high, low and close.
func (b *Bar) Priced() bool { return b.Close != 0 }

// Empty reports whether nothing is left of it, after corrections.
func (b *Bar) Empty() bool { return !b.Priced() && b.Count() == 0 }

// BarFields is a set of a bar's values.
type BarFields uint16

const (
	BarTime BarFields = 1 << iota
	BarOpen
	BarHigh
	BarLow
	BarClose
	BarVolume
	BarCount
	BarVWAP
	BarExtended

	NumBarFields = iota
	AllBarFields = BarFields(1<<NumBarFields - 1)

	barPrices = BarOpen | BarHigh | BarLow | BarClose
	barSums   = BarVolume | BarCount | BarVWAP
)

// HasAny reports whether the bar has any of the values that are asked for, but for its start.
func (b *Bar) HasAny(f BarFields) bool {
	return b.Priced() || b.Count() > 0 && (f&barPrices == 0 || f&barSums != 0)
}

// addTrade adds a trade, of which the cost is known if it fits, and returns false where that changes nothing. at is when it
// was, in units of the interval since the bar's start.
func (b *Bar) addTrade(t *Trade, cost market.Turnover, fits bool, k Interval, at uint32) bool {
	if t.Flags&market.SetsVolume != 0 {
		volume, volumeFits := b.Volume.Add(t.Size)
		turnover, turnoverFits := b.Turnover.Add(cost)
		if !fits || !volumeFits || !turnoverFits {
			return false
		}
		b.Volume, b.Turnover = volume, turnover
		b.counted++
	}
	switch outside := t.Outside(); {
	case t.Flags&setsPrice == 0,
		outside && k == Day,
		outside && b.Priced() && !b.Extended(): // the prices are those of the regular session
		return t.Flags&market.SetsVolume != 0
	case outside:
		b.counted |= outsideSession
	case b.Extended():
		b.Close = 0
		b.counted &^= outsideSession
	}
	if !b.Priced() {
		b.Open, b.High, b.Low, b.Close = t.Price, t.Price, t.Price, t.Price
		b.first, b.last = at, at
		return true
	}
	b.High, b.Low = max(b.High, t.Price), min(b.Low, t.Price)
	if t.ordered() {
		if at < b.first {
			b.Open, b.first = t.Price, at
		}
		if at >= b.last {
			b.Close, b.last = t.Price, at
		}
	}
	return true
}

// addBar makes b the sum of itself and a later bar of a shorter interval that is part of it; shift is
// from b's start to the other's, in microseconds.
func (b *Bar) addBar(o *Bar, k Interval, shift int64) {
	b.counted += o.Count()
	b.Volume, _ = b.Volume.Add(o.Volume) // it fitted before
	b.Turnover, _ = b.Turnover.Add(o.Turnover)
	switch {
	case !o.Priced(), o.Extended() && k == Day, o.Extended() && b.Priced() && !b.Extended():
		return
	case o.Extended():
		b.counted |= outsideSession
	case b.Extended():
		b.Close = 0
		b.counted &^= outsideSession
	}
	unit := int64(intervals[k].unit)
	first, last := uint32((shift+int64(o.first))/unit), uint32((shift+int64(o.last))/unit)
	if !b.Priced() {
		b.Open, b.High, b.Low, b.first = o.Open, o.High, o.Low, first
	}
	b.High, b.Low = max(b.High, o.High), min(b.Low, o.Low)
	b.Close, b.last = o.Close, last
}
