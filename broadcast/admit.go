package broadcast

import (
	"context"
	"errors"
	"time"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/conn"
	"tickertape/broadcast/wire"
	"tickertape/feed/market"
)

// ParseQuery reads the query of a stream or of GET /api/quotes. Its error is a *wire.Fault.
func (h *Hub) ParseQuery(ctx context.Context, v admission.Visitor, raw string) (q wire.Request, err error) {
	h.admission.Slice(context.WithoutCancel(ctx), func() { // a stream may outlive its request
		values, bad := wire.ParseValues(raw)
		if bad != nil {
			err = bad
			return
		}
		q, err = wire.ParseQuery(values, h.limits())
	})
	h.countTooMany(v, err)
	return q, err
}

// Admit admits a client that asks for a stream: it reserves its place, counts it, and plans and charges its query. The
// error is a *wire.Fault, of a query that makes no sense, or a wire.Ending that says why the client is refused. The
// caller opens the stream with WebSocket or Events, or abandons it.
func (h *Hub) Admit(ctx context.Context, v admission.Visitor, t Transport, q *wire.Request) (*Stream, error) {
	place, refusal := h.admission.Admit(v, admission.Stream, nil)
	if refusal != nil {
		h.countAdmission(t, refusal)
		return nil, EndingOf(refusal, h.cfg.Retry)
	}
	s := &Stream{hub: h, transport: t, place: place}
	err := s.plan(context.WithoutCancel(ctx), v, q) // a stream outlives its request
	if err == nil {
		h.countAdmission(t, nil)
		return s, nil
	}
	place.Leave()
	if errors.As(err, &refusal) {
		h.countAdmission(t, refusal)
		return nil, EndingOf(refusal, h.cfg.Retry)
	}
	return nil, err
}

// Refuse counts a client that the caller has refused a stream before admission, and returns how its stream ends.
func (h *Hub) Refuse(t Transport, c wire.Code) wire.Ending {
	h.metrics.connects.WithLabelValues(t.String(), c.Metric()).Inc()
	return wire.Ending{Code: c}
}

// LastEvent is the only event of an event stream that is refused: why, and when to reconnect.
func (h *Hub) LastEvent(e wire.Ending) []byte { return farewell(e, h.cfg.Retry, conn.Event) }

// Compression reports whether WebSockets may agree on permessage-deflate.
func (h *Hub) Compression() bool { return h.cfg.Compression }

// Query admits a request for GET /api/quotes: it reserves its place, and plans and charges it. A request with a position
// and a wait is a long poll, and is counted as one. When its place is needed, cut ends the writing of the answer; it does
// not block. The error is a *wire.Fault, an *admission.Refusal, a wire.Ending, or that of ctx. The caller calls Done in the
// end.
func (h *Hub) Query(ctx context.Context, v admission.Visitor, r *wire.Request, cut func()) (*Query, error) {
	kind := admission.Answer
	if _, resumed := h.since(r.Since); resumed && r.Wait > 0 {
		kind = admission.Poll
	}
	place, refusal := h.admission.Admit(v, kind, cut)
	if kind == admission.Poll {
		h.countAdmission(LongPoll, refusal)
	}
	if refusal != nil {
		return nil, refusal
	}
	q := &Query{hub: h, place: place, visitor: v, polls: kind == admission.Poll, wait: r.Wait, rate: r.Rate}
	if err := q.admit(ctx, r); err != nil {
		q.Done()
		return nil, err
	}
	return q, nil
}

// ParseBarsQuery reads the query of GET /api/bars. Its error is a *wire.Fault, or that of ctx.
func (h *Hub) ParseBarsQuery(ctx context.Context, v admission.Visitor, raw string) (q wire.BarsQuery, err error) {
	if !h.admission.Slice(ctx, func() {
		values, bad := wire.ParseValues(raw)
		if bad != nil {
			err = bad
			return
		}
		q, err = wire.ParseBarsQuery(values, h.limits())
	}) {
		return q, ctx.Err()
	}
	h.countTooMany(v, err)
	return q, err
}

// Bars admits a request for GET /api/bars, as Query does one for quotes.
func (h *Hub) Bars(ctx context.Context, v admission.Visitor, q *wire.BarsQuery, cut func()) (*Bars, error) {
	place, refusal := h.admission.Admit(v, admission.Answer, cut)
	if refusal != nil {
		return nil, refusal
	}
	b := &Bars{hub: h, place: place}
	if err := b.admit(ctx, v, q); err != nil {
		b.Done()
		return nil, err
	}
	return b, nil
}

// EndingOf is the ending of a stream that is refused: its code, and when the client may come back, after least at the
// soonest. The code is full or draining if the server is the reason, and limited if the client has used up a budget of
// its own.
func EndingOf(r *admission.Refusal, least time.Duration) wire.Ending {
	retry := (r.Retry + time.Millisecond - 1).Truncate(time.Millisecond) // rounded up: nobody comes back too early
	e := wire.ComeBack(codeOf(r), max(least, retry))
	e.Detail = r.Detail()
	return e
}

func codeOf(r *admission.Refusal) wire.Code {
	switch {
	case r.Reason == admission.ReasonDraining:
		return wire.Draining
	case r.OwnBudget():
		return wire.Limited
	default:
		return wire.Full
	}
}

// countAdmission counts a client by its transport, and by whether it is admitted.
func (h *Hub) countAdmission(t Transport, refusal *admission.Refusal) {
	result := "accepted"
	if refusal != nil {
		result = codeOf(refusal).Metric()
	}
	h.metrics.connects.WithLabelValues(t.String(), result).Inc()
}

// countTooMany counts a request that names too many symbols.
func (h *Hub) countTooMany(v admission.Visitor, err error) {
	var f *wire.Fault
	if errors.As(err, &f) && f.Code == wire.TooManySymbols {
		h.admission.Refusals.Note(admission.ReasonSymbols, v.Addr)
	}
}

// noMemoryFor counts a request over REST for which there is no memory, and returns how it is refused.
func (h *Hub) noMemoryFor(v admission.Visitor) wire.Ending {
	h.admission.Refusals.Note(admission.ReasonMemory, v.Addr)
	return wire.ComeBack(wire.Full, h.cfg.Retry)
}

// planAndWait plans and charges a request of a client that follows nothing yet, and waits for its turn.
func (h *Hub) planAndWait(ctx context.Context, v admission.Visitor, r *wire.Request) (*plan, error) {
	x, wait, err := h.planFor(ctx, v, r, standing{fields: market.AllFields})
	admission.Pause(ctx, wait)
	return x, err
}

// planFor plans a request of a client in this standing, in a slice, and charges it to the visitor. It returns how long the
// request has to wait for its turn.
func (h *Hub) planFor(ctx context.Context, v admission.Visitor, r *wire.Request, before standing) (
	x *plan, wait time.Duration, err error) {
	charge := func(cost admission.Cost) error {
		more, refusal := h.admission.ChargeDelay(v, cost)
		if refusal != nil {
			return refusal
		}
		wait = max(wait, more)
		return nil
	}
	if !h.admission.Slice(ctx, func() { x, err = h.plan(r, before, charge) }) {
		return nil, 0, ctx.Err()
	}
	h.countTooMany(v, err)
	if err != nil {
		x = nil
	}
	return x, wait, err
}
