package consolidate

import (
	"slices"
	"time"

	"tickertape/feed/market"
)

// reason is why a tick was refused; its text is the label of a metric.
type reason uint8

const (
	accepted  reason = iota
	price            // zero or negative
	old              // older than what it would replace, or of a session that is over
	future           // further ahead than max_clock_skew
	duplicate        // a trade that came before
	crossed          // a bid above the ask by more than max_cross
	move             // a trade that moved too far, and was not confirmed

	numReasons = iota
)

var reasonNames = [numReasons]string{"", "price", "old", "future", "duplicate", "crossed", "move"}

func (r reason) String() string { return reasonNames[r] }

const (
	// confirmAfter is how long after a trade that moved too far another one can confirm it. A single order that eats
	// through a book is over in less.
	confirmAfter = 100 * time.Millisecond
	// agreeAfter is how long trades that agree within less time must stay uncontradicted to be believed.
	agreeAfter = 600 * time.Millisecond
	// mostHeld is more trades than one order makes.
	mostHeld = 512
	// doubtAfter is how long a trade can wait for its confirmation before the symbol's price is stale.
	doubtAfter = time.Second
)

// setsAnyLast are the flags of a trade that sets the last price, in or out of the session.
const setsAnyLast = market.SetsLast | market.SetsExtended

// refuse counts a tick that is not believed, and logs the first one for each reason.
func (c *consolidator) refuse(s *source, why reason, k *market.Tick) {
	s.refused[why].Inc()
	if s.logged[why] {
		return
	}
	s.logged[why] = true
	c.log.Warn("tick refused; more for this reason are counted only", keySource, s.name, keyReason, why.String(),
		keySymbol, c.dir.Symbol(k.Symbol).Symbol, keyPrice, k.Price.String(), keyBid, k.Bid.String(), keyAsk, k.Ask.String(),
		keyExchangeTime, k.Time.Std().Format(time.RFC3339Nano), keyReceived, k.Received.Std().Format(time.RFC3339Nano))
}

// check decides whether a trade or quote can be believed, and removes flags that it must not have. A trade that waits for
// its confirmation is accepted, but held. A reason that comes with held has been counted.
func (c *consolidator) check(t *track, k *market.Tick) (why reason, held bool) {
	at := k.Time
	if at == 0 {
		at = k.Received
	}
	if !t.source.info.Whole && at > k.Received+c.limits.skew {
		return future, false
	}
	if k.Kind == market.KindQuote {
		return c.checkQuote(t, k, at), false
	}
	if k.Price <= 0 {
		return price, false
	}
	if m := c.symbols[k.Symbol].market; m != nil && !t.source.info.Whole {
		if at < m.rolled {
			return old, false
		}
		if at >= m.next { // the exchange's clock is ahead of ours, or the next round of visits is still to come
			m.roll(at.Std())
			c.beginDay(k.Symbol)
		}
	}
	if k.ID != 0 {
		if t.seen == nil {
			t.seen = &window{}
		}
		if !t.seen.add(k.ID, at, t.source.info.Numbered) {
			return duplicate, false
		}
	}
	if k.Flags&setsAnyLast == 0 {
		return accepted, false
	}
	if at < t.traded { // late: it counts, but is not the last one
		k.Flags = k.Flags.Belated()
		c.refuse(t.source, old, k)
		if k.Flags == market.Late {
			return old, true
		}
		return accepted, false
	}
	if c.hold(t, k, at) {
		return accepted, true
	}
	t.setLast(k, at)
	return accepted, false
}

func (c *consolidator) checkQuote(t *track, k *market.Tick, at market.Time) reason {
	bid, ask := k.Flags&market.HasBid != 0, k.Flags&market.HasAsk != 0
	switch {
	case bid && k.Bid <= 0 || ask && k.Ask <= 0:
		return price
	case at < t.quoted:
		return old
	case bid && ask && c.limits.crossed(k.Bid, k.Ask):
		return crossed
	}
	t.quoted, t.bid, t.ask = at, 0, 0
	if bid {
		t.bid = k.Bid
	}
	if ask {
		t.ask = k.Ask
	}
	return accepted
}

// near reports whether a price is within max_move of another, or within two of the smallest steps that the symbol's prices
// are shown in.
func (c *consolidator) near(id market.SymbolID, p, to market.Price) bool {
	if c.limits.near(p, to) {
		return true
	}
	step := market.Price(market.Scale)
	for range c.dir.Symbol(id).Decimals {
		step /= 10
	}
	return within(p, to, 2*step)
}

// hold puts a trade aside that moved too far from the last price, unless the newest quote or an earlier such trade confirms
// it. Trades that were held before are then forwarded, or refused where this trade is near the last price again. It reports
// whether the trade is held.
func (c *consolidator) hold(t *track, k *market.Tick, at market.Time) bool {
	if c.limits.move == 0 || t.last == 0 {
		return false
	}
	if len(t.held) == 0 && c.limits.near(k.Price, t.last) {
		return false // the usual case
	}
	if c.near(k.Symbol, k.Price, t.last) {
		c.contradict(t)
		return false
	}
	if t.bid != 0 && t.ask != 0 && c.near(k.Symbol, k.Price, t.bid) && c.near(k.Symbol, k.Price, t.ask) {
		c.confirm(t, k.Price)
		return false
	}
	if len(t.held) > 0 {
		first := &t.held[0]
		if same := (first.Price > t.last) == (k.Price > t.last); !same {
			c.contradict(t)
		} else if (at-first.Time >= market.Time(confirmAfter.Microseconds()) || len(t.held) == mostHeld) && c.confirm(t, k.Price) {
			return false
		}
	}
	if len(t.held) == 0 {
		t.heldSince = c.now
		c.doubts++
	}
	k.Time = at
	t.held = append(t.held, *k)
	return true
}

// compareHeld compares the trades that are held with a new quote, which may confirm or contradict them.
func (c *consolidator) compareHeld(t *track, k *market.Tick) {
	if len(t.held) == 0 || t.bid == 0 || t.ask == 0 || t.quoted-t.held[0].Time < market.Time(confirmAfter.Microseconds()) {
		return
	}
	newest := t.held[len(t.held)-1].Price
	switch {
	case c.near(k.Symbol, newest, t.bid) && c.near(k.Symbol, newest, t.ask):
		c.confirm(t, newest)
	case c.near(k.Symbol, t.last, t.bid) && c.near(k.Symbol, t.last, t.ask):
		c.contradict(t)
	}
}

// confirmAgreed confirms trades that agree and that nothing has contradicted for some time: after a fall, trading may stop
// at once.
func (c *consolidator) confirmAgreed(t *track) {
	n := len(t.held)
	if n > 1 && c.now.Sub(t.heldSince) >= agreeAfter && t.held[n-1].Time > t.held[0].Time {
		c.confirm(t, t.held[n-1].Price)
	}
}

// confirm forwards the trades that were held, but refuses those that moved further than the price that confirms them. It
// reports whether any trade was held and not refused.
func (c *consolidator) confirm(t *track, by market.Price) (confirmed bool) {
	if len(t.held) == 0 {
		return false
	}
	last := t.last
	for i := range t.held {
		k := &t.held[i]
		if beyond := (k.Price > by) == (k.Price > last); beyond && !c.near(k.Symbol, k.Price, by) {
			c.refuse(t.source, move, k)
			t.noteRefused(k.ID)
			continue
		}
		confirmed = true
		if k.Time < t.traded {
			k.Flags = k.Flags.Belated()
		} else {
			t.setLast(k, k.Time)
		}
		c.forward(t, k)
	}
	t.held = t.held[:0]
	c.doubts--
	return confirmed
}

// contradict refuses the trades that were held.
func (c *consolidator) contradict(t *track) {
	if len(t.held) == 0 {
		return
	}
	for i := range t.held {
		c.refuse(t.source, move, &t.held[i])
		t.noteRefused(t.held[i].ID)
	}
	t.held = t.held[:0]
	c.doubts--
}

// dropHeld takes a trade out of those that are held, and reports whether it was one of them.
func (c *consolidator) dropHeld(t *track, id uint64) bool {
	i := slices.IndexFunc(t.held, func(k market.Tick) bool { return k.ID == id })
	if i < 0 {
		return false
	}
	if t.held = slices.Delete(t.held, i, i+1); len(t.held) == 0 {
		c.doubts--
	}
	return true
}
