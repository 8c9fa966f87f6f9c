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

func TestConnectionIsReplacedBeforeItsLifeIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var open, mostOpen int
		var mu sync.Mutex
		r := &fakeRemote{life: 23 * time.Hour, connect: func(ctx context.Context, number int, publish func(market.Batch)) error {
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
		p, reg := supervise(t, fakeLimited{r}, nil)
		time.Sleep(48 * time.Hour)
		synctest.Wait()
		if _, words := p.states(); !slices.Equal(words, []string{"down", "live"}) {
			t.Errorf("states %v: the renewal shows", words)
		}
		if r.count() != 3 || mostOpen != 2 || open != 1 {
			t.Errorf("%d connections, %d at once, %d now; want 3, 2, 1", r.count(), mostOpen, open)
		}
		p.mu.Lock()
		if !slices.IsSorted(p.trades) {
			t.Error("the predecessor still published when the successor did")
		}
		if n := len(p.trades); n < 48*3600-10 {
			t.Errorf("%d trades in 48 hours of one a second", n)
		}
		p.mu.Unlock()
		if n, err := testutil.GatherAndCount(reg, "tickertape_feed_renewals_total"); err != nil || n != 1 {
			t.Errorf("renewals: %d %v", n, err)
		}
	})
}

func TestPredecessorGoesOnWhereTheSuccessorFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &fakeRemote{life: time.Hour, connect: func(ctx context.Context, number int, publish func(market.Batch)) error {
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
		p, _ := supervise(t, fakeLimited{r}, nil)
		for after, want := range []market.Price{1, 3} { // the third is tried a minute later
			time.Sleep(time.Hour + 30*time.Second - time.Duration(after)*59*time.Minute)
			synctest.Wait()
			if _, words := p.states(); !slices.Equal(words, []string{"down", "live"}) {
				t.Errorf("states %v", words)
			}
			p.mu.Lock()
			if newest := p.trades[len(p.trades)-1]; newest != want {
				t.Errorf("trades of connection %d, want %d", newest, want)
			}
			p.mu.Unlock()
		}
	})
}

// trades publishes one each second until ctx ends.
func trades(ctx context.Context, number int, publish func(market.Batch)) {
	for ctx.Err() == nil {
		publish(trade(market.Price(number)))
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// newest is the price of the newest trade, and how many there were.
func (p *published) newest() (price market.Price, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.trades[len(p.trades)-1], len(p.trades)
}

func TestConnectionWhoseEndIsAnnouncedIsReplacedBeforeIt(t *testing.T) {
	for name, life := range map[string]time.Duration{"unlimited": 0, "limited life": 23 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &fakeRemote{life: life, connect: func(ctx context.Context, number int, publish func(market.Batch)) error {
					if number > 1 {
						time.Sleep(3 * time.Second) // the handshake
						trades(ctx, number, publish)
						return nil
					}
					publish(trade(1))
					publish(market.Batch{Ending: true})
					publish(market.Batch{Ending: true})
					ctx, cancel := context.WithTimeoutCause(ctx, 10*time.Second, Breakf(Restart, "as announced"))
					defer cancel()
					trades(ctx, 1, publish)
					return context.Cause(ctx)
				}}
				var source Source = r
				if life > 0 {
					source = fakeLimited{r}
				}
				p, reg := supervise(t, source, nil)
				time.Sleep(time.Hour)
				synctest.Wait()
				if _, words := p.states(); !slices.Equal(words, []string{"down", "live"}) {
					t.Errorf("states %v: the handover shows", words)
				}
				if price, n := p.newest(); price != 2 || n < 3600 || n > 3602 || !slices.IsSorted(p.trades) {
					t.Errorf("%d trades, the newest of connection %d; want one a second, of 2", n, price)
				}
				if r.count() != 2 || breaks(t, reg, Restart) != 0 || r.dials[1].Sub(r.dials[0]) > 10*time.Millisecond {
					t.Errorf("%d connections at %v, %v restarts; want 2 at once and none", r.count(), r.dials, breaks(t, reg, Restart))
				}
			})
		})
	}
}

// Where the successor fails, the connection goes on while it lasts. Another is tried meanwhile, and then it is redialled as ever.
func TestConnectionWhoseEndIsAnnouncedGoesOnWhileItLasts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		r := &fakeRemote{connect: func(ctx context.Context, number int, publish func(market.Batch)) error {
			switch {
			case number == 1:
				publish(trade(1))
				publish(market.Batch{Ending: true})
				ctx, cancel := context.WithTimeoutCause(ctx, 10*time.Second, Breakf(Restart, "as announced"))
				defer cancel()
				trades(ctx, 1, publish)
				return context.Cause(ctx)
			case time.Since(began) < 15*time.Second:
				return Breakf(Lost, "not yet")
			}
			trades(ctx, number, publish)
			return nil
		}}
		p, reg := supervise(t, r, nil)
		time.Sleep(9500 * time.Millisecond)
		synctest.Wait()
		if _, words := p.states(); !slices.Equal(words, []string{"down", "live"}) {
			t.Errorf("states %v while it lasts", words)
		}
		if price, n := p.newest(); price != 1 || n < 10 || n > 12 || r.count() < 3 || r.count() > 4 {
			t.Errorf("%d trades, the newest of connection %d; %d connections, want 3 or 4", n, price, r.count())
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if s, _ := p.states(); s.State != market.Live || breaks(t, reg, Restart)+breaks(t, reg, Lost) < 2 {
			t.Errorf("%v after %v restarts and %v losses; want a loss or two of the last connection, and live again", s.State,
				breaks(t, reg, Restart), breaks(t, reg, Lost))
		}
	})
}

func TestEndsThatAreAnnouncedAllTheTimeAreNoDialLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &fakeRemote{connect: func(ctx context.Context, number int, publish func(market.Batch)) error {
			publish(market.Batch{Ending: true})
			trades(ctx, number, publish)
			return nil
		}}
		p, _ := supervise(t, r, nil)
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if n := r.count(); n < 10 || n > 14 {
			t.Errorf("%d connections in 10 minutes, want about one a minute", n)
		}
		if _, words := p.states(); !slices.Equal(words, []string{"down", "live"}) {
			t.Errorf("states %v", words)
		}
	})
}

// A recording and the like have no other side that could end them.
func TestOnlyRemoteSourcesAreReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := 0
		p, _ := supervise(t, fakeSource(func(ctx context.Context, publish func(market.Batch)) error {
			runs++
			publish(market.Batch{Ending: true})
			trades(ctx, runs, publish)
			return nil
		}), nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		if price, _ := p.newest(); price != 1 || runs != 1 {
			t.Errorf("%d runs, trades of number %d", runs, price)
		}
	})
}

// A connection that has subscribed to half of its symbols has data, but must not replace one that has all. The trades that both
// have are told twice, and are told apart by their numbers.
func TestSuccessorThatIsJoiningDoesNotTakeOver(t *testing.T) {
	numbered := func(b market.Batch, id uint64) market.Batch {
		b.Ticks[0].ID = id
		return b
	}
	for name, cut := range map[string]time.Duration{"the predecessor lasts": time.Hour, "it is cut off": 2500 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				id := func() uint64 { return uint64(time.Since(began)/time.Second) + 1 }
				r := &fakeRemote{connect: func(ctx context.Context, number int, publish func(market.Batch)) error {
					ctx, cancel := context.WithCancel(ctx)
					defer cancel()
					if number == 1 {
						publish(numbered(trade(1), id()))
						publish(market.Batch{Ending: true})
						ctx, cancel = context.WithTimeout(ctx, cut)
						defer cancel()
					}
					for i := 0; ctx.Err() == nil; i++ {
						b := numbered(trade(market.Price(number)), id())
						if b.Joining = number == 2 && i < 5; b.Joining {
							b.Ticks = append(b.Ticks, market.Tick{Kind: market.KindQuote, Price: 99})
						}
						publish(b)
						select {
						case <-ctx.Done():
						case <-time.After(time.Second):
						}
					}
					return Breakf(Restart, "over")
				}}
				var said []market.Tick
				s := NewSupervisor(DefaultConfig(), slog.New(slog.DiscardHandler), prometheus.NewRegistry()).Supervise(r, nil)
				ctx, cancel := context.WithTimeout(t.Context(), 10500*time.Millisecond)
				defer cancel()
				err := s.Run(ctx, func(b market.Batch) {
					if b.Ending || b.Joining {
						t.Error("it is published on")
					}
					said = append(said, b.Ticks...)
				})
				if err != nil || r.count() != 2 {
					t.Errorf("%v, %d connections", err, r.count())
				}
				ofFirst, next := 0, uint64(1)
				var second []uint64
				for _, k := range said {
					switch {
					case k.Price == 99:
						if cut == time.Hour {
							t.Error("a quote of a connection that is joining was published")
						}
					case k.Price == 1:
						ofFirst++
						if len(second) > 0 {
							t.Error("the predecessor published after the successor")
						}
					default:
						second = append(second, k.ID)
					}
				}
				for _, n := range second {
					if n != next {
						t.Errorf("the successor's trades %v, want all from 1 on", second)
						break
					}
					next++
				}
				if want := min(5, int(cut/time.Second)) + 2; next != 12 || ofFirst < want-1 || ofFirst > want+1 {
					t.Errorf("%d trades of the successor, %d of the predecessor; want 11 and about %d", next, ofFirst, want)
				}
			})
		})
	}
}
