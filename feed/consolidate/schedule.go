package consolidate

import (
	"time"

	"tickertape/feed/calendar"
	"tickertape/feed/market"
)

// schedule is a market's present phase and trading day.
type schedule struct {
	hours  *calendar.Market
	phase  calendar.Phase
	rolled market.Time // when its trading day began
	next   market.Time // when the next one begins
	day    int         // how many trading days have begun; a symbol whose own count is behind begins its session
}

// roll begins the trading day that an instant belongs to.
func (m *schedule) roll(at time.Time) {
	m.rolled = market.TimeOf(m.hours.Rolled(at))
	m.next = market.TimeOf(m.hours.NextRoll(at))
	m.day++
}

// schedules are those of the markets of all symbols so far.
type schedules struct {
	hours  *calendar.Calendar   // nil: no market ever closes
	byName map[string]*schedule // nil for a market that is unknown or never closes
}

// named finds a market by its name; nil: it never closes and has no days.
func (s *schedules) named(name string, now time.Time) *schedule {
	if name == "" || s.hours == nil {
		return nil
	}
	m, known := s.byName[name]
	if !known {
		if hours, ok := s.hours.Market(name); ok && hours != nil {
			m = &schedule{hours: hours, phase: hours.Phase(now)}
			m.roll(now)
		}
		s.byName[name] = m
	}
	return m
}

// update brings all schedules up to now.
func (s *schedules) update(now time.Time) {
	for _, m := range s.byName {
		if m == nil {
			continue
		}
		m.phase = m.hours.Phase(now)
		if market.TimeOf(now) >= m.next {
			m.roll(now)
		}
	}
}
