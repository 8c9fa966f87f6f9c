package calendar

import "tickertape/feed/market"

// clockWindow is how long the least delayed tick counts at least; it counts at most twice as long.
const clockWindow = market.Time(60e6)

// ExchangeClock is the clock of an exchange, as its ticks show it: this machine's, set forward by how far the tick that was
// delayed least was ahead of it. So it is behind the exchange's by that delay. The zero value is this machine's clock.
type ExchangeClock struct {
	now    window
	before window      // the newest one before that had any tick
	since  market.Time // when this window began, by this machine's clock
	recent bool        // before was the last one
}

// window is the largest lead of its ticks.
type window struct {
	lead market.Time
	any  bool
}

// Note adds a tick: the exchange's time of it, and when it came by this machine's clock.
func (c *ExchangeClock) Note(at, received market.Time) {
	c.advance(received)
	if lead := at - received; !c.now.any || lead > c.now.lead {
		c.now = window{lead, true}
	}
}

// advance begins another window where it is time for that.
func (c *ExchangeClock) advance(machine market.Time) {
	if machine-c.since < clockWindow && machine >= c.since {
		return
	}
	if c.recent = c.now.any; c.recent {
		c.before = c.now
	}
	c.now, c.since = window{}, machine
}

// Lead is how far the exchange's clock is ahead of this machine's, below zero where it is behind. It is known while ticks come.
func (c *ExchangeClock) Lead(machine market.Time) (lead market.Time, known bool) {
	c.advance(machine)
	return c.lead(), c.now.any || c.recent
}

// lead is that of the newest ticks, however long ago they came: clocks seldom change by themselves.
func (c *ExchangeClock) lead() market.Time {
	switch {
	case !c.now.any:
		return c.before.lead
	case !c.before.any:
		return c.now.lead
	default:
		return max(c.now.lead, c.before.lead)
	}
}

// Time is what the exchange's clock shows when this machine's shows machine.
func (c *ExchangeClock) Time(machine market.Time) market.Time { return machine + c.lead() }
