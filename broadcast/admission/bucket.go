package admission

import "time"

// bucket is a budget that fills at a steady rate up to what burst seconds bring. It takes 16 bytes, since every
// connection has several. The zero value is full.
type bucket struct {
	owed float64 // what is missing to a full bucket; more than all of it is a debt
	at   int64   // when owed was right, in nanoseconds since the process started
}

var processStart = time.Now()

// How many seconds' worth a full bucket holds: of a connection and an address, and of the whole.
const (
	burst      = 5
	burstTotal = 2
)

// wait is how long it takes until n are there, 0 when they are. Where more is wanted than half of what a full bucket
// holds, half will do, and the rest may become a debt: a single large request is let in, and what follows waits
// until it is paid.
func (b *bucket) wait(n, rate, seconds float64, now time.Time) time.Duration {
	b.fill(rate, now)
	full := rate * seconds
	lack := b.owed + min(n, full/2) - full
	return max(0, time.Duration(lack/rate*float64(time.Second)))
}

// take takes n when they are there.
func (b *bucket) take(n, rate float64, now time.Time) bool {
	if b.wait(n, rate, burst, now) > 0 {
		return false
	}
	b.owed += n
	return true
}

// fill puts in what has come since the last time. A time before that brings nothing and takes nothing.
func (b *bucket) fill(rate float64, now time.Time) {
	at := int64(now.Sub(processStart))
	if at > b.at {
		b.owed = max(0, b.owed-rate*time.Duration(at-b.at).Seconds())
	}
	b.at = at
}

// full reports whether nothing is missing.
func (b *bucket) full(rate float64, now time.Time) bool {
	b.fill(rate, now)
	return b.owed == 0
}
