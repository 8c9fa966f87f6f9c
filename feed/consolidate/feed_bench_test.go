package consolidate

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed"
	"tickertape/feed/market"
)

// fillTicks makes the next ticks, from the nth on: half trades, half quotes, of 10,000 symbols.
func fillTicks(ticks []market.Tick, n int) {
	at := now()
	for i := range ticks {
		k := &ticks[i]
		*k = market.Tick{Symbol: market.SymbolID((n*7919 + i*31) % 10_000), Time: at, Received: at}
		if (n+i)%2 == 0 {
			k.Kind, k.Flags, k.Bid, k.Ask = market.KindQuote, market.BothSides, 99_000_000_000, 101_000_000_000
		} else {
			k.Kind, k.Flags, k.Price = market.KindTrade, market.Regular, market.Price(100_000_000_000+n%1000)
			k.Size, k.ID = market.Units(1), uint64(n+i+1)
		}
	}
}

// symbols10000 is a directory for fillTicks.
func symbols10000(b *testing.B) *market.Directory {
	dir := market.NewDirectory()
	for i := range 10_000 {
		if _, err := dir.Add(market.Symbol{Symbol: fmt.Sprint("S", i)}); err != nil {
			b.Fatal(err)
		}
	}
	return dir
}

// BenchmarkTake is what checking costs: batches of 256 trades and quotes, without goroutines.
func BenchmarkTake(b *testing.B) {
	sources := []feed.Source{&fakeSource{info: remote}}
	f := New(DefaultConfig(), 15*time.Second, sources, symbols10000(b), nil, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	f.consolidator.out.publish = func(market.Batch) {}
	batch := market.Batch{Ticks: make([]market.Tick, 256)}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		fillTicks(batch.Ticks, n)
		f.consolidator.receive(f.connections[0], batch, time.Now())
		n += len(batch.Ticks)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds()/1e6, "Mticks/s")
}
