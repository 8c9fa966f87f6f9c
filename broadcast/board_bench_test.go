package broadcast

import (
	"fmt"
	"testing"
	"time"

	"tickertape/feed"
)

// BenchmarkApply is what a tick costs to take in, in batches of 256 over 10,000 symbols.
func BenchmarkApply(b *testing.B) {
	board := quietBoard(10_000)
	ticks := trades(10_000, 10_000)
	b.ReportAllocs()
	for i := 0; b.Loop(); i += 256 {
		at := i % (len(ticks) - 256)
		board.Apply(feed.Batch{Ticks: ticks[at : at+256]})
	}
	b.ReportMetric(float64(b.N)*256/b.Elapsed().Seconds(), "ticks/s")
}

// BenchmarkFlush is what a flush costs that 50 symbols of a shared watchlist changed in, without the
// writes.
func BenchmarkFlush(b *testing.B) {
	for _, subscribers := range []int{1, 100, 10_000} {
		b.Run(fmt.Sprintf("subscribers=%d", subscribers), func(b *testing.B) {
			board := quietBoard(5000)
			list := symbolList{}
			for i := range 50 {
				list.ids = append(list.ids, feed.SymbolID(i))
			}
			for range subscribers {
				board.watches.join(newMember(), list, feed.AllFields, 0)
			}
			ticks := trades(50, 50)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				for j := range ticks {
					ticks[j].Price = feed.Price(i%1000+1) * feed.Scale
				}
				board.Apply(feed.Batch{Ticks: ticks})
				board.flush(time.Now())
			}
		})
	}
}
