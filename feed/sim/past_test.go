package sim

import (
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed/market"
)

// opening is the default market at its first opening.
func opening() Config {
	cfg := DefaultConfig()
	cfg.Past = 0
	return cfg
}

func TestPastIsPublishedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := DefaultConfig()
		began := market.TimeOf(time.Now())
		var before, after int
		var volume [2]market.Quantity // of an hour, and of ten seconds
		last := market.Time(0)
		state := market.Down
		stop := run(t, cfg, func(b market.Batch) {
			if b.Status != nil {
				state = b.Status.State
			}
			for i := range b.Ticks {
				k := &b.Ticks[i]
				if (state == market.Live) != (k.Time >= began) {
					t.Fatalf("a tick at %v while the market is %v", k.Time-began, state)
				}
				if k.Time < last {
					t.Fatalf("tick at %v after one at %v", k.Time, last)
				}
				last = k.Time
				part := 0
				if k.Time < began {
					before++
					if now := market.TimeOf(time.Now()); now != began || k.Received != now {
						t.Fatalf("a tick of the past at %v, received %v", now-began, k.Received-began)
					}
				} else {
					after++
					part = 1
				}
				if k.Kind == market.KindTrade {
					volume[part], _ = volume[part].Add(k.Size)
				}
			}
		})
		time.Sleep(10 * time.Second)
		stop()
		if before < pastTicks*8/10 || before > pastTicks*12/10 {
			t.Errorf("%d ticks of the past, want some %d", before, pastTicks)
		}
		if want := 10 * cfg.Rate; after < want*9/10 || after > want*11/10 {
			t.Errorf("%d ticks in ten seconds, want some %d", after, want)
		}
		if hour := volume[1].Scaled(360); volume[0].Compare(hour.Scaled(2)) > 0 || volume[0].Scaled(2).Compare(hour) < 0 {
			t.Errorf("volume %v in the past hour, %v an hour after it", volume[0], hour)
		}
	})
}

func TestTicksAreNotLateAfterAPastThatTookLongToPublish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		state := market.Down
		ticks := 0
		stop := run(t, DefaultConfig(), func(b market.Batch) {
			if b.Status != nil {
				state = b.Status.State
			}
			if state != market.Live {
				time.Sleep(10 * time.Millisecond) // 0.7 s in all
				return
			}
			for i := range b.Ticks {
				ticks++
				if age := market.TimeOf(time.Now()) - b.Ticks[i].Time; age < 0 || age > market.Time((100*time.Millisecond).Microseconds()) {
					t.Fatalf("a tick %d µs after its time", age)
				}
			}
		})
		time.Sleep(10 * time.Second)
		stop()
		if ticks == 0 {
			t.Error("no tick after the past")
		}
	})
}

func TestPastIsShorterForManySymbols(t *testing.T) {
	for symbols, want := range map[int]time.Duration{1: time.Hour, 500: time.Hour, 5000: 400 * time.Second, 10_000: 200 * time.Second} {
		cfg := DefaultConfig()
		cfg.Symbols = symbols
		span, rate := cfg.past()
		if got := time.Duration(span) * time.Microsecond; got != want || rate < 1 || rate > int64(cfg.Rate) {
			t.Errorf("%d symbols: %v at %d ticks a second, want %v", symbols, got, rate, want)
		}
	}
}
