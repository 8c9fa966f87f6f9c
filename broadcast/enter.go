package broadcast

import (
	"context"
	"errors"
	"net/http"
	"time"

	"tickertape/broadcast/admission"
	"tickertape/feed/market"
)

// enter lets a stream in, whatever its transport, and finds and pays for what it wants from the beginning. It
// returns a goodbye for one that is not let in, and an error for a request that makes no sense.
func (b *Board) enter(r *http.Request, q query, t transport) (place *admission.Place, requests []request, why *goodbye, err error) {
	visitor := b.door.Visitor(r)
	if t == transportWebSocket && !originAllowed(r, b.cfg.Origins) {
		b.originRefused(r)
		why := policy("origin", "origin not allowed")
		b.metrics.connects.WithLabelValues(t.String(), why.label).Inc()
		return nil, nil, &why, nil
	}
	place, refusal := b.door.Admit(visitor, admission.Stream, nil)
	if refusal != nil {
		b.came(t, refusal)
		return nil, nil, b.goodbyeOf(refusal), nil
	}
	// A stream goes on when its request has ended.
	requests, err = b.wantAll(context.WithoutCancel(r.Context()), visitor, q)
	for i := 0; i < len(requests) && err == nil; i++ {
		if want := requests[i].want; want != nil && !place.Keep(want.memory(), false) {
			b.door.Journal.Refused(admission.ReasonMemory, visitor.Addr)
			err = &admission.Refusal{Reason: admission.ReasonMemory, Retry: b.cfg.Retry}
		}
	}
	if err == nil {
		b.came(t, nil)
		return place, requests, nil, nil
	}
	place.Leave()
	if errors.As(err, &refusal) {
		b.came(t, refusal)
		return nil, nil, b.goodbyeOf(refusal), nil
	}
	return nil, nil, nil, err
}

// wantAll finds what the requests of a stream's query want, and pays for them. That its lists have too many symbols
// is told in the stream, where a browser can read it.
func (b *Board) wantAll(ctx context.Context, visitor admission.Visitor, q query) ([]request, error) {
	requests := q.requests()
	follows := map[seriesKey]bool{}
	for i := range requests {
		r := &requests[i]
		err := b.wantOf(ctx, visitor, r)
		var f *fault
		if errors.As(err, &f) && f.code == tooManySymbols && len(r.asks)+len(r.Trades) == 0 {
			r.fault = f
			r.forget()
			continue
		}
		if err != nil {
			return nil, err
		}
		for j := range r.want.series.series {
			follows[r.want.series.series[j].key()] = true
		}
	}
	if n, most := len(follows), b.cfg.MaxSeries; n > most {
		return nil, tooMany("bars and trades", n, most)
	}
	return requests, nil
}

// wantOf finds what the request of a query wants, and pays for it.
func (b *Board) wantOf(ctx context.Context, visitor admission.Visitor, r *request) error {
	wait, err := b.payFor(ctx, visitor, r, 0, market.AllFields)
	admission.Pause(ctx, wait)
	return err
}

// payFor finds what a request wants, in a slice, and pays for it. It returns how long the request has to wait for
// its turn. Before, so many symbols are followed, with these fields.
func (b *Board) payFor(ctx context.Context, visitor admission.Visitor, r *request, follows int, fields market.Fields) (wait time.Duration, err error) {
	charge := func(cost admission.Cost) error {
		more, refusal := b.door.Reckon(visitor, cost)
		if refusal != nil {
			return refusal
		}
		wait = max(wait, more)
		return nil
	}
	if !b.door.Slice(ctx, func() { r.want, err = b.wants(r, follows, fields, charge) }) {
		return 0, ctx.Err()
	}
	b.noteTooMany(visitor, err)
	return wait, err
}

// came counts who has come, and what became of it.
func (b *Board) came(t transport, refusal *admission.Refusal) {
	result := "accepted"
	if refusal != nil {
		result = label(refusal)
	}
	b.metrics.connects.WithLabelValues(t.String(), result).Inc()
}

// label is what a refusal is called towards clients: full and draining for what is the server's own, limited for
// a budget that they have used up themselves.
func label(r *admission.Refusal) string {
	switch {
	case r.Reason == admission.ReasonDraining:
		return "draining"
	case r.Own():
		return "limited"
	default:
		return "full"
	}
}

// goodbyeOf is a refusal as a stream tells it.
func (b *Board) goodbyeOf(r *admission.Refusal) *goodbye {
	code := 1013
	if r.Reason == admission.ReasonDraining {
		code = 1012
	}
	g := comeBack(code, label(r), max(b.cfg.Retry, r.Retry.Round(time.Millisecond)))
	g.status = r.Status()
	g.detail = r.Detail()
	return &g
}

// RefusalProblem is a refusal as an answer.
func RefusalProblem(r *admission.Refusal) Problem {
	p := Problem{Status: r.Status(), Detail: r.Detail(), RetryAfter: max(r.Retry, time.Second)}
	if p.Code = label(r); r.Own() {
		p.Code = rateLimited
	}
	return p
}

// request is the query as one request.
func (q *query) request(asks []ask) request {
	r := request{Type: "subscribe", Symbols: q.symbols, Since: q.since, Trades: q.trades, asks: asks, mask: new(q.fields)}
	if q.rate != 0 {
		r.Rate = new(q.rate)
	}
	return r
}

// requests are the query as those of a stream: an answer names one interval of bars.
func (q *query) requests() []request {
	if !q.names() && q.rate == 0 && q.fields == market.AllFields {
		return nil
	}
	all := []request{q.request(q.asks[:min(1, len(q.asks))])}
	for i := 1; i < len(q.asks); i++ {
		all = append(all, request{Type: "subscribe", Since: q.since, asks: q.asks[i : i+1], mask: new(q.fields)})
	}
	return all
}
