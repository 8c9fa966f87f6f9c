package consolidate

import (
	"testing"
	"testing/synctest"

	"tickertape/feed/market"
)

// Bars and trades of a source are published while it is the one that counts for their symbol.
func TestSeriesOfTheSourceThatCountsArePublished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := two(t)
		series := market.Batch{Bars: []market.Bars{{Interval: "1m", Bars: []market.Bar{{Start: 60e6, Count: 1}}}},
			Trades: []market.Trades{{Trades: []market.NumberedTrade{{Number: 1}}}, {Symbol: 9}}}
		says := func(name string, want int) {
			t.Helper()
			w.series = 0
			w.says(name, series)
			if w.series != want {
				t.Errorf("%d bars and trades of %s are published, want %d", w.series, name, want)
			}
		}
		w.live("first", "second")
		says("second", 2) // nobody counts yet
		w.says("second", ticks(trade(0, "100.2")))
		says("second", 2)
		says("first", 0)
		w.says("first", ticks(trade(0, "100.1")))
		says("second", 0)
		says("first", 2)
	})
}
