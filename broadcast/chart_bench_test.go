package broadcast

import (
	"runtime"
	"testing"
	"time"

	"tickertape/feed/market"
)

// One trade into the tape and the bars of all intervals.
func BenchmarkChartTrade(b *testing.B) {
	cfg := DefaultConfig()
	var c chart
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		c.trade(&trade{price: market.Price(100+i%50) * market.Scale, size: market.Units(1), time: morning + market.Time(i)*250_000, flags: market.Regular}, Seq(i), &cfg)
		i++
	}
}

// What a day of the regular session takes of a symbol that is traded every second.
func BenchmarkChartDay(b *testing.B) {
	cfg := DefaultConfig()
	const symbols = 50
	for b.Loop() {
		charts := make([]chart, symbols)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for s := range charts {
			for i := range 23_400 {
				charts[s].trade(&trade{price: market.Price(100+i%50) * market.Scale, size: market.Units(1), time: morning + market.Time(i)*1e6, flags: market.Regular}, Seq(i), &cfg)
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/symbols, "B/symbol")
		runtime.KeepAlive(charts)
	}
}

// What is looked at in each flush for one who follows a minute's bars and the trades of a symbol.
func BenchmarkNextSeries(b *testing.B) {
	board := quietBoard(1)
	cfg := DefaultConfig()
	board.store.cfg = &cfg
	s := board.store
	f := &followed{series: []series{{kind: 2, fresh: true}, {kind: ofTrades, fresh: true}}}
	var p part
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		s.mu.Lock()
		s.enter([]traded{{tick: market.Tick{Kind: market.KindTrade, Flags: market.Regular, Price: market.Scale, Size: market.Units(1), Time: morning + market.Time(i)*100_000}}}, s.seq+1)
		s.seq++
		s.mu.Unlock()
		for s.nextSeries(&p, f, true, time.Time{}) {
		}
	}
}
