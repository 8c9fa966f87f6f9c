package calendar

import (
	"errors"
	"fmt"
	"time"

	"tickertape/feed/market"
)

const (
	dateLayout  = "2006-01-02"
	clockLayout = "15:04"

	mostGrace = 10 * time.Minute
)

// Config says when trading days begin, and which days of the US follow no rule.
type Config struct {
	// Closed are days without trading in the US, besides weekends and holidays, such as "2025-01-09".
	Closed []string `mapstructure:"closed"`
	// Early are days whose regular session ends early in the US, besides the half days, each with the time at which it ends
	// in New York, after 09:30 and before 16:00: "2026-11-27 13:00".
	Early []string `mapstructure:"early"`
	// USRoll is when a trading day of the US begins, "00:00" to "09:30" in New York, or "20:00" to "23:59" on the evening before.
	USRoll string `mapstructure:"us_roll"`
	// USOvernight is when the overnight session of the US begins on the evening before each day with trading, "20:00" to "23:59"
	// in New York. It goes on until the pre session. "" is none.
	USOvernight string `mapstructure:"us_overnight"`
	// DayRoll is when a day of the markets that never close begins, "00:00" to "23:00" UTC, on the hour.
	DayRoll string `mapstructure:"day_roll"`
	// Grace is how long after that, by the exchange's clock, the day of a symbol begins that has no trade yet; 0s to 10m.
	Grace time.Duration `mapstructure:"grace"`
}

// DefaultConfig begins trading days of the US before the pre session and those of other markets at midnight UTC. It has the
// days since 2013 on which the NYSE was closed in mourning.
func DefaultConfig() Config {
	return Config{
		Closed:  []string{"2018-12-05", "2025-01-09"},
		Early:   []string{},
		USRoll:  "04:00",
		DayRoll: "00:00",
		Grace:   2 * time.Second,
	}
}

// Validate reports every value that is not allowed, by key.
func (c Config) Validate() error {
	_, err := c.settings()
	return err
}

// settings is a configuration, parsed.
type settings struct {
	us      *usHours
	dayRoll time.Duration
	grace   market.Time
}

func (c Config) settings() (settings, error) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		return settings{}, fmt.Errorf("load the zone of US equities: %w", err)
	}
	e := &usHours{zone: zone, closed: map[time.Time]bool{}, early: map[time.Time]time.Duration{}}
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
			errs = append(errs, fmt.Errorf("early[%d]: %q is a date listed before", i, text))
		default:
			e.early[date] = end
		}
	}
	roll, ok := parseClock(c.USRoll)
	if !ok || roll > regularOpen && roll < evening {
		errs = append(errs, fmt.Errorf("us_roll: %.40q is not a time between 00:00 and 09:30, or 20:00 and 23:59", c.USRoll))
	}
	if e.roll = roll; roll >= evening {
		e.roll -= 24 * time.Hour
	}
	e.overnight = preOpen
	if c.USOvernight != "" {
		overnight, ok := parseClock(c.USOvernight)
		if !ok || overnight < evening {
			errs = append(errs, fmt.Errorf("us_overnight: %.40q is neither a time between 20:00 and 23:59 nor empty", c.USOvernight))
		}
		e.overnight = overnight - 24*time.Hour
	}
	dayRoll, ok := parseClock(c.DayRoll)
	if !ok || dayRoll%time.Hour != 0 {
		errs = append(errs, fmt.Errorf("day_roll: %.40q is not a full hour between 00:00 and 23:00", c.DayRoll))
	}
	if c.Grace < 0 || c.Grace > mostGrace {
		errs = append(errs, fmt.Errorf("grace: %v is not between 0s and %v", c.Grace, mostGrace))
	}
	return settings{us: e, dayRoll: dayRoll, grace: market.Time(c.Grace.Microseconds())}, errors.Join(errs...)
}

// parseEarly reads a date and when its regular session ends, after midnight.
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
