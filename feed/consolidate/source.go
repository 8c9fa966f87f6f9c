package consolidate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed"
	"tickertape/feed/market"
)

// line is one connection of a source.
type line struct {
	source *source
	state  market.State
	why    string
}

// source is all connections of one name.
type source struct {
	name    string
	place   int // in the order of preference
	info    feed.Info
	lines   []*line
	status  market.Status // what was last told
	tracks  []*track      // by symbol; nil where it has said nothing
	refused [numReasons]prometheus.Counter
	logged  [numReasons]bool
	skew    skew
}

// track is what the source has said of a symbol; nil: nothing.
func (s *source) track(id market.SymbolID) *track {
	if int(id) >= len(s.tracks) {
		return nil
	}
	return s.tracks[id]
}

// enter is the same, made where there is none.
func (s *source) enter(d *Desk, id market.SymbolID) *track {
	for int(id) >= len(s.tracks) {
		s.tracks = append(s.tracks, nil)
	}
	t := s.tracks[id]
	if t == nil {
		t = &track{}
		if len(d.sources) > 1 {
			y := market.NewTally(id, d.dir.Symbol(id).PreviousClose)
			t.tally = &y
		}
		s.tracks[id] = t
	}
	return t
}

// settle notes that a connection is well from now on.
func (s *source) settle(line int, now time.Time) {
	for _, t := range s.tracks {
		if t != nil && t.line == line {
			t.well = now
		}
	}
}

// refuse counts a tick that is not believed, and logs the first for each reason.
func (s *source) refuse(d *Desk, why reason, k *market.Tick) {
	s.refused[why].Inc()
	if s.logged[why] {
		return
	}
	s.logged[why] = true
	d.log.Warn("tick refused; more for this reason are counted only", "source", s.name, "reason", why.String(),
		"symbol", d.dir.Symbol(k.Symbol).Symbol, "price", k.Price.String(), "bid", k.Bid.String(), "ask", k.Ask.String(),
		"exchange_time", k.Time.Std().Format(time.RFC3339Nano), "received", k.Received.Std().Format(time.RFC3339Nano))
}

// stand is the state of the source: that of the connection that is best off.
func (s *source) stand(now time.Time) (next market.Status, changed bool) {
	best, worse := s.lines[0], 0
	for _, l := range s.lines[1:] {
		if l.state < best.state {
			best = l
		}
	}
	var reasons []string
	for _, l := range s.lines {
		if l.state > best.state {
			worse++
			if !slices.Contains(reasons, l.why) {
				reasons = append(reasons, l.why)
			}
		}
	}
	next = market.Status{Source: s.name, State: best.state, Since: s.status.Since, Message: best.why, Simulated: s.info.Simulated}
	if worse > 0 {
		next.Message = fmt.Sprintf("%d of %d connections fail: %s", worse, len(s.lines), strings.Join(reasons, "; "))
	}
	if s.status.Since == 0 || s.status.State != next.State {
		next.Since = market.TimeOf(now)
	}
	return next, next != s.status
}

// skewWindow is how long the least delayed tick counts.
const skewWindow = time.Minute

// skew is how far the exchange's clock is ahead of ours, by the tick that was the least delayed.
type skew struct {
	now, before market.Time // the most that was seen in this window and the one before
	known       bool        // now is
	knownBefore bool
	since       time.Time // when this window began
}

// note takes in one tick's times.
func (w *skew) note(at, received market.Time) {
	if ahead := at - received; !w.known || ahead > w.now {
		w.now, w.known = ahead, true
	}
}

// seconds is the skew, once something is known of it.
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
