package consolidate

import (
	"time"

	"tickertape/feed/market"
)

// skewWindow is how long the least delayed tick counts at least; it counts at most twice as long.
const skewWindow = time.Minute

// skew measures how far the exchange's clock is ahead of this machine's, by the tick that was delayed least.
type skew struct {
	now, before market.Time // the largest lead in this window, and in the one before
	known       bool        // now has a value
	knownBefore bool
	since       time.Time // when this window began
}

// note adds the times of one tick.
func (w *skew) note(at, received market.Time) {
	if ahead := at - received; !w.known || ahead > w.now {
		w.now, w.known = ahead, true
	}
}

// seconds returns the skew, below zero where the exchange's clock is behind, and whether it is known.
func (w *skew) seconds(now time.Time) (float64, bool) {
	if now.Sub(w.since) >= skewWindow {
		w.before, w.knownBefore, w.known, w.since = w.now, w.known, false, now
	}
	switch {
	case w.known && w.knownBefore:
		return float64(max(w.now, w.before)) / 1e6, true
	case w.known:
		return float64(w.now) / 1e6, true
	}
	return float64(w.before) / 1e6, w.knownBefore
}
