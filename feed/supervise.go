package feed

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// supervised is a source whose silence and end are told as a status.
type supervised struct {
	// static
	source  Source
	cfg     Config
	log     *slog.Logger
	metrics *metrics

	mu      sync.Mutex // one publisher at a time
	status  Status     // guarded by mu: what was last told
	claimed State      // guarded by mu: what the source itself says of its state
	heard   time.Time  // guarded by mu: when it last gave a tick
}

// Supervise wraps a source so that its state is never left to guesswork: down until its first
// tick, live while ticks come, stale after cfg.StaleAfter without any, closed when Run ends
// without an error, down when it ends with one. What the source says of itself counts where it
// is worse.
func Supervise(source Source, cfg Config, log *slog.Logger, reg prometheus.Registerer) Source {
	return &supervised{source: source, cfg: cfg, log: log, metrics: newMetrics(reg, source.Info().Name)}
}

func (s *supervised) Info() Info { return s.source.Info() }

func (s *supervised) Run(ctx context.Context, publish func(Batch)) error {
	s.mu.Lock()
	s.heard = time.Now()
	s.tell(publish, Down, "no tick yet")
	s.mu.Unlock()

	watching, stop := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { s.watchSilence(watching, publish) })
	err := s.source.Run(ctx, func(b Batch) { s.pass(b, publish) })
	stop()
	watch.Wait()

	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err != nil:
		s.tell(publish, Down, err.Error())
		return fmt.Errorf("run feed %s: %w", s.Info().Name, err)
	case ctx.Err() == nil:
		s.tell(publish, Closed, "the feed has ended")
	}
	return nil
}

func (s *supervised) pass(b Batch, publish func(Batch)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.Status != nil {
		s.claimed, s.heard = b.Status.State, time.Now()
		s.tell(publish, b.Status.State, b.Status.Message)
		b.Status = nil
	}
	if len(b.Ticks) == 0 && len(b.Images) == 0 {
		return
	}
	s.heard = time.Now()
	s.metrics.lastTick.Set(float64(s.heard.UnixMicro()) / 1e6)
	s.metrics.count(b.Ticks)
	if s.claimed == Live {
		s.tell(publish, Live, "")
	}
	publish(b)
}

func (s *supervised) watchSilence(ctx context.Context, publish func(Batch)) {
	timer := time.NewTimer(s.cfg.StaleAfter)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		s.mu.Lock()
		wait := s.cfg.StaleAfter - time.Since(s.heard)
		if wait <= 0 {
			if s.status.State == Live {
				s.tell(publish, Stale, fmt.Sprintf("no tick for %v", s.cfg.StaleAfter))
			}
			wait = s.cfg.StaleAfter
		}
		s.mu.Unlock()
		timer.Reset(wait)
	}
}

// tell publishes a status that differs from the last one. The caller holds mu.
func (s *supervised) tell(publish func(Batch), state State, message string) {
	if s.status.Since != 0 && s.status.State == state {
		return
	}
	s.status = Status{State: state, Since: TimeOf(time.Now()), Message: message}
	s.metrics.tell(state)
	s.log.Info("feed status", "source", s.Info().Name, "state", state.String(), "message", message)
	publish(Batch{Status: &s.status})
}
