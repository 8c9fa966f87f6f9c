package attack

import (
	"slices"
	"time"
)

// Gaps are the times between an update and the next one of the same client, in milliseconds.
type Gaps struct {
	Samples       int
	P50, P99, Max float64
}

// gapsOf summarizes gaps, which it sorts. lasting is the longest silence that has not ended yet.
func gapsOf(gaps []time.Duration, lasting time.Duration) Gaps {
	if len(gaps) == 0 {
		return Gaps{Max: milliseconds(lasting)}
	}
	slices.Sort(gaps)
	at := func(part float64) float64 { return milliseconds(gaps[int(part*float64(len(gaps)-1))]) }
	return Gaps{Samples: len(gaps), P50: at(0.5), P99: at(0.99), Max: max(at(1), milliseconds(lasting))}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }
