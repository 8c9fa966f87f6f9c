package feed

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed/market"
)

// fakeRemote is a remote source whose connections do what a test says.
type fakeRemote struct {
	life    time.Duration // 0: unlimited
	mu      sync.Mutex
	dials   []time.Time                                                             // guarded by mu: when connections began
	connect func(ctx context.Context, number int, publish func(market.Batch)) error // a connection; the first is 1
}

func (r *fakeRemote) Info() Info { return Info{Name: "remote", Remote: true, Numbered: true} }

func (r *fakeRemote) Run(ctx context.Context, publish func(market.Batch)) error {
	r.mu.Lock()
	r.dials = append(r.dials, time.Now())
	number := len(r.dials)
	r.mu.Unlock()
	return r.connect(ctx, number, publish)
}

func (r *fakeRemote) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.dials)
}

// fakeLimited is a fakeRemote whose connections have a limited life.
type fakeLimited struct{ *fakeRemote }

func (m fakeLimited) Life() time.Duration { return m.life }

// published collects what a supervised source publishes.
type published struct {
	mu       sync.Mutex
	statuses []market.Status
	trades   []market.Price
}

func (p *published) publish(b market.Batch) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if b.Status != nil {
		p.statuses = append(p.statuses, *b.Status)
	}
	for _, k := range b.Ticks {
		p.trades = append(p.trades, k.Price)
	}
}

// states returns the newest status, and the words of all in order.
func (p *published) states() (newest market.Status, words []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.statuses {
		words = append(words, s.State.String())
		newest = s
	}
	return newest, words
}

// supervise runs a source in the background until the test ends.
func supervise(t *testing.T, s Source, open func(time.Time) bool) (*published, *prometheus.Registry) {
	reg := prometheus.NewRegistry()
	var p published
	supervised := NewSupervisor(DefaultConfig(), slog.New(slog.DiscardHandler), reg).Supervise(s, open)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- supervised.Run(ctx, p.publish) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("it ended with %v", err)
		}
	})
	return &p, reg
}

// breaks is how many connections ended by a cause.
func breaks(t *testing.T, reg *prometheus.Registry, cause Cause) (n float64) {
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if f.GetName() == "tickertape_feed_breaks_total" && l.GetValue() == cause.String() {
					n += m.GetCounter().GetValue()
				}
			}
		}
	}
	return n
}

func trade(p market.Price) market.Batch {
	return market.Batch{Ticks: []market.Tick{{Flags: market.Regular, Price: p, Size: market.Units(1)}}}
}

func TestBrokenConnectionIsRedialled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &fakeRemote{connect: func(ctx context.Context, number int, publish func(market.Batch)) error {
			if number <= 3 {
				return Breakf(Lost, "dial wss://example: connection refused")
			}
			publish(trade(market.Price(number)))
			<-ctx.Done()
			return ctx.Err()
		}}
		p, reg := supervise(t, r, nil)
		synctest.Wait()
		if s, _ := p.states(); s.State != market.Down || s.Message != "the connection is lost" {
			t.Errorf("status %v %q", s.State, s.Message)
		}
		time.Sleep(7 * time.Second) // 1 s, 2 s and 4 s at most
		synctest.Wait()
		if s, words := p.states(); s.State != market.Live || s.Message != "" {
			t.Errorf("states %v, newest message %q", words, s.Message)
		}
		if n := breaks(t, reg, Lost); n != 3 {
			t.Errorf("%v breaks counted, want 3", n)
		}
	})
}

func TestSilentConnectionIsCutWithinSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &fakeRemote{connect: func(ctx context.Context, number int, publish func(market.Batch)) error {
			publish(trade(market.Price(number)))
			<-ctx.Done()
			return context.Cause(ctx)
		}}
		p, reg := supervise(t, r, nil)
		time.Sleep(DefaultConfig().Silence + 2*time.Second)
		synctest.Wait()
		if r.count() != 2 || breaks(t, reg, Silent) != 1 {
			t.Errorf("%d connections, %v were silent; want 2 and 1", r.count(), breaks(t, reg, Silent))
		}
		if _, words := p.states(); !slices.Equal(words, []string{"down", "live", "down", "live"}) {
			t.Errorf("states %v", words)
		}
	})
}

func TestHeartbeatsAreNoSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &fakeRemote{connect: func(ctx context.Context, number int, publish func(market.Batch)) error {
			publish(trade(1))
			for ctx.Err() == nil {
				publish(market.Batch{Alive: true})
				time.Sleep(5 * time.Second)
			}
			return ctx.Err()
		}}
		p, _ := supervise(t, r, nil)
		time.Sleep(time.Hour)
		synctest.Wait()
		if s, _ := p.states(); r.count() != 1 || s.State != market.Live {
			t.Errorf("%d connections, %v; want one, live", r.count(), s.State)
		}
	})
}

// Symbols that trade every few minutes must not cause four redials a minute.
func TestSilenceLimitGrowsWhileRedialsBringNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &fakeRemote{connect: func(ctx context.Context, number int, publish func(market.Batch)) error {
			publish(market.Batch{ // as on each connection
				Images: []market.Quote{{Set: market.FieldPreviousClose, PreviousClose: 1}}, Ticks: []market.Tick{{Kind: market.KindState}},
			})
			<-ctx.Done()
			return context.Cause(ctx)
		}}
		_, _ = supervise(t, r, nil)
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := r.count(); n < 10 || n > 25 {
			t.Errorf("%d connections in an hour without a word", n)
		}
	})
}

func TestSilenceOfAClosedMarketIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		open := func(at time.Time) bool { d := at.Sub(began); return d < time.Minute || d > time.Hour }
		r := &fakeRemote{connect: func(ctx context.Context, number int, publish func(market.Batch)) error {
			for time.Since(began) < time.Minute {
				publish(trade(1))
				time.Sleep(time.Second)
			}
			<-ctx.Done()
			return context.Cause(ctx)
		}}
		p, reg := supervise(t, r, open)
		time.Sleep(59 * time.Minute)
		synctest.Wait()
		if s, words := p.states(); s.State != market.Closed || r.count() != 1 {
			t.Errorf("closed: states %v, %d connections", words, r.count())
		}
		time.Sleep(time.Minute + DefaultConfig().Silence + 5*time.Second) // it opens, and stays silent
		synctest.Wait()
		if _, words := p.states(); r.count() < 2 || breaks(t, reg, Silent) < 1 {
			t.Errorf("open again: states %v, %d connections", words, r.count())
		}
	})
}

func TestRefusedSourceIsRedialledSeldomAndAFinalOneNever(t *testing.T) {
	for cause, within := range map[Cause][2]int{Refused: {5, 14}, Taken: {5, 14}, Final: {1, 1}} {
		t.Run(cause.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &fakeRemote{connect: func(context.Context, int, func(market.Batch)) error { return Breakf(cause, "the key is not good") }}
				p, reg := supervise(t, r, nil)
				time.Sleep(time.Hour)
				synctest.Wait()
				if n := r.count(); n < within[0] || n > within[1] {
					t.Errorf("%d attempts in an hour, want %v", n, within)
				}
				if s, _ := p.states(); s.State != market.Down || s.Message != publicMessages[cause] || s.Since == 0 {
					t.Errorf("status %+v", s)
				}
				if breaks(t, reg, cause) != float64(r.count()) {
					t.Error("not every break was counted")
				}
			})
		})
	}
}

func TestEndedSupervisionEndsAllConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &fakeRemote{life: time.Minute, connect: func(ctx context.Context, number int, publish func(market.Batch)) error {
			if number == 1 {
				publish(trade(1))
			}
			<-ctx.Done() // later ones never have data: they stay beside the first
			return ctx.Err()
		}}
		supervise(t, fakeLimited{r}, func(time.Time) bool { return false })
		time.Sleep(5*time.Minute + time.Second)
		if n := r.count(); n < 3 || n > 5 {
			t.Errorf("%d connections", n)
		}
	}) // fails where a goroutine is left
}

// Renewals, silences, breaks and the source's own statuses all come to the same publisher, which is slow: it is called from
// one goroutine at a time, and each status comes before the ticks that it is about.
func TestOneGoroutinePublishesInOrder(t *testing.T) {
	for name, life := range map[string]time.Duration{"unlimited": 0, "limited life": 7 * time.Second} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &fakeRemote{life: life, connect: func(ctx context.Context, number int, publish func(market.Batch)) error {
					for i := 0; ctx.Err() == nil; i++ {
						b := trade(market.Price(number*1000 + i))
						b.Status = &market.Status{State: market.Live, Message: b.Ticks[0].Price.String()}
						publish(b)
						time.Sleep(time.Duration(1+(number+i)%11) * 100 * time.Millisecond) // silent for too long now and then
						if number%4 == 3 && i == 20 {
							return Breakf(Lost, "cable cut")
						}
					}
					return ctx.Err()
				}}
				var source Source = r
				if life > 0 {
					source = fakeLimited{r}
				}
				cfg := DefaultConfig()
				cfg.Silence = time.Second
				var publishing atomic.Int32
				var status market.Status
				batches := 0
				publish := func(b market.Batch) {
					if publishing.Add(1) != 1 {
						t.Error("two goroutines publish at once")
					}
					time.Sleep(20 * time.Millisecond)
					if b.Status != nil {
						status = *b.Status
					}
					for _, k := range b.Ticks { // of a predecessor, statuses are not published any more
						batches++
						if status.State != market.Live || life == 0 && status.Message != k.Price.String() {
							t.Errorf("tick %v after status %v %q", k.Price, status.State, status.Message)
						}
					}
					publishing.Add(-1)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
				defer cancel()
				s := NewSupervisor(cfg, slog.New(slog.DiscardHandler), prometheus.NewRegistry()).Supervise(source, nil)
				if err := s.Run(ctx, publish); err != nil {
					t.Error(err)
				}
				if batches < 30 || r.count() < 5 {
					t.Errorf("%d batches of %d connections: too few to tell", batches, r.count())
				}
			})
		})
	}
}

// What a source still publishes when its connection was told to end arrives as any other batch.
func TestNothingThatWasPublishedIsLostAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &fakeRemote{connect: func(ctx context.Context, _ int, publish func(market.Batch)) error {
			publish(trade(1))
			<-ctx.Done()
			publish(trade(2))
			return ctx.Err()
		}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var p published
		s := NewSupervisor(DefaultConfig(), slog.New(slog.DiscardHandler), prometheus.NewRegistry()).Supervise(r, nil)
		if err := s.Run(ctx, p.publish); err != nil {
			t.Error(err)
		}
		if !slices.Equal(p.trades, []market.Price{1, 2}) {
			t.Errorf("trades %v, want 1 and 2", p.trades)
		}
	})
}
