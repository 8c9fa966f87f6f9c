package history

import (
	"errors"
	"fmt"
	"strings"

	"tickertape/feed/market"
)

// Seq numbers flushes: it grows with each one that publishes anything. 0 is before the first.
type Seq uint64

// Interval is what a bar sums up: an index into the table of all intervals, from 0 to NumIntervals-1.
type Interval uint8

// intervals are all there are, from short to long; the last is the trading day. Each is a multiple of those before
// it, so that a bar can be made of shorter ones. A new one is an entry here, and its name in PROTOCOL.md, config.yaml
// and the page's settings.
var intervals = [...]struct {
	name    string
	seconds uint32
	unit    market.Time // of the times of a bar's trades, in microseconds
	keep    int         // bars of a symbol, unless configured otherwise
}{
	{"1s", 1, 1, 600},
	{"5s", 5, 1, 720},
	{"1m", 60, 1, 1440},
	{"5m", 300, 1, 576},
	{"15m", 900, 1, 480},
	{"1h", 3600, 1, 240},
	{"1d", 86400, 32, 250}, // 32 bits of this are 38 hours
}

const (
	// NumIntervals is how many intervals there are.
	NumIntervals = len(intervals)

	// Day is the interval of trading days.
	Day = Interval(NumIntervals - 1)
)

// String is the interval's name, such as "1m".
func (k Interval) String() string { return intervals[k].name }

// Intervals are the names of all intervals, from short to long.
func Intervals() []string {
	names := make([]string, NumIntervals)
	for k := range intervals {
		names[k] = intervals[k].name
	}
	return names
}

// ParseInterval reads an interval's name; "" is "1m". An error says which there are.
func ParseInterval(name string) (Interval, error) {
	if name == "" {
		name = "1m"
	}
	for k := range intervals {
		if intervals[k].name == name {
			return Interval(k), nil
		}
	}
	return 0, fmt.Errorf("interval: %.40q is not one of %s", name, strings.Join(Intervals(), ", "))
}

// Config is how much is kept of each symbol.
type Config struct {
	Bars   Counts `mapstructure:"bars"`
	Trades int    `mapstructure:"trades"` // 100 to 100000, 88 bytes each
}

// DefaultConfig keeps some hours of short bars and a year of days.
func DefaultConfig() Config {
	c := Config{Trades: 256}
	for k := range intervals {
		c.Bars[k] = intervals[k].keep
	}
	return c
}

// MostBars is the most bars that can be kept of one symbol and interval; mostTrades is the same for trades.
const (
	MostBars   = 100_000
	mostTrades = 100_000
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
	return errors.Join(errs...)
}

// Counts is how many bars of each interval are kept of each symbol, by [Interval]; 0 is none. A bar takes 88 bytes.
type Counts [NumIntervals]int

// Keys are what the counts are called in the configuration, in their order: the intervals' names.
func (Counts) Keys() []string { return Intervals() }
