package broadcast

import (
	"math"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"tickertape/broadcast/board"
	"tickertape/broadcast/history"
	"tickertape/feed/market"
)

// tiers are the rates that were asked for, for the label: each holds those that asked for so many
// updates a second or more.
var tiers = [...]struct {
	least float64
	label string
}{{math.Inf(1), "full"}, {5, "5"}, {2, "2"}, {1, "1"}, {0, "below 1"}}

// tierOf is the tier of a rate, where 0 is each flush.
func tierOf(rate float64) int {
	if rate == 0 {
		return 0
	}
	return slices.IndexFunc(tiers[:], func(t struct {
		least float64
		label string
	}) bool {
		return rate >= t.least
	})
}

type metrics struct {
	ticks       prometheus.Counter
	rejected    [market.NumRejects]prometheus.Counter
	unknown     prometheus.Counter // rejected for their symbol
	conflated   prometheus.Counter
	flushes     prometheus.Counter
	flushTime   prometheus.Histogram
	flushQuotes prometheus.Histogram
	subscribers *prometheus.GaugeVec
	connects    *prometheus.CounterVec
	tiers       [len(tiers)]prometheus.Gauge
	messages    [len(transports)]prometheus.Counter
	bytes       [len(transports)]prometheus.Counter
	writes      [LongPoll]prometheus.Counter // of streams
	gone        *prometheus.CounterVec
	age         prometheus.Histogram
	catchUps    prometheus.Counter
	merged      prometheus.Counter
	stalls      prometheus.Counter
	slow        prometheus.Gauge
	unmended    prometheus.Counter
}

func newMetrics(reg prometheus.Registerer, b *board.Board) *metrics {
	const ns, sub = "tickertape", "broadcast"
	f := promauto.With(reg)
	reg.MustRegister(symbolsByState{b}, keptHistory{b})
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
		ticks: counter("ticks_total", "Ticks that the board accepted, of those that the consolidated feed passed on.").WithLabelValues(),
		conflated: counter("ticks_coalesced_total",
			"Ticks of symbols that had another tick since the newest flush.").WithLabelValues(),
		flushes: counter("flushes_total", "Flushes that published quotes.").WithLabelValues(),
		flushTime: histogram("flush_duration_seconds",
			"Time of a flush, from its commit until the last subscriber has been offered its update.", prometheus.ExponentialBuckets(50e-6, 2, 14)),
		flushQuotes: histogram("flush_quotes", "Quotes that a flush published.", prometheus.ExponentialBuckets(1, 4, 9)),
		subscribers: gauge("subscribers", "Subscribers connected, by transport. A long poll counts while it waits.", "transport"),
		connects: counter("connects_total", "Subscribers that came, by transport and by what became of the request.",
			"transport", "result"), // accepted, full, limited, draining, origin
		gone: counter("disconnects_total", "Subscribers gone, by transport and reason.", "transport", "reason"),
		age: histogram("quote_age_seconds",
			"Age of the oldest change in an update when the update has been written: since its newest tick was received.",
			prometheus.ExponentialBuckets(500e-6, 2, 16)),
		catchUps: counter("catch_ups_total", "Updates made for one subscriber that had missed a shared one.").WithLabelValues(),
		merged: counter("updates_merged_total",
			"Updates that a subscriber did not get because its connection was full. A later update carried what was in them.").WithLabelValues(),
		stalls: counter("stalls_total", "Times that a connection was still full when the next update was ready.").WithLabelValues(),
		slow:   gauge("slow_subscribers", "Subscribers that read more slowly than they asked for.").WithLabelValues(),
	}
	m.unmended = counter("unmended_corrections_total",
		"Corrections of trades that are kept no longer. Their bars stay as they were.").WithLabelValues()
	rejected := counter("ticks_rejected_total", "Ticks, images and corrections that the board did not accept, by reason.", "reason")
	for r := market.Accepted + 1; r < market.NumRejects; r++ {
		m.rejected[r] = rejected.WithLabelValues(r.String())
	}
	m.unknown = rejected.WithLabelValues("symbol")
	messages := counter("messages_total", "Messages sent, by transport.", "transport")
	bytes := counter("sent_bytes_total", "Bytes of messages sent, framing included, by transport.", "transport")
	writes := counter("writes_total", "Writes to connections of subscribers, by transport. One write may carry several messages.", "transport")
	for i, t := range transports {
		m.subscribers.WithLabelValues(t)
		if i < len(m.writes) {
			m.writes[i] = writes.WithLabelValues(t)
		}
		m.messages[i] = messages.WithLabelValues(t)
		m.bytes[i] = bytes.WithLabelValues(t)
	}
	asked := gauge("subscribers_by_rate",
		"Subscribers over WebSocket and SSE, by the updates a second that they asked for: each tier holds those from its figure up.", "tier")
	for i := range tiers {
		m.tiers[i] = asked.WithLabelValues(tiers[i].label)
	}
	return m
}

// gathered counts what became of a batch.
func (m *metrics) gathered(g *board.Gathered) {
	m.unknown.Add(float64(g.Unknown))
	m.ticks.Add(float64(g.Alive))
	m.conflated.Add(float64(g.Conflated))
	m.reject(&g.Rejected)
}

// committed counts what became of a record.
func (m *metrics) committed(c board.Committed) {
	m.ticks.Add(float64(c.Ticks))
	m.unmended.Add(float64(c.Uncorrected))
	m.reject(&c.Rejected)
}

func (m *metrics) reject(by *[market.NumRejects]int) {
	for r, n := range by {
		if n > 0 && market.Reject(r) != market.Accepted {
			m.rejected[r].Add(float64(n))
		}
	}
}

// flushed counts a flush that has been published.
func (m *metrics) flushed(quotes int, took time.Duration) {
	if quotes == 0 {
		return
	}
	m.flushes.Inc()
	m.flushQuotes.Observe(float64(quotes))
	m.flushTime.Observe(took.Seconds())
}

// watchShards shows how late they are when it is asked.
func watchShards(reg prometheus.Registerer, h *Hub) {
	promauto.With(reg).NewGaugeFunc(prometheus.GaugeOpts{Namespace: "tickertape", Subsystem: "broadcast", Name: "shard_late_seconds",
		Help: "How long the slowest shard has had a flush that it has not finished, or has been busy with one job."},
		func() float64 { return h.Late().Seconds() })
}

// watchRelays shows how many there are when it is asked.
func watchRelays(reg prometheus.Registerer, p *relayPlaces) {
	promauto.With(reg).NewGaugeFunc(prometheus.GaugeOpts{Namespace: "tickertape", Subsystem: "broadcast", Name: "relays",
		Help: "Subscribers that follow bars and trades as relays do."}, func() float64 { return float64(p.taken.Load()) })
}

// symbolsByState counts the symbols when it is asked, since no flush should.
type symbolsByState struct{ board *board.Board }

var symbolsDesc = prometheus.NewDesc("tickertape_broadcast_symbols",
	"Symbols on the board, by the state of their quote: live, stale, halted, closed or down.", []string{"state"}, nil)

func (c symbolsByState) Describe(ch chan<- *prometheus.Desc) { ch <- symbolsDesc }

func (c symbolsByState) Collect(ch chan<- prometheus.Metric) {
	for state, n := range c.board.States() {
		ch <- prometheus.MustNewConstMetric(symbolsDesc, prometheus.GaugeValue, float64(n), market.State(state).String())
	}
}

// keptHistory counts bars and trades when it is asked.
type keptHistory struct{ board *board.Board }

var (
	barsDesc   = prometheus.NewDesc("tickertape_broadcast_bars", "Bars kept, by interval; each takes 88 bytes.", []string{"interval"}, nil)
	tradesDesc = prometheus.NewDesc("tickertape_broadcast_trades", "Trades kept; each takes 88 bytes.", nil, nil)
)

func (k keptHistory) Describe(ch chan<- *prometheus.Desc) {
	ch <- barsDesc
	ch <- tradesDesc
}

func (k keptHistory) Collect(ch chan<- prometheus.Metric) {
	bars, trades := k.board.Kept()
	for i, n := range bars {
		ch <- prometheus.MustNewConstMetric(barsDesc, prometheus.GaugeValue, float64(n), history.Interval(i).String())
	}
	ch <- prometheus.MustNewConstMetric(tradesDesc, prometheus.GaugeValue, float64(trades))
}
