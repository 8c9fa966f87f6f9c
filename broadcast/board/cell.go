package board

import "tickertape/feed/market"

// cell is one symbol's state after every tick so far.
type cell struct {
	market.Tally
	own      market.State // the symbol's, without the feed's
	reason   string       // of it; "": none that needs saying
	received market.Time  // when the newest of its ticks and images came
}

// apply applies one tick, or leaves the cell as it was and says why.
func (c *cell) apply(t *market.Tick) market.Reject {
	if r := c.Tally.Apply(t); r != market.Accepted {
		return r
	}
	if t.Kind == market.KindState {
		c.own, c.reason = t.State, t.Conditions
	}
	c.received = max(c.received, t.Received)
	return market.Accepted
}

// image takes over the values that an upstream sums up.
func (c *cell) image(im *market.Quote, received market.Time) market.Reject {
	if r := c.Tally.Image(im); r != market.Accepted {
		return r
	}
	if im.Set&market.FieldState != 0 {
		if c.own, c.reason = im.State, ""; im.Set&market.FieldReason != 0 {
			c.reason = im.Reason
		}
	}
	c.received = max(c.received, received)
	return market.Accepted
}

// quoted reports whether anything ever came but the previous close.
func (c *cell) quoted() bool { return c.Known()&^market.FieldPreviousClose != 0 }

// published is the cell's quote as subscribers see it, under a feed in the given state.
func (c *cell) published(feed market.State) market.Quote {
	q := c.Tally.Quote()
	q.State = max(c.own, feed)
	if q.State != market.Live {
		q.Set |= market.FieldState
	}
	if c.reason != "" {
		q.Reason = c.reason
		q.Set |= market.FieldReason
	}
	return q
}
