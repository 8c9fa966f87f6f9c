package replay

import (
	"math"
	"time"

	"tickertape/feed/market"
)

// backJump is how far back a row's time is a recording that begins anew, not a row that is late.
const backJump = market.Time(time.Minute / time.Microsecond)

// pace turns the times of rows into when they are due.
type pace struct {
	speed  float64       // above 0
	maxGap time.Duration // 0: none

	last   market.Time   // the newest so far; 0: none
	passed float64       // recorded microseconds since start, silences shortened
	start  time.Duration // of the round
}

// due is when a row is due, since the start of the first round.
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

// rewind begins a round now.
func (p *pace) rewind(now time.Duration) {
	p.last, p.passed, p.start = 0, 0, now
}
