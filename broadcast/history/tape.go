package history

import "tickertape/feed/market"

// tape holds the newest trades of one symbol, in the order of their coming: a ring that grows up to
// what is kept. They are numbered from 1.
type tape struct {
	ring      []Trade
	head      int
	n         int
	total     uint64       // number of the newest
	dropped   market.Time  // the newest time among those that were dropped
	last      market.Price // of the newest trade
	direction int8         // of the newest one that differed from the one before it
	imported  uint64       // number of the newest that another server has numbered; total while it numbers all
}

// at is the i-th trade, the oldest first. It is good until the next add.
func (t *tape) at(i int) *Trade {
	if i += t.head; i >= len(t.ring) {
		i -= len(t.ring)
	}
	return &t.ring[i]
}

// number is that of the i-th trade.
func (t *tape) number(i int) uint64 { return t.total - uint64(t.n-1-i) }

// add adds a trade and sets the direction in which its price went.
func (t *tape) add(p *Trade, keep int) {
	if t.last != 0 && p.Price != t.last {
		t.direction = 1
		if p.Price < t.last {
			t.direction = -1
		}
	}
	t.last = p.Price
	p.Direction = t.direction
	switch {
	case t.n == keep:
		t.dropped = max(t.dropped, t.at(0).Time)
		if t.head++; t.head == len(t.ring) {
			t.head = 0
		}
		t.n--
	case t.n == len(t.ring):
		ring := make([]Trade, min(keep, max(4, t.n+t.n/2)))
		for i := range t.n {
			ring[i] = *t.at(i)
		}
		t.ring, t.head = ring, 0
	}
	t.n++
	t.total++
	*t.at(t.n - 1) = *p
}

// find is the trade that a correction is about; nil where it was dropped. at is when it was traded; 0 unknown. A source may use the
// same IDs each day.
func (t *tape) find(c *market.Correction, at market.Time) *Trade {
	for i := t.n - 1; i >= 0; i-- {
		p := t.at(i)
		if at != 0 && p.Time != at {
			continue
		}
		if c.ID != 0 && p.ID == c.ID || c.ID == 0 && p.Price == c.Old.Price && p.Size == c.Old.Size && p.Flags != 0 {
			return p
		}
	}
	return nil
}

// clear forgets all trades but how many there were.
func (t *tape) clear() { t.head, t.n, t.dropped = 0, 0, 0 }
