package calendar

import (
	"errors"
	"fmt"
	"time"
)

const (
	dateLayout  = "2006-01-02"
	clockLayout = "15:04"
)

// Config is when markets roll, and the days of the US that follow no rule.
type Config struct {
	Closed  []string `mapstructure:"closed"`   // days without trading in the US beside the holidays, "2025-01-09"
	Early   []string `mapstructure:"early"`    // days that end early in the US beside the half days, with the end of the regular session in New York time, "2026-11-27 13:00"
	USRoll  string   `mapstructure:"us_roll"`  // when a trading day of the US begins, New York time, 00:00 to 09:30
	DayRoll string   `mapstructure:"day_roll"` // when a day of the markets that never close begins, UTC, on the hour
}

// DefaultConfig rolls the US before its first session and other markets at midnight UTC. It knows
// the days since 2013 that the NYSE was closed in mourning.
func DefaultConfig() Config {
	return Config{
		Closed:  []string{"2018-12-05", "2025-01-09"},
		Early:   []string{},
		USRoll:  "04:00",
		DayRoll: "00:00",
	}
}

// Validate reports every value that is not allowed, by key.
func (c Config) Validate() error {
	_, err := c.settings()
	return err
}

// settings is a configuration as read.
type settings struct {
	exchange *exchange
	dayRoll  time.Duration
}

func (c Config) settings() (settings, error) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		return settings{}, fmt.Errorf("load the zone of US equities: %w", err)
	}
	e := &exchange{zone: zone, closed: map[time.Time]bool{}, early: map[time.Time]time.Duration{}}
	var errs []error
	for i, text := range c.Closed {
		date, err := time.Parse(dateLayout, text)
		if err != nil {
			errs = append(errs, fmt.Errorf("closed[%d]: %.40q is not a date such as 2025-01-09", i, text))
			continue
		}
		e.closed[date] = true
	}
	for i, text := range c.Early {
		date, end, err := parseEarly(text)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("early[%d]: %w", i, err))
		case !e.trades(date):
			errs = append(errs, fmt.Errorf("early[%d]: %q is not a day with trading", i, text))
		case e.early[date] != 0:
			errs = append(errs, fmt.Errorf("early[%d]: %q is there already", i, text))
		default:
			e.early[date] = end
		}
	}
	roll, ok := parseClock(c.USRoll)
	if !ok || roll > regularOpen {
		errs = append(errs, fmt.Errorf("us_roll: %.40q is not a time between 00:00 and 09:30", c.USRoll))
	}
	e.roll = roll
	dayRoll, ok := parseClock(c.DayRoll)
	if !ok || dayRoll%time.Hour != 0 {
		errs = append(errs, fmt.Errorf("day_roll: %.40q is not a full hour between 00:00 and 23:00", c.DayRoll))
	}
	return settings{exchange: e, dayRoll: dayRoll}, errors.Join(errs...)
}

// parseEarly reads a date and the end of its regular session.
func parseEarly(text string) (date time.Time, end time.Duration, err error) {
	at, err := time.Parse(dateLayout+" "+clockLayout, text)
	if err != nil || len(text) != len(dateLayout+" "+clockLayout) {
		return time.Time{}, 0, fmt.Errorf("%.40q is not a date and time such as 2026-11-27 13:00", text)
	}
	date = at.Truncate(24 * time.Hour)
	end = at.Sub(date)
	if end <= regularOpen || end >= regularClose {
		return time.Time{}, 0, fmt.Errorf("%.40q is not between 09:30 and 16:00", text)
	}
	return date, end, nil
}

// parseClock reads a time of day with two digits each, such as "04:00".
func parseClock(text string) (time.Duration, bool) {
	at, err := time.Parse(clockLayout, text)
	if err != nil || len(text) != len(clockLayout) { // the layout takes 4:00 too
		return 0, false
	}
	return at.Sub(at.Truncate(24 * time.Hour)), true
}
