package calendar

import "time"

// isHoliday reports whether the NYSE is closed on a weekday by rule (nyse.com/markets/hours-calendars). Dates are midnights
// in UTC. A holiday that falls on a Saturday is observed on the Friday before, and one on a Sunday on the Monday after.
func isHoliday(date time.Time) bool {
	year, month, day := date.Date()
	weekday := date.Weekday()
	switch month {
	case time.January:
		// New Year's Day; rule 7.2 gives no Friday off where the Friday ends a year. Martin Luther King Jr. Day.
		return day == 1 || day == 2 && weekday == time.Monday || year >= 1998 && isNth(day, weekday, 3, time.Monday)
	case time.February: // Presidents' Day
		return isNth(day, weekday, 3, time.Monday)
	case time.May: // Memorial Day, the last Monday
		return weekday == time.Monday && day > 31-7
	case time.June: // Juneteenth, a year after the law
		return year >= 2022 && isObserved(day, weekday, 19)
	case time.July: // Independence Day
		return isObserved(day, weekday, 4)
	case time.September: // Labor Day
		return isNth(day, weekday, 1, time.Monday)
	case time.November: // Thanksgiving Day
		return isNth(day, weekday, 4, time.Thursday)
	case time.December: // Christmas Day
		return isObserved(day, weekday, 25)
	case time.March, time.April:
		return weekday == time.Friday && date.AddDate(0, 0, 2).Equal(easter(year)) // Good Friday
	}
	return false
}

// isHalfDay reports whether the regular session ends early on a date with trading.
func isHalfDay(date time.Time) bool {
	_, month, day := date.Date()
	switch month {
	case time.July: // the day before Independence Day
		return day == 3
	case time.November: // the day after Thanksgiving Day
		return isNth(day-1, date.Weekday()-1, 4, time.Thursday)
	case time.December: // Christmas Eve
		return day == 24
	}
	return false
}

// isNth reports whether a day of a month is the nth of a weekday.
func isNth(day int, weekday time.Weekday, n int, of time.Weekday) bool {
	return weekday == of && (day+6)/7 == n
}

// isObserved reports whether a weekday is when a holiday on some day of the same month is observed.
func isObserved(day int, weekday time.Weekday, holiday int) bool {
	switch weekday {
	case time.Friday:
		return day == holiday || day == holiday-1
	case time.Monday:
		return day == holiday || day == holiday+1
	}
	return day == holiday
}

// easter is Easter Sunday of a year of the Gregorian calendar, by the tables of Lilius and Clavius.
func easter(year int) time.Time {
	golden := year%19 + 1 // place in the cycle of the moon
	century := year/100 + 1
	skipped := 3*century/4 - 12  // leap years left out
	moon := (8*century+5)/25 - 5 // correction of the cycle
	sunday := 5*year/4 - skipped - 10
	epact := (11*golden + 20 + moon - skipped) % 30 // age of the moon when the year begins
	if epact < 0 {
		epact += 30
	}
	if epact == 25 && golden > 11 || epact == 24 {
		epact++
	}
	full := 44 - epact // full moon, as a day of March
	if full < 21 {
		full += 30
	}
	return time.Date(year, time.March, full+7-(sunday+full)%7, 0, 0, 0, 0, time.UTC)
}
