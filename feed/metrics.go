package feed

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"tickertape/feed/market"
)

// metrics are those of one source; its connections share them.
type metrics struct {
	ticks       *prometheus.CounterVec // by kind
	breaks      *prometheus.CounterVec // by cause
	corrections prometheus.Counter
	lost        prometheus.Counter
	renewals    prometheus.Counter
	lastTick    prometheus.Gauge
}

func newMetrics(reg prometheus.Registerer, source string) *metrics {
	const ns, sub = "tickertape", "feed"
	f := promauto.With(prometheus.WrapRegistererWith(prometheus.Labels{"source": source}, reg))
	m := &metrics{
		ticks: f.NewCounterVec(prometheus.CounterOpts{Namespace: ns, Subsystem: sub,
			Name: "ticks_total",
			Help: "Ticks that the source published, before any check, by kind: trade, quote, state, session, alive, roll, reopen or adjust.",
		}, []string{"kind"}),
		breaks: f.NewCounterVec(prometheus.CounterOpts{Namespace: ns, Subsystem: sub,
			Name: "breaks_total",
			Help: "Connections to the source that broke, by cause: lost, restart, silent, refused, maintenance, taken or final.",
		}, []string{"cause"}),
		corrections: f.NewCounter(prometheus.CounterOpts{Namespace: ns, Subsystem: sub,
			Name: "corrections_total", Help: "Trades that the source cancelled or corrected."}),
		lost: f.NewCounter(prometheus.CounterOpts{Namespace: ns, Subsystem: sub,
			Name: "lost_messages_total", Help: "Messages that did not arrive, by gaps in their numbers."}),
		renewals: f.NewCounter(prometheus.CounterOpts{Namespace: ns, Subsystem: sub,
			Name: "renewals_total", Help: "Attempts to replace a connection before its limited life is over."}),
		lastTick: f.NewGauge(prometheus.GaugeOpts{Namespace: ns, Subsystem: sub,
			Name: "last_tick_timestamp_seconds", Help: "When the source last published data, by this machine's clock, in seconds since 1970."}),
	}
	for _, cause := range causeNames {
		m.breaks.WithLabelValues(cause)
	}
	return m
}

// count adds the ticks of a batch, with one addition for each kind.
func (m *metrics) count(ticks []market.Tick, corrections int) {
	var kinds [market.NumKinds]int
	for i := range ticks {
		kinds[ticks[i].Kind]++
	}
	for kind, n := range kinds {
		if n > 0 {
			m.ticks.WithLabelValues(market.Kind(kind).String()).Add(float64(n))
		}
	}
	m.corrections.Add(float64(corrections))
}
