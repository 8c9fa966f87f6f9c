package broadcast

import (
	"context"
	"errors"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/conn"
	"tickertape/broadcast/wire"
)

// Transport is how a client is sent what it follows.
type Transport uint8

// The transports.
const (
	WebSocket Transport = iota
	EventStream
	LongPoll
)

var transports = [...]string{WebSocket: "websocket", EventStream: "sse", LongPoll: "poll"}

// String is the transport's name in metrics.
func (t Transport) String() string { return transports[t] }

// Stream is a stream that has been admitted and has no connection yet. One call of WebSocket, Events or Abandon ends
// that.
type Stream struct {
	hub       *Hub
	transport Transport
	place     *admission.Place
	requests  []request // of its query, paid
}

// WebSocket serves the stream on a WebSocket. It returns at once.
func (s *Stream) WebSocket(shake *conn.Handshake) {
	sub := newSubscriber(s.hub, s.transport, s.place)
	sub.conn = s.hub.sockets.WebSocket(shake, sub, s.hub.connLimits())
	sub.enter(s.requests)
}

// Events serves the stream as server-sent events. It returns when the request's handler may: at once where the stream
// has its socket for itself, and otherwise when the stream or ctx, which is the request's, has ended.
func (s *Stream) Events(ctx context.Context, e *conn.EventRequest) {
	sub := newSubscriber(s.hub, s.transport, s.place)
	c, err := s.hub.sockets.Events(e, jitter(s.hub.cfg.Retry), sub, s.hub.connLimits())
	if err != nil {
		s.hub.metrics.gone.WithLabelValues(s.transport.String(), sub.endingFor(err).Code.Metric()).Inc()
		sub.release()
		return
	}
	sub.conn = c
	sub.enter(s.requests)
	c.Serve(ctx)
}

// Abandon frees what the stream has reserved.
func (s *Stream) Abandon() { s.place.Leave() }

// plan plans and charges the requests of the stream's query, and reserves the memory that they take. That its lists have
// too many symbols is an error message in the stream, where a browser can read it.
func (s *Stream) plan(ctx context.Context, v admission.Visitor, q *wire.Request) error {
	h := s.hub
	follows := map[series]bool{}
	var awaited []awaited
	for _, r := range q.Split() {
		x, err := h.planAndWait(ctx, v, &r)
		var f *wire.Fault
		if errors.As(err, &f) && f.Code == wire.TooManySymbols && len(r.Bars)+len(r.Trades) == 0 {
			s.requests = append(s.requests, request{kind: r.Type, fault: f})
			continue
		}
		if err != nil {
			return err
		}
		for _, one := range x.series {
			follows[one.series] = true
		}
		awaited = unionAwaited(awaited, x.awaited)
		s.requests = append(s.requests, request{kind: r.Type, plan: x})
	}
	if n, most := len(follows)+countAwaited(awaited).series, h.cfg.MaxSeries; n > most {
		return wire.TooMany("bars and trades", n, most)
	}
	for i := range s.requests {
		if x := s.requests[i].plan; x != nil && !s.place.Reserve(x.memory(), false) {
			h.admission.Refusals.Note(admission.ReasonMemory, v.Addr)
			return &admission.Refusal{Reason: admission.ReasonMemory, Retry: h.cfg.Retry}
		}
	}
	return nil
}
