package consolidate

import (
	"tickertape/feed/calendar"
	"tickertape/feed/market"
)

// schedule is a market's hours and its present phase, by the clock of the exchange as one source shows it.
type schedule struct {
	hours *calendar.Market
	phase calendar.Phase
	delay market.Time // of the connections whose symbols have it, by contract
}

// schedules are those of the markets of a source's symbols so far.
type schedules map[scheduleKey]*schedule // nil for a market that is unknown or never closes

type scheduleKey struct {
	market string
	delay  market.Time
}

// of finds a market's schedule by its name and the delay of a connection, when the exchange's clock shows now; nil: it never closes
// and has no days.
func (s schedules) of(key scheduleKey, hours *calendar.Calendar, now market.Time) *schedule {
	if key.market == "" || hours == nil {
		return nil
	}
	m, known := s[key]
	if !known {
		if of, ok := hours.Market(key.market); ok && of != nil {
			m = &schedule{hours: of, delay: key.delay}
			m.update(now)
		}
		s[key] = m
	}
	return m
}

// update brings all phases up to now, by the exchange's clock.
func (s schedules) update(now market.Time) {
	for _, m := range s {
		if m != nil {
			m.update(now)
		}
	}
}

func (m *schedule) update(now market.Time) { m.phase = m.hours.Phase(m.shown(now).Std()) }

// shown is what the exchange's clock shows in the ticks that come now: they are late by the delay.
func (m *schedule) shown(now market.Time) market.Time { return now - m.delay }
