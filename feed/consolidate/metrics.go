package consolidate

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"tickertape/feed/market"
)

// metrics are those of the consolidated feed.
type metrics struct {
	refused *prometheus.CounterVec // by source and reason
	late    *prometheus.CounterVec // by source
	status  *prometheus.GaugeVec   // by source and state: 1 for the one that holds
	skew    *prometheus.GaugeVec   // by source
	changes *prometheus.CounterVec // by source
}

func newMetrics(reg prometheus.Registerer) *metrics {
	const ns, sub = "tickertape", "feed"
	f := promauto.With(reg)
	return &metrics{
		refused: f.NewCounterVec(prometheus.CounterOpts{Namespace: ns, Subsystem: sub,
			Name: "ticks_refused_total",
			Help: "Ticks of a source that cannot be true, and so do not reach the board, by reason: price, old, future, duplicate, crossed or move.",
		}, []string{"source", "reason"}),
		late: f.NewCounterVec(prometheus.CounterOpts{Namespace: ns, Subsystem: sub,
			Name: "late_trades_total", Help: "Trades of a source that came after a later one; they count, but are not the last price.",
		}, []string{"source"}),
		status: f.NewGaugeVec(prometheus.GaugeOpts{Namespace: ns, Subsystem: sub,
			Name: "status", Help: "State of the source: 1 for the state that it is in, 0 for the others.",
		}, []string{"source", "state"}),
		skew: f.NewGaugeVec(prometheus.GaugeOpts{Namespace: ns, Subsystem: sub,
			Name: "clock_skew_seconds",
			Help: "Exchange's clock minus this machine's, by the tick delayed least within the last one to two minutes; " +
				"includes that delay, but none by contract.",
		}, []string{"source"}),
		changes: f.NewCounterVec(prometheus.CounterOpts{Namespace: ns, Subsystem: sub,
			Name: "source_changes_total", Help: "Times that the source took over a symbol from another.",
		}, []string{"source"}),
	}
}

// setState sets the gauges of a source.
func (m *metrics) setState(source string, s market.State) {
	for _, state := range market.States() {
		value := 0.0
		if state == s {
			value = 1
		}
		m.status.WithLabelValues(source, state.String()).Set(value)
	}
}
