package broadcast

import (
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/broadcast/admission"
	"tickertape/feed/market"
)

// openDoor lets everyone in whom the default budgets do.
func openDoor(cfg Config) *admission.Admission {
	places := cfg.MaxSubscribers
	if places == 0 {
		places = 10_000
	}
	reg := prometheus.NewRegistry()
	return admission.New(admission.DefaultConfig(), admission.Options{Places: places, Retry: cfg.Retry},
		admission.NewJournal(slog.New(slog.DiscardHandler), reg), reg)
}

// placed is the place of one who has been let in.
func (b *Board) placed() *admission.Place {
	p, refusal := b.door.Admit(admission.Visitor{}, admission.Stream, nil)
	if refusal != nil {
		panic(refusal)
	}
	return p
}

// free charges nothing.
func free(admission.Cost) error { return nil }

// wanted are the requests of a query, as a stream begins with them.
func (b *Board) wanted(q query) []request {
	all := q.requests()
	for i := range all {
		var err error
		if all[i].want, err = b.wants(&all[i], 0, market.AllFields, free); err != nil {
			panic(err)
		}
	}
	return all
}
