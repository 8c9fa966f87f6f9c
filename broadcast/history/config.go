package history

import (
	"errors"
	"fmt"
)

// Config is how much is kept of each symbol.
type Config struct {
	Bars   Counts `mapstructure:"bars"`
	Trades int    `mapstructure:"trades"` // 100 to 100000, 88 bytes each
	// Ledger is how many trades of all symbols together are kept for their corrections, some 40 bytes each; 0 to 1000000000. Those
	// of a symbol's session and of the one before are, as far as that reaches.
	Ledger int `mapstructure:"ledger"`
}

// DefaultConfig keeps some hours of short bars and a year of days.
func DefaultConfig() Config {
	c := Config{Trades: 256, Ledger: 4_000_000}
	for k := range intervals {
		c.Bars[k] = intervals[k].keep
	}
	return c
}

// MostBars is the most bars that can be kept of one symbol and interval; mostTrades is the same for trades.
const (
	MostBars   = 100_000
	mostTrades = 100_000
	mostLedger = 1_000_000_000
)

// Validate reports every value out of range, by key.
func (c Config) Validate() error {
	var errs []error
	for k, n := range c.Bars {
		if n < 0 || n > MostBars {
			errs = append(errs, fmt.Errorf("bars.%s: %d is not between 0 and %d", Interval(k), n, MostBars))
		}
	}
	if c.Trades < TradesAtOnce || c.Trades > mostTrades {
		errs = append(errs, fmt.Errorf("trades: %d is not between %d and %d", c.Trades, TradesAtOnce, mostTrades))
	}
	if c.Ledger < 0 || c.Ledger > mostLedger {
		errs = append(errs, fmt.Errorf("ledger: %d is not between 0 and %d", c.Ledger, mostLedger))
	}
	return errors.Join(errs...)
}

// Counts is how many bars of each interval are kept of each symbol, by [Interval]; 0 is none. A bar takes 88 bytes.
type Counts [NumIntervals]int

// Kept are the names of the intervals of which any are kept, from short to long.
func (c Counts) Kept() []string {
	names := []string{}
	for k, n := range c {
		if n > 0 {
			names = append(names, Interval(k).String())
		}
	}
	return names
}

// Keys are what the counts are called in the configuration, in their order: the intervals' names.
func (Counts) Keys() []string { return Intervals() }
