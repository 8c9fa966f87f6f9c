package feed

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// scripted is a source that does what a test says.
type scripted func(ctx context.Context, publish func(Batch)) error

func (scripted) Info() Info                                           { return Info{Name: "scripted"} }
func (s scripted) Run(ctx context.Context, publish func(Batch)) error { return s(ctx, publish) }

// states collects what is told.
type states struct {
	mu   sync.Mutex
	seen []State
}

func (s *states) publish(b Batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.Status != nil {
		s.seen = append(s.seen, b.Status.State)
	}
}

func TestSupervisedSourceTellsItsState(t *testing.T) {
	tick := Batch{Ticks: []Tick{{Price: 1}}}
	stale := DefaultConfig().Silence
	for name, tc := range map[string]struct {
		run  scripted
		want []State
		err  bool
	}{
		"live with the first tick, closed at the end": {func(_ context.Context, p func(Batch)) error {
			time.Sleep(time.Minute)
			p(tick)
			return nil
		}, []State{Down, Live, Closed}, false},
		"stale when silent, live again": {func(_ context.Context, p func(Batch)) error {
			p(tick)
			time.Sleep(stale + time.Millisecond)
			p(tick)
			time.Sleep(stale - time.Millisecond)
			p(tick)
			return nil
		}, []State{Down, Live, Stale, Live, Closed}, false},
		"what it says of itself counts": {func(_ context.Context, p func(Batch)) error {
			p(tick)
			p(Batch{Status: &Status{State: Down, Message: "unplugged"}})
			p(tick)
			time.Sleep(2 * stale)
			p(Batch{Status: &Status{State: Live}})
			return nil
		}, []State{Down, Live, Down, Live, Closed}, false},
		"down when it fails": {func(_ context.Context, p func(Batch)) error {
			p(tick)
			return errors.New("broken")
		}, []State{Down, Live, Down}, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var told states
				reg := prometheus.NewRegistry()
				s := NewSupervisor(DefaultConfig(), slog.New(slog.DiscardHandler), reg).Supervise(tc.run, nil)
				if err := s.Run(t.Context(), told.publish); (err != nil) != tc.err {
					t.Errorf("error %v, want one: %v", err, tc.err)
				}
				if !slices.Equal(told.seen, tc.want) {
					t.Errorf("told %v, want %v", told.seen, tc.want)
				}
				if problems, err := testutil.GatherAndLint(reg); err != nil || len(problems) > 0 {
					t.Errorf("lint: %v %v", problems, err)
				}
			})
		})
	}
}
