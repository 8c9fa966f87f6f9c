package feed

import (
	"math/rand/v2"
	"time"
)

const (
	firstWait        = time.Second      // the first wait after a loss is shorter than this; it doubles with each failure
	longestWait      = time.Minute      // and stops growing here
	firstRefusal     = time.Minute      // the same after a refusal, of which at least half is waited
	longestRefusal   = 15 * time.Minute //
	longestRequest   = time.Hour        // a longer wait that the other side asks for is cut to this
	healthyAfter     = time.Minute      // good data for so long resets the backoff
	restartWait      = 200 * time.Millisecond
	mostDoublings    = 10
	requestExtraPart = 10 // up to a tenth more than what the other side asks for, so that not all come at once
)

// backoff chooses how long to wait before each redial: a random part of a span that doubles with every failure.
type backoff struct{ failures int }

// next counts a failure and returns how long to wait after it, always more than 0.
func (b *backoff) next(br *Break) time.Duration {
	b.failures++
	var wait time.Duration
	switch br.Cause {
	case Refused, Taken: // never near zero: whoever comes back at once is refused again
		span := min(firstRefusal<<min(b.failures-1, mostDoublings), longestRefusal)
		wait = span/2 + rand.N(span/2)
	case Restart:
		if b.failures == 1 {
			wait = rand.N(restartWait)
			break
		}
		fallthrough
	default:
		wait = rand.N(min(firstWait<<min(b.failures-1, mostDoublings), longestWait))
	}
	if asked := min(br.After, longestRequest); asked > 0 {
		wait = max(wait, asked+rand.N(asked/requestExtraPart+1))
	}
	return wait + 1 // a timer of 0 crashes the race detector in synctest: golang.org/issue/78156
}

// healthy notes for how long the last connection brought good data.
func (b *backoff) healthy(d time.Duration) {
	if d >= healthyAfter {
		b.failures = 0
	}
}
