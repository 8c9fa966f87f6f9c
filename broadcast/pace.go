package broadcast

import (
	"math"
	"time"

	"tickertape/broadcast/wire"
)

// pace compares the updates that a subscriber took with those that there were for it, from the first that it missed. Lines
// have buffers, so what one takes comes and goes: it is slow at once, and recovered only when it has kept up for a while,
// each time for a longer one.
type pace struct {
	began     time.Time // of the window
	issued    uint64    // the watch's frames when it began
	taken     int
	slow      bool
	newlySlow bool    // the newest verdict was the first that it is slow
	lastSent  float64 // the rate sent last, when slow
	rate      float64 // that it takes, averaged over some windows since it became slow

	keepsUp  time.Time     // since when it has kept up; zero while it does not
	patience time.Duration // for how long it has to keep up until it has recovered; 0 before it was slow
}

// A subscriber is slow if it took less than slowBelow of the updates of a window, where there were leastOffered at least. It
// keeps up in a window in which it takes recoveredFrom of them, and has recovered when it has kept up for leastPatience. If it
// is slow again within paceMemory, that doubles, up to mostPatience.
const (
	paceWindow    = 2 * time.Second
	leastOffered  = 4
	slowBelow     = 0.7
	recoveredFrom = 0.9
	leastPatience = 10 * time.Second
	mostPatience  = 320 * time.Second
	paceMemory    = 10 * time.Minute
	paceAverage   = 5 * paceWindow // the newest rates count most in the average
)

// begin starts to count anew, for another watch or another window.
func (p *pace) begin(now time.Time, issued uint64) {
	p.began, p.issued, p.taken = now, issued, 0
}

// over reports whether it has kept up for so long that nothing of it need be known any more.
func (p *pace) over(now time.Time) bool {
	return !p.slow && !p.keepsUp.IsZero() && (p.patience == 0 || now.Sub(p.keepsUp) >= paceMemory)
}

// verdict looks at a window that is over. It returns the rate to announce, 0 where nothing is to be announced;
// recovered is that of a subscriber which keeps up again.
func (p *pace) verdict(now time.Time, issued uint64) (rate float64, recovered bool) {
	elapsed := now.Sub(p.began)
	if elapsed < paceWindow {
		return 0, false
	}
	began, offered, taken := p.began, int(issued-p.issued), p.taken
	share := 1.0 // of what was offered
	if offered > 0 {
		share = float64(taken) / float64(offered)
	}
	p.begin(now, issued)
	switch {
	case share < recoveredFrom:
		p.keepsUp = time.Time{}
	case p.keepsUp.IsZero():
		p.keepsUp = began
	}
	took := float64(taken) / elapsed.Seconds()
	p.rate += (took - p.rate) * min(1, elapsed.Seconds()/paceAverage.Seconds())
	switch {
	case p.slow && !p.keepsUp.IsZero():
		if now.Sub(p.keepsUp) >= p.patience {
			p.slow = false
			return 0, true
		}
	case p.slow:
		if rate = max(round(p.rate), wire.MinRate); rate < p.lastSent*1.5 && rate > p.lastSent*0.5 {
			return 0, false
		}
		p.newlySlow, p.lastSent = false, rate
		return rate, false
	case offered >= leastOffered && share < slowBelow:
		p.patience = min(max(2*p.patience, leastPatience), mostPatience)
		p.slow, p.newlySlow, p.rate = true, true, took
		p.lastSent = max(round(took), wire.MinRate)
		return p.lastSent, false
	}
	return 0, false
}

// round keeps two significant digits.
func round(rate float64) float64 {
	if rate <= 0 {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(rate))-1)
	return math.Round(math.Round(rate/unit)*unit*1e6) / 1e6
}
