package consolidate

import (
	"slices"
	"time"

	"tickertape/feed/calendar"
	"tickertape/feed/market"
)

// reason is why a tick was refused; its text is the label of a metric.
type reason uint8

const (
	accepted  reason = iota
	price            // zero or negative
	old              // older than what it would replace, so that nothing of it counts
	future           // further ahead than max_clock_skew, and than the other ticks of the source
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
	// agreeAfter is how long held trades that agree must stay uncontradicted to be believed, where no trade after confirmAfter
	// confirms them.
	agreeAfter = 600 * time.Millisecond
	// mostHeld is how many trades of a symbol are held at most: more than one order makes. The next one may confirm them.
	mostHeld = 512
	// staleWhenHeld is how long a trade can wait for its confirmation before its symbol is stale.
	staleWhenHeld = time.Second
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

// check decides whether a trade or quote can be believed, and removes flags that it must not have. It returns why it cannot.
// Where it returns held, the trade can be believed once others confirm it, and is kept until then.
func (c *consolidator) check(ss *sourceSymbol, k *market.Tick) (why reason, held bool) {
	at, why := c.timeOf(ss, k)
	if why != accepted {
		return why, false
	}
	if k.Kind == market.KindQuote {
		return c.checkQuote(ss, k, at), false
	}
	if k.Price <= 0 {
		return price, false
	}
	if k.ID != 0 {
		if ss.seen == nil {
			ss.seen = &window{}
		}
		if !ss.seen.add(k, at, ss.source.info.Numbered) {
			return duplicate, false
		}
	}
	if ss.market != nil && !ss.source.info.Lossless {
		c.turn(ss, k.Symbol, ss.day.Trade(ss.market.hours, at, ss.market.shown(ss.source.clock.Time(c.steady))))
	}
	if k.Flags&setsAnyLast == 0 {
		return accepted, false
	}
	if at < ss.traded { // late: it counts, but is not the last one
		if k.Flags = k.Flags.AsOutOfOrder(); k.Flags == 0 || k.Flags == market.OutOfOrder { // nothing of it counts
			return old, false
		}
		ss.source.late.Inc()
		return accepted, false
	}
	if c.holdImplausible(ss, k, at) {
		return accepted, true
	}
	ss.setLast(k, at)
	return accepted, false
}

// timeOf is when a trade or quote was, by the exchange or else by its receipt. It returns why that cannot be.
func (c *consolidator) timeOf(ss *sourceSymbol, k *market.Tick) (market.Time, reason) {
	s := ss.source
	if s.info.Lossless {
		return k.When(), accepted
	}
	if k.Time == 0 {
		k.Received = c.clock.received(k.Received)
		return k.Received, accepted
	}
	lead := s.lead(c, k.Time)
	if lead > c.limits.skew {
		return k.Time, future
	}
	s.noteLead(c, lead)
	due := k.Time + ss.connection.delay // when it should have come: a delay by contract is no skew
	if c.compare(due, s.skew.size, c.limits.skew) {
		for _, s := range c.sources {
			s.clock = calendar.ExchangeClock{}
			s.setSkew(c, 0, 0)
		}
	}
	s.clock.Note(due, c.clock.received(k.Received))
	if s.skew.size > 0 {
		s.reviewSkew(c)
	}
	return k.Time, accepted
}

func (c *consolidator) checkQuote(ss *sourceSymbol, k *market.Tick, at market.Time) reason {
	bid, ask := k.Flags&market.HasBid != 0, k.Flags&market.HasAsk != 0
	switch {
	case bid && k.Bid <= 0 || ask && k.Ask <= 0:
		return price
	case at < ss.quoted:
		return old
	case bid && ask && c.limits.crossed(k.Bid, k.Ask):
		return crossed
	}
	ss.quoted, ss.bid, ss.ask = at, 0, 0
	if bid {
		ss.bid = k.Bid
	}
	if ask {
		ss.ask = k.Ask
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

// holdImplausible holds a trade back if it moved too far from the last price and neither the newest quote nor an earlier such
// trade confirms it. It reports whether the trade is held. A trade that is not held settles those held before it: it confirms
// them or, near the last price again, has them refused.
func (c *consolidator) holdImplausible(ss *sourceSymbol, k *market.Tick, at market.Time) bool {
	if c.limits.move == 0 || ss.last == 0 {
		return false
	}
	if len(ss.held) == 0 && c.limits.near(k.Price, ss.last) {
		return false // the usual case
	}
	if c.near(k.Symbol, k.Price, ss.last) {
		c.refuseHeld(ss)
		return false
	}
	if ss.bid != 0 && ss.ask != 0 && c.near(k.Symbol, k.Price, ss.bid) && c.near(k.Symbol, k.Price, ss.ask) {
		c.confirmHeld(ss, k.Price)
		return false
	}
	if len(ss.held) > 0 {
		first := &ss.held[0]
		if sameDirection := (first.Price > ss.last) == (k.Price > ss.last); !sameDirection {
			c.refuseHeld(ss)
		} else if (at-first.Time >= market.Time(confirmAfter.Microseconds()) || len(ss.held) == mostHeld) && c.confirmHeld(ss, k.Price) {
			return false
		}
	}
	if len(ss.held) == 0 {
		ss.heldSince = c.now
		c.heldSymbols++
	}
	k.Time = at
	ss.held = append(ss.held, *k)
	return true
}

// compareHeld compares the trades that are held with a new quote, which may confirm or contradict them.
func (c *consolidator) compareHeld(ss *sourceSymbol, k *market.Tick) {
	if len(ss.held) == 0 || ss.bid == 0 || ss.ask == 0 || ss.quoted-ss.held[0].Time < market.Time(confirmAfter.Microseconds()) {
		return
	}
	newest := ss.held[len(ss.held)-1].Price
	switch {
	case c.near(k.Symbol, newest, ss.bid) && c.near(k.Symbol, newest, ss.ask):
		c.confirmHeld(ss, newest)
	case c.near(k.Symbol, ss.last, ss.bid) && c.near(k.Symbol, ss.last, ss.ask):
		c.refuseHeld(ss)
	}
}

// confirmAgreed confirms trades that agree and that nothing has contradicted for some time: after a fall, trading may stop
// at once.
func (c *consolidator) confirmAgreed(ss *sourceSymbol) {
	n := len(ss.held)
	if n > 1 && c.now.Sub(ss.heldSince) >= agreeAfter && ss.held[n-1].Time > ss.held[0].Time {
		c.confirmHeld(ss, ss.held[n-1].Price)
	}
}

// confirmHeld forwards the trades that were held, but refuses those that moved further than the price by that confirms them.
// It reports whether it forwarded any.
func (c *consolidator) confirmHeld(ss *sourceSymbol, by market.Price) (confirmed bool) {
	if len(ss.held) == 0 {
		return false
	}
	last := ss.last
	for i := range ss.held {
		k := &ss.held[i]
		if beyond := (k.Price > by) == (k.Price > last); beyond && !c.near(k.Symbol, k.Price, by) {
			c.refuse(ss.source, move, k)
			ss.noteRefused(k)
			continue
		}
		confirmed = true
		if k.Time < ss.traded {
			k.Flags = k.Flags.AsOutOfOrder()
		} else {
			ss.setLast(k, k.Time)
		}
		c.forward(ss, k)
	}
	ss.held = ss.held[:0]
	c.heldSymbols--
	return confirmed
}

// refuseHeld refuses the trades that were held.
func (c *consolidator) refuseHeld(ss *sourceSymbol) {
	if len(ss.held) == 0 {
		return
	}
	for i := range ss.held {
		c.refuse(ss.source, move, &ss.held[i])
		ss.noteRefused(&ss.held[i])
	}
	ss.held = ss.held[:0]
	c.heldSymbols--
}

// dropHeld takes a trade out of those that are held, and reports whether it was one of them.
func (c *consolidator) dropHeld(ss *sourceSymbol, p print) bool {
	i := slices.IndexFunc(ss.held, func(k market.Tick) bool { return printOf(&k) == p })
	if i < 0 {
		return false
	}
	if ss.held = slices.Delete(ss.held, i, i+1); len(ss.held) == 0 {
		c.heldSymbols--
	}
	return true
}
