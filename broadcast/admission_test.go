package broadcast

import (
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/wire"
)

// openDoor lets everyone in whom the default budgets do.
func openDoor(cfg Config) *admission.Admission {
	places := cfg.MaxSubscribers
	if places == 0 {
		places = 10_000
	}
	reg := prometheus.NewRegistry()
	return admission.New(admission.DefaultConfig(), admission.Options{Places: places, Retry: cfg.Retry},
		admission.NewRefusalLog(slog.New(slog.DiscardHandler), reg), reg)
}

// placed is the place of one who has been let in.
func (h *Hub) placed() *admission.Place {
	p, refusal := h.admission.Admit(admission.Visitor{}, admission.Stream, nil)
	if refusal != nil {
		panic(refusal)
	}
	return p
}

// free charges nothing.
func free(admission.Cost) error { return nil }

// wanted are the requests of a query, as a stream begins with them: the subscriber's place keeps the memory that they
// take.
func (s *subscriber) wanted(q wire.Request) (all []request) {
	q.Type = wire.Subscribe
	for _, r := range q.Split() {
		all = append(all, s.request(&r))
	}
	return all
}

// request is a request as a worker hands it on, for nothing.
func (s *subscriber) request(r *wire.Request) request {
	asked := request{kind: r.Type, id: r.ID}
	plan, err := s.shard.hub.plan(r, s.standing(), free)
	if err != nil {
		asked.fault = err.(*wire.Fault)
		return asked
	}
	if !s.place.Reserve(plan.memory(), false) {
		panic("no memory")
	}
	asked.plan = plan
	return asked
}
