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
	gauge("memory_bytes", "Memory that clients take, as the server estimates it.", func() float64 { return float64(a.Memory.Used()) })
	gauge("memory_limit_bytes", "Memory that clients may take (broadcast.memory).", func() float64 { return float64(a.Memory.Limit()) })
	gauge("places", "Most subscribers and long polls at once.", func() float64 {
		_, most := a.Places()
		return float64(most)
	})
	gauge("addresses", "Client addresses whose budgets are kept.", func() float64 {
		a.mu.Lock()
		defer a.mu.Unlock()
		return float64(len(a.addresses.known))
	})
}
