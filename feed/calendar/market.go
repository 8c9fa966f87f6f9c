package calendar

import (
	"sync/atomic"
	"time"

	"tickertape/feed/market"
)

// Market has the hours of one market. A nil one never closes and never rolls.
//
// A session includes its first instant and excludes its last: at 16:00:00 the post session has begun.
type Market struct {
	zone  *time.Location
	roll  time.Duration // after midnight in zone, of a market that never closes
	hours *usHours      // nil: it never closes
	grace market.Time   // as [Config.Grace]

	newest atomic.Pointer[tradingDay] // the one asked about last, kept because most times come in order; nil before
}

// Phase is the phase of the market at t.
func (m *Market) Phase(t time.Time) Phase {
	if m.alwaysOpen() {
		return Regular
	}
	return m.tradingDay(t).phase(t.Unix())
}

// Open reports whether the market trades at t, in or out of its regular session.
func (m *Market) Open(t time.Time) bool { return m.Phase(t) != Closed }

// Rolled is when the trading day that t belongs to began: the last roll at or before t, in the market's zone. It is zero for
// a market that never rolls.
func (m *Market) Rolled(t time.Time) time.Time {
	switch {
	case m == nil:
		return time.Time{}
	case m.hours == nil:
		return t.UTC().Add(-m.roll).Truncate(24 * time.Hour).Add(m.roll)
	default:
		return time.Unix(m.tradingDay(t).roll, 0).In(m.zone)
	}
}

// Date is the date of the trading day that t belongs to, represented by its midnight UTC: that of four hours after it began, since
// that can be on the evening before. It is the date of t in UTC for a market that never rolls.
func (m *Market) Date(t time.Time) time.Time {
	switch {
	case m == nil:
		return t.UTC().Truncate(24 * time.Hour)
	case m.hours == nil:
		return m.Rolled(t).Add(24*time.Hour - evening).Truncate(24 * time.Hour)
	default:
		return m.tradingDay(t).date
	}
}

// DateOn is the date that clocks of the market show at t, represented by its midnight UTC.
func (m *Market) DateOn(t time.Time) time.Time {
	year, month, day := t.In(m.Zone()).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// Before is the newest date with trading before a date, both represented by their midnight UTC. It is the day before for a market
// that never closes.
func (m *Market) Before(date time.Time) time.Time {
	if m.alwaysOpen() {
		return date.AddDate(0, 0, -1)
	}
	return m.hours.tradesNext(date, -1)
}

// NextRoll is the first roll after t, in the market's zone. It is zero for a market that never rolls.
func (m *Market) NextRoll(t time.Time) time.Time {
	switch {
	case m == nil:
		return time.Time{}
	case m.hours == nil:
		return m.Rolled(t).Add(24 * time.Hour)
	default:
		return time.Unix(m.tradingDay(t).nextRoll, 0).In(m.zone)
	}
}

// NextOpen is when the first regular session after t begins, in the market's zone. It is zero for a market that never
// closes.
func (m *Market) NextOpen(t time.Time) time.Time {
	if m.alwaysOpen() {
		return time.Time{}
	}
	d := m.tradingDay(t)
	next := d.open
	if t.Unix() >= d.open {
		next = d.nextOpen
	}
	return time.Unix(next, 0).In(m.zone)
}

// Begins is when the trading day of a date begins or, where there is no trading on it, the next one. The date is that of t in
// UTC. It is zero for a market that never rolls.
func (m *Market) Begins(t time.Time) time.Time {
	year, month, day := t.UTC().Date()
	date := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	switch {
	case m == nil:
		return time.Time{}
	case m.hours == nil:
		return date.Add(m.roll)
	}
	if !m.hours.trades(date) {
		date = m.hours.tradesNext(date, 1)
	}
	return time.Unix(m.hours.at(date, m.hours.roll), 0).In(m.zone)
}

// SessionEnd is when the regular session of a date ends, which is represented by its midnight UTC. It is zero for a date without trading
// and for a market that never closes.
func (m *Market) SessionEnd(date time.Time) time.Time {
	if m.alwaysOpen() || !m.hours.trades(date) {
		return time.Time{}
	}
	return time.Unix(m.hours.at(date, m.hours.shut(date)), 0).In(m.zone)
}

// Closes reports whether the market has hours in which it does not trade.
func (m *Market) Closes() bool { return !m.alwaysOpen() }

// Zone is the time zone of the market's hours: UTC for one that never closes.
func (m *Market) Zone() *time.Location {
	if m == nil {
		return time.UTC
	}
	return m.zone
}

func (m *Market) alwaysOpen() bool { return m == nil || m.hours == nil }

// tradingDay is the one that t belongs to. The market must be one that closes.
func (m *Market) tradingDay(t time.Time) *tradingDay {
	s := t.Unix()
	if d := m.newest.Load(); d != nil && d.roll <= s && s < d.nextRoll {
		return d
	}
	d := m.hours.tradingDay(t)
	m.newest.Store(d)
	return d
}
