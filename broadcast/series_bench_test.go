package broadcast

import (
	"testing"
	"time"

	"tickertape/feed/market"
)

// What is looked at in each flush for one who follows a minute's bars and the trades of a symbol.
func BenchmarkNextSeries(b *testing.B) {
	board := quietBoard(1)
	cfg := DefaultConfig()
	board.store.cfg = &cfg
	s := board.store
	f := &followed{series: []series{*seriesOf(0, "1m"), *seriesOf(0, "trades")}}
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
