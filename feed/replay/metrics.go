package replay

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"tickertape/feed/recording"
)

// metrics are those of a replay.
type metrics struct {
	bad map[recording.Reason]prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) *metrics {
	rows := promauto.With(reg).NewCounterVec(prometheus.CounterOpts{Namespace: "tickertape", Subsystem: "feed",
		Name: "bad_rows_total", Help: "Bad rows of a recording that were skipped while it was played, by reason."}, []string{"reason"})
	m := &metrics{bad: map[recording.Reason]prometheus.Counter{}}
	for _, r := range recording.Reasons() {
		m.bad[r] = rows.WithLabelValues(string(r))
	}
	return m
}
