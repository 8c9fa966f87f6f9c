package calendar

import "time"

// tradingDay is the time from one roll to the next, in Unix seconds. It includes the next date's overnight and pre session until
// its roll, where that rolls after these have begun.
type tradingDay struct {
	date                                       time.Time
	roll, overnight, pre, open, shut, end      int64
	nextRoll, nextOvernight, nextPre, nextOpen int64
}

func (d *tradingDay) phase(s int64) Phase {
	switch {
	case s >= d.nextPre:
		return Pre
	case s >= d.nextOvernight:
		return Overnight
	case s >= d.end:
		return Closed
	case s >= d.shut:
		return Post
	case s >= d.open:
		return Regular
	case s >= d.pre:
		return Pre
	case s >= d.overnight:
		return Overnight
	default:
		return Closed
	}
}

// tradingDay is the one that t belongs to.
func (h *usHours) tradingDay(t time.Time) *tradingDay {
	year, month, day := t.In(h.zone).Date()
	date := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	if h.roll < 0 {
		date = date.AddDate(0, 0, 1)
	}
	if !h.trades(date) || t.Unix() < h.at(date, h.roll) {
		date = h.tradesNext(date, -1)
	}
	next := h.tradesNext(date, 1)
	shut := h.shut(date)
	return &tradingDay{
		date:          date,
		roll:          h.at(date, h.roll),
		overnight:     h.at(date, h.overnight),
		pre:           h.at(date, preOpen),
		open:          h.at(date, regularOpen),
		shut:          h.at(date, shut),
		end:           h.at(date, shut+postLength),
		nextRoll:      h.at(next, h.roll),
		nextOvernight: h.at(next, h.overnight),
		nextPre:       h.at(next, preOpen),
		nextOpen:      h.at(next, regularOpen),
	}
}
