package broadcast

import (
	"cmp"
	"net/http"
	"time"

	"tickertape/broadcast/conn"
)

// Events serves GET /events, as server-sent events.
func (b *Board) Events() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q, ok := b.plainQuery(w, r)
		if !ok {
			return
		}
		if last := r.Header.Get("Last-Event-ID"); last != "" {
			q.since = last // newer than the URL, which a browser repeats as it was
		}
		if r.Method == http.MethodHead {
			conn.EventHeader(w)
			return
		}
		place, requests, why, err := b.enter(r, q, transportSSE)
		if err != nil {
			badQuery(err).Write(w)
			return
		}
		// A browser never comes back after any other status, so a refusal is told in a stream.
		if why != nil {
			conn.EventHeader(w)
			w.Write(farewell(*why, b.cfg.Retry, conn.Event)) // a client that has gone needs no answer
			return
		}
		s := newSubscriber(b, transportSSE, place)
		s.conn, err = b.sockets.Events(w, r, jitter(b.cfg.Retry), s, b.limits())
		if err != nil {
			b.metrics.gone.WithLabelValues(transportSSE.String(), "error").Inc()
			s.release()
			return
		}
		s.enter(requests)
		s.conn.Serve(r.Context())
	})
}

// farewell says why, and when to come back: after a part of retry where g has no time of its own, since a browser's
// EventSource comes back in any case.
func farewell(g goodbye, retry time.Duration, as conn.Framing) []byte {
	var p part
	p.begin("error")
	p.data = appendMessage(p.data, errorMessage{Type: "error", Code: g.label, Message: g.reason})
	var m conn.Message
	m.Set(p.data, string(p.kind))
	return conn.LastEvent(as, &m, jitter(cmp.Or(g.retry, retry)))
}
