package consolidate

import (
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed"
	"tickertape/feed/market"
)

// BenchmarkVisit is a round of visits of all symbols. max-µs and p99-µs are how long one slice takes, which is how long a
// batch that has just come waits.
func BenchmarkVisit(b *testing.B) {
	for _, symbols := range []int{100, 10_000} {
		b.Run(fmt.Sprintf("symbols=%d", symbols), func(b *testing.B) {
			dir := market.NewDirectory()
			first := make([]market.Tick, symbols)
			for i := range first {
				dir.Add(market.Symbol{Symbol: fmt.Sprint("S", i)})
				first[i] = trade(market.SymbolID(i), "100")
			}
			sources := []feed.Source{&fakeSource{info: remote}, &fakeSource{info: feed.Info{Name: "standby", Remote: true}}}
			f := New(DefaultConfig(), 15*time.Second, sources, dir, nil, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
			c := f.consolidator
			c.out.publish = func(market.Batch) {}
			for _, from := range f.connections {
				c.receive(from, market.Batch{Status: &market.Status{State: market.Live}, Ticks: first}, time.Now())
			}
			var held []time.Duration
			b.ReportAllocs()
			for b.Loop() {
				for {
					began := time.Now()
					c.visitSlice(began)
					held = append(held, time.Since(began))
					if c.rounds.next == 0 {
						break
					}
				}
			}
			slices.Sort(held)
			micros := func(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
			b.ReportMetric(micros(held[len(held)-1]), "max-µs")
			b.ReportMetric(micros(held[len(held)*99/100]), "p99-µs")
			b.ReportMetric(micros(held[len(held)/2]), "median-µs")
		})
	}
}
