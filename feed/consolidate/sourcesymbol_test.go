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
				if id := i*7919%1000 + 1; !numbered && !w.add(id, 1, false) || numbered && !w.add(i+1, 1, true) {
					t.Fatalf("%d was there", i)
				}
			}
			for i := range uint64(windowSize) {
				if id := i*7919%1000 + 1; !numbered && w.add(id, 1, false) || numbered && w.add(i+1, 1, true) {
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
		if got := w.add(tc.id, market.Time(tc.id), true); got != tc.want {
			t.Errorf("trade %d: new %v, want %v", tc.id, got, tc.want)
		}
	}
}
