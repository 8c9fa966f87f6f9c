package feed

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed/market"
)

// Keys of what is logged.
const (
	keySource  = "source"
	keyState   = "state"
	keyMessage = "message"
	keyCause   = "cause"
	keyRetry   = "retry_in"
)

// mostPatience is how many times silence the quiet symbols of a line are given, when dialling it
// anew has brought nothing either.
const mostPatience = 16

// supervised is a source whose silence, breaks and end are seen to.
type supervised struct {
	// static
	source  Source
	cfg     Config
	open    func(time.Time) bool
	log     *slog.Logger
	metrics *metrics

	mu       sync.Mutex    // one publisher at a time
	status   market.Status // guarded by mu: what was last told
	claimed  market.State  // guarded by mu: what the source itself says of its state
	heard    time.Time     // guarded by mu: when it last gave a sign of life
	good     time.Time     // guarded by mu: since when data comes on this connection; zero: none yet
	patience int           // guarded by mu: how many times cfg.Silence it may be silent
	run      int           // guarded by mu: the newest connection
}

// Supervisor sees to sources.
type Supervisor struct {
	cfg     Config
	log     *slog.Logger
	reg     prometheus.Registerer
	metrics map[string]*metrics // by the name of the source, which its connections share
}

// NewSupervisor starts nothing.
func NewSupervisor(cfg Config, log *slog.Logger, reg prometheus.Registerer) *Supervisor {
	return &Supervisor{cfg, log, reg, map[string]*metrics{}}
}

// Supervise wraps a source so that it is never left to guesswork, and never given up: down until
// its first tick, live while ticks come, closed when Run ends without an error. What the source says of
// itself counts where it is worse.
//
// One that is somewhere else is dialled again when its connection breaks, at a random time within a span
// that doubles; at once when the other side restarts, seldom when it refuses, never when it says so.
// It is dialled again as well when it has been silent for cfg.Silence while open says that its
// market is; nil is a market that never closes. A source that is not remote is stale after that
// time. One with a method Life() time.Duration gets a new connection before that time is over, and
// the old one ends when the new one has data.
func (v *Supervisor) Supervise(source Source, open func(time.Time) bool) Source {
	if open == nil {
		open = func(time.Time) bool { return true }
	}
	name := source.Info().Name
	if v.metrics[name] == nil {
		v.metrics[name] = newMetrics(v.reg, name)
	}
	return &supervised{source: source, cfg: v.cfg, open: open, log: v.log, metrics: v.metrics[name], patience: 1}
}

func (s *supervised) Info() Info { return s.source.Info() }

func (s *supervised) Run(ctx context.Context, publish func(market.Batch)) error {
	s.mu.Lock()
	s.tell(publish, market.Down, "no tick yet")
	s.mu.Unlock()
	var b backoff
	for {
		err := s.hold(ctx, publish)
		s.mu.Lock()
		if !s.good.IsZero() {
			b.lasted(time.Since(s.good))
		}
		br := asBreak(err)
		switch {
		case ctx.Err() != nil:
			s.mu.Unlock()
			return nil
		case err == nil:
			s.tell(publish, market.Closed, "the feed has ended")
			s.mu.Unlock()
			return nil
		case br == nil:
			s.tell(publish, market.Down, Told(err))
			s.mu.Unlock()
			return fmt.Errorf("run feed %s: %w", s.Info().Name, err)
		}
		s.metrics.breaks.WithLabelValues(br.Cause.String()).Inc()
		s.tell(publish, market.Down, Told(br))
		s.mu.Unlock()
		if br.Cause == Final {
			s.log.Error("feed given up", keySource, s.Info().Name, keyMessage, br.Error())
			<-ctx.Done()
			return nil
		}
		wait := b.next(br)
		s.log.Warn("feed lost", keySource, s.Info().Name, keyCause, br.Cause.String(), keyMessage, br.Error(), keyRetry, wait.Round(time.Millisecond).String())
		if !sleep(ctx, wait) {
			return nil
		}
	}
}

// sleep waits for d and returns false when ctx has ended.
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

// hold runs one connection, and its successor where its life is limited, until the last of them ends.
func (s *supervised) hold(ctx context.Context, publish func(market.Batch)) error {
	s.mu.Lock()
	s.heard, s.good, s.claimed = time.Now(), time.Time{}, market.Live
	s.mu.Unlock()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watching, stop := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { s.watchSilence(watching, publish, cancel) })
	defer watch.Wait()
	defer stop()

	newest := s.connect(ctx, publish, nil)
	defer func() {
		cancel(nil)
		for c := newest; c != nil; c = c.before {
			<-c.done
		}
	}()
	life := time.NewTimer(time.Hour)
	life.Stop()
	limited, hasLife := s.source.(interface{ Life() time.Duration })
	if hasLife {
		life.Reset(limited.Life())
	}
	defer life.Stop()
	for {
		select {
		case <-life.C:
			if newest.before.running() {
				newest.cancel() // it never had data
				continue
			}
			newest.before = nil
			s.log.Info("feed renews its connection", keySource, s.Info().Name)
			s.metrics.renewals.Inc()
			newest = s.connect(ctx, publish, newest)
			life.Reset(limited.Life())
			continue
		case <-newest.done:
		}
		if newest.before.running() {
			s.log.Warn("feed could not renew its connection, and tries again", keySource, s.Info().Name, keyMessage, newest.err)
			newest = newest.before
			s.mu.Lock()
			s.run = newest.number
			s.mu.Unlock()
			life.Reset(renewAgain)
			continue
		}
		if cause := context.Cause(ctx); cause != nil && asBreak(cause) != nil {
			return cause
		}
		return newest.err
	}
}

// renewAgain is how long after a successor has failed the next is tried.
const renewAgain = time.Minute

// connection is one Run of the source.
type connection struct {
	number int
	before *connection // whose place it takes; nil when that has ended
	cancel context.CancelFunc
	done   chan struct{} // closed when Run has returned
	err    error         // what it returned; to be read when done
}

// running tells whether there is such a connection, and Run has not returned.
func (c *connection) running() bool {
	if c == nil {
		return false
	}
	select {
	case <-c.done:
		return false
	default:
		return true
	}
}

// connect starts a connection, which ends its predecessor once it has data.
func (s *supervised) connect(ctx context.Context, publish func(market.Batch), before *connection) *connection {
	s.mu.Lock()
	s.run++
	c := &connection{number: s.run, before: before, done: make(chan struct{})}
	s.mu.Unlock()
	ctx, c.cancel = context.WithCancel(ctx)
	go func() {
		defer close(c.done)
		defer c.cancel()
		relieved := before == nil
		c.err = s.source.Run(ctx, func(b market.Batch) {
			if !relieved && len(b.Ticks)+len(b.Images) > 0 {
				relieved = true
				before.cancel()
				<-before.done
			}
			s.pass(c.number, b, publish)
		})
		if before != nil && relieved {
			<-before.done
		}
	}()
	return c
}

func (s *supervised) pass(run int, b market.Batch, publish func(market.Batch)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.Status != nil {
		if run == s.run {
			s.claimed = b.Status.State
			s.heard = time.Now()
			s.tell(publish, b.Status.State, b.Status.Message)
		}
		b.Status = nil
	}
	if b.Lost > 0 {
		s.metrics.lost.Add(float64(b.Lost))
	}
	data := len(b.Ticks)+len(b.Images)+len(b.Corrections) > 0
	if !data && !b.Pulse {
		return
	}
	s.heard = time.Now()
	if !data {
		if s.status.State == market.Stale && s.claimed == market.Live {
			s.tell(publish, market.Live, "")
		}
		return
	}
	if moves(b.Ticks) {
		s.patience = 1
	}
	if s.good.IsZero() {
		s.good = s.heard
	}
	s.metrics.lastTick.Set(float64(s.heard.UnixMicro()) / 1e6)
	s.metrics.count(b.Ticks, len(b.Corrections))
	if s.claimed == market.Live {
		s.tell(publish, market.Live, "")
	}
	publish(b)
}

// moves tells whether ticks are such as a market makes: the day's figures, and whether a symbol trades, are told on each
// new connection, however quiet the market is.
func moves(ticks []market.Tick) bool {
	return slices.ContainsFunc(ticks, func(k market.Tick) bool {
		return k.Kind == market.KindTrade || k.Kind == market.KindQuote || k.Kind == market.KindAlive
	})
}

// watchSilence ends the connection with a break when it says nothing while it should, or tells that it
// is stale where there is nothing to dial.
func (s *supervised) watchSilence(ctx context.Context, publish func(market.Batch), cut context.CancelCauseFunc) {
	timer := time.NewTimer(s.cfg.Silence)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		s.mu.Lock()
		limit := s.cfg.Silence * time.Duration(s.patience)
		wait := limit - time.Since(s.heard)
		if wait <= 0 {
			wait = s.silent(publish, limit, cut)
		}
		s.mu.Unlock()
		timer.Reset(wait)
	}
}

// closedCheck is how often it is looked whether a market has opened.
const closedCheck = time.Second

// silent acts on a silence of limit, and returns how long to wait before the next look. The caller holds mu.
func (s *supervised) silent(publish func(market.Batch), limit time.Duration, cut context.CancelCauseFunc) time.Duration {
	now := time.Now()
	switch {
	case !s.open(now):
		if s.status.State == market.Live || s.status.State == market.Stale {
			s.tell(publish, market.Closed, "the market is closed")
		}
		return min(limit, closedCheck)
	case s.status.State == market.Closed && s.claimed == market.Live && !s.good.IsZero(): // it has just opened
		s.heard = now
		s.tell(publish, market.Stale, "the market opens")
		return limit
	case s.Info().Remote:
		s.patience = min(2*s.patience, mostPatience)
		cut(Breakf(Silent, "connected, but silent for %v", limit))
	case s.status.State == market.Live:
		s.tell(publish, market.Stale, fmt.Sprintf("no tick for %v", limit))
	}
	return limit
}

// tell publishes a status that differs from the last one. The caller holds mu.
func (s *supervised) tell(publish func(market.Batch), state market.State, message string) {
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
	publish(market.Batch{Status: &s.status})
}
