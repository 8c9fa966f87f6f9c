package consolidate

import (
	"time"

	"tickertape/feed/market"
)

// leastPause is the shortest silence of a symbol that counts as a pause, however frequent its data are.
const leastPause = time.Second

// pause notices, round by round, when a source is quiet: each of its symbols that usually have frequent data has been silent for
// more than ten of its mean gaps, and there is such a symbol. Symbols that trade seldom, are halted or closed do not count.
type pause struct {
	quiet bool // the source is

	// of symbols with frequent data, in this round
	spoke  bool // one has had data since the round began
	active bool // one has not paused
	paused bool // one has
	stale  bool // one has paused for so long that it is stale: the source stays quiet, but does not become so
}

// note notes a symbol whose market is open.
func (p *pause) note(ss *sourceSymbol, now time.Time, c *Config) {
	if ss.claimed != market.Live || ss.connection.state != market.Live || !ss.frequent(c) {
		return
	}
	switch silent := now.Sub(ss.heard); {
	case silent > c.StaleAfter:
		p.stale = true
	case silent > max(gapsUntilStale*ss.meanGap, leastPause):
		p.paused = true
	default:
		p.active = true
	}
}

// ended reports whether data have come that end the quiet.
func (p *pause) ended() bool {
	if !p.quiet || !p.spoke {
		return false
	}
	p.quiet = false
	return true
}

// round ends a round, and reports whether the source has become quiet, or is so no longer.
func (p *pause) round() (changed bool) {
	quiet := !p.spoke && !p.active && (p.paused || p.quiet && p.stale)
	changed = quiet != p.quiet
	*p = pause{quiet: quiet}
	return changed
}
