package consolidate

import (
	"tickertape/feed/calendar"
	"tickertape/feed/market"
)

// schedule is a market's hours and its present phase, by the clock of the exchange as one source shows it.
type schedule struct {
	hours *calendar.Market
	phase calendar.Phase
}

// schedules are those of the markets of a source's symbols so far.
type schedules map[string]*schedule // nil for a market that is unknown or never closes

// named finds a market by its name, when the exchange's clock shows now; nil: it never closes and has no days.
func (s schedules) named(name string, hours *calendar.Calendar, now market.Time) *schedule {
	if name == "" || hours == nil {
		return nil
	}
	m, known := s[name]
	if !known {
		if of, ok := hours.Market(name); ok && of != nil {
			m = &schedule{hours: of, phase: of.Phase(now.Std())}
		}
		s[name] = m
	}
	return m
}

// update brings all phases up to now.
func (s schedules) update(now market.Time) {
	for _, m := range s {
		if m != nil {
			m.phase = m.hours.Phase(now.Std())
		}
	}
}
