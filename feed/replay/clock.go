package replay

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tickertape/feed/market"
)

// clock reads the times of a CSV file.
type clock struct {
	layout string
	digits int // decimals of a second in a unix_ unit: 3 for milliseconds; -1: layout is used
	zone   *time.Location

	text string // the newest text and its time, kept because neighbouring rows often share them
	at   market.Time
}

var unixDigits = map[string]int{"unix_s": 0, "unix_ms": 3, "unix_us": 6, "unix_ns": 9}

func newClock(format, zone string) (*clock, error) {
	location, err := time.LoadLocation(zone)
	if err != nil {
		return nil, fmt.Errorf("csv.zone: %.40q is no time zone", zone)
	}
	if digits, ok := unixDigits[format]; ok {
		return &clock{digits: digits, zone: location}, nil
	}
	// A layout must reproduce a date.
	day := time.Date(2013, time.November, 28, 17, 41, 52, 0, time.UTC)
	back, err := time.ParseInLocation(format, day.Format(format), time.UTC)
	if err != nil || back.Year() != day.Year() || back.YearDay() != day.YearDay() {
		return nil, fmt.Errorf("csv.time_format: %.60q is neither unix_s, unix_ms, unix_us, unix_ns nor a Go layout with a date, such as %q",
			format, "02-Jan-2006 15:04:05.000")
	}
	return &clock{layout: format, digits: -1, zone: location}, nil
}

// lastTime is the end of the year 9999.
const lastTime = 253402300799999999

// read turns text into an instant, rounded down to a microsecond.
func (c *clock) read(text []byte) (market.Time, error) {
	if len(text) > 0 && string(text) == c.text {
		return c.at, nil
	}
	s := string(text)
	at, err := c.parse(s)
	if err != nil {
		return 0, err
	}
	if at <= 0 || at > lastTime {
		return 0, fmt.Errorf("%.60q is not between the years 1970 and 9999", s)
	}
	c.text, c.at = s, at
	return at, nil
}

func (c *clock) parse(s string) (market.Time, error) {
	if c.digits >= 0 {
		return c.unix(s)
	}
	t, err := time.ParseInLocation(c.layout, s, c.zone)
	if err != nil {
		var parse *time.ParseError
		if errors.As(err, &parse) && parse.Message != "" {
			return 0, fmt.Errorf("%.60q does not fit %q%s", s, c.layout, parse.Message)
		}
		return 0, fmt.Errorf("%.60q does not fit %q", s, c.layout)
	}
	if t.Year() < 1970 || t.Year() > 9999 {
		return 0, nil
	}
	return market.TimeOf(t), nil
}

// unix reads a count of seconds, milli-, micro- or nanoseconds, with or without a fraction.
func (c *clock) unix(s string) (market.Time, error) {
	whole, fraction, point := strings.Cut(s, ".")
	wrong := fmt.Errorf("%.60q is not a count of seconds or parts of them since 1970", s)
	if whole == "" || point && fraction == "" || len(whole) > 20 {
		return 0, wrong
	}
	for _, d := range whole + fraction {
		if d < '0' || d > '9' {
			return 0, wrong
		}
	}
	// all digits, with the point where microseconds end
	digits := whole + fraction
	cut := len(whole) - c.digits + 6
	switch {
	case cut <= 0:
		return 0, nil
	case cut <= len(digits):
		digits = digits[:cut]
	default:
		digits += strings.Repeat("0", cut-len(digits))
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return lastTime + 1, nil
	}
	return market.Time(n), nil
}
