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
func (h *usHours) tradingDay(t time.Time) *tradingDay {
	year, month, day := t.In(h.zone).Date()
	date := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	if !h.trades(date) || t.Unix() < h.at(date, h.roll) {
		date = h.tradesNext(date, -1)
	}
	next := h.tradesNext(date, 1)
	shut := h.shut(date)
	return &tradingDay{
		roll:     h.at(date, h.roll),
		pre:      h.at(date, preOpen),
		open:     h.at(date, regularOpen),
		shut:     h.at(date, shut),
		end:      h.at(date, shut+postLength),
		nextRoll: h.at(next, h.roll),
		nextPre:  h.at(next, preOpen),
		nextOpen: h.at(next, regularOpen),
	}
}
