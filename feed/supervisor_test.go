package feed

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"tickertape/feed/market"
)

// fakeSource is a source that does what a test says.
type fakeSource func(ctx context.Context, publish func(market.Batch)) error

func (fakeSource) Info() Info { return Info{Name: "fake"} }
func (s fakeSource) Run(ctx context.Context, publish func(market.Batch)) error {
	return s(ctx, publish)
}

// stateLog collects the states that a source publishes.
type stateLog struct {
	mu   sync.Mutex
	seen []market.State
}

func (s *stateLog) publish(b market.Batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.Status != nil {
		s.seen = append(s.seen, b.Status.State)
	}
}

func TestSupervisedSourcePublishesItsState(t *testing.T) {
	tick := market.Batch{Ticks: []market.Tick{{Price: 1}}}
	stale := DefaultConfig().Silence
	for name, tc := range map[string]struct {
		run  fakeSource
		want []market.State
		err  bool
	}{
		"live with the first tick, closed at the end": {func(_ context.Context, p func(market.Batch)) error {
			time.Sleep(time.Minute)
			p(tick)
			return nil
		}, []market.State{market.Down, market.Live, market.Closed}, false},
		"stale when silent, live again": {func(_ context.Context, p func(market.Batch)) error {
			p(tick)
			time.Sleep(stale + time.Millisecond)
			p(tick)
			time.Sleep(stale - time.Millisecond)
			p(tick)
			return nil
		}, []market.State{market.Down, market.Live, market.Stale, market.Live, market.Closed}, false},
		"what it says of itself counts": {func(_ context.Context, p func(market.Batch)) error {
			p(tick)
			p(market.Batch{Status: &market.Status{State: market.Down, Message: "unplugged"}})
			p(tick)
			time.Sleep(2 * stale)
			p(market.Batch{Status: &market.Status{State: market.Live}})
			return nil
		}, []market.State{market.Down, market.Live, market.Down, market.Live, market.Closed}, false},
		"down when it fails": {func(_ context.Context, p func(market.Batch)) error {
			p(tick)
			return errors.New("broken")
		}, []market.State{market.Down, market.Live, market.Down}, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log stateLog
				reg := prometheus.NewRegistry()
				s := NewSupervisor(DefaultConfig(), slog.New(slog.DiscardHandler), reg).Supervise(tc.run, nil)
				if err := s.Run(t.Context(), log.publish); (err != nil) != tc.err {
					t.Errorf("error %v, want one: %v", err, tc.err)
				}
				if !slices.Equal(log.seen, tc.want) {
					t.Errorf("states %v, want %v", log.seen, tc.want)
				}
				if problems, err := testutil.GatherAndLint(reg); err != nil || len(problems) > 0 {
					t.Errorf("lint: %v %v", problems, err)
				}
			})
		})
	}
}

// TestStatusNamesTheCauseAndNoTextOfTheError has a source fail in every way, with errors of any text, bare and wrapped: the
// status message depends on the cause alone, and the whole error is in the log or in what Run returns.
func TestStatusNamesTheCauseAndNoTextOfTheError(t *testing.T) {
	texts := []string{
		"dial tcp 10.0.0.5:443: connection refused",
		`get https://user:CANARY@feed.internal/v2/quotes?token=CANARY: 401 "no such key: CANARY"`,
		"open /etc/tickertape/key: permission denied",
	}
	fails := map[string]func(text string) error{
		"an error that is no break": errors.New,
	}
	for cause := range Cause(numCauses) {
		fails[cause.String()] = func(text string) error { return Breakf(cause, "%s", text) }
		fails[cause.String()+", wrapped"] = func(text string) error { return fmt.Errorf("%s: %w", text, Breakf(cause, "%s", text)) }
	}
	messages := map[string]string{} // by way to fail
	for name, fail := range fails {
		for _, text := range texts {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var log bytes.Buffer
					var last market.Status
					ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond) // before it is dialled again
					defer cancel()
					source := fakeSource(func(context.Context, func(market.Batch)) error { return fail(text) })
					s := NewSupervisor(DefaultConfig(), slog.New(slog.NewJSONHandler(&log, nil)), prometheus.NewRegistry()).Supervise(source, nil)
					err := s.Run(ctx, func(b market.Batch) { last = *b.Status })
					if last.State != market.Down || last.Message == "" || strings.ContainsAny(last.Message, "/@:[0123456789") {
						t.Errorf("status %v %q", last.State, last.Message)
					}
					if before, seen := messages[name]; seen && before != last.Message {
						t.Errorf("message %q of one error and %q of another", before, last.Message)
					}
					messages[name] = last.Message
					whole, _ := json.Marshal(text)
					if !strings.Contains(log.String(), string(whole[1:len(whole)-1])) && (err == nil || !strings.Contains(err.Error(), text)) {
						t.Errorf("neither the error %v nor the log has %s:\n%s", err, text, &log)
					}
				})
			})
		}
	}
}
