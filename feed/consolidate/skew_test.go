package consolidate

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed"
	"tickertape/feed/market"
)

// skewedFixture is a fixture whose machine's clock can be wrong.
type skewedFixture struct {
	*fixture
	behind atomic.Int64  // nanoseconds, of this machine's clock
	jitter time.Duration // within which trades are late
}

func newSkewedFixture(t *testing.T, behind time.Duration, sources ...string) *skewedFixture {
	time.Sleep(time.Minute) // the bubble begins at midnight, as a day of the market does
	var infos []feed.Info
	for _, name := range sources {
		infos = append(infos, feed.Info{Name: name, Remote: true})
	}
	symbols := []market.Symbol{{Symbol: "BTC-USD", Market: "crypto"}, {Symbol: "AAPL", Market: "us"}}
	w := &skewedFixture{fixture: newFixture(t, DefaultConfig(), symbols, infos...)}
	w.behind.Store(int64(behind))
	w.feed.consolidator.wall = func(time.Time) market.Time { return w.machine() }
	for _, name := range sources {
		w.says(name, market.Batch{Status: &market.Status{State: market.Live}})
	}
	return w
}

// machine is what this machine's clock shows.
func (w *skewedFixture) machine() market.Time {
	return market.TimeOf(time.Now().Add(-time.Duration(w.behind.Load())))
}

// trades has a source say a trade a quarter of a second for a while. The exchange's clock is right, but for how far it is said to be
// ahead. It returns how many there were.
func (w *skewedFixture) trades(source, price string, ahead, length time.Duration) (n int) {
	for end := time.Now().Add(length); time.Now().Before(end); n++ {
		k := trade(0, price)
		late := 50*time.Millisecond + w.jitter*time.Duration(n*7%10)/10
		k.Time = market.TimeOf(time.Now().Add(ahead - late))
		k.Received = w.machine()
		w.says(source, ticks(k))
		time.Sleep(250 * time.Millisecond)
	}
	return n
}

func (w *skewedFixture) lastStatus(source string) market.Status {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := len(w.statuses) - 1; i >= 0; i-- {
		if w.statuses[i].Source == source {
			return w.statuses[i]
		}
	}
	return market.Status{}
}

func TestASlowClockHidesNoPriceAndLosesNoTrade(t *testing.T) {
	for _, behind := range []time.Duration{3 * time.Second, 5100 * time.Millisecond, 7 * time.Second, time.Hour, 23 * time.Hour} {
		t.Run(behind.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newSkewedFixture(t, behind, "market")
				n := w.trades("market", "100", 0, max(time.Second, behind/skewPart)+100*time.Millisecond)
				if q := w.quote(0); q.Price != parse("100") || q.State != market.Live {
					t.Fatalf("then: %v, %v", q.Price, q.State)
				}
				n += w.trades("market", "101", 0, 5*time.Minute)
				q := w.quote(0)
				if refused := w.refused("market", future); refused != 0 || int(q.Count) != n || q.Price != parse("101") {
					t.Errorf("%v refused; %d of %d trades count, the last at %v", refused, q.Count, n, q.Price)
				}
				said := fmt.Sprintf("behind the exchange's by %v", (behind - 50*time.Millisecond).Round(100*time.Millisecond))
				if s := w.lastStatus("market"); s.State != market.Live || !strings.Contains(s.Message, said) {
					t.Errorf("the status is %v %q, want %q", s.State, s.Message, said)
				}
			})
		})
	}
}

// TestASlowClockWithUnsteadyDelays has trades of which some are early and some are not.
func TestASlowClockWithUnsteadyDelays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newSkewedFixture(t, 5100*time.Millisecond, "market")
		w.jitter = 2 * time.Second
		n := w.trades("market", "100", 0, 5*time.Minute)
		if q, refused := w.quote(0), w.refused("market", future); refused != 0 || int(q.Count) != n || q.Price != parse("100") {
			t.Errorf("%v refused; %d of %d trades count, the last at %v", refused, q.Count, n, q.Price)
		}
		changes := 0
		for _, s := range w.statuses {
			if s.Source == "market" {
				changes++
			}
		}
		if changes > 3 {
			t.Errorf("the status has changed %d times", changes)
		}
	})
}

func TestTheSkewGoesWhenTheClockIsSetRight(t *testing.T) {
	for name, set := range map[string]func(w *skewedFixture) (n int){
		"at once": func(w *skewedFixture) int {
			w.behind.Store(0)
			return w.trades("market", "101", 0, time.Minute)
		},
		"little by little": func(w *skewedFixture) (n int) {
			for w.behind.Load() > 0 {
				w.behind.Add(-int64(10 * time.Millisecond))
				n += w.trades("market", "101", 0, time.Second)
			}
			return n
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newSkewedFixture(t, 7*time.Second, "market")
				n := w.trades("market", "100", 0, 3*time.Minute)
				n += set(w)
				n += w.trades("market", "102", 0, 5*time.Minute)
				if q := w.quote(0); int(q.Count) != n || q.Price != parse("102") {
					t.Errorf("%d of %d trades count, the last at %v", q.Count, n, q.Price)
				}
				if s := w.lastStatus("market"); s.State != market.Live || strings.Contains(s.Message, "clock") {
					t.Errorf("the status is %v %q", s.State, s.Message)
				}
				early := trade(0, "500")
				early.Time, early.Received = market.TimeOf(time.Now().Add(6*time.Second)), market.TimeOf(time.Now())
				w.says("market", ticks(early))
				w.trades("market", "102", 0, time.Second)
				if refused := w.refused("market", future); refused != 1 {
					t.Errorf("%v refused, want the one that is early", refused)
				}
			})
		})
	}
}

// TestTradesThatWaitComeBeforeTheOneThatShowsTheClockRight has trades that are numbered: one below the newest is taken for a repetition.
func TestTradesThatWaitComeBeforeTheOneThatShowsTheClockRight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newSkewedFixture(t, time.Hour, "market")
		w.feed.consolidator.sources[0].info.Numbered = true
		for id := range uint64(6) {
			if id == 5 {
				w.behind.Store(0)
			}
			k := trade(0, "100")
			k.ID, k.Time, k.Received = id+1, market.TimeOf(time.Now()), w.machine()
			w.says("market", ticks(k))
			time.Sleep(time.Second)
		}
		if q, refused := w.quote(0), w.refused("market", duplicate); q.Count != 6 || refused != 0 {
			t.Errorf("%d of 6 count, %v are taken for repetitions", q.Count, refused)
		}
	})
}

func TestOneSourcesClockIsNotTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newSkewedFixture(t, 0, "right", "fast")
		for range 20 {
			w.trades("right", "100", 0, 250*time.Millisecond)
			w.trades("fast", "100", 9*time.Second, 250*time.Millisecond)
		}
		if s := w.lastStatus("right"); s.Message != "" {
			t.Errorf("the right one says %q", s.Message)
		}
		if s := w.lastStatus("fast"); !strings.Contains(s.Message, "9s") {
			t.Errorf("the fast one says %q", s.Message)
		}
		early := trade(0, "500")
		early.Time, early.Received = market.TimeOf(time.Now().Add(6*time.Second)), market.TimeOf(time.Now())
		w.says("right", ticks(early))
		w.trades("right", "100", 0, time.Second)
		if refused := w.refused("right", future); refused != 1 {
			t.Errorf("%v of the right one refused, want 1", refused)
		}
	})
}

func TestAnImpossibleClockIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newSkewedFixture(t, 25*time.Hour, "market")
		w.trades("market", "100", 0, 2*time.Second)
		if q := w.quote(0); q.Price != 0 {
			t.Errorf("the price is %v", q.Price)
		}
		if s := w.lastStatus("market"); s.State != market.Stale || !strings.Contains(s.Message, "more than a day") {
			t.Errorf("the status is %v %q", s.State, s.Message)
		}
		w.behind.Store(0)
		w.trades("market", "100", 0, 2*time.Second)
		if q := w.quote(0); q.Price != parse("100") || q.State != market.Live {
			t.Errorf("once the clock is right: %v, %v", q.Price, q.State)
		}
		if s := w.lastStatus("market"); s.State != market.Live || s.Message != "" {
			t.Errorf("the status is %v %q", s.State, s.Message)
		}
	})
}

// TestAnExchangeThatWasWrong has its clock go an hour ahead for some time, and then be right again.
func TestAnExchangeThatWasWrong(t *testing.T) {
	for _, length := range []time.Duration{3 * time.Second, 5 * time.Minute} {
		t.Run(length.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newSkewedFixture(t, 0, "market")
				w.trades("market", "100", 0, time.Second)
				w.trades("market", "101", time.Hour, length)
				if s := w.lastStatus("market"); !strings.Contains(s.Message, "behind the exchange's by 1h") {
					t.Errorf("meanwhile the status is %v %q", s.State, s.Message)
				}
				w.trades("market", "102", 0, 1500*time.Millisecond)
				if q := w.quote(0); q.Price != parse("102") || q.State != market.Live {
					t.Errorf("once it is right: %v, %v", q.Price, q.State)
				}
				if s := w.lastStatus("market"); s.State != market.Live || s.Message != "" {
					t.Errorf("then the status is %v %q", s.State, s.Message)
				}
			})
		})
	}
}

// TestAnExchangeThatWasWrongAroundTheRoll has it begin the next day too early.
func TestAnExchangeThatWasWrongAroundTheRoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newSkewedFixture(t, 0, "market")
		until := func(hour, minute int) {
			time.Sleep(time.Until(time.Date(2000, time.January, 1, hour, minute, 0, 0, time.UTC)))
		}
		until(23, 20)
		w.trades("market", "100", 0, time.Minute)
		w.trades("market", "101", time.Hour, 3*time.Minute)
		w.trades("market", "101", 0, 10*time.Second)
		until(23, 50)
		w.trades("market", "102", 0, time.Minute)
		if q := w.quote(0); q.Price != parse("102") || q.PreviousClose != 0 {
			t.Errorf("price %v, previous close %v", q.Price, q.PreviousClose)
		}
	})
}

// TestASlowClockWhereSomeTradesAreLate has each eighth one reported late by most of what the clock is behind.
func TestASlowClockWhereSomeTradesAreLate(t *testing.T) {
	for behind, late := range map[time.Duration]time.Duration{6 * time.Second: 4 * time.Second, 8 * time.Second: 6 * time.Second,
		12 * time.Second: 6 * time.Second, 12500 * time.Millisecond: 10 * time.Second} {
		t.Run(behind.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newSkewedFixture(t, behind, "market")
				n := 0
				for end := time.Now().Add(5 * time.Minute); time.Now().Before(end); n++ {
					k, by := trade(0, "100"), 50*time.Millisecond
					if n%8 == 1 {
						by = late
					}
					k.Time, k.Received = market.TimeOf(time.Now().Add(-by)), w.machine()
					w.says("market", ticks(k))
					time.Sleep(100 * time.Millisecond)
				}
				if q, s := w.quote(0), w.lastStatus("market"); int(q.Count) != n || !strings.Contains(s.Message, "behind") {
					t.Errorf("%d of %d count; %v are refused; %v %q", q.Count, n, w.refused("market", future), s.State, s.Message)
				}
			})
		})
	}
}

// TestQuotesTakeNoRoomFromTrades has so many of both wait that not all of them can.
func TestQuotesTakeNoRoomFromTrades(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newSkewedFixture(t, 10*time.Minute, "market")
		n := 0
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end); n++ {
			k := trade(0, "100")
			k.Time, k.Received = market.TimeOf(time.Now()), w.machine()
			all := []market.Tick{k}
			for range 100 {
				q := quote(0, "99", "101")
				q.Time, q.Received = k.Time, k.Received
				all = append(all, q)
			}
			w.says("market", ticks(all...))
			time.Sleep(50 * time.Millisecond)
		}
		if q := w.quote(0); int(q.Count) != n || q.Bid != parse("99") {
			t.Errorf("%d of %d count, bid %v", q.Count, n, q.Bid)
		}
	})
}

// TestEarlyTicksAreKeptWithinABound has more of them come at once than are kept.
func TestEarlyTicksAreKeptWithinABound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newSkewedFixture(t, time.Minute, "market")
		const each, batches = 1000, 30
		for range batches {
			var all []market.Tick
			for range each {
				k := trade(0, "100")
				k.Time, k.Received = market.TimeOf(time.Now()), w.machine()
				all = append(all, k)
			}
			w.says("market", ticks(all...))
			if kept := len(w.feed.consolidator.sources[0].skew.early); kept > mostEarly {
				t.Fatalf("%d are kept", kept)
			}
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Second)
		w.trades("market", "101", 0, 250*time.Millisecond)
		q, refused := w.quote(0), w.refused("market", future)
		if q.Price != parse("101") || refused == 0 || float64(q.Count)+refused != each*batches+1 {
			t.Errorf("price %v; %d count and %v are refused", q.Price, q.Count, refused)
		}
	})
}
