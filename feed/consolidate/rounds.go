package consolidate

import "time"

const (
	// visitEvery is how often each symbol is judged by the time alone; more often where stale_after is short.
	visitEvery = 250 * time.Millisecond
	// sliceSize is how many symbols are visited before arrivals are looked at again: some ten microseconds of work.
	sliceSize = 128
)

// rounds says when which symbols are visited: all of them once a round, in slices spread evenly over it. What a visit does is
// in symbol.go.
type rounds struct {
	every time.Duration
	began time.Time // when this round began
	next  int       // the symbol that is visited next; 0: a round begins
}

// slice returns the symbols to visit now, of n, and how long to wait for the next slice.
func (s *rounds) slice(now time.Time, n int) (from, to int, wait time.Duration) {
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
func (s *rounds) skip(now time.Time) time.Duration {
	s.next, s.began = 0, now
	return s.every
}

// wait is how long it is from now until the time after the beginning of the round.
func (s *rounds) wait(now time.Time, after time.Duration) time.Duration {
	return max(after-now.Sub(s.began), 1) // a timer of 0 crashes the race detector in synctest: golang.org/issue/78156
}
