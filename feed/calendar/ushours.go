package calendar

import "time"

// The sessions of US equities, after midnight in New York.
const (
	evening      = 20 * time.Hour // the earliest overnight session and roll of the next date
	preOpen      = 4 * time.Hour
	regularOpen  = 9*time.Hour + 30*time.Minute
	regularClose = 16 * time.Hour
	halfDayClose = 13 * time.Hour
	postLength   = 4 * time.Hour // on half days too
)

// usHours are the hours of US equities. A date is represented by midnight UTC of that date, whatever the zone.
type usHours struct {
	zone      *time.Location
	roll      time.Duration               // when each trading day begins, after midnight; below zero: on the evening before
	overnight time.Duration               // the same of its overnight session; preOpen: there is none
	closed    map[time.Time]bool          // dates without trading, besides weekends and holidays
	early     map[time.Time]time.Duration // when the regular session ends, of dates that end early besides half days
}

// trades reports whether there is trading on a date.
func (h *usHours) trades(date time.Time) bool {
	weekday := date.Weekday()
	return weekday != time.Saturday && weekday != time.Sunday && !h.closed[date] && !isHoliday(date)
}

// tradesNext is the first date with trading after this one, or before it where step is -1.
func (h *usHours) tradesNext(date time.Time, step int) time.Time {
	for {
		date = date.AddDate(0, 0, step)
		if h.trades(date) {
			return date
		}
	}
}

// shut is when the regular session ends on a date with trading, after midnight.
func (h *usHours) shut(date time.Time) time.Duration {
	if early, ok := h.early[date]; ok {
		return early
	}
	if isHalfDay(date) {
		return halfDayClose
	}
	return regularClose
}

// at is when clocks in the zone show a time of day, in Unix seconds. One below zero is of the evening before.
func (h *usHours) at(date time.Time, clock time.Duration) int64 {
	year, month, day := date.Date()
	return time.Date(year, month, day, 0, int(clock/time.Minute), 0, 0, h.zone).Unix()
}
