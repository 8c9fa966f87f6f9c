package sim

import (
	"fmt"
	"testing"

	"tickertape/feed/market"
)

// One operation is one tick.
func BenchmarkNext(b *testing.B) {
	for _, symbols := range []int{1, 500, 10_000} {
		for _, rate := range []int{2000, maxRate} {
			b.Run(fmt.Sprintf("symbols=%d/rate=%d", symbols, rate), func(b *testing.B) {
				cfg := opening()
				cfg.Symbols, cfg.Rate = symbols, rate
				m := testMarket(b, cfg)
				batch := make([]market.Tick, 0, batchSize)
				b.ReportAllocs()
				for made := 0; made < b.N; {
					made += len(m.next(batch, m.due+5000))
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ticks/s")
			})
		}
	}
}

func BenchmarkNew(b *testing.B) {
	cfg := opening()
	cfg.Symbols = maxSymbols
	for b.Loop() {
		if _, err := New(cfg, market.NewDirectory()); err != nil {
			b.Fatal(err)
		}
	}
}
