package broadcast

import (
	"net/http"
	"slices"
	"strings"

	"tickertape/broadcast/conn"
	"tickertape/broadcast/wire"
)

// Subprotocol is the only one spoken; a client may also offer none.
const Subprotocol = "tickertape.v1.json"

// WebSocket serves GET /ws.
func (h *Hub) WebSocket() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q, err := h.queryOf(r)
		if err != nil {
			badQuery(err).Write(w)
			return
		}
		if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
			if _, err := h.wantAll(r.Context(), h.door.Visitor(r), &q); err != nil {
				badQuery(err).Write(w)
				return
			}
			w.Header().Set("Connection", "Upgrade")
			w.Header().Set("Upgrade", "websocket")
			Problem{Status: http.StatusUpgradeRequired, Detail: "Upgrade: this is a WebSocket; /events has the same for plain HTTP"}.Write(w)
			return
		}
		if offered := r.Header.Values("Sec-WebSocket-Protocol"); len(offered) > 0 && !offers(offered, Subprotocol) {
			Problem{Status: http.StatusBadRequest, Detail: "Sec-WebSocket-Protocol: this server speaks " + Subprotocol + " only"}.Write(w)
			return
		}
		in, why, err := h.enter(r, &q, transportWebSocket)
		switch {
		case err != nil:
			badQuery(err).Write(w)
			return
		case why != nil && !h.courtesy.TryAcquire(1):
			endingProblem(*why).Write(w)
			return
		}
		shake, err := conn.Accept(w, r, Subprotocol, h.cfg.Compression)
		if err != nil {
			if why != nil {
				h.courtesy.Release(1)
			} else {
				in.place.Leave()
			}
			return // Accept has answered
		}
		if why != nil {
			go func() {
				defer h.courtesy.Release(1)
				shake.Refuse(conn.Close{Code: why.Code.CloseCode(), Reason: why.Text()})
			}()
			return
		}
		s := newSubscriber(h, transportWebSocket, in.place)
		s.conn = h.sockets.WebSocket(shake, s, h.connLimits())
		s.enter(in.requests)
	})
}

func offers(headers []string, protocol string) bool {
	for _, h := range headers {
		if slices.ContainsFunc(strings.Split(h, ","), func(p string) bool { return strings.EqualFold(strings.TrimSpace(p), protocol) }) {
			return true
		}
	}
	return false
}

// Events serves GET /events, as server-sent events.
func (h *Hub) Events() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q, ok := rest{h}.plainQuery(w, r)
		if !ok {
			return
		}
		if last := r.Header.Get("Last-Event-ID"); last != "" {
			q.Since = last // newer than the URL, which a browser repeats as it was
		}
		if r.Method == http.MethodHead {
			conn.EventHeader(w)
			return
		}
		in, why, err := h.enter(r, &q, transportSSE)
		if err != nil {
			badQuery(err).Write(w)
			return
		}
		// A browser never comes back after any other status, so a refusal is told in a stream.
		if why != nil {
			conn.EventHeader(w)
			w.Write(farewell(*why, h.cfg.Retry, conn.Event)) // a client that has gone needs no answer
			return
		}
		s := newSubscriber(h, transportSSE, in.place)
		s.conn, err = h.sockets.Events(w, r, jitter(h.cfg.Retry), s, h.connLimits())
		if err != nil {
			h.metrics.gone.WithLabelValues(transportSSE.String(), wire.Broken.Metric()).Inc()
			s.release()
			return
		}
		s.enter(in.requests)
		s.conn.Serve(r.Context())
	})
}

// Quotes serves GET /api/quotes.
func (h *Hub) Quotes() http.Handler { return rest{h}.quotes() }

// Bars serves GET /api/bars.
func (h *Hub) Bars() http.Handler { return rest{h}.bars() }

// CrossOrigin lets the pages of this server and of the configured origins read what next answers, and
// refuses those of any other.
func (h *Hub) CrossOrigin(next http.Handler) http.Handler { return h.origins.crossOrigin(next) }
