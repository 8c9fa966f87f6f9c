package calendar

import "time"

// tradingDay is the time from one roll to the next, in Unix seconds. It includes the next date's pre session until its roll,
// where that rolls after the pre session has begun.
type tradingDay struct {
	roll, pre, open, shut, end  int64
	nextRoll, nextPre, nextOpen int64
}

func (d *tradingDay) phase(s int64) Phase {
	switch {
	case s >= d.nextPre:
		return Pre
	case s >= d.end:
		return Closed
	case s >= d.shut:
		return Post
	case s >= d.open:
		return Regular
	case s >= d.pre:
		return Pre
	default:
		return Closed
	}
}

// tradingDay is the one that t belongs to.
func (e *exchange) tradingDay(t time.Time) *tradingDay {
	year, month, day := t.In(e.zone).Date()
	date := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	if !e.trades(date) || t.Unix() < e.at(date, e.roll) {
		date = e.tradesNext(date, -1)
	}
	next := e.tradesNext(date, 1)
	shut := e.shut(date)
	return &tradingDay{
		roll:     e.at(date, e.roll),
		pre:      e.at(date, preOpen),
		open:     e.at(date, regularOpen),
		shut:     e.at(date, shut),
		end:      e.at(date, shut+postLength),
		nextRoll: e.at(next, e.roll),
		nextPre:  e.at(next, preOpen),
		nextOpen: e.at(next, regularOpen),
	}
}
