package history

import "tickertape/feed/market"

// bars are the newest of one symbol and interval, in order of their start: the newest by itself, where nearly every trade
// belongs, and before it a ring that grows up to what is kept.
type bars struct {
	newest  Bar
	n       int   // with the newest
	ring    []Bar // the n-1 before the newest, from head on
	head    int
	dropped uint32 // the start of the newest bar that was dropped; 0 none

	corrected Seq // the newest flush that changed another bar than the newest
}

// at is the i-th bar, the oldest first. It is good until the next put.
func (s *bars) at(i int) *Bar {
	if i == s.n-1 {
		return &s.newest
	}
	if i += s.head; i >= len(s.ring) {
		i -= len(s.ring)
	}
	return &s.ring[i]
}

// find is the index of the first bar that does not start before a time.
func (s *bars) find(start uint32) int {
	if s.n == 0 || s.at(s.n-1).Start < start {
		return s.n
	}
	low, high := 0, s.n-1
	for low < high {
		if mid := (low + high) / 2; s.at(mid).Start < start {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}

// current is the newest bar; nil where a time is not in it, and of days, whose length varies.
func (s *bars) current(k Interval, second uint32) *Bar {
	b := &s.newest
	if s.n == 0 || k == Day || second < b.Start || second-b.Start >= intervals[k].seconds {
		return nil
	}
	return b
}

// get returns the bar that starts then; nil if there is none.
func (s *bars) get(start uint32) *Bar {
	if i := s.find(start); i < s.n && s.at(i).Start == start {
		return s.at(i)
	}
	return nil
}

// put returns the bar that starts then, and makes it if there is none; nil if it is older than what is kept.
func (s *bars) put(start uint32, keep int) *Bar {
	i := s.find(start)
	if i < s.n && s.at(i).Start == start {
		return s.at(i)
	}
	if start <= s.dropped {
		return nil
	}
	if s.n == keep {
		if i == 0 {
			s.dropped = max(s.dropped, start)
			return nil
		}
		s.drop()
		i--
	}
	if s.n > 0 {
		if s.n-1 == len(s.ring) {
			s.grow(min(keep-1, max(4, s.n+s.n/2)))
		}
		s.n++
		*s.at(s.n - 2) = s.newest
		for j := s.n - 2; j > i; j-- {
			*s.at(j) = *s.at(j - 1)
		}
	} else {
		s.n = 1
	}
	*s.at(i) = Bar{Start: start}
	return s.at(i)
}

// drop forgets the oldest bar.
func (s *bars) drop() {
	s.dropped = s.at(0).Start
	if s.n--; s.n == 0 {
		return // it was the newest
	}
	if s.head++; s.head == len(s.ring) {
		s.head = 0
	}
}

func (s *bars) grow(to int) {
	ring := make([]Bar, to)
	for i := range s.n - 1 {
		ring[i] = *s.at(i)
	}
	s.ring, s.head = ring, 0
}

// tail is the index of the first of the last limit bars that have any of the fields; from where there are not so many.
func (s *bars) tail(from, to, limit int, f BarFields) int {
	for i := to; i > from; {
		if i--; s.at(i).HasAny(f) {
			if limit--; limit == 0 {
				return i
			}
		}
	}
	return from
}

// changedSince reports whether any changed after a flush.
func (s *bars) changedSince(seq Seq) bool {
	return s.n > 0 && (s.corrected > seq || s.at(s.n-1).Changed() > seq)
}

// firstSince is the index of the first bar that can have changed after a flush. While trades come in order, only the
// newest bars change.
func (s *bars) firstSince(seq Seq) int {
	if s.corrected > seq {
		return 0
	}
	i := s.n
	for i > 0 && s.at(i-1).Changed() > seq {
		i--
	}
	return i
}

// secondsOf is the second of a time, and false where no bar can start then.
func secondsOf(t market.Time) (uint32, bool) {
	s := t / 1e6
	return uint32(s), t >= 1e6 && s < never
}
