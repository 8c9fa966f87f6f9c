package replay

import (
	"math"
	"time"

	"tickertape/feed/market"
)

// backJump is how far back in time a row must be to count as a recording that begins again and not as a late row.
const backJump = market.Time(time.Minute / time.Microsecond)

// timing decides when rows are due by their times.
type timing struct {
	speed  float64       // above 0
	maxGap time.Duration // 0: none

	last   market.Time   // the newest time so far; 0: none
	passed float64       // recorded microseconds since the round began, with gaps shortened
	start  time.Duration // when the round began, after the first round
}

// due is when a row is due, as the time since the beginning of the first round.
func (t *timing) due(at market.Time) time.Duration {
	gap := at - t.last
	switch {
	case t.last == 0 || gap < -backJump:
		gap = 0
		t.last = at
	case gap <= 0:
		gap = 0
	default:
		t.last = at
	}
	if most := market.Time(t.maxGap.Microseconds()); most > 0 && gap > most {
		gap = most
	}
	t.passed += float64(gap)
	after := t.passed * float64(time.Microsecond) / t.speed
	if after > math.MaxInt64/4 { // 73 years
		after = math.MaxInt64 / 4
	}
	return t.start + time.Duration(after)
}

// rewind begins another round now.
func (t *timing) rewind(now time.Duration) {
	t.last, t.passed, t.start = 0, 0, now
}
