package history

import (
	"fmt"
	"strings"
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
	keep    int // bars of a symbol, unless configured otherwise
}{
	{"1s", 1, 600},
	{"5s", 5, 720},
	{"1m", 60, 1440},
	{"5m", 300, 576},
	{"15m", 900, 480},
	{"1h", 3600, 240},
	{"1d", 86400, 250},
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
