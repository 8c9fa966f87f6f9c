package feed

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed/market"
)

// Log keys of this package.
const (
	keySource  = "source"
	keyState   = "state"
	keyMessage = "message"
	keyCause   = "cause"
	keyRetry   = "retry_in"
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
// cfg.Silence while open reports that its market is; a nil open is a market that never closes. A source that is not
// remote is stale after that time instead. For a source with a method Life() time.Duration, a new connection is opened
// before that time is over, and replaces the old one as soon as it has data.
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
		arrivals: make(chan arrival), silenceFactor: 1,
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
	arrivals chan arrival // from the connections' goroutines to that of Run; never closed

	// owned by Run
	publish       func(market.Batch)
	status        market.Status // the newest that was published
	newest        *connection   // the one whose statuses count
	claimed       market.State  // the state that the source last published on this connection; live before
	heard         time.Time     // when it last gave a sign of life
	good          time.Time     // when the first data came on this connection; zero: none yet
	silenceFactor int           // times cfg.Silence: how long it may be silent
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
			s.claimed = b.Status.State
			s.heard = time.Now()
			s.setStatus(b.Status.State, b.Status.Message)
		}
		b.Status = nil
	}
	if b.Lost > 0 {
		s.metrics.lost.Add(float64(b.Lost))
	}
	data := len(b.Ticks)+len(b.Images)+len(b.Corrections) > 0
	if !data && !b.Alive {
		return
	}
	s.heard = time.Now()
	if !data {
		if s.status.State == market.Stale && s.claimed == market.Live {
			s.setStatus(market.Live, "")
		}
		return
	}
	if hasMarketData(b.Ticks) {
		s.silenceFactor = 1
	}
	if s.good.IsZero() {
		s.good = s.heard
	}
	s.metrics.lastTick.Set(float64(s.heard.UnixMicro()) / 1e6)
	s.metrics.count(b.Ticks, len(b.Corrections))
	if s.claimed == market.Live {
		s.setStatus(market.Live, "")
	}
	s.publish(b)
}

// setStatus publishes a status that differs from the last one. An empty message keeps that of the same state.
func (s *supervised) setStatus(state market.State, message string) {
	info := s.source.Info()
	next := market.Status{Source: info.Name, State: state, Since: s.status.Since, Message: message, Simulated: info.Simulated}
	if s.status.Since != 0 && s.status.State == state && (message == "" || s.status == next) {
		return
	}
	if s.status.Since == 0 || s.status.State != state {
		next.Since = market.TimeOf(time.Now())
		s.log.Info("feed status", keySource, info.Name, keyState, state.String(), keyMessage, message)
	}
	s.status = next
	s.publish(market.Batch{Status: &s.status})
}
