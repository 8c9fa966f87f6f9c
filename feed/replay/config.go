package replay

import (
	"errors"
	"fmt"
	"time"

	"tickertape/feed/market"
)

const (
	minSpeed  = 0.01
	maxSpeed  = 100_000
	mostGap   = 24 * time.Hour
	noInstant = 0
)

// Config says what is played and how.
type Config struct {
	File   string        `mapstructure:"file"`    // plain, gzip or zstd; or a folder, a pattern, or the path of a recording with a rotation
	Speed  float64       `mapstructure:"speed"`   // times as fast as recorded; 0 is as fast as possible
	Loop   bool          `mapstructure:"loop"`    // begin anew at the end
	MaxGap time.Duration `mapstructure:"max_gap"` // a longer silence is shortened to this; 0 keeps every silence
	From   string        `mapstructure:"from"`    // the first instant to play, RFC 3339; "" is the beginning
	To     string        `mapstructure:"to"`      // the last instant to play, RFC 3339; "" is the end
	CSV    Mapping       `mapstructure:"csv"`     // of the columns of a CSV file
}

// DefaultConfig plays once at the recorded speed, without silences of more than 10 s. It names no file.
func DefaultConfig() Config {
	return Config{Speed: 1, MaxGap: 10 * time.Second, CSV: defaultMapping()}
}

// Validate reports every value that is not allowed, by key. It reads no file.
func (c Config) Validate() error {
	var errs []error
	if c.Speed != 0 && !(c.Speed >= minSpeed && c.Speed <= maxSpeed) { // NaN is not either
		errs = append(errs, fmt.Errorf("speed: %v is not 0 or between %v and %d", c.Speed, minSpeed, maxSpeed))
	}
	if c.MaxGap < 0 || c.MaxGap > mostGap {
		errs = append(errs, fmt.Errorf("max_gap: %v is not between 0s and 24h", c.MaxGap))
	}
	from, fromErr := instant("from", c.From)
	to, toErr := instant("to", c.To)
	errs = append(errs, fromErr, toErr)
	if from != noInstant && to != noInstant && from > to {
		errs = append(errs, fmt.Errorf("from: %s is after to (%s)", c.From, c.To))
	}
	return errors.Join(append(errs, c.CSV.validate()...)...)
}

// instant reads a time that may be left out.
func instant(key, text string) (market.Time, error) {
	if text == "" {
		return noInstant, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || t.Year() > 9999 || t.UnixMicro() <= 0 {
		return noInstant, fmt.Errorf("%s: %.40q is neither empty nor an RFC 3339 instant after 1970, such as 2005-12-27T14:30:00Z", key, text)
	}
	return market.TimeOf(t), nil
}
