package broadcast

import (
	"strconv"
	"strings"

	"tickertape/feed/market"
)

// tapeTold is how many trades one message tells.
const tapeTold = 100

// tape holds the newest trades of one symbol, in the order of their coming: a ring that grows up to
// what is kept. They are numbered from 1.
type tape struct {
	ring    []trade
	head    int
	n       int
	total   uint64       // number of the newest
	gone    market.Time  // the newest time among those that are kept no more
	last    market.Price // of the newest trade that may set a price
	lastWay int8         // of the newest one that differed from the one before it
}

// at is the i-th trade, the oldest first. It is good until the next add.
func (t *tape) at(i int) *trade {
	if i += t.head; i >= len(t.ring) {
		i -= len(t.ring)
	}
	return &t.ring[i]
}

// number is that of the i-th trade.
func (t *tape) number(i int) uint64 { return t.total - uint64(t.n-1-i) }

// add takes in a trade and says which way its price went.
func (t *tape) add(p *trade, keep int) {
	if t.last != 0 && p.price != t.last {
		t.lastWay = 1
		if p.price < t.last {
			t.lastWay = -1
		}
	}
	t.last = p.price
	p.direction = t.lastWay
	switch {
	case t.n == keep:
		t.gone = max(t.gone, t.at(0).time)
		t.head = (t.head + 1) % len(t.ring)
		t.n--
	case t.n == len(t.ring):
		ring := make([]trade, min(keep, max(4, t.n+t.n/2)))
		for i := range t.n {
			ring[i] = *t.at(i)
		}
		t.ring, t.head = ring, 0
	}
	t.n++
	t.total++
	*t.at(t.n - 1) = *p
}

// find is the trade that a correction is about; nil where it is kept no more.
func (t *tape) find(c *market.Correction) *trade {
	for i := t.n - 1; i >= 0; i-- {
		p := t.at(i)
		if c.ID != 0 && p.id == c.ID || c.ID == 0 && p.price == c.Old.Price && p.size == c.Old.Size && p.flags != 0 {
			return p
		}
	}
	return nil
}

// clear forgets all trades but how many there were.
func (t *tape) clear() { t.head, t.n, t.gone = 0, 0, 0 }

// appendTo appends the i-th trade.
func (t *tape) appendTo(b []byte, i int) []byte {
	p := t.at(i)
	b = append(b, `{"i":`...)
	b = strconv.AppendUint(b, t.number(i), 10)
	b = append(b, `,"p":`...)
	b = p.price.AppendTo(b)
	if !p.size.IsZero() {
		b = append(b, `,"z":`...)
		b = p.size.AppendTo(b)
	}
	b = append(b, `,"t":`...)
	b = strconv.AppendInt(b, int64(p.time), 10)
	if p.direction != 0 {
		b = append(b, `,"d":`...)
		b = strconv.AppendInt(b, int64(p.direction), 10)
	}
	if p.conditions != "" {
		b = append(b, `,"c":`...)
		b = appendMessage(b, strings.Split(p.conditions, ","))
	}
	if p.outside() {
		b = append(b, `,"x":true`...)
	}
	switch {
	case p.mended && p.flags == 0:
		b = append(b, `,"st":"cancelled"`...)
	case p.mended:
		b = append(b, `,"st":"corrected"`...)
	}
	return append(b, '}')
}
