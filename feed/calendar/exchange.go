package calendar

import "time"

// The sessions of US equities, after midnight in New York.
const (
	preOpen      = 4 * time.Hour
	regularOpen  = 9*time.Hour + 30*time.Minute
	regularClose = 16 * time.Hour
	halfDayClose = 13 * time.Hour
	postLength   = 4 * time.Hour // on half days too
)

// exchange is the hours of US equities. A date is represented by its midnight in UTC, in any zone.
type exchange struct {
	zone   *time.Location
	roll   time.Duration               // when each trading day begins, after midnight
	closed map[time.Time]bool          // dates without trading, besides weekends and holidays
	early  map[time.Time]time.Duration // when the regular session ends, of dates that end early besides half days
}

// trades reports whether there is trading on a date.
func (e *exchange) trades(date time.Time) bool {
	weekday := date.Weekday()
	return weekday != time.Saturday && weekday != time.Sunday && !e.closed[date] && !isHoliday(date)
}

// tradesNext is the first date with trading after this one, or before it where step is -1.
func (e *exchange) tradesNext(date time.Time, step int) time.Time {
	for {
		date = date.AddDate(0, 0, step)
		if e.trades(date) {
			return date
		}
	}
}

// shut is when the regular session ends on a date with trading, after midnight.
func (e *exchange) shut(date time.Time) time.Duration {
	if early, ok := e.early[date]; ok {
		return early
	}
	if isHalfDay(date) {
		return halfDayClose
	}
	return regularClose
}

// at is when clocks in the zone show a time of day, in Unix seconds.
func (e *exchange) at(date time.Time, clock time.Duration) int64 {
	year, month, day := date.Date()
	return time.Date(year, month, day, 0, int(clock/time.Minute), 0, 0, e.zone).Unix()
}
