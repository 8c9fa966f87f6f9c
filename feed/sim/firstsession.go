package sim

import (
	"time"

	"tickertape/feed/market"
)

// The part of the first session that is over is published all at once, so it has few moves and ticks.
const (
	pastMoves = 20_000_000 // the most moves of prices, some 0.4 s of work
	pastTicks = 300_000    // the most ticks, roughly
)

// firstSession is when a market opens that starts now. The session ends on a boundary of sessions, so it may be shorter than
// those after it.
type firstSession struct {
	began market.Time // the boundary of sessions at the epoch or before it
	epoch market.Time // of the first tick: a multiple of step
	past  int64       // microseconds from the epoch on that are published all at once; none of them is after the session
}

// firstSession decides when a market opens that starts now.
func (c Config) firstSession(now time.Time) (firstSession, error) {
	start, err := c.start()
	if err != nil {
		return firstSession{}, err
	}
	session, grain := c.Session.Microseconds(), c.grain()
	past := min(c.Past.Microseconds(), pastMoves/int64(c.Symbols)*step)
	if !start.IsZero() {
		epoch := start.UnixMicro() / step * step
		began := epoch / grain * grain
		return firstSession{market.Time(began), market.Time(epoch), min(past, began+session-epoch)}, nil
	}
	at := now.UnixMicro()
	epoch := (at - past) / step * step
	began := epoch / grain * grain
	if began+session <= at { // it would be over
		began = (at/grain+1)*grain - session
		epoch = max(epoch, began)
	}
	if past > 0 {
		past = at - epoch
	}
	return firstSession{market.Time(began), market.Time(epoch), past}, nil
}

// grain is the longest part of an hour that a session is a multiple of, in microseconds. Sessions begin at multiples of it since
// the Unix epoch, so that a bar of an hour or less has ticks of one session alone, if a session is a multiple of its length.
func (c Config) grain() int64 {
	a, b := int64(time.Hour/time.Second), int64(c.Session/time.Second)
	for b != 0 {
		a, b = b, a%b
	}
	return a * 1_000_000
}
