package history

import "tickertape/feed/market"

// Bar sums up the trades of one interval. One without a price ([Bar.Priced]) has none that sets one: of a day before
// its regular session, or of odd lots alone.
//
// Its prices are [market.Prices]. It takes 88 bytes, of which many are kept, so some of it is packed.
type Bar struct {
	Open, High, Low, Close market.Price
	Volume                 market.Quantity
	Turnover               market.Turnover
	changed                uint64 // the flush that changed it last (48 bits), and the high bytes of first and last
	Start                  uint32 // seconds since the Unix epoch
	counted                uint32 // trades that count, and two flags
	first, last            uint32 // when open and close were traded: the low 32 bits of microseconds since Start
}

// The flags of a bar's counted.
const (
	outsideSession = 1 << 31 // the prices are of outside the regular session
	ordered        = 1 << 30 // as in market.Prices

	mostCounted = ordered - 1
)

// Count is how many of its trades count, up to a billion.
func (b *Bar) Count() uint32 { return b.counted &^ (outsideSession | ordered) }

// Extended reports whether its prices are those of outside the regular session.
func (b *Bar) Extended() bool { return b.counted&outsideSession != 0 }

// Changed is the flush that changed it last.
func (b *Bar) Changed() Seq { return Seq(b.changed << 16 >> 16) }

func (b *Bar) setChanged(seq Seq) { b.changed = b.changed>>48<<48 | uint64(seq) }

// prices are its open, high, low and close.
func (b *Bar) prices() market.Prices {
	start := market.Time(b.Start) * 1e6
	return market.Prices{Open: b.Open, High: b.High, Low: b.Low, Close: b.Close, Ordered: b.counted&ordered != 0,
		First: start + market.Time(b.firstAt()), Last: start + market.Time(b.lastAt())}
}

// firstAt and lastAt are when open and close were traded, in microseconds since Start.
func (b *Bar) firstAt() uint64 { return b.changed>>48&0xff<<32 | uint64(b.first) }
func (b *Bar) lastAt() uint64  { return b.changed>>56<<32 | uint64(b.last) }

// mostInBar is the longest time from a bar's start that it can tell: 12 days.
const mostInBar = 1<<40 - 1

// setPrices sets open, high, low and close, and whether they are of outside the regular session.
func (b *Bar) setPrices(p *market.Prices, outside bool) {
	first, last := uint64(0), uint64(0)
	if p.Any() {
		start := market.Time(b.Start) * 1e6
		first, last = uint64(min(p.First-start, mostInBar)), uint64(min(p.Last-start, mostInBar))
	}
	b.Open, b.High, b.Low, b.Close = p.Open, p.High, p.Low, p.Close
	b.first, b.last = uint32(first), uint32(last)
	b.changed = b.changed<<16>>16 | first>>32&0xff<<48 | last>>32<<56
	b.counted &^= outsideSession | ordered
	if outside && p.Any() {
		b.counted |= outsideSession
	}
	if p.Ordered {
		b.counted |= ordered
	}
}

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

// addTrade adds a trade, of which the cost is known if it fits, and returns false where that changes nothing.
func (b *Bar) addTrade(t *Trade, cost market.Turnover, fits bool, k Interval) bool {
	if t.Flags&market.SetsVolume != 0 {
		volume, volumeFits := b.Volume.Add(t.Size)
		turnover, turnoverFits := b.Turnover.Add(cost)
		if !fits || !volumeFits || !turnoverFits {
			return false
		}
		b.Volume, b.Turnover = volume, turnover
		b.counted++
	}
	if !t.Flags.SetsPrice() {
		return t.Flags&market.SetsVolume != 0
	}
	if b.counted&(outsideSession|ordered) == ordered && t.Flags.Ordered() && !t.Outside() { // nearly always
		b.High, b.Low = max(b.High, t.Price), min(b.Low, t.Price)
		switch at := uint64(t.Time) - uint64(b.Start)*1e6; {
		case at >= b.lastAt():
			b.Close, b.last = t.Price, uint32(at)
			b.changed = b.changed<<8>>8 | min(at>>32, 0xff)<<56
		case at < b.firstAt():
			b.Open, b.first = t.Price, uint32(at)
			b.changed = b.changed&^(0xff<<48) | at>>32&0xff<<48
		}
		return true
	}
	var one market.Prices
	one.Add(t.Price, t.Time, t.Flags.Ordered())
	return b.join(&one, t.Outside(), k) || t.Flags&market.SetsVolume != 0
}

// join adds the prices of trades that came later, and returns false where that changes nothing: prices of outside the regular
// session are not shown where there are regular ones, and never for a day.
func (b *Bar) join(p *market.Prices, outside bool, k Interval) bool {
	all := *p
	switch {
	case !p.Any(), outside && (k == Day || b.Priced() && !b.Extended()):
		return false
	case b.Priced() && outside == b.Extended():
		all = b.prices()
		all.Join(p)
	}
	b.setPrices(&all, outside)
	return true
}
