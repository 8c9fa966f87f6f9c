package feed

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"tickertape/feed/market"
)

// metrics are those of one source, with all its connections.
type metrics struct {
	ticks       *prometheus.CounterVec // by kind
	breaks      *prometheus.CounterVec // by cause
	corrections prometheus.Counter
	lost        prometheus.Counter
	renewals    prometheus.Counter
	lastTick    prometheus.Gauge
}

var kindNames = [...]string{market.KindTrade: "trade", market.KindQuote: "quote", market.KindState: "state", market.KindSession: "session", market.KindAlive: "alive"}

func newMetrics(reg prometheus.Registerer, source string) *metrics {
	const ns, sub = "tickertape", "feed"
	f := promauto.With(prometheus.WrapRegistererWith(prometheus.Labels{"source": source}, reg))
	m := &metrics{
		ticks: f.NewCounterVec(prometheus.CounterOpts{Namespace: ns, Subsystem: sub,
			Name: "ticks_total", Help: "Ticks that the source published, by kind."}, []string{"kind"}),
		breaks: f.NewCounterVec(prometheus.CounterOpts{Namespace: ns, Subsystem: sub,
			Name: "breaks_total", Help: "Connections to the source that ended, by cause: lost, restart, silent, refused, taken or final."}, []string{"cause"}),
		corrections: f.NewCounter(prometheus.CounterOpts{Namespace: ns, Subsystem: sub,
			Name: "corrections_total", Help: "Trades that the source took back or put right."}),
		lost: f.NewCounter(prometheus.CounterOpts{Namespace: ns, Subsystem: sub,
			Name: "lost_messages_total", Help: "Messages of the source that are missing, as their numbers show."}),
		renewals: f.NewCounter(prometheus.CounterOpts{Namespace: ns, Subsystem: sub,
			Name: "renewals_total", Help: "Connections to the source that were replaced before their life was over."}),
		lastTick: f.NewGauge(prometheus.GaugeOpts{Namespace: ns, Subsystem: sub,
			Name: "last_tick_timestamp_seconds", Help: "When the source last published a tick, by this machine's clock."}),
	}
	for _, cause := range causeNames {
		m.breaks.WithLabelValues(cause)
	}
	return m
}

// count adds a batch's ticks, one addition a kind.
func (m *metrics) count(ticks []market.Tick, corrections int) {
	var kinds [len(kindNames)]int
	for i := range ticks {
		kinds[ticks[i].Kind]++
	}
	for kind, n := range kinds {
		if n > 0 {
			m.ticks.WithLabelValues(kindNames[kind]).Add(float64(n))
		}
	}
	m.corrections.Add(float64(corrections))
}
