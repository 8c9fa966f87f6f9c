package replay

import (
	"math"
	"time"

	"tickertape/feed/market"
)

// backJump is how far back in time a row must be to count as a recording that begins again and not as a late row.
const backJump = market.Time(time.Minute / time.Microsecond)

// pace decides when rows are due by their times.
type pace struct {
	speed  float64       // above 0
	maxGap time.Duration // 0: none

	last   market.Time   // the newest time so far; 0: none
	passed float64       // recorded microseconds since the round began, with gaps shortened
	start  time.Duration // when the round began, after the first round
}

// due is when a row is due, after the beginning of the first round.
func (p *pace) due(at market.Time) time.Duration {
	gap := at - p.last
	switch {
	case p.last == 0 || gap < -backJump:
		gap = 0
		p.last = at
	case gap <= 0:
		gap = 0
	default:
		p.last = at
	}
	if most := market.Time(p.maxGap.Microseconds()); most > 0 && gap > most {
		gap = most
	}
	p.passed += float64(gap)
	after := p.passed * float64(time.Microsecond) / p.speed
	if after > math.MaxInt64/4 { // 73 years
		after = math.MaxInt64 / 4
	}
	return p.start + time.Duration(after)
}

// rewind begins another round now.
func (p *pace) rewind(now time.Duration) {
	p.last, p.passed, p.start = 0, 0, now
}
