package feed

import (
	"math/rand/v2"
	"time"
)

const (
	// After a loss, the redial waits for up to a second. The limit doubles with each further failure, up to a minute.
	lossWait     = time.Second
	lossWaitMost = time.Minute
	// After a refusal, it waits for half a minute to a minute. Both double with each further failure, up to 15 minutes.
	refusalWait     = time.Minute
	refusalWaitMost = 15 * time.Minute
	// In a maintenance, it waits for 15 to 30 s, and then for half a minute to a minute each time: nobody knows how long it takes.
	maintenanceWait     = 30 * time.Second
	maintenanceWaitMost = time.Minute
	// After the first restart in a row, it waits for up to this.
	restartWait = 200 * time.Millisecond
	// The other side may ask for a longer wait, but not for more than an hour.
	requestMost = time.Hour
	// A connection with good data for a minute resets the backoff.
	healthyAfter = time.Minute

	mostDoublings = 10 // keeps the spans from overflowing
)

// backoff chooses how long to wait before each redial: a random part of a span that doubles with every failure.
type backoff struct{ failures int }

// next counts a failure and returns how long to wait after it, always more than 0.
func (b *backoff) next(br *Break) time.Duration {
	b.failures++
	var wait time.Duration
	switch br.Cause {
	case Refused, Taken: // never near zero: a redial at once would be refused again
		span := min(refusalWait<<min(b.failures-1, mostDoublings), refusalWaitMost)
		wait = span/2 + rand.N(span/2)
	case Maintenance:
		span := min(maintenanceWait<<min(b.failures-1, mostDoublings), maintenanceWaitMost)
		wait = span/2 + rand.N(span/2)
	case Restart:
		if b.failures == 1 {
			wait = rand.N(restartWait)
			break
		}
		fallthrough
	default:
		wait = rand.N(min(lossWait<<min(b.failures-1, mostDoublings), lossWaitMost))
	}
	if asked := min(br.After, requestMost); asked > 0 {
		wait = max(wait, asked+rand.N(asked/10+1)) // up to a tenth more, so that not all come back at once
	}
	return wait + 1 // a timer of 0 crashes the race detector in synctest: golang.org/issue/78156
}

// healthy notes for how long the last connection brought good data.
func (b *backoff) healthy(d time.Duration) {
	if d >= healthyAfter {
		b.failures = 0
	}
}
