package sim

import (
	"errors"
	"fmt"
	"time"
)

// The limits of a [Config].
const (
	maxRate      = 1_000_000
	maxSymbols   = 10_000
	minSession   = time.Minute
	maxSession   = 24 * time.Hour
	minHaltEvery = time.Second
)

// Config describes a simulated market. Equal configurations give the same ticks.
type Config struct {
	Seed      uint64        `mapstructure:"seed"`       // any; another seed is another market
	Rate      int           `mapstructure:"rate"`       // ticks a second of all symbols together, 1 to 1000000
	Symbols   int           `mapstructure:"symbols"`    // 1 to 10000, the busiest first; those beyond the S&P 500 are fictional
	Start     string        `mapstructure:"start"`      // the first opening, RFC 3339; "" is the wall clock when it starts
	Session   time.Duration `mapstructure:"session"`    // from one opening to the next, 1m to 24h in whole seconds
	Past      time.Duration `mapstructure:"past"`       // how much of the first session is over when it starts, 0 to 24h
	HaltEvery time.Duration `mapstructure:"halt_every"` // a halt of some symbol, on average, 1s to 24h; 0 is never
}

// DefaultConfig is a market of 500 symbols and 2000 ticks a second that opens when it starts.
func DefaultConfig() Config {
	return Config{
		Seed:      1,
		Rate:      2000,
		Symbols:   500,
		Session:   6*time.Hour + 30*time.Minute,
		Past:      time.Hour,
		HaltEvery: 15 * time.Minute,
	}
}

// Validate reports every value that is not allowed, by key.
func (c Config) Validate() error {
	var errs []error
	if c.Rate < 1 || c.Rate > maxRate {
		errs = append(errs, fmt.Errorf("rate: %d is not between 1 and %d", c.Rate, maxRate))
	}
	if c.Symbols < 1 || c.Symbols > maxSymbols {
		errs = append(errs, fmt.Errorf("symbols: %d is not between 1 and %d", c.Symbols, maxSymbols))
	}
	if _, err := c.start(); err != nil {
		errs = append(errs, err)
	}
	if c.Session < minSession || c.Session > maxSession {
		errs = append(errs, fmt.Errorf("session: %v is not between 1m and 24h", c.Session))
	} else if c.Session%time.Second != 0 {
		errs = append(errs, fmt.Errorf("session: %v is not a whole number of seconds", c.Session))
	}
	if c.Past < 0 || c.Past > maxSession {
		errs = append(errs, fmt.Errorf("past: %v is not between 0s and 24h", c.Past))
	}
	if c.HaltEvery != 0 && (c.HaltEvery < minHaltEvery || c.HaltEvery > maxSession) {
		errs = append(errs, fmt.Errorf("halt_every: %v is neither 0 nor between 1s and 24h", c.HaltEvery))
	}
	return errors.Join(errs...)
}

// start is the first opening; the zero time where it is when the market starts.
func (c Config) start() (time.Time, error) {
	if c.Start == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, c.Start)
	if err != nil || t.Year() < 1970 || t.Year() > 9999 || t.UnixMicro() <= 0 {
		return time.Time{}, fmt.Errorf("start: %.40q is neither empty nor an RFC 3339 instant after 1970", c.Start)
	}
	return t, nil
}
