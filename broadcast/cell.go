package broadcast

import "tickertape/feed"

// cell is one symbol's state with every tick taken in.
type cell struct {
	feed.Tally
	own      feed.State // the symbol's, without the feed's
	received feed.Time  // when the newest of its ticks came
	changed  bool       // since the last flush
}

// apply takes in one tick, or leaves the cell as it was and says why.
func (c *cell) apply(t *feed.Tick) feed.Reject {
	if r := c.Tally.Apply(t); r != feed.Accepted {
		return r
	}
	if t.Kind == feed.KindState {
		c.own = t.State
	}
	c.received = t.Received
	return feed.Accepted
}

// image takes over the values that an upstream sums up.
func (c *cell) image(im *feed.Quote, now feed.Time) feed.Reject {
	if r := c.Tally.Image(im); r != feed.Accepted {
		return r
	}
	if im.Set&feed.FieldState != 0 {
		c.own = im.State
	}
	c.received = now
	return feed.Accepted
}

// published is the cell's quote as subscribers see it, under a feed in the given state.
func (c *cell) published(source feed.State) feed.Quote {
	q := c.Tally.Quote()
	q.State = max(c.own, source)
	if q.State != feed.Live {
		q.Set |= feed.FieldState
	}
	return q
}
