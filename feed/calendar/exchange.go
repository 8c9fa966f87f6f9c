package calendar

import (
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/aa"
	"github.com/rickar/cal/v2/us"
)

// The sessions of US equities, after midnight in New York.
const (
	preOpen      = 4 * time.Hour
	regularOpen  = 9*time.Hour + 30*time.Minute
	regularClose = 16 * time.Hour
	halfDayClose = 13 * time.Hour
	postLength   = 4 * time.Hour // on half days too
)

var (
	// workdays are those that the NYSE trades on by rule: nyse.com/markets/hours-calendars.
	workdays = func() *cal.BusinessCalendar {
		c := cal.NewBusinessCalendar()
		c.AddHoliday(
			// Rule 7.2: no Friday off for a holiday on a Saturday where the Friday ends a year.
			aa.NewYear.Clone(&cal.Holiday{Observed: []cal.AltDay{{Day: time.Sunday, Offset: 1}}}),
			us.MlkDay.Clone(&cal.Holiday{StartYear: 1998}),
			us.PresidentsDay,
			aa.GoodFriday,
			us.MemorialDay,
			us.Juneteenth.Clone(&cal.Holiday{StartYear: 2022}), // a year after the law
			us.IndependenceDay,
			us.LaborDay,
			us.ThanksgivingDay,
			us.ChristmasDay,
		)
		return c
	}()

	// halfDays end early if they are workdays at all.
	halfDays = &cal.Calendar{Holidays: []*cal.Holiday{
		{Month: time.July, Day: 3, Func: cal.CalcDayOfMonth},
		us.DayAfterThanksgivingDay,
		{Month: time.December, Day: 24, Func: cal.CalcDayOfMonth},
	}}
)

// The library works out its days in this zone, by default that of the machine: a zone where clocks
// skip a midnight could move one.
func init() { cal.DefaultLoc = time.UTC }

// exchange is the hours of US equities. A date is its midnight in UTC, whatever the zone.
type exchange struct {
	zone   *time.Location
	roll   time.Duration               // after midnight, of each day that it trades on
	closed map[time.Time]bool          // beside the holidays
	early  map[time.Time]time.Duration // when the regular session ends, beside the half days
}

func (e *exchange) trades(date time.Time) bool {
	return !e.closed[date] && workdays.IsWorkday(date)
}

// tradesNext is the first date after this one, or before it where step is -1, that it trades on.
func (e *exchange) tradesNext(date time.Time, step int) time.Time {
	for {
		date = date.AddDate(0, 0, step)
		if e.trades(date) {
			return date
		}
	}
}

// shut is when the regular session ends on a date that it trades on.
func (e *exchange) shut(date time.Time) time.Duration {
	if early, ok := e.early[date]; ok {
		return early
	}
	if half, _, _ := halfDays.IsHoliday(date); half {
		return halfDayClose
	}
	return regularClose
}

// at is when the clocks of the zone show a time of day, in Unix seconds.
func (e *exchange) at(date time.Time, clock time.Duration) int64 {
	year, month, day := date.Date()
	return time.Date(year, month, day, 0, int(clock/time.Minute), 0, 0, e.zone).Unix()
}
