package consolidate

import (
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed"
	"tickertape/feed/market"
)

// BenchmarkTake is what checking costs: batches of 256 trades and quotes of 10,000 symbols of a market.
func BenchmarkTake(b *testing.B) {
	dir := market.NewDirectory()
	for i := range 10_000 {
		dir.Add(market.Symbol{Symbol: "S" + string(rune('A'+i%26)) + time.Duration(i).String()})
	}
	cfg := DefaultConfig()
	d := New(cfg, 15*time.Second, []feed.Source{&fake{info: vendor}}, dir, nil, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	d.publish = func(market.Batch) {}
	batch := market.Batch{Ticks: make([]market.Tick, 256)}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		at := now()
		for i := range batch.Ticks {
			id := market.SymbolID((n*7919 + i*31) % 10_000)
			k := market.Tick{Symbol: id, Kind: market.KindTrade, Flags: market.Regular, Price: market.Price(100_000_000_000 + n%1000), Size: market.Units(1), Time: at, Received: at, ID: uint64(n + 1)}
			if i%2 == 0 {
				k = market.Tick{Symbol: id, Kind: market.KindQuote, Flags: market.BothSides, Bid: 99_000_000_000, Ask: 101_000_000_000, Time: at, Received: at}
			}
			batch.Ticks[i] = k
			n++
		}
		d.take(d.lines[0], 0, batch)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds()/1e6, "Mticks/s")
}
