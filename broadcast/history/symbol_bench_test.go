package history

import (
	"runtime"
	"testing"

	"tickertape/feed/market"
)

// One trade into the tape and the bars of all intervals.
func BenchmarkTrade(b *testing.B) {
	cfg := DefaultConfig()
	var c Symbol
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		p := trade(morning+market.Time(i)*250_000, i)
		c.Trade(&p, Seq(i), &cfg)
		i++
	}
}

func trade(at market.Time, i int) Trade {
	return Trade{Price: market.Price(100+i%50) * market.Scale, Size: market.Units(1), Time: at, Flags: market.Regular}
}

// What a day of the regular session takes of a symbol that is traded every second.
func BenchmarkDay(b *testing.B) {
	cfg := DefaultConfig()
	const symbols = 50
	for b.Loop() {
		all := make([]Symbol, symbols)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for s := range all {
			for i := range 23_400 {
				p := trade(morning+market.Time(i)*1e6, i)
				all[s].Trade(&p, Seq(i), &cfg)
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/symbols, "B/symbol")
		runtime.KeepAlive(all)
	}
}
