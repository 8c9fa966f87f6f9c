package relay

import (
	"math/rand/v2"
	"time"
)

const (
	leastWait  = 500 * time.Millisecond
	mostWait   = 30 * time.Second
	mostAsked  = 10 * time.Minute // however long a server asks for
	stableTime = 10 * time.Second // a line that lasted this long was a good one
)

// backoff says how long to wait before the next attempt: a random part of a span that doubles from
// one to the next.
type backoff struct{ failures int }

func (b *backoff) next(asked time.Duration) time.Duration {
	span := leastWait << min(b.failures, 10)
	b.failures++
	if asked > 0 {
		return asked/10 + rand.N(asked-asked/10)
	}
	return rand.N(min(span, mostWait)) + 1
}

// lasted notes how long a line held.
func (b *backoff) lasted(d time.Duration) {
	if d >= stableTime {
		b.failures = 0
	}
}

// retryAfter is what a server asks for, within reason; 0 is nothing.
func retryAfter(d time.Duration) time.Duration { return min(max(d, 0), mostAsked) }
