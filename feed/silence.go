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
	// closedCheck is how often a silent source's market is checked for having opened.
	closedCheck = time.Second
)

// hasMarketData reports whether any tick shows that the market is open. The day's figures and the state of trading do not: a
// source repeats them on each new connection, however quiet the market is.
func hasMarketData(ticks []market.Tick) bool {
	return slices.ContainsFunc(ticks, func(k market.Tick) bool {
		return k.Kind == market.KindTrade || k.Kind == market.KindQuote || k.Kind == market.KindAlive
	})
}

// checkSilence acts on a silence that has lasted too long, and returns how long to wait before the next check. A remote
// source is cut off with a break, any other is stale.
func (s *supervised) checkSilence(cut context.CancelCauseFunc) time.Duration {
	now := time.Now()
	limit := s.cfg.Silence * time.Duration(s.silenceFactor)
	if wait := limit - now.Sub(s.heard); wait > 0 {
		return wait
	}
	switch {
	case !s.open(now):
		if s.status.State == market.Live || s.status.State == market.Stale {
			s.setStatus(market.Closed, "the market is closed")
		}
		return min(limit, closedCheck)
	case s.status.State == market.Closed && s.claimed == market.Live && !s.good.IsZero(): // it has just opened
		s.heard = now
		s.setStatus(market.Stale, "the market opens")
	case s.Info().Remote:
		s.silenceFactor = min(2*s.silenceFactor, maxSilenceFactor)
		cut(Breakf(Silent, "connected, but silent for %v", limit))
	case s.status.State == market.Live:
		s.setStatus(market.Stale, fmt.Sprintf("no tick for %v", limit))
	}
	return limit
}
