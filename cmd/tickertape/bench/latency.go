package bench

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	longest = time.Minute      // an older time comes from a recording, or from another clock
	early   = time.Millisecond // by less than this, two readings of one clock may be in the wrong order
)

// latency is a distribution of durations, exact to 1 %, in 25 KiB however many there are. It is not safe for concurrent
// use.
type latency struct {
	spans *hdrhistogram.Histogram // µs
	wild  int64                   // how many were below zero, or longer than longest
}

func newLatency() *latency {
	return &latency{spans: hdrhistogram.New(1, longest.Microseconds(), 2)}
}

// record takes a span in µs.
func (l *latency) record(us int64) {
	if us < -early.Microseconds() || us > longest.Microseconds() {
		l.wild++
		return
	}
	l.spans.RecordValue(max(us, 0)) // within the range
}

// merge adds what from has.
func (l *latency) merge(from *latency) {
	l.spans.Merge(from.spans) // of the same range
	l.wild += from.wild
}

func (l *latency) reset() {
	l.spans.Reset()
	l.wild = 0
}

// comparable reports whether the two clocks agree that the durations were measured with.
func (l *latency) comparable() bool { return l.wild*10 <= l.wild+l.spans.TotalCount() }

// Percentiles are of a distribution of durations, in milliseconds, exact to 1 %.
type Percentiles struct {
	Samples int64   `json:"samples"`
	P50     float64 `json:"p50_ms"`
	P90     float64 `json:"p90_ms"`
	P99     float64 `json:"p99_ms"`
	P999    float64 `json:"p99_9_ms"`
	Max     float64 `json:"max_ms"`
}

// percentiles is nil when nothing was measured, or nothing can be compared.
func (l *latency) percentiles() *Percentiles {
	if l.spans.TotalCount() == 0 || !l.comparable() {
		return nil
	}
	at := func(q float64) float64 { return float64(l.spans.ValueAtQuantile(q)) / 1e3 }
	return &Percentiles{
		Samples: l.spans.TotalCount(),
		P50:     at(50), P90: at(90), P99: at(99), P999: at(99.9), Max: float64(l.spans.Max()) / 1e3,
	}
}
