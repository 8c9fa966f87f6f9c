package broadcast

import (
	"slices"
	"strconv"

	"tickertape/feed/market"
)

// bar sums up the trades of one interval. One without a price (close is 0) has none that sets one: of a day before
// its regular session, or of odd lots alone.
type bar struct {
	open, high, low, close market.Price
	volume                 market.Quantity
	turnover               market.Turnover
	changed                Seq    // the flush that tells it
	start                  uint32 // seconds since the Unix epoch
	tally                  uint32 // trades that count; its highest bit: the prices are of outside the regular session
	first, last            uint32 // when open and close were traded, in grains since start
}

const outsideSession = 1 << 31

func (b *bar) count() uint32  { return b.tally &^ outsideSession }
func (b *bar) extended() bool { return b.tally&outsideSession != 0 }
func (b *bar) priced() bool   { return b.close != 0 }

// empty is a bar of which nothing is left.
func (b *bar) empty() bool { return !b.priced() && b.count() == 0 }

// tells says whether the bar has any of the keys that are asked for, but for its start.
func (b *bar) tells(f barFields) bool {
	return b.priced() || b.count() > 0 && (f&barPrices == 0 || f&barSums != 0)
}

// trade is one as bars and the tape have it.
type trade struct {
	id         uint64
	price      market.Price
	size       market.Quantity
	time       market.Time // when it was traded, by the exchange or else when it was received
	came       Seq         // the flush that tells it
	changed    Seq         // the flush that tells it as it is
	conditions string      // with commas
	flags      market.Flags
	direction  int8
	mended     bool // corrected or cancelled
}

// outside tells whether it is of the hours outside the regular session.
func (t *trade) outside() bool {
	return t.flags&market.SetsExtended != 0 || t.flags&(market.Late|market.SetsHighLow) == market.Late
}

// ordered tells whether it may open and close a bar: one that is told late may, in the bar of its time.
func (t *trade) ordered() bool {
	return t.flags&(market.SetsLast|market.SetsExtended|market.Late) != 0
}

// marks tells whether a bar of the interval has anything of the trade.
func (t *trade) marks(k interval) bool {
	return t.flags&market.SetsVolume != 0 || t.flags&setsPrice != 0 && (k != oneDay || !t.outside())
}

const setsPrice = market.SetsLast | market.SetsHighLow | market.SetsExtended | market.Late

// take adds a trade and returns false where that changes nothing. at is when it was, in grains since
// the bar's start.
func (b *bar) take(t *trade, k interval, at uint32) bool {
	if t.flags&market.SetsVolume != 0 {
		cost, fits := t.size.Times(t.price)
		volume, volumeFits := b.volume.Add(t.size)
		turnover, turnoverFits := b.turnover.Add(cost)
		if !fits || !volumeFits || !turnoverFits {
			return false
		}
		b.volume, b.turnover = volume, turnover
		b.tally++
	}
	switch outside := t.outside(); {
	case t.flags&setsPrice == 0,
		outside && k == oneDay,
		outside && b.priced() && !b.extended(): // the prices are those of the regular session
		return t.flags&market.SetsVolume != 0
	case outside:
		b.tally |= outsideSession
	case b.extended():
		b.close = 0
		b.tally &^= outsideSession
	}
	if !b.priced() {
		b.open, b.high, b.low, b.close = t.price, t.price, t.price, t.price
		b.first, b.last = at, at
		return true
	}
	b.high, b.low = max(b.high, t.price), min(b.low, t.price)
	if t.ordered() {
		if at < b.first {
			b.open, b.first = t.price, at
		}
		if at >= b.last {
			b.close, b.last = t.price, at
		}
	}
	return true
}

// add makes b the sum of itself and a later bar of a shorter interval that is part of it; shift is
// from b's start to the other's, in microseconds.
func (b *bar) add(o *bar, k interval, shift int64) {
	b.tally += o.count()
	b.volume, _ = b.volume.Add(o.volume) // it fitted before
	b.turnover, _ = b.turnover.Add(o.turnover)
	switch {
	case !o.priced(), o.extended() && k == oneDay, o.extended() && b.priced() && !b.extended():
		return
	case o.extended():
		b.tally |= outsideSession
	case b.extended():
		b.close = 0
		b.tally &^= outsideSession
	}
	grain := int64(intervals[k].grain)
	first, last := uint32((shift+int64(o.first))/grain), uint32((shift+int64(o.last))/grain)
	if !b.priced() {
		b.open, b.high, b.low, b.first = o.open, o.high, o.low, first
	}
	b.high, b.low = max(b.high, o.high), min(b.low, o.low)
	b.close, b.last = o.close, last
}

// replace puts a trade in another one's place where nothing is left of the rest: the sums are right, and
// open, high, low and close only as far as the two show. at is as in take.
func (b *bar) replace(old, next *trade, k interval, at uint32) {
	if old.flags&market.SetsVolume != 0 && b.count() > 0 {
		cost, _ := old.size.Times(old.price)
		volume, enough := b.volume.Sub(old.size)
		turnover, enoughTurnover := b.turnover.Sub(cost)
		if !enough || !enoughTurnover {
			return
		}
		b.volume, b.turnover = volume, turnover
		b.tally--
	}
	if next.flags&market.SetsVolume != 0 {
		cost, _ := next.size.Times(next.price)
		b.volume, _ = b.volume.Add(next.size)
		b.turnover, _ = b.turnover.Add(cost)
		b.tally++
	}
	if b.count() == 0 {
		*b = bar{start: b.start}
	}
	if !b.priced() || next.flags&setsPrice == 0 || next.outside() && (k == oneDay || !b.extended()) || !next.outside() && b.extended() {
		return
	}
	b.high, b.low = max(b.high, next.price), min(b.low, next.price)
	if at == b.first && b.open == old.price {
		b.open = next.price
	}
	if at == b.last && b.close == old.price {
		b.close = next.price
	}
}

// barFields is a set of a bar's keys.
type barFields uint16

var barKeys = [...]string{"t", "o", "h", "l", "c", "v", "n", "vw", "x"}

const (
	barTime barFields = 1 << iota
	barOpen
	barHigh
	barLow
	barClose
	barVolume
	barCount
	barVWAP
	barExtended

	barPrices              = barOpen | barHigh | barLow | barClose
	barSums                = barVolume | barCount | barVWAP
	allBarFields barFields = 1<<len(barKeys) - 1
)

// parseBarFields reads a bar's keys; none at all are all of them.
func parseBarFields(names []string) (barFields, error) {
	var f barFields
	for _, name := range names {
		if name == "" {
			continue
		}
		i := slices.Index(barKeys[:], name)
		if i < 0 {
			return 0, &fault{badRequest, "fields: " + strconv.Quote(clip(name)) + " is not one of t, o, h, l, c, v, n, vw, x"}
		}
		f |= 1 << i
	}
	if f == 0 {
		return allBarFields, nil
	}
	return f, nil
}

// appendTo appends the bar: without prices where it has none, and one of which nothing is left as its start and
// a count of none.
func (b *bar) appendTo(out []byte, f barFields) []byte {
	out = append(out, '{')
	key := func(name string) {
		if out[len(out)-1] != '{' {
			out = append(out, ',')
		}
		out = append(out, '"')
		out = append(out, name...)
		out = append(out, '"', ':')
	}
	if f&barTime != 0 {
		key("t")
		out = strconv.AppendInt(out, int64(b.start)*1e6, 10)
	}
	if b.empty() {
		key("n")
		return append(out, "0}"...)
	}
	for _, p := range [...]struct {
		field barFields
		name  string
		price market.Price
	}{{barOpen, "o", b.open}, {barHigh, "h", b.high}, {barLow, "l", b.low}, {barClose, "c", b.close}} {
		if f&p.field != 0 && b.priced() {
			key(p.name)
			out = p.price.AppendTo(out)
		}
	}
	if f&barVolume != 0 {
		key("v")
		out = b.volume.AppendTo(out)
	}
	if f&barCount != 0 {
		key("n")
		out = strconv.AppendUint(out, uint64(b.count()), 10)
	}
	if f&barVWAP != 0 && !b.volume.IsZero() {
		key("vw")
		out = b.turnover.Over(b.volume).AppendTo(out)
	}
	if f&barExtended != 0 && b.extended() {
		key("x")
		out = append(out, "true"...)
	}
	return append(out, '}')
}
