package consolidate

import (
	"errors"
	"fmt"
	"time"

	"tickertape/feed/market"
)

// Config says what can be believed.
type Config struct {
	StaleAfter    time.Duration `mapstructure:"stale_after"`    // without news a symbol is stale, unless it is seldom in the news
	StaleMost     time.Duration `mapstructure:"stale_most"`     // and at the latest after this
	FailbackAfter time.Duration `mapstructure:"failback_after"` // a preferred source has to be well for so long before it is used again
	MaxClockSkew  time.Duration `mapstructure:"max_clock_skew"` // ticks from further in the future are refused
	MaxMove       float64       `mapstructure:"max_move"`       // a larger part of the last price, up or down, has to be confirmed; 0: none
	MaxCross      float64       `mapstructure:"max_cross"`      // quotes whose bid is above the ask by a larger part of it are refused

	Symbols []Route `mapstructure:"symbols"` // those that several sources have, or that are called otherwise here
}

// Route says where one symbol's prices come from.
type Route struct {
	Symbol  string   `mapstructure:"symbol"`
	Name    string   `mapstructure:"name"`    // of the company or pair; "": as the source says
	Market  string   `mapstructure:"market"`  // whose hours it keeps; "": as the source says
	Sources []string `mapstructure:"sources"` // "source:its spelling", the preferred first
}

// DefaultConfig allows a price to move by a tenth from one trade to the next.
func DefaultConfig() Config {
	return Config{
		StaleAfter:    15 * time.Second,
		StaleMost:     10 * time.Minute,
		FailbackAfter: 30 * time.Second,
		MaxClockSkew:  5 * time.Second,
		MaxMove:       0.1,
		MaxCross:      0.05,
		Symbols:       []Route{},
	}
}

// Validate reports every value out of range, by key. Which sources and markets there are, only the
// program knows.
func (c Config) Validate() error {
	var errs []error
	between := func(key string, d, low, high time.Duration, allowed string) {
		if d < low || d > high {
			errs = append(errs, fmt.Errorf("%s: %v is not between %s", key, d, allowed))
		}
	}
	between("stale_after", c.StaleAfter, 100*time.Millisecond, time.Hour, "100ms and 1h")
	between("stale_most", c.StaleMost, c.StaleAfter, 24*time.Hour, fmt.Sprintf("stale_after (%v) and 24h", c.StaleAfter))
	between("failback_after", c.FailbackAfter, 0, time.Hour, "0s and 1h")
	between("max_clock_skew", c.MaxClockSkew, 0, 24*time.Hour, "0s and 24h")
	if !(c.MaxMove >= 0 && c.MaxMove <= 100) {
		errs = append(errs, fmt.Errorf("max_move: %v is not between 0 and 100", c.MaxMove))
	}
	if !(c.MaxCross >= 0 && c.MaxCross <= 100) {
		errs = append(errs, fmt.Errorf("max_cross: %v is not between 0 and 100", c.MaxCross))
	}
	seen := map[string]int{}
	for i, r := range c.Symbols {
		if err := market.CheckSymbol(r.Symbol); err != nil {
			errs = append(errs, fmt.Errorf("symbols[%d].symbol: %q is no symbol: %w", i, r.Symbol, err))
		} else if first, twice := seen[r.Symbol]; twice {
			errs = append(errs, fmt.Errorf("symbols[%d].symbol: %q is in symbols[%d], too", i, r.Symbol, first))
		}
		seen[r.Symbol] = i
		if len(r.Sources) == 0 {
			errs = append(errs, fmt.Errorf("symbols[%d].sources: %q has none", i, r.Symbol))
		}
		for j, s := range r.Sources {
			if _, _, err := SplitSource(s); err != nil {
				errs = append(errs, fmt.Errorf("symbols[%d].sources[%d]: %w", i, j, err))
			}
		}
	}
	return errors.Join(errs...)
}
