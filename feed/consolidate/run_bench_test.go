//go:build unix

package consolidate

import (
	"context"
	"fmt"
	"log/slog"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed"
	"tickertape/feed/market"
)

// benchSource publishes batches of fillTicks until the benchmark is over.
type benchSource struct {
	b     *testing.B
	ticks []market.Tick
}

func (s *benchSource) Info() feed.Info { return remote }

func (s *benchSource) Run(_ context.Context, publish func(market.Batch)) error {
	before, n := cpuTime(), 0
	for s.b.Loop() {
		fillTicks(s.ticks, n)
		publish(market.Batch{Ticks: s.ticks})
		n += len(s.ticks)
	}
	s.b.ReportMetric(float64(cpuTime()-before)/float64(n), "cpu-ns/tick")
	s.b.ReportMetric(float64(s.b.Elapsed())/float64(n), "ns/tick")
	return nil
}

// cpuTime is what this process has used of all cores, in nanoseconds.
func cpuTime() int64 {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return u.Utime.Nano() + u.Stime.Nano()
}

// BenchmarkRun is the whole way of a batch, from a supervised source through the consolidated feed. cpu-ns/tick counts all
// cores.
func BenchmarkRun(b *testing.B) {
	for _, ticks := range []int{1, 16, 256} {
		b.Run(fmt.Sprintf("ticks=%d", ticks), func(b *testing.B) {
			b.ReportAllocs()
			log, reg := slog.New(slog.DiscardHandler), prometheus.NewRegistry()
			source := feed.NewSupervisor(feed.DefaultConfig(), log, reg).Supervise(&benchSource{b, make([]market.Tick, ticks)}, nil)
			f := New(DefaultConfig(), 15*time.Second, []feed.Source{source}, symbols10000(b), nil, log, reg)
			if err := f.Run(b.Context(), func(market.Batch) {}); err != nil {
				b.Fatal(err)
			}
		})
	}
}
