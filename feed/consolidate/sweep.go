package consolidate

import "time"

const (
	// visitEvery is how often each symbol is judged without data of it, or more often where stale_after is short.
	visitEvery = 250 * time.Millisecond
	// sliceSize is how many symbols are visited before arrivals are looked at again: some ten microseconds of work.
	sliceSize = 128
)

// sweep spreads the visits of all symbols evenly over a period, in slices.
type sweep struct {
	every time.Duration
	began time.Time // when this round began
	next  int       // the symbol that is visited next; 0: a round begins
}

// slice returns the symbols to visit now, of n, and how long to wait for the next slice.
func (s *sweep) slice(now time.Time, n int) (from, to int, wait time.Duration) {
	if s.next == 0 {
		s.began = now
	}
	from, to = min(s.next, n), min(s.next+sliceSize, n)
	s.next = to
	if to == n {
		s.next = 0
		return from, to, s.wait(now, s.every)
	}
	slices := (n + sliceSize - 1) / sliceSize
	return from, to, s.wait(now, s.every*time.Duration(to/sliceSize)/time.Duration(slices))
}

// skip ends a round that is not needed, and returns how long to wait for the next one.
func (s *sweep) skip(now time.Time) time.Duration {
	s.next, s.began = 0, now
	return s.every
}

// wait is how long it is until so long after the beginning of the round.
func (s *sweep) wait(now time.Time, after time.Duration) time.Duration {
	return max(after-now.Sub(s.began), 1) // a timer of 0 crashes the race detector in synctest: golang.org/issue/78156
}
