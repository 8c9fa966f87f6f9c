package broadcast

import (
	"net/http"
	"slices"
	"strings"

	"tickertape/broadcast/conn"
)

// Subprotocol is the only one spoken; a client may also offer none.
const Subprotocol = "tickertape.v1.json"

// WebSocket serves GET /ws.
func (b *Board) WebSocket() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q, err := b.queryOf(r)
		if err != nil {
			badQuery(err).Write(w)
			return
		}
		if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
			if _, err := b.wantAll(r.Context(), b.door.Visitor(r), q); err != nil {
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
		place, requests, why, err := b.enter(r, q, transportWebSocket)
		switch {
		case err != nil:
			badQuery(err).Write(w)
			return
		case why != nil && !b.courtesy.TryAcquire(1):
			why.problem().Write(w)
			return
		}
		h, err := conn.Accept(w, r, Subprotocol, b.cfg.Compression)
		if err != nil {
			if why != nil {
				b.courtesy.Release(1)
			} else {
				place.Leave()
			}
			return // Accept has answered
		}
		if why != nil {
			go func() {
				defer b.courtesy.Release(1)
				h.Refuse(conn.Close{Code: why.code, Reason: why.reason})
			}()
			return
		}
		s := newSubscriber(b, transportWebSocket, place)
		s.conn = b.sockets.WebSocket(h, s, b.limits())
		s.enter(requests)
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
