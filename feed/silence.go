package feed

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tickertape/feed/market"
)

const (
	// maxSilenceFactor is the most that cfg.Silence is multiplied by after redials that brought no market data.
	maxSilenceFactor = 16
	// heartbeatsMissed is how many promised heartbeats may fail to come before a source is silent.
	heartbeatsMissed = 2
	// closedCheck is how often a silent source's market is checked for having opened.
	closedCheck = time.Second
)

// hasMarketData reports whether any tick shows that the market is open, or any image that is later than all before. Other
// images, the day's figures and the state of trading do not: a source repeats them on each new connection, however quiet the
// market is.
func (s *supervised) hasMarketData(b *market.Batch) bool {
	later := false
	for i := range b.Images {
		if im := &b.Images[i]; im.Set&market.FieldTime != 0 && im.Time > s.newestImage {
			s.newestImage = im.Time
			later = true
		}
	}
	return later || slices.ContainsFunc(b.Ticks, func(k market.Tick) bool {
		return k.Kind == market.KindTrade || k.Kind == market.KindQuote || k.Kind == market.KindAlive
	})
}

// patience is how long the source may give no sign of life: two of the heartbeats that it has promised on this connection.
// Without a promise it is cfg.Silence, and longer after redials that brought no market data.
func (s *supervised) patience() time.Duration {
	if s.heartbeat > 0 {
		return heartbeatsMissed * s.heartbeat
	}
	return s.cfg.Silence * time.Duration(s.silenceFactor)
}

// checkSilence acts on a silence that has lasted too long, and returns how long to wait before the next check. A remote
// source is cut off with a break, any other is stale.
func (s *supervised) checkSilence(cut context.CancelCauseFunc) time.Duration {
	now := time.Now()
	limit := s.patience()
	if wait := limit - now.Sub(s.heard); wait > 0 {
		return wait
	}
	switch {
	case !s.open(now.Add(-s.Info().Delay)):
		if s.status.State == market.Live || s.status.State == market.Stale {
			s.setStatus(market.Closed, "the market is closed")
		}
		return min(limit, closedCheck)
	case s.status.State == market.Closed && s.claimed.State == market.Live && !s.good.IsZero(): // it has just opened
		s.heard = now
		s.setStatus(market.Stale, "the market opens")
	case s.Info().Remote:
		if s.heartbeat == 0 { // else the silence means something, however often it comes
			s.silenceFactor = min(2*s.silenceFactor, maxSilenceFactor)
		}
		cut(Breakf(Silent, "connected, but silent for %v", limit))
	case s.status.State == market.Live:
		s.setStatus(market.Stale, fmt.Sprintf("no tick for %v", limit))
	}
	return limit
}
