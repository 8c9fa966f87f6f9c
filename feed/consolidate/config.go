package consolidate

import (
	"errors"
	"fmt"
	"time"

	"tickertape/feed/market"
)

// Config says what can be believed, and which sources the symbols come from.
type Config struct {
	// StaleAfter is how long a symbol may have no data before it is stale, unless its data are rare; 100ms to 1h.
	StaleAfter time.Duration `mapstructure:"stale_after"`
	// StaleMost is the same for symbols with rare data; StaleAfter to 24h.
	StaleMost time.Duration `mapstructure:"stale_most"`
	// FailbackAfter is how long a preferred source must have been reliable to be used again; 0s to 1h.
	FailbackAfter time.Duration `mapstructure:"failback_after"`
	// MaxClockSkew is how far in the future a tick may be, beyond how far all ticks of its source are; 0s to 24h.
	MaxClockSkew time.Duration `mapstructure:"max_clock_skew"`
	// MaxMove is the part of the last price that a trade may move without being confirmed, up to 100; 0: any move is allowed.
	MaxMove float64 `mapstructure:"max_move"`
	// MaxCross is by what part of the ask the bid of a quote may be above it; 0 to 100.
	MaxCross float64 `mapstructure:"max_cross"`

	Symbols []Route `mapstructure:"symbols"` // symbols that several sources have, or that sources spell differently

	Adjustments []Adjustment `mapstructure:"adjustments"` // splits and special dividends that sources do not know, or have wrong
}

// Route says where the prices of one symbol come from.
type Route struct {
	Symbol  string   `mapstructure:"symbol"`
	Name    string   `mapstructure:"name"`    // of the company or pair, whatever sources say; "": as they say
	Market  string   `mapstructure:"market"`  // whose hours it keeps (feed/calendar), whatever sources say; "": as they say
	Sources []string `mapstructure:"sources"` // each as "source:spelling", see SplitSource; the preferred first
}

// DefaultConfig asks for a confirmation of trades that move the price by more than a tenth.
func DefaultConfig() Config {
	return Config{
		StaleAfter:    15 * time.Second,
		StaleMost:     10 * time.Minute,
		FailbackAfter: 30 * time.Second,
		MaxClockSkew:  5 * time.Second,
		MaxMove:       0.1,
		MaxCross:      0.05,
		Symbols:       []Route{},
		Adjustments:   []Adjustment{},
	}
}

// Validate reports every value out of range, by key. It does not check that sources and markets exist: only the program knows
// all of them.
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
	return errors.Join(append(errs, checkAdjustments(c.Adjustments))...)
}
