package broadcast

import (
	"math"
	"time"

	"tickertape/broadcast/wire"
)

// pace compares the updates that a subscriber took with those that there were for it, from the first
// that it missed.
type pace struct {
	began     time.Time
	issued    uint64 // the watch's frames when it began
	taken     int
	slow      bool
	lastSent  float64 // the rate sent last, when slow
	newlySlow bool    // the newest verdict was the first that it is slow
}

// A subscriber is slow if it took less than slowBelow of the updates of a window, where there were leastOffered at least. It has
// recovered once it takes recoveredFrom of them.
const (
	paceWindow    = 2 * time.Second
	leastOffered  = 4
	slowBelow     = 0.7
	recoveredFrom = 0.9
)

// begin starts to count anew, for another watch or another window.
func (p *pace) begin(now time.Time, issued uint64) {
	p.began, p.issued, p.taken = now, issued, 0
}

// verdict looks at a window that is over. It returns the rate to announce, 0 where nothing is to be announced;
// recovered is that of a subscriber which keeps up again. The window is over when a verdict was due.
func (p *pace) verdict(now time.Time, issued uint64) (rate float64, recovered, over bool) {
	elapsed := now.Sub(p.began)
	if elapsed < paceWindow {
		return 0, false, false
	}
	offered, taken := int(issued-p.issued), p.taken
	share := 1.0 // of what was offered
	if offered > 0 {
		share = float64(taken) / float64(offered)
	}
	p.begin(now, issued)
	rate = round(float64(taken) / elapsed.Seconds())
	switch {
	case offered >= leastOffered && share < slowBelow:
		if p.slow && rate < p.lastSent*1.5 && rate > p.lastSent*0.5 {
			return 0, false, true
		}
		p.newlySlow, p.slow, p.lastSent = !p.slow, true, max(rate, wire.MinRate)
		return p.lastSent, false, true
	case p.slow && share >= recoveredFrom:
		p.slow = false
		return 0, true, true
	}
	return 0, false, true
}

// round keeps two significant digits.
func round(rate float64) float64 {
	if rate <= 0 {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(rate))-1)
	return math.Round(math.Round(rate/unit)*unit*1e6) / 1e6
}
