//go:build unix

package feed

import (
	"context"
	"fmt"
	"log/slog"
	"syscall"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed/market"
)

// benchSource publishes the same batch until the benchmark is over.
type benchSource struct {
	b     *testing.B
	batch market.Batch
}

func (s *benchSource) Info() Info { return Info{Name: "bench", Remote: true} }

func (s *benchSource) Run(_ context.Context, publish func(market.Batch)) error {
	before := cpuTime()
	n := 0
	for s.b.Loop() {
		publish(s.batch)
		n++
	}
	s.b.ReportMetric(float64(cpuTime()-before)/float64(n), "cpu-ns/op")
	return nil
}

// cpuTime is what this process has used of all cores, in nanoseconds.
func cpuTime() int64 {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return u.Utime.Nano() + u.Stime.Nano()
}

// BenchmarkSupervised is what supervision adds to a batch of so many quotes. cpu-ns/op counts all cores.
func BenchmarkSupervised(b *testing.B) {
	for _, ticks := range []int{1, 16, 256} {
		b.Run(fmt.Sprintf("ticks=%d", ticks), func(b *testing.B) {
			batch := market.Batch{Ticks: make([]market.Tick, ticks)}
			for i := range batch.Ticks {
				batch.Ticks[i] = market.Tick{Kind: market.KindQuote, Flags: market.BothSides, Bid: 1, Ask: 2, Time: 1, Received: 1}
			}
			b.ReportAllocs()
			s := NewSupervisor(DefaultConfig(), slog.New(slog.DiscardHandler), prometheus.NewRegistry()).Supervise(&benchSource{b, batch}, nil)
			if err := s.Run(b.Context(), func(market.Batch) {}); err != nil {
				b.Fatal(err)
			}
		})
	}
}
