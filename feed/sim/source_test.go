package sim

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"tickertape/feed"
	"tickertape/feed/market"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// run starts the source of cfg in a bubble and returns what stops it and waits.
func run(t *testing.T, cfg Config, publish func(market.Batch)) (stop func()) {
	t.Helper()
	s, err := New(cfg, market.NewDirectory())
	if err != nil {
		t.Fatal(err)
	}
	if info := s.Info(); info != (feed.Info{Name: "sim", Simulated: true, Lossless: true}) {
		t.Errorf("info %+v", info)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, publish) }()
	return func() {
		t.Helper()
		cancel()
		began := time.Now()
		if err := <-done; err != nil {
			t.Errorf("Run returned %v", err)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("Run took %v to end", took)
		}
	}
}

func TestTheFirstBatchIsAnImageOfEverySymbol(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := opening()
		cfg.Rate = 1
		var first *market.Batch
		stop := run(t, cfg, func(b market.Batch) {
			if first == nil {
				b.Images = slices.Clone(b.Images)
				first = &b
			}
		})
		synctest.Wait()
		stop()
		if first == nil || first.Status == nil || first.Status.State != market.Live || len(first.Images) != 500 || len(first.Ticks) != 0 {
			t.Fatalf("first batch %+v", first)
		}
		now := market.TimeOf(time.Now())
		for i, q := range first.Images {
			if q.Symbol != market.SymbolID(i) || q.State != market.Live || q.Time != now || q.PreviousClose <= 0 ||
				q.Bid <= 0 || q.Ask <= q.Bid || q.Set&(market.FieldPrice|market.FieldOpen|market.FieldVolume) != 0 {
				t.Errorf("image %+v", q)
			}
		}
	})
}

func TestTicksComeWhenTheyAreDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := opening()
		cfg.HaltEvery = 0
		began, ticks, largest := time.Now(), 0, 0
		stop := run(t, cfg, func(b market.Batch) {
			largest = max(largest, len(b.Ticks))
			for _, tick := range b.Ticks {
				if tick.Kind != market.KindSession {
					ticks++
				}
				if late := market.TimeOf(time.Now()) - tick.Time; late < 0 || late > 6000 {
					t.Fatalf("a tick is %d µs late", late)
				}
			}
		})
		time.Sleep(2 * time.Minute)
		stop()
		if want := int(2000 * time.Since(began).Seconds()); ticks < want-20 || ticks > want+20 {
			t.Errorf("%d ticks in 2 minutes, want %d", ticks, want)
		}
		if largest > batchSize {
			t.Errorf("a batch of %d ticks", largest)
		}
	})
}

// A run on a busy machine gives the ticks of one on an idle machine, only later.
func TestAStallDelaysTicksAndChangesNone(t *testing.T) {
	cfg := opening()
	cfg.Start = "2026-08-24T13:30:00Z"
	collect := func(stall time.Duration) (ticks []market.Tick, last time.Time) {
		synctest.Test(t, func(t *testing.T) {
			batches := 0
			stop := run(t, cfg, func(b market.Batch) {
				if batches++; batches == 100 {
					time.Sleep(stall)
				}
				ticks = append(ticks, b.Ticks...)
				last = time.Now()
			})
			time.Sleep(10*time.Second + stall)
			stop()
		})
		return ticks, last
	}
	idle, _ := collect(0)
	short, _ := collect(800 * time.Millisecond)
	long, _ := collect(30 * time.Second)
	if len(short) < len(idle)+1000 {
		t.Errorf("%d ticks in 10.8 s with a short stall, %d in 10 s without: it is not made good", len(short), len(idle))
	}
	if d := len(long) - len(idle); d < -100 || d > 100 {
		t.Errorf("%d ticks with a long stall, %d without: want about as many", len(long), len(idle))
	}
	for name, got := range map[string][]market.Tick{"short": short, "long": long} {
		n := min(len(got), len(idle))
		if !slices.Equal(got[:n], idle[:n]) {
			t.Errorf("a %s stall changes ticks", name)
		}
	}
}

func TestAfterAStallTheMarketHasTheMachinesTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var last market.Time
		stalled := false
		stop := run(t, opening(), func(b market.Batch) {
			for _, tick := range b.Ticks {
				last = tick.Time
			}
			if !stalled {
				stalled = true
				time.Sleep(time.Hour)
			}
		})
		time.Sleep(time.Hour + 10*time.Second)
		stop()
		if late := market.TimeOf(time.Now()) - last; late < 0 || late > 50_000 {
			t.Errorf("the last tick is %d µs old", late)
		}
	})
}

func TestAReceiverSlowerThanTheRateCanStopIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := opening()
		cfg.Rate = maxRate
		s, err := New(cfg, market.NewDirectory())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		batches := 0
		err = s.Run(ctx, func(market.Batch) {
			time.Sleep(10 * time.Millisecond) // takes in 400,000 ticks a second
			if batches++; batches == 1000 {
				cancel()
			}
		})
		if err != nil || batches != 1000 {
			t.Errorf("Run returned %v after %d batches, want none after 1000", err, batches)
		}
	})
}

// The clock on the wall is set back, ahead, and back again while the market is open.
func TestTimesNeverGoBack(t *testing.T) {
	cfg := opening()
	companies, err := listings(cfg.Symbols, cfg.Seed)
	if err != nil {
		t.Fatal(err)
	}
	m := newExchange(cfg, companies, make([]market.SymbolID, len(companies)))
	const opening = market.Time(1_700_000_000_000_000)
	m.epoch = opening
	var last market.Time
	for i, wall := range []market.Time{opening, opening - 3_600_000_000, opening + 60_000_000, opening, opening + 60_000_000} {
		m.setClock(wall)
		for _, tick := range m.next(make([]market.Tick, 0, 100), int64(i+1)*1_000_000) {
			if tick.Time < last {
				t.Fatalf("after clock %d, a tick is of %v, and the one before of %v", i, tick.Time.Std(), last.Std())
			}
			last = tick.Time
		}
	}
	if m.epoch != opening+60_000_000 {
		t.Errorf("the epoch is %v: it did not follow the clock ahead", m.epoch.Std())
	}
}

// The clock is set ahead, once within a session and once beyond its end, and the ticks of the step that has begun come after that.
func TestSessionsBeginOnBoundariesAfterTheClockWasSetAhead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := DefaultConfig()
		cfg.Symbols, cfg.Rate = 3, 200
		cfg.Session = rapid.SampledFrom([]time.Duration{time.Minute, 61 * time.Second, 90 * time.Second, 2 * time.Minute}).Draw(t, "session")
		cfg.Past = time.Duration(rapid.Int64Range(0, 2*cfg.Session.Microseconds()).Draw(t, "past")) * time.Microsecond
		now := time.UnixMicro(rapid.Int64Range(1e15, 2e15).Draw(t, "now"))
		first, err := cfg.firstSession(now)
		if err != nil {
			t.Fatal(err)
		}
		m := testMarket(t, cfg)
		m.open(first)
		grain, session := market.Time(cfg.grain()), market.Time(cfg.Session.Microseconds())
		began, last := first.began, first.began
		batch := make([]market.Tick, 0, 7)
		for range rapid.IntRange(1, 40).Draw(t, "rounds") {
			m.setClock(m.epoch + market.Time(rapid.OneOf(rapid.Int64Range(0, 5e6), rapid.Int64Range(0, 1e9)).Draw(t, "ahead")))
			for until := m.due + rapid.Int64Range(0, 40e6).Draw(t, "until"); m.due <= until; {
				for _, tick := range m.next(batch, until) {
					if tick.Kind == market.KindSession {
						if tick.Time != began && tick.Time < began+grain || tick.Time%grain != 0 || (tick.Time-first.began)%session != 0 {
							t.Fatalf("a session of %v begins at %v after one at %v", cfg.Session, tick.Time.Std(), began.Std())
						}
						began = tick.Time
					}
					if tick.Time < last || tick.Time < began || tick.Time >= began+session {
						t.Fatalf("a tick at %v after one at %v, in the session of %v that began at %v", tick.Time.Std(), last.Std(),
							cfg.Session, began.Std())
					}
					last = tick.Time
				}
			}
		}
	})
}
