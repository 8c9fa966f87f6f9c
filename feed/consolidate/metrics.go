package consolidate

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"tickertape/feed/market"
)

type metrics struct {
	refused *prometheus.CounterVec // by source and reason
	status  *prometheus.GaugeVec   // by source and state: 1 for the one that holds
	skew    *prometheus.GaugeVec   // by source
	changes *prometheus.CounterVec // by source
}

func newMetrics(reg prometheus.Registerer) *metrics {
	const ns, sub = "tickertape", "feed"
	f := promauto.With(reg)
	return &metrics{
		refused: f.NewCounterVec(prometheus.CounterOpts{Namespace: ns, Subsystem: sub,
			Name: "ticks_refused_total", Help: "Ticks that could not be believed, by source and reason: price, old, future, duplicate, crossed or move."}, []string{"source", "reason"}),
		status: f.NewGaugeVec(prometheus.GaugeOpts{Namespace: ns, Subsystem: sub,
			Name: "status", Help: "State of the source: 1 for the state it is in, 0 for the others."}, []string{"source", "state"}),
		skew: f.NewGaugeVec(prometheus.GaugeOpts{Namespace: ns, Subsystem: sub,
			Name: "clock_skew_seconds", Help: "How far the exchange's clock is ahead of this machine's, by the least delayed tick of the last minutes; below zero where it is behind, or the way is long."}, []string{"source"}),
		changes: f.NewCounterVec(prometheus.CounterOpts{Namespace: ns, Subsystem: sub,
			Name: "source_changes_total", Help: "Times that a symbol's prices changed over to the source, since another failed or this one is well again."}, []string{"source"}),
	}
}

func (m *metrics) tell(source string, s market.State) {
	for _, state := range market.States() {
		value := 0.0
		if state == s {
			value = 1
		}
		m.status.WithLabelValues(source, state.String()).Set(value)
	}
}
