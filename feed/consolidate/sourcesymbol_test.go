package consolidate

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"tickertape/feed/market"
)

func TestSkewOfARecorderBehindIsAboveZero(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := one(t, DefaultConfig())
		for i := range 100 {
			k := trade(0, "100")
			k.Time += market.Time(1_250_000 + i%30*1000)
			w.says("market", ticks(k))
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(visitEvery)
		synctest.Wait()
		if got := testutil.ToFloat64(w.feed.consolidator.metrics.skew.WithLabelValues("market")); got != 1.279 {
			t.Errorf("%v, want 1.279", got)
		}
	})
}

func TestRepeatedTradeIsRecognised(t *testing.T) {
	for name, numbered := range map[string]bool{"numbered": true, "not numbered": false} {
		t.Run(name, func(t *testing.T) {
			var w window
			for i := range uint64(windowSize) {
				if id := i*7919%1000 + 1; !numbered && !w.add(&market.Tick{ID: id}, 1, false) || numbered && !w.add(&market.Tick{ID: i + 1}, 1, true) {
					t.Fatalf("%d was there", i)
				}
			}
			for i := range uint64(windowSize) {
				if id := i*7919%1000 + 1; !numbered && w.add(&market.Tick{ID: id}, 1, false) || numbered && w.add(&market.Tick{ID: i + 1}, 1, true) {
					t.Fatalf("%d was not there", i)
				}
			}
		})
	}
}

func TestTradeThatWasMissingIsNotARepeatedOne(t *testing.T) {
	var w window
	for _, tc := range []struct {
		id   uint64
		want bool
	}{{10, true}, {14, true}, {12, true}, {12, false}, {10, false}, {9, false}, {15, true}, {13, true}, {11, true}, {11, false}} {
		if got := w.add(&market.Tick{ID: tc.id}, market.Time(tc.id), true); got != tc.want {
			t.Errorf("trade %d: new %v, want %v", tc.id, got, tc.want)
		}
	}
}

// FINRA's reporting facilities share one letter, and number their trades each by itself.
func TestTwoTradesCanHaveOneID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := one(t, DefaultConfig())
		first := trade(0, "100")
		first.ID = 7
		dearer, larger, later, again := first, first, first, first
		dearer.Price += 1e9
		larger.Size = market.Units(2)
		later.Time++
		w.says("market", ticks(first, dearer, larger, later, again))
		if got := w.quote(0); got.Volume != market.Units(5) || got.Count != 4 || w.refused("market", duplicate) != 1 {
			t.Errorf("volume %v of %d trades, %v refused; want 5 of 4, and 1", got.Volume, got.Count, w.refused("market", duplicate))
		}
		undo := market.Correction{ID: 7, Old: market.Print{Price: larger.Price, Size: larger.Size, Flags: larger.Flags}, Time: now()}
		w.says("market", market.Batch{Corrections: []market.Correction{undo}})
		if got := w.quote(0); got.Volume != market.Units(3) || got.Count != 3 {
			t.Errorf("cancelled: volume %v of %d trades, want 3 of 3", got.Volume, got.Count)
		}
	})
}

// The cancellation is of the trade that counts, and not of the one that is held or was refused and has the same id.
func TestACancellationFindsItsTradeAmongThoseOfOneID(t *testing.T) {
	for name, next := range map[string]string{"held": "", "refused": "101"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := one(t, DefaultConfig())
				good, bad := trade(0, "100"), trade(0, "1000")
				good.ID, bad.ID = 7, 7
				w.says("market", ticks(trade(0, "99"), good, bad))
				want := market.Units(1)
				if next != "" {
					w.says("market", ticks(trade(0, next)))
					want = market.Units(2)
				}
				undo := market.Correction{ID: 7, Old: market.Print{Price: good.Price, Size: good.Size, Flags: good.Flags}, Time: now()}
				w.says("market", market.Batch{Corrections: []market.Correction{undo}})
				if got := w.quote(0); got.Volume != want {
					t.Errorf("volume %v, want %v", got.Volume, want)
				}
			})
		})
	}
}
