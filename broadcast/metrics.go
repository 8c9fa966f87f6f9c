package broadcast

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"tickertape/feed"
)

// Transports, as labels.
const (
	transportWebSocket = "websocket"
	transportSSE       = "sse"
	transportPoll      = "poll"
)

var transports = [...]string{transportWebSocket, transportSSE, transportPoll}

type metrics struct {
	ticks       prometheus.Counter
	rejected    [numRejects]prometheus.Counter
	coalesced   prometheus.Counter
	flushes     prometheus.Counter
	flushTime   prometheus.Histogram
	flushQuotes prometheus.Histogram
	subscribers *prometheus.GaugeVec
	connects    *prometheus.CounterVec
	messages    *prometheus.CounterVec
	bytes       *prometheus.CounterVec
	gone        *prometheus.CounterVec
	age         prometheus.Histogram
	catchUps    prometheus.Counter
	slow        prometheus.Gauge
}

func newMetrics(reg prometheus.Registerer, s *store) *metrics {
	const ns, sub = "tickertape", "broadcast"
	f := promauto.With(reg)
	reg.MustRegister(symbolsByState{store: s})
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return f.NewCounterVec(prometheus.CounterOpts{Namespace: ns, Subsystem: sub, Name: name, Help: help}, labels)
	}
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return f.NewGaugeVec(prometheus.GaugeOpts{Namespace: ns, Subsystem: sub, Name: name, Help: help}, labels)
	}
	histogram := func(name, help string, buckets []float64) prometheus.Histogram {
		return f.NewHistogram(prometheus.HistogramOpts{Namespace: ns, Subsystem: sub, Name: name, Help: help, Buckets: buckets,
			NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 160, NativeHistogramMinResetDuration: 3600e9})
	}
	m := &metrics{
		ticks:       counter("ticks_total", "Ticks taken in.").WithLabelValues(),
		coalesced:   counter("ticks_coalesced_total", "Ticks taken in that were merged with an earlier one of the same symbol before a flush.").WithLabelValues(),
		flushes:     counter("flushes_total", "Flushes that published anything.").WithLabelValues(),
		flushTime:   histogram("flush_duration_seconds", "Time from taking the changed quotes to the last subscriber woken, a flush.", prometheus.ExponentialBuckets(50e-6, 2, 14)),
		flushQuotes: histogram("flush_quotes", "Quotes published by a flush.", prometheus.ExponentialBuckets(1, 4, 9)),
		subscribers: gauge("subscribers", "Subscribers connected, by transport; a long poll counts while it waits.", "transport"),
		connects:    counter("connects_total", "Subscribers that came, by transport and by what became of the request.", "transport", "result"), // accepted, full, draining, origin
		messages:    counter("messages_total", "Messages sent, by transport.", "transport"),
		bytes:       counter("sent_bytes_total", "Bytes of messages sent, framing included, by transport.", "transport"),
		gone:        counter("disconnects_total", "Subscribers gone, by transport and reason.", "transport", "reason"),
		age:         histogram("quote_age_seconds", "Age of the oldest news in an update when it has been written: since its newest tick was received.", prometheus.ExponentialBuckets(500e-6, 2, 16)),
		catchUps:    counter("catch_ups_total", "Updates built for one subscriber that had missed a shared one.").WithLabelValues(),
		slow:        gauge("slow_subscribers", "Subscribers that read more slowly than they asked for.").WithLabelValues(),
	}
	rejected := counter("ticks_rejected_total", "Ticks not taken in, by reason.", "reason")
	for r := accepted + 1; r < numRejects; r++ {
		m.rejected[r] = rejected.WithLabelValues(rejectNames[r])
	}
	for _, t := range transports {
		m.subscribers.WithLabelValues(t)
		m.messages.WithLabelValues(t)
		m.bytes.WithLabelValues(t)
	}
	return m
}

// symbolsByState counts the symbols when it is asked, since no flush should.
type symbolsByState struct{ store *store }

var symbolsDesc = prometheus.NewDesc("tickertape_broadcast_symbols",
	"Symbols on the board, by the state of their quote: live, stale, halted, closed or down.", []string{"state"}, nil)

func (c symbolsByState) Describe(ch chan<- *prometheus.Desc) { ch <- symbolsDesc }

func (c symbolsByState) Collect(ch chan<- prometheus.Metric) {
	for state, n := range c.store.states() {
		ch <- prometheus.MustNewConstMetric(symbolsDesc, prometheus.GaugeValue, float64(n), feed.State(state).String())
	}
}
