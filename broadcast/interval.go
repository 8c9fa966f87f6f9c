package broadcast

import (
	"fmt"
	"strings"

	"tickertape/feed/market"
)

// interval is what a bar sums up, as an index into intervals.
type interval uint8

// intervals are all there are. Each is a multiple of those before it, so that a bar can be made of
// shorter ones.
var intervals = [...]struct {
	name    string
	seconds uint32
	grain   market.Time // in which a bar tells apart when its trades were, in microseconds
}{
	{"1s", 1, 1},
	{"5s", 5, 1},
	{"1m", 60, 1},
	{"5m", 300, 1},
	{"15m", 900, 1},
	{"1h", 3600, 1},
	{"1d", 86400, 32}, // 32 bits of this are 38 hours
}

const (
	numIntervals = len(intervals)
	oneDay       = interval(numIntervals - 1)
)

func (k interval) String() string { return intervals[k].name }

// parseInterval reads one of "1s", "5s", "1m", "5m", "15m", "1h" and "1d"; "" is "1m".
func parseInterval(name string) (interval, error) {
	if name == "" {
		name = "1m"
	}
	for k := range intervals {
		if intervals[k].name == name {
			return interval(k), nil
		}
	}
	names := make([]string, numIntervals)
	for k := range intervals {
		names[k] = intervals[k].name
	}
	return 0, &fault{badRequest, fmt.Sprintf("interval: %.40q is not one of %s", name, strings.Join(names, ", "))}
}
