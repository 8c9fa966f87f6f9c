package consolidate

import (
	"math"
	"math/bits"
	"time"

	"tickertape/feed/market"
)

// reason is why a tick was refused; its text is the label of a metric.
type reason uint8

const (
	fine      reason = iota
	price            // zero or negative
	old              // older than what it would replace, or of a session that is over
	future           // further ahead than max_clock_skew
	duplicate        // a trade that was told before
	crossed          // a bid above the ask by more than max_cross
	move             // a trade that moved too far, and was not confirmed

	numReasons = iota
)

var reasonNames = [numReasons]string{"", "price", "old", "future", "duplicate", "crossed", "move"}

func (r reason) String() string { return reasonNames[r] }

const (
	// confirmed is how long after a price that moved too far another one has to say the same. A single
	// order that eats through a book is over in less.
	confirmed = 100 * time.Millisecond
	// settled is how long trades that say the same, though within a shorter time, have to stay uncontradicted.
	settled = 600 * time.Millisecond
	// mostHeld is more than such an order does.
	mostHeld = 512
	// doubtful is how long a price can wait for its confirmation before the one that is shown counts
	// as stale.
	doubtful = time.Second
)

const lasts = market.SetsLast | market.SetsExtended

// check says whether a trade or quote can be believed, and takes flags away that it must not have. Trades
// that wait for their confirmation are put aside and are fine, but held.
func (d *Desk) check(s *source, t *track, k *market.Tick) (why reason, held bool) {
	at := k.Time
	if at == 0 {
		at = k.Received
	}
	if !s.info.Whole && at > k.Received+d.skew {
		return future, false
	}
	if k.Kind == market.KindQuote {
		return d.checkQuote(t, k, at), false
	}
	if k.Price <= 0 {
		return price, false
	}
	if m := d.market(k.Symbol); m != nil && !s.info.Whole {
		if at < m.rolled {
			return old, false
		}
		if at >= m.next { // its clock is ahead of ours, or the next look around is to come
			d.roll(m, at.Std())
		}
	}
	if k.ID != 0 {
		if t.ids == nil {
			t.ids = &window{}
		}
		if !t.ids.new(k.ID, at, s.info.Numbered) {
			return duplicate, false
		}
	}
	if k.Flags&lasts == 0 {
		return fine, false
	}
	if at < t.traded { // late: it still counts, but is not the last one
		k.Flags = k.Flags.Belated()
		s.refuse(d, old, k)
		if k.Flags == market.Late {
			return old, true // has been counted
		}
		return fine, false
	}
	if d.holds(t, k, at) {
		return fine, true
	}
	t.traded, t.last = at, k.Price
	if k.Flags&market.SetsLast != 0 {
		t.regular = k.Price
	}
	return fine, false
}

func (d *Desk) checkQuote(t *track, k *market.Tick, at market.Time) reason {
	bid, ask := k.Flags&market.HasBid != 0, k.Flags&market.HasAsk != 0
	switch {
	case bid && k.Bid <= 0 || ask && k.Ask <= 0:
		return price
	case at < t.quoted:
		return old
	case bid && ask && k.Bid > k.Ask && k.Bid-k.Ask > part(k.Ask, d.cross):
		return crossed
	}
	t.quoted, t.bid, t.ask = at, 0, 0
	if bid {
		t.bid = k.Bid
	}
	if ask {
		t.ask = k.Ask
	}
	return fine
}

const million = 1_000_000

// part is so many millionths of a price, or the largest price where that is more.
func part(p market.Price, millionths int64) market.Price {
	hi, lo := bits.Mul64(uint64(p), uint64(millionths))
	if hi >= million {
		return math.MaxInt64
	}
	q, _ := bits.Div64(hi, lo, million)
	return market.Price(min(q, math.MaxInt64))
}

// between tells whether a price is no more than so much away from another.
func between(p, to, distance market.Price) bool {
	d := p - to
	return max(d, -d) <= distance
}

// near tells whether a price is within max_move of another, or within two of the smallest steps that
// the symbol's prices are shown in.
func (d *Desk) near(id market.SymbolID, p, to market.Price) bool {
	if between(p, to, part(to, d.move)) {
		return true
	}
	step := market.Price(market.Scale)
	for range d.dir.Symbol(id).Decimals {
		step /= 10
	}
	return between(p, to, 2*step)
}

// holds puts a trade aside that moved too far from the last price, unless something confirms it: the
// quote that stands, or another such trade some time before. Those that were put aside earlier are then
// handed on, or refused where this trade is at the old price again.
func (d *Desk) holds(t *track, k *market.Tick, at market.Time) bool {
	if d.move == 0 || t.last == 0 {
		return false
	}
	if len(t.held) == 0 && between(k.Price, t.last, part(t.last, d.move)) {
		return false // the usual case
	}
	if d.near(k.Symbol, k.Price, t.last) {
		d.contradict(t)
		return false
	}
	if t.bid != 0 && t.ask != 0 && d.near(k.Symbol, k.Price, t.bid) && d.near(k.Symbol, k.Price, t.ask) {
		d.confirm(t, k.Price)
		return false
	}
	if len(t.held) > 0 {
		first := &t.held[0]
		if same := (first.Price > t.last) == (k.Price > t.last); !same {
			d.contradict(t)
		} else if (at-first.Time >= market.Time(confirmed.Microseconds()) || len(t.held) == mostHeld) && d.confirm(t, k.Price) {
			return false
		}
	}
	if len(t.held) == 0 {
		t.heldAt = d.now
		d.doubts++
	}
	k.Time = at
	t.held = append(t.held, *k)
	return true
}

// witness lets a new quote speak for or against the trades that are held.
func (d *Desk) witness(t *track, k *market.Tick) {
	if len(t.held) == 0 || t.bid == 0 || t.ask == 0 || t.quoted-t.held[0].Time < market.Time(confirmed.Microseconds()) {
		return
	}
	newest := t.held[len(t.held)-1].Price
	switch {
	case d.near(k.Symbol, newest, t.bid) && d.near(k.Symbol, newest, t.ask):
		d.confirm(t, newest)
	case d.near(k.Symbol, t.last, t.bid) && d.near(k.Symbol, t.last, t.ask):
		d.contradict(t)
	}
}

// agreed confirms trades that say the same and that nothing has contradicted for some time: a market that
// falls may stop at once.
func (d *Desk) agreed(t *track) {
	n := len(t.held)
	if n > 1 && d.now.Sub(t.heldAt) >= settled && t.held[n-1].Time > t.held[0].Time {
		d.confirm(t, t.held[n-1].Price)
	}
}

// confirm hands on the trades that were held, if the price that confirms them is as far from the last one, and
// refuses the others. It returns whether there were any.
func (d *Desk) confirm(t *track, by market.Price) (found bool) {
	if len(t.held) == 0 {
		return false
	}
	last := t.last
	for i := range t.held {
		k := &t.held[i]
		if beyond := (k.Price > by) == (k.Price > last); beyond && !d.near(k.Symbol, k.Price, by) {
			d.taking.refuse(d, move, k)
			t.drop(k.ID)
			continue
		}
		found = true
		if k.Time < t.traded {
			k.Flags = k.Flags.Belated()
		} else {
			t.traded, t.last = k.Time, k.Price
			if k.Flags&market.SetsLast != 0 {
				t.regular = k.Price
			}
		}
		d.hand(d.taking, t, k)
	}
	t.held = t.held[:0]
	d.doubts--
	return found
}

// contradict refuses the trades that were held.
func (d *Desk) contradict(t *track) {
	if len(t.held) == 0 {
		return
	}
	for i := range t.held {
		d.taking.refuse(d, move, &t.held[i])
		t.drop(t.held[i].ID)
	}
	t.held = t.held[:0]
	d.doubts--
}
