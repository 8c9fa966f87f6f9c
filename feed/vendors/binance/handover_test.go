package binance

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors/vendortest"
)

func TestConnectionIsReplacedBeforeItsDayIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(12)
		x := newExchange(t, "BTCUSDT")
		x.life = 24 * time.Hour
		env, sources := open(t, x, "BTCUSDT")
		w := vendortest.Watch(t, env, sources, feed.DefaultConfig())
		time.Sleep(5 * time.Second) // the hours do not tell whether they count a trade of the instant they are asked for at
		for range 2 * 24 * 60 * 6 {
			x.trade("BTCUSDT", "100", time.Now(), false)
			time.Sleep(10 * time.Second)
		}
		synctest.Wait()
		if n := w.Metric("tickertape_feed_renewals_total"); n != 2 || w.Metric("tickertape_feed_breaks_total") != 0 {
			t.Errorf("%v renewals, %v breaks; want 2 and 0", n, w.Metric("tickertape_feed_breaks_total"))
		}
		for _, s := range w.Statuses()[2:] { // down, live
			t.Errorf("the renewal shows: %v %q", s.State, s.Message)
		}
		if q := w.Quote("BTCUSDT"); q.Count != 12*60*6 {
			t.Errorf("%d trades since midnight, want %d", q.Count, 12*60*6)
		}
	})
}

// A server that shuts down says so and cuts the connections off some time later.
func TestShutdownIsFollowedAtOnceAndDoesNotShow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(12)
		x := newExchange(t, "BTCUSDT")
		env, sources := open(t, x, "BTCUSDT")
		w := vendortest.Watch(t, env, sources, feed.DefaultConfig())
		live := func() bool {
			x.trade("BTCUSDT", "100", time.Now(), false)
			return w.Status().State == market.Live
		}
		vendortest.Within(t, 5*time.Second, "it is live", live)
		time.Sleep(10 * time.Second)
		statuses, before := len(w.Statuses()), x.Sockets()
		for _, s := range before {
			s.Send(shutdown)
			s.Send(shutdown)
		}
		vendortest.Within(t, time.Second, "another takes over", func() bool {
			now := x.Sockets()
			return live() && len(now) == 1 && now[0] != before[0]
		})
		for range 600 {
			live()
			time.Sleep(time.Second)
		}
		if n := len(w.Statuses()); n != statuses || len(x.Connects()) != 2 || w.Metric("tickertape_feed_breaks_total") != 0 {
			t.Errorf("statuses %+v, %d handshakes, %v breaks", w.Statuses(), len(x.Connects()), w.Metric("tickertape_feed_breaks_total"))
		}
	})
}

// On a new connection the day goes on as it was, whether the hours can be asked for or not: the figures of the last 24 hours are
// no stand-in for those of the day, and each trade counts once.
func TestDayGoesOnOnTheNextConnection(t *testing.T) {
	for name, end := range map[string]func(*vendortest.Socket){
		"handed over": func(s *vendortest.Socket) { s.Send(shutdown) },
		"redialled":   (*vendortest.Socket).Drop,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				vendortest.Wednesday(12)
				x := newExchange(t, "BTCUSDT")
				x.trade("BTCUSDT", "80", time.Now().Add(-time.Hour), false)
				env, sources := open(t, x, "BTCUSDT")
				w := vendortest.Watch(t, env, sources, feed.DefaultConfig())
				traded := 1
				step := func() {
					x.tell("btcusdt@miniTicker",
						`{"e":"24hrMiniTicker","s":"BTCUSDT","c":"100","o":"50","h":"130","l":"40","v":"5000","q":"500000"}`)
					if len(x.Follows()) > 0 {
						x.trade("BTCUSDT", "100", time.Now(), false)
						traded++
					}
					time.Sleep(100 * time.Millisecond)
					synctest.Wait()
				}
				same := func(when string) {
					q := w.Quote("BTCUSDT")
					got := fmt.Sprint(q.PreviousClose, q.Low, q.High)
					if got != "90 80 100" || int(q.Count) != traded || q.Volume != market.Units(uint64(traded)) {
						t.Fatalf("%s: previous close, low, high: %s, %d trades, volume %v; want 90 80 100 and %d", when, got, q.Count, q.Volume, traded)
					}
				}
				for range 100 {
					step()
				}
				same("before")
				x.breaks(pathHours, 500)
				for _, s := range x.Sockets() {
					end(s)
				}
				synctest.Wait() // the server knows
				for range 300 {
					step()
					same("meanwhile")
				}
				x.breaks(pathHours, 0)
				for range 1200 { // the pause has grown
					step()
				}
				same("afterwards")
				if len(x.Connects()) != 2 {
					t.Errorf("%d handshakes", len(x.Connects()))
				}
			})
		})
	}
}

func TestFiguresOfAnotherDayAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(12)
		x := newExchange(t, "BTCUSDT")
		_, sources := open(t, x, "BTCUSDT")
		in := sources[0].(*source).symbols[0]
		hours := in.Hours
		var f figures
		f.enter(hours)
		f.note(in)
		time.Sleep(24 * time.Hour)
		f.enter(hours)
		if !f.has(in) {
			t.Error("forgotten, though a connection lasted")
		}
		f.leave()
		f.leave()
		time.Sleep(11 * time.Hour)
		f.enter(hours)
		f.leave()
		if !f.has(in) {
			t.Error("forgotten on the same day")
		}
		time.Sleep(2 * time.Hour)
		if f.enter(hours); f.has(in) {
			t.Error("remembered on the next day")
		}
	})
}

func TestShutdownOfEachConnectionIsNoDialLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(12)
		x := newExchange(t, "BTCUSDT")
		x.leaving = time.Second
		env, sources := open(t, x, "BTCUSDT")
		w := vendortest.Watch(t, env, sources, feed.DefaultConfig())
		for range 600 {
			x.trade("BTCUSDT", "100", time.Now(), false)
			time.Sleep(time.Second)
		}
		if n := len(x.Connects()); n < 10 || n > 14 || w.Status().State != market.Live {
			t.Errorf("%d handshakes in 10 minutes, %v", n, w.Status().State)
		}
	})
}

// TestHandoverMissesNoTrade has so many symbols that it takes seconds to subscribe to them, and one of the last to be subscribed to
// trades all the time.
func TestHandoverMissesNoTrade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(12)
		var symbols []string
		for i := range perConnection {
			symbols = append(symbols, fmt.Sprintf("C%dUSDT", i))
		}
		x := newExchange(t, symbols...)
		first, last := symbols[0], symbols[perConnection-1]
		env, sources := open(t, x, symbols...)
		id, _ := env.Dir.ID(last)
		ctx, cancel := context.WithCancel(t.Context())
		seen, states := map[uint64]bool{}, 0
		published := make(chan error, 1)
		supervised := feed.NewSupervisor(feed.DefaultConfig(), slog.New(slog.DiscardHandler), prometheus.NewRegistry()).Supervise(sources[0], nil)
		go func() {
			published <- supervised.Run(ctx, func(b market.Batch) {
				if b.Status != nil {
					states++
				}
				for _, k := range b.Ticks {
					if k.Symbol == id && k.Kind == market.KindTrade && k.ID != 0 {
						seen[k.ID] = true
					}
				}
			})
		}()
		trade := func(seconds int) {
			for range 20 * seconds {
				x.trade(first, "5", time.Now(), false)
				x.trade(last, "5", time.Now(), false)
				time.Sleep(50 * time.Millisecond)
			}
		}
		trade(20)
		old := x.Sockets()
		for _, s := range old {
			s.Send(shutdown)
		}
		trade(10)
		if now := x.Sockets(); len(old) != 1 || len(now) != 1 || now[0] == old[0] {
			t.Errorf("%d connections, then %d, or still the same", len(old), len(now))
		}
		cancel()
		if err := <-published; err != nil {
			t.Error(err)
		}
		ids := slices.Sorted(maps.Keys(seen))
		if n := len(ids); n < 550 {
			t.Errorf("%d trades", n)
		} else if ids[n-1]-ids[0] != uint64(n-1) || states != 2 {
			t.Errorf("%d trades of those numbered %d to %d, %d statuses", n, ids[0], ids[n-1], states)
		}
	})
}
