package feed

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	ticks    *prometheus.CounterVec // by kind
	status   *prometheus.GaugeVec   // by state: 1 for the one that holds
	lastTick prometheus.Gauge
}

var kindNames = [...]string{KindTrade: "trade", KindQuote: "quote", KindState: "state", KindSession: "session"}

func newMetrics(reg prometheus.Registerer, source string) *metrics {
	f := promauto.With(prometheus.WrapRegistererWith(prometheus.Labels{"source": source}, reg))
	return &metrics{
		ticks: f.NewCounterVec(prometheus.CounterOpts{Namespace: "tickertape", Subsystem: "feed",
			Name: "ticks_total", Help: "Ticks that the source published, by kind."}, []string{"kind"}),
		status: f.NewGaugeVec(prometheus.GaugeOpts{Namespace: "tickertape", Subsystem: "feed",
			Name: "status", Help: "State of the source: 1 for the state it is in, 0 for the others."}, []string{"state"}),
		lastTick: f.NewGauge(prometheus.GaugeOpts{Namespace: "tickertape", Subsystem: "feed",
			Name: "last_tick_timestamp_seconds", Help: "When the source last published a tick, by this machine's clock."}),
	}
}

// count adds the batch's ticks, one addition a kind.
func (m *metrics) count(ticks []Tick) {
	var kinds [len(kindNames)]int
	for i := range ticks {
		kinds[ticks[i].Kind]++
	}
	for kind, n := range kinds {
		if n > 0 {
			m.ticks.WithLabelValues(kindNames[kind]).Add(float64(n))
		}
	}
}

func (m *metrics) tell(s State) {
	for _, state := range States() {
		value := 0.0
		if state == s {
			value = 1
		}
		m.status.WithLabelValues(state.String()).Set(value)
	}
}
