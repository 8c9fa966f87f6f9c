package broadcast

import (
	"context"
	"errors"
	"net/http"
	"time"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/wire"
	"tickertape/feed/market"
)

// entrance lets clients in, and has them pay for what they ask.
type entrance struct {
	planner
	door    *admission.Admission
	origins *origins
	metrics *metrics
}

// entry is what a stream that was let in begins with.
type entry struct {
	place    *admission.Place
	requests []request
}

// enter lets a stream in, whatever its transport, and finds and pays for what it wants from the beginning. It
// returns an ending for one that is not let in, and an error for a request that makes no sense.
func (e *entrance) enter(r *http.Request, q *wire.Request, t transport) (in entry, why *wire.Ending, err error) {
	visitor := e.door.Visitor(r)
	if t == transportWebSocket && !e.origins.allow(r) {
		e.origins.refused(r)
		why := wire.Ending{Code: wire.Origin}
		e.metrics.connects.WithLabelValues(t.String(), why.Code.Metric()).Inc()
		return in, &why, nil
	}
	place, refusal := e.door.Admit(visitor, admission.Stream, nil)
	if refusal != nil {
		e.came(t, refusal)
		return in, e.endingOf(refusal), nil
	}
	// A stream goes on when its request has ended.
	requests, err := e.wantAll(context.WithoutCancel(r.Context()), visitor, q)
	for i := 0; i < len(requests) && err == nil; i++ {
		if want := requests[i].want; want != nil && !place.Keep(want.memory(), false) {
			e.door.Journal.Refused(admission.ReasonMemory, visitor.Addr)
			err = &admission.Refusal{Reason: admission.ReasonMemory, Retry: e.cfg.Retry}
		}
	}
	if err == nil {
		e.came(t, nil)
		return entry{place, requests}, nil, nil
	}
	place.Leave()
	if errors.As(err, &refusal) {
		e.came(t, refusal)
		return in, e.endingOf(refusal), nil
	}
	return in, nil, err
}

// wantAll finds what the requests of a stream's query want, and pays for them. That its lists have too many symbols
// is told in the stream, where a browser can read it.
func (e *entrance) wantAll(ctx context.Context, visitor admission.Visitor, q *wire.Request) ([]request, error) {
	var all []request
	follows := map[series]bool{}
	for _, r := range q.Split() {
		want, err := e.wantOf(ctx, visitor, &r)
		var f *wire.Fault
		if errors.As(err, &f) && f.Code == wire.TooManySymbols && len(r.Bars)+len(r.Trades) == 0 {
			all = append(all, request{kind: r.Type, fault: f})
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, x := range want.series {
			follows[x.series] = true
		}
		all = append(all, request{kind: r.Type, want: want})
	}
	if n, most := len(follows), e.cfg.MaxSeries; n > most {
		return nil, wire.TooMany("bars and trades", n, most)
	}
	return all, nil
}

// wantOf finds what a query wants, and pays for it.
func (e *entrance) wantOf(ctx context.Context, visitor admission.Visitor, r *wire.Request) (*want, error) {
	want, wait, err := e.payFor(ctx, visitor, r, 0, market.AllFields)
	admission.Pause(ctx, wait)
	return want, err
}

// payFor finds what a request wants, in a slice, and pays for it. It returns how long the request has to wait for
// its turn. Before, so many symbols are followed, with these fields.
func (e *entrance) payFor(
	ctx context.Context, visitor admission.Visitor, r *wire.Request, follows int, fields market.Fields,
) (w *want, wait time.Duration, err error) {
	charge := func(cost admission.Cost) error {
		more, refusal := e.door.Reckon(visitor, cost)
		if refusal != nil {
			return refusal
		}
		wait = max(wait, more)
		return nil
	}
	if !e.door.Slice(ctx, func() { w, err = e.wants(r, follows, fields, charge) }) {
		return nil, 0, ctx.Err()
	}
	e.noteTooMany(visitor, err)
	if err != nil {
		w = nil
	}
	return w, wait, err
}

// noteTooMany counts a request that named too many symbols.
func (e *entrance) noteTooMany(visitor admission.Visitor, err error) {
	var f *wire.Fault
	if errors.As(err, &f) && f.Code == wire.TooManySymbols {
		e.door.Journal.Refused(admission.ReasonSymbols, visitor.Addr)
	}
}

// came counts who has come, and what became of it.
func (e *entrance) came(t transport, refusal *admission.Refusal) {
	result := "accepted"
	if refusal != nil {
		result = codeOf(refusal).Metric()
	}
	e.metrics.connects.WithLabelValues(t.String(), result).Inc()
}

// codeOf is the code of a refusal: full and draining for what is the server's own, limited for a budget that the client
// has used up itself.
func codeOf(r *admission.Refusal) wire.Code {
	switch {
	case r.Reason == admission.ReasonDraining:
		return wire.Draining
	case r.Own():
		return wire.Limited
	default:
		return wire.Full
	}
}

// endingOf is a refusal as a stream tells it.
func (e *entrance) endingOf(r *admission.Refusal) *wire.Ending {
	ending := wire.ComeBack(codeOf(r), max(e.cfg.Retry, r.Retry.Round(time.Millisecond)))
	ending.Detail = r.Detail()
	return &ending
}

// queryOf reads the query of a request.
func (e *entrance) queryOf(r *http.Request) (q wire.Request, err error) {
	e.door.Slice(context.WithoutCancel(r.Context()), func() { // a stream goes on when its request has ended
		v, bad := wire.ParseValues(r.URL.RawQuery)
		if bad != nil {
			err = bad
			return
		}
		q, err = wire.ParseQuery(v, e.limits())
	})
	e.noteTooMany(e.door.Visitor(r), err)
	return q, err
}
