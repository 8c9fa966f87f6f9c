package feed

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"tickertape/feed/market"
)

// remote is a source that is somewhere else; each of its connections does what a test says.
type remote struct {
	life  time.Duration // 0: unlimited
	mu    sync.Mutex
	dials []time.Time                                                             // guarded by mu: when connections began
	hold  func(ctx context.Context, number int, publish func(market.Batch)) error // a connection; the first is 1
}

func (r *remote) Info() Info { return Info{Name: "remote", Remote: true} }

func (r *remote) Run(ctx context.Context, publish func(market.Batch)) error {
	r.mu.Lock()
	r.dials = append(r.dials, time.Now())
	number := len(r.dials)
	r.mu.Unlock()
	return r.hold(ctx, number, publish)
}

func (r *remote) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.dials)
}

// mortal is a remote whose connections last only so long.
type mortal struct{ *remote }

func (m mortal) Life() time.Duration { return m.life }

// watched is what a supervised source has published.
type watched struct {
	mu       sync.Mutex
	statuses []market.Status
	trades   []market.Price
}

func (w *watched) publish(b market.Batch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if b.Status != nil {
		w.statuses = append(w.statuses, *b.Status)
	}
	for _, k := range b.Ticks {
		w.trades = append(w.trades, k.Price)
	}
}

// told is the newest status; the words of all of them are in order.
func (w *watched) told() (newest market.Status, words []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.statuses {
		words = append(words, s.State.String())
		newest = s
	}
	return newest, words
}

// supervise runs a source in the background until the test ends.
func supervise(t *testing.T, s Source, open func(time.Time) bool) (*watched, *prometheus.Registry) {
	reg := prometheus.NewRegistry()
	var w watched
	supervised := NewSupervisor(DefaultConfig(), slog.New(slog.DiscardHandler), reg).Supervise(s, open)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- supervised.Run(ctx, w.publish) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("it ended with %v", err)
		}
	})
	return &w, reg
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

func TestBrokenConnectionIsDialledAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &remote{hold: func(ctx context.Context, number int, publish func(market.Batch)) error {
			if number <= 3 {
				return Breakf(Lost, "dial wss://example: connection refused")
			}
			publish(trade(market.Price(number)))
			<-ctx.Done()
			return ctx.Err()
		}}
		w, reg := supervise(t, r, nil)
		synctest.Wait()
		if s, _ := w.told(); s.State != market.Down || s.Message != "the connection is lost" {
			t.Errorf("told %v %q", s.State, s.Message)
		}
		time.Sleep(7 * time.Second) // 1 s, 2 s and 4 s at most
		synctest.Wait()
		if s, words := w.told(); s.State != market.Live || s.Message != "" {
			t.Errorf("told %v, newest %q", words, s.Message)
		}
		if n := breaks(t, reg, Lost); n != 3 {
			t.Errorf("%v breaks counted, want 3", n)
		}
	})
}

func TestSilentConnectionIsCutWithinSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &remote{hold: func(ctx context.Context, number int, publish func(market.Batch)) error {
			publish(trade(market.Price(number)))
			<-ctx.Done()
			return context.Cause(ctx)
		}}
		w, reg := supervise(t, r, nil)
		time.Sleep(DefaultConfig().Silence + 2*time.Second)
		synctest.Wait()
		if r.count() != 2 || breaks(t, reg, Silent) != 1 {
			t.Errorf("%d connections, %v were silent; want 2 and 1", r.count(), breaks(t, reg, Silent))
		}
		if _, words := w.told(); !slices.Equal(words, []string{"down", "live", "down", "live"}) {
			t.Errorf("told %v", words)
		}
	})
}

func TestHeartbeatsAreNoSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &remote{hold: func(ctx context.Context, number int, publish func(market.Batch)) error {
			publish(trade(1))
			for ctx.Err() == nil {
				publish(market.Batch{Pulse: true})
				time.Sleep(5 * time.Second)
			}
			return ctx.Err()
		}}
		w, _ := supervise(t, r, nil)
		time.Sleep(time.Hour)
		synctest.Wait()
		if s, _ := w.told(); r.count() != 1 || s.State != market.Live {
			t.Errorf("%d connections, %v; want one, live", r.count(), s.State)
		}
	})
}

// Quiet symbols, such as one that trades every few minutes, must not make the line be dialled four times a minute.
func TestPatienceGrowsWhereDiallingAgainBringsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &remote{hold: func(ctx context.Context, number int, publish func(market.Batch)) error {
			publish(market.Batch{Images: []market.Quote{{Set: market.FieldPreviousClose, PreviousClose: 1}}, Ticks: []market.Tick{{Kind: market.KindState}}}) // as on each connection
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
		r := &remote{hold: func(ctx context.Context, number int, publish func(market.Batch)) error {
			for time.Since(began) < time.Minute {
				publish(trade(1))
				time.Sleep(time.Second)
			}
			<-ctx.Done()
			return context.Cause(ctx)
		}}
		w, reg := supervise(t, r, open)
		time.Sleep(59 * time.Minute)
		synctest.Wait()
		if s, words := w.told(); s.State != market.Closed || r.count() != 1 {
			t.Errorf("closed: told %v, %d connections", words, r.count())
		}
		time.Sleep(time.Minute + DefaultConfig().Silence + 5*time.Second) // it opens, and stays silent
		synctest.Wait()
		if _, words := w.told(); r.count() < 2 || breaks(t, reg, Silent) < 1 {
			t.Errorf("open again: told %v, %d connections", words, r.count())
		}
	})
}

func TestRefusalIsFollowedSlowlyAndAFinalOneNever(t *testing.T) {
	for cause, within := range map[Cause][2]int{Refused: {5, 14}, Taken: {5, 14}, Final: {1, 1}} {
		t.Run(cause.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &remote{hold: func(context.Context, int, func(market.Batch)) error { return Breakf(cause, "the key is not good") }}
				w, reg := supervise(t, r, nil)
				time.Sleep(time.Hour)
				synctest.Wait()
				if n := r.count(); n < within[0] || n > within[1] {
					t.Errorf("%d attempts in an hour, want %v", n, within)
				}
				if s, _ := w.told(); s.State != market.Down || s.Message != told[cause] || s.Since == 0 {
					t.Errorf("told %+v", s)
				}
				if breaks(t, reg, cause) != float64(r.count()) {
					t.Error("not every break was counted")
				}
			})
		})
	}
}

func TestConnectionIsReplacedBeforeItsLifeIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var open, mostOpen int
		var mu sync.Mutex
		r := &remote{life: 23 * time.Hour, hold: func(ctx context.Context, number int, publish func(market.Batch)) error {
			mu.Lock()
			open++
			mostOpen = max(mostOpen, open)
			mu.Unlock()
			defer func() { mu.Lock(); open--; mu.Unlock() }()
			time.Sleep(3 * time.Second) // the handshake
			for ctx.Err() == nil {
				publish(trade(market.Price(number)))
				select {
				case <-ctx.Done():
				case <-time.After(time.Second):
				}
			}
			return ctx.Err()
		}}
		w, reg := supervise(t, mortal{r}, nil)
		time.Sleep(48 * time.Hour)
		synctest.Wait()
		if _, words := w.told(); !slices.Equal(words, []string{"down", "live"}) {
			t.Errorf("told %v: the renewal shows", words)
		}
		if r.count() != 3 || mostOpen != 2 || open != 1 {
			t.Errorf("%d connections, %d at once, %d now; want 3, 2, 1", r.count(), mostOpen, open)
		}
		w.mu.Lock()
		if !slices.IsSorted(w.trades) {
			t.Error("the predecessor still published when the successor did")
		}
		if n := len(w.trades); n < 48*3600-10 {
			t.Errorf("%d trades in 48 hours of one a second", n)
		}
		w.mu.Unlock()
		if n, err := testutil.GatherAndCount(reg, "tickertape_feed_renewals_total"); err != nil || n != 1 {
			t.Errorf("renewals: %d %v", n, err)
		}
	})
}

func TestPredecessorGoesOnWhereTheSuccessorFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &remote{life: time.Hour, hold: func(ctx context.Context, number int, publish func(market.Batch)) error {
			if number == 2 {
				return Breakf(Lost, "no answer")
			}
			for ctx.Err() == nil {
				publish(trade(market.Price(number)))
				select {
				case <-ctx.Done():
				case <-time.After(time.Second):
				}
			}
			return ctx.Err()
		}}
		w, _ := supervise(t, mortal{r}, nil)
		for after, want := range []market.Price{1, 3} { // the third is tried a minute later
			time.Sleep(time.Hour + 30*time.Second - time.Duration(after)*59*time.Minute)
			synctest.Wait()
			if _, words := w.told(); !slices.Equal(words, []string{"down", "live"}) {
				t.Errorf("told %v", words)
			}
			w.mu.Lock()
			if newest := w.trades[len(w.trades)-1]; newest != want {
				t.Errorf("trades of connection %d, want %d", newest, want)
			}
			w.mu.Unlock()
		}
	})
}

func TestEndedSupervisionEndsAllConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &remote{life: time.Minute, hold: func(ctx context.Context, number int, publish func(market.Batch)) error {
			if number == 1 {
				publish(trade(1))
			}
			<-ctx.Done() // later ones never have data: they stay beside the first
			return ctx.Err()
		}}
		supervise(t, mortal{r}, func(time.Time) bool { return false })
		time.Sleep(5*time.Minute + time.Second)
		if n := r.count(); n < 3 || n > 5 {
			t.Errorf("%d connections", n)
		}
	}) // fails where a goroutine is left
}
