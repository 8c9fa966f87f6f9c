package admission

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// register shows how much of what is bounded is taken.
func (a *Admission) register(reg prometheus.Registerer) {
	gauge := func(name, help string, value func() float64) {
		promauto.With(reg).NewGaugeFunc(prometheus.GaugeOpts{Namespace: "tickertape", Subsystem: "limits", Name: name, Help: help}, value)
	}
	gauge("memory_bytes", "Memory that subscribers and requests are reckoned to take.", func() float64 { return float64(a.Memory.Used()) })
	gauge("memory_limit_bytes", "How much of it there may be (broadcast.memory).", func() float64 { return float64(a.Memory.Limit()) })
	gauge("places", "Places that subscribers and long polls may take.", func() float64 {
		_, most := a.Places()
		return float64(most)
	})
	gauge("addresses", "Addresses whose budgets are kept.", func() float64 {
		a.mu.Lock()
		defer a.mu.Unlock()
		return float64(len(a.addresses.known))
	})
}
