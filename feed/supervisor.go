package feed

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"tickertape/feed/market"
)

// Log keys of this package.
const (
	keySource    = "source"
	keyState     = "state"
	keyMessage   = "message"
	keyCause     = "cause"
	keyRetry     = "retry_in"
	keySimulated = "simulated"
	keyReplayed  = "replayed"
	keyDelay     = "delay"
	keyAnnounced = "announced"
)

// Supervisor keeps sources running. Its methods are called by one goroutine at a time.
type Supervisor struct {
	cfg     Config
	log     *slog.Logger
	reg     prometheus.Registerer
	metrics map[string]*metrics // by the name of the source, which its connections share
}

// NewSupervisor makes a supervisor that registers each source's metrics with reg. It starts nothing.
func NewSupervisor(cfg Config, log *slog.Logger, reg prometheus.Registerer) *Supervisor {
	return &Supervisor{cfg, log, reg, map[string]*metrics{}}
}

// Supervise wraps a source. The result redials it after a break and tracks the state of the connection; its Run stops
// only when ctx ends, when the source has nothing more to come, or at an error that is no [Break]. It publishes from the
// goroutine of Run alone, which must not be called twice at once.
//
// The state is down until the first data, live while data come, and closed when the source has ended. A worse state that
// the source itself publishes takes precedence.
//
// After a break, a redial waits for a random time that grows with each failure; it is short after a restart, long after a
// refusal, and after [Final] there is none. A remote source is redialled too when it gives no sign of life for
// cfg.Silence while open reports that its market is; a nil open is a market that never closes. Redials that brought no market
// data make that time longer. A source that promises heartbeats is redialled after two of them instead, each time. A source
// that is not remote is stale after cfg.Silence instead. For a source with a method Life() time.Duration, a new connection is
// opened before that time is over, and replaces the old one as soon as it has data. So it is, for any remote source, when a
// batch says that the connection is [market.Batch] Ending.
func (v *Supervisor) Supervise(source Source, open func(time.Time) bool) Source {
	if open == nil {
		open = func(time.Time) bool { return true }
	}
	name := source.Info().Name
	if v.metrics[name] == nil {
		v.metrics[name] = newMetrics(v.reg, name)
	}
	return &supervised{
		source: source, cfg: v.cfg, open: open, log: v.log, metrics: v.metrics[name],
		arrivals: make(chan arrival), silenceFactor: 1, early: rate.NewLimiter(rate.Every(earlyEvery), earlyAtOnce),
	}
}

// supervised is a source whose breaks, silence and end are handled. The goroutine of Run owns all state and is the only
// one that publishes: connections hand their batches over to it and wait. So nothing is published under a lock, and
// statuses and batches leave in the order in which they were decided.
type supervised struct {
	// static
	source   Source
	cfg      Config
	open     func(time.Time) bool
	log      *slog.Logger
	metrics  *metrics
	arrivals chan arrival  // from the connections' goroutines to that of Run; never closed
	early    *rate.Limiter // of connections that replace one whose end was announced

	// owned by Run
	publish       func(market.Batch)
	status        market.Status // the newest that was published
	newest        *connection   // the one whose statuses count
	claimed       market.Status // what the source last published on this connection; live before
	heard         time.Time     // when it last gave a sign of life
	good          time.Time     // when the first data came on this connection; zero: none yet
	heartbeat     time.Duration // the source has promised one so often on this connection; 0: it has not
	silenceFactor int           // times cfg.Silence: how long it may be silent where it has promised nothing
	newestImage   market.Time   // exchange time of the latest image so far
}

// Info is that of the source.
func (s *supervised) Info() Info { return s.source.Info() }

// Run implements [Source]; see [Supervisor.Supervise].
func (s *supervised) Run(ctx context.Context, publish func(market.Batch)) error {
	s.publish = publish
	s.setStatus(market.Down, "no tick yet")
	var b backoff
	for {
		err := s.connected(ctx)
		s.claimed = market.Status{}
		if !s.good.IsZero() {
			b.healthy(time.Since(s.good))
		}
		br := asBreak(err)
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			s.setStatus(market.Closed, "the feed has ended")
			return nil
		case br == nil:
			s.setStatus(market.Down, PublicMessage(err))
			return fmt.Errorf("run feed %s: %w", s.Info().Name, err)
		}
		s.metrics.breaks.WithLabelValues(br.Cause.String()).Inc()
		s.setStatus(market.Down, PublicMessage(br))
		if br.Cause == Final {
			s.log.Error("feed given up", keySource, s.Info().Name, keyMessage, br.Error())
			<-ctx.Done()
			return nil
		}
		wait := b.next(br)
		s.log.Warn("feed lost", keySource, s.Info().Name, keyCause, br.Cause.String(), keyMessage, br.Error(),
			keyRetry, wait.Round(time.Millisecond).String())
		if !sleep(ctx, wait) {
			return nil
		}
	}
}

// sleep waits for d and returns false when ctx has ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// pass publishes a batch of a connection, after the status that follows from it.
func (s *supervised) pass(from *connection, b market.Batch) {
	if b.Status != nil {
		if from == s.newest {
			s.claimed = *b.Status
			s.heard = time.Now()
			s.tell(*b.Status)
		}
		b.Status = nil
	}
	if b.Heartbeat > 0 {
		s.heartbeat, s.silenceFactor = b.Heartbeat, 1
		b.Heartbeat = 0
	}
	b.Ending, b.Joining = false, false
	if b.Lost > 0 {
		s.metrics.lost.Add(float64(b.Lost))
	}
	data := len(b.Ticks)+len(b.Images)+len(b.Corrections) > 0
	if !data && b.HasSeries() { // they say nothing of how old the quotes are
		s.publish(b)
		return
	}
	if !data && b.Actions != nil { // which say nothing of the stream
		s.publish(market.Batch{Actions: b.Actions})
	}
	if !data && !b.Alive {
		return
	}
	s.heard = time.Now()
	if !data {
		if s.status.State == market.Stale && s.claimed.State == market.Live {
			s.setStatus(market.Live, "")
		}
		return
	}
	if s.hasMarketData(&b) {
		s.silenceFactor = 1
	}
	if s.good.IsZero() {
		s.good = s.heard
	}
	s.metrics.lastTick.Set(float64(s.heard.UnixMicro()) / 1e6)
	s.metrics.count(b.Ticks, len(b.Corrections))
	if s.claimed.State == market.Live {
		s.setStatus(market.Live, "")
	}
	s.publish(b)
}

// Resend has a source that can do so publish its bars and trades of a symbol again, as it has them. It returns at once, and may be
// called from anywhere.
func (s *supervised) Resend(id market.SymbolID) {
	if source, can := s.source.(interface{ Resend(market.SymbolID) }); can {
		source.Resend(id)
	}
}

// setStatus publishes a state that differs from the last one, or a new message about it. An empty message keeps that of the same
// state. What the source itself has said of the state holds as long as it is that.
func (s *supervised) setStatus(state market.State, message string) {
	if s.status.Since != 0 && s.status.State == state && message == "" {
		return
	}
	next := market.Status{State: state, Message: message}
	if s.claimed.State == state {
		next.Quiet, next.Behind = s.claimed.Quiet, s.claimed.Behind
	}
	s.tell(next)
}

// tell publishes a status unless it says the same as the last one. Whose it is, since when it holds, and what the source's
// prices are need not be in it. An empty message keeps that of the same state.
func (s *supervised) tell(next market.Status) {
	info := s.source.Info()
	next.Source, next.Simulated, next.Replayed, next.Delay = info.Name, info.Simulated, info.Replayed, info.Delay
	next.Since = s.status.Since
	changed := s.status.Since == 0 || s.status.State != next.State
	if !changed && next.Message == "" {
		next.Message = s.status.Message
	}
	if !changed && s.status.Equal(&next) {
		return
	}
	if changed {
		next.Since = market.TimeOf(time.Now())
		s.log.Info("feed status", append([]any{keySource, info.Name, keyState, next.State.String(), keyMessage, next.Message},
			origin(&next)...)...)
	}
	s.status = next
	s.publish(market.Batch{Status: &s.status})
}

// origin is what a log says of prices that are not those of a market, or not the newest ones.
func origin(s *market.Status) (attributes []any) {
	if s.Simulated {
		attributes = append(attributes, keySimulated, true)
	}
	if s.Replayed {
		attributes = append(attributes, keyReplayed, true)
	}
	if s.Delay > 0 {
		attributes = append(attributes, keyDelay, s.Delay.String())
	}
	return attributes
}
