package feed

import (
	"fmt"

	"tickertape/feed/market"
)

// Sequence follows the trades of one symbol where a source numbers them one by one: it knows a trade that comes late from
// one that comes twice, and which are missing. The zero value has seen none.
type Sequence struct {
	newest  uint64
	at      market.Time // of the newest
	missing []span      // lowest first; they do not touch
	overrun bool        // more is missing than was kept
	none    bool        // the source had no trade when the sequence began, so that the first one is number 1
}

// span is the numbers from from to to, both included.
type span struct{ from, to uint64 }

// Place is where a trade belongs in a [Sequence].
type Place uint8

const (
	InOrder  Place = iota // it is the newest
	Late                  // it is before the newest, and was missing until now
	Repeated              // it came before
)

const (
	// mostJump is more trades than a symbol can have while a connection is broken. A larger jump is no gap: the numbers
	// begin anew.
	mostJump = 1_000_000
	// mostSpans is how many gaps are kept until somebody fills them.
	mostSpans = 256
	// timeSlack is how much older, by its time, a trade with a higher number may be.
	timeSlack = market.Time(1_000_000)
)

// Newest is the highest number so far; 0 none.
func (s *Sequence) Newest() uint64 { return s.newest }

// None notes that the source has no trade yet, so that what is before the first one that comes is missing. It does nothing
// once there is a trade.
func (s *Sequence) None() { s.none = s.none || s.newest == 0 }

// Begun reports whether it is known what the next trade follows on: a trade, or none.
func (s *Sequence) Begun() bool { return s.newest != 0 || s.none }

// Add adds a trade, and returns how many trades are newly missing before it. An error is a number
// that cannot follow those before; the sequence begins anew with it.
func (s *Sequence) Add(id uint64, at market.Time) (place Place, lost int, err error) {
	switch {
	case s.newest == 0 && s.none && id > 1 && id <= mostJump:
		lost = s.miss(1, id-1)
	case s.newest == 0:
	case id > s.newest && id-s.newest > mostJump, id <= s.newest && at > s.at+timeSlack:
		err = fmt.Errorf("trade %d of %s comes after trade %d of %s", id, at.Std(), s.newest, s.at.Std())
		s.Forget()
	case id > s.newest:
		lost = s.miss(s.newest+1, id-1)
	case s.Found(id):
		return Late, 0, nil
	default:
		return Repeated, 0, nil
	}
	s.newest, s.at = id, at
	return InOrder, lost, err
}

// Expect notes that the source has trade id as its newest at an instant, and returns how many trades are newly missing. It
// does nothing before the first trade, unless it is known that there was none. An error is a number that cannot follow those
// before; it is ignored.
func (s *Sequence) Expect(id uint64, at market.Time) (lost int, err error) {
	if !s.Begun() || id <= s.newest {
		return 0, nil
	}
	if id-s.newest > mostJump {
		return 0, fmt.Errorf("trade %d cannot be the newest at %s: the one before is %d", id, at.Std(), s.newest)
	}
	lost = s.miss(s.newest+1, id)
	s.newest, s.at = id, max(s.at, at)
	return lost, nil
}

func (s *Sequence) miss(from, to uint64) (lost int) {
	if from > to {
		return 0
	}
	switch n := len(s.missing); {
	case n > 0 && s.missing[n-1].to+1 == from:
		s.missing[n-1].to = to
	case n < mostSpans:
		s.missing = append(s.missing, span{from, to})
	default:
		s.overrun = true
	}
	return int(to - from + 1)
}

// Found notes that a trade is not missing any more, and reports whether it was.
func (s *Sequence) Found(id uint64) bool {
	for i, m := range s.missing {
		if id < m.from || id > m.to {
			continue
		}
		rest := append([]span(nil), s.missing[i+1:]...)
		s.missing = s.missing[:i]
		if m.from < id {
			s.missing = append(s.missing, span{m.from, id - 1})
		}
		if id < m.to {
			s.missing = append(s.missing, span{id + 1, m.to})
		}
		s.missing = append(s.missing, rest...)
		return true
	}
	return false
}

// Missing reports whether any trade is missing, and which is the first; 0 where that is not known.
func (s *Sequence) Missing() (first uint64, any bool) {
	switch {
	case s.overrun:
		return 0, true
	case len(s.missing) > 0:
		return s.missing[0].from, true
	}
	return 0, false
}

// Forget forgets what is missing. Call it when the day's sums are known without these trades.
func (s *Sequence) Forget() { s.missing, s.overrun = s.missing[:0], false }
