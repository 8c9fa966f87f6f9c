package consolidate

import (
	"time"

	"tickertape/feed/market"
)

// clockStep is the least step of the machine's clock that is noticed.
const clockStep = market.Time(1e6)

// clock is this machine's clock as ticks are compared with it. It goes on evenly when the machine's clock is set, until ticks
// show that the machine's clock is right now and this one is wrong, as after a sleep of the machine.
type clock struct {
	wall func(time.Time) market.Time // static: what the machine's clock shows then

	now       time.Time   // of the batch that is processed, or of the visit; durations are measured with it
	machine   market.Time // the machine's clock then
	steady    market.Time // this one then
	confirmed bool        // a tick has shown that this one is right
}

// set begins another batch or visit.
func (c *clock) set(now time.Time) {
	c.machine = c.wall(now)
	if c.now.IsZero() {
		c.steady = c.machine
	} else {
		c.steady += market.Time(now.Sub(c.now).Microseconds())
	}
	c.now = now
	if d := c.machine - c.steady; max(d, -d) < clockStep || !c.confirmed {
		c.steady = c.machine
	}
}

// received is when a tick came, by this clock; 0 is now.
func (c *clock) received(at market.Time) market.Time {
	if at == 0 {
		return c.steady
	}
	return at + c.steady - c.machine
}

// compare notes the exchange's time of a tick, which the right clock shows within a tolerance. If the tick is from the future by
// this clock, but not by the machine's, then the machine's is right, and compare reports true: this clock shows the same from now
// on. A tick of the past proves nothing, because it may have come late. lead is how far this clock is known to be behind: then the
// machine's clock is right where it was set towards the exchange's, and shows the time of the tick.
func (c *clock) compare(at, lead, tolerance market.Time) (follows bool) {
	switch {
	case lead > 0:
		if c.machine-c.steady > lead/2 && max(at-c.machine, c.machine-at) <= tolerance {
			c.steady = c.machine
			return true
		}
	case max(at-c.steady, c.steady-at) <= tolerance:
		c.confirmed = true
	case at > c.steady+tolerance && at <= c.machine+tolerance:
		c.steady = c.machine
		return true
	}
	return false
}

// ahead is how far a time is in the future, by whichever of the two clocks is ahead.
func (c *clock) ahead(at market.Time) market.Time { return at - max(c.steady, c.machine) }
