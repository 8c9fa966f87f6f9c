package dashboard

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/sync/semaphore"

	"tickertape/broadcast"
	"tickertape/broadcast/admission"
	sockets "tickertape/broadcast/conn"
	"tickertape/broadcast/wire"
)

// subprotocol is the only one spoken on a WebSocket; a client may also offer none.
const subprotocol = "tickertape.v1.json"

// mostRefused is how many WebSockets may be open at once only to be refused.
const mostRefused = 64

// streams serves GET /ws and GET /events.
type streams struct {
	hub       *broadcast.Hub
	admission *admission.Admission
	origins   *origins
	refused   *semaphore.Weighted // bounds the WebSockets that are refused after their handshake, so that a browser learns why
}

func newStreams(hub *broadcast.Hub, adm *admission.Admission, allowed *origins) *streams {
	return &streams{hub: hub, admission: adm, origins: allowed, refused: semaphore.NewWeighted(mostRefused)}
}

// webSocket serves GET /ws. What is wrong with the request is a problem; a client that is refused gets a close code, as
// long as there are not too many of them.
func (s *streams) webSocket(w http.ResponseWriter, r *http.Request) {
	visitor := s.admission.Visitor(r)
	query, err := s.hub.ParseQuery(r.Context(), visitor, r.URL.RawQuery)
	if err != nil {
		problemOf(err).write(w)
		return
	}
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "websocket")
		problem{Status: http.StatusUpgradeRequired, Detail: "Upgrade: this is a WebSocket; /events has the same for plain HTTP"}.write(w)
		return
	}
	if offered := r.Header.Values("Sec-WebSocket-Protocol"); len(offered) > 0 && !offers(offered, subprotocol) {
		problem{Status: http.StatusBadRequest, Detail: "Sec-WebSocket-Protocol: this server speaks " + subprotocol + " only"}.write(w)
		return
	}
	stream, err := s.admitPage(r, visitor, &query)
	var why wire.Ending
	switch {
	case errors.As(err, &why):
		s.refuse(w, r, why)
	case err != nil:
		problemOf(err).write(w)
	default:
		shake, err := sockets.Accept(w, r, subprotocol, s.hub.Compression())
		if err != nil {
			stream.Abandon()
			return // Accept has answered
		}
		stream.WebSocket(shake)
	}
}

// admitPage admits a WebSocket, unless it is from a page of another origin. Browsers ask for no leave to open one.
func (s *streams) admitPage(r *http.Request, v admission.Visitor, q *wire.Request) (*broadcast.Stream, error) {
	if !s.origins.allow(r) {
		s.origins.refused(r)
		return nil, s.hub.Refuse(broadcast.WebSocket, wire.Origin)
	}
	return s.hub.Admit(r.Context(), v, broadcast.WebSocket, q)
}

// refuse says why a WebSocket is refused. That takes a handshake, since a browser shows a page no other answer.
func (s *streams) refuse(w http.ResponseWriter, r *http.Request, why wire.Ending) {
	if !s.refused.TryAcquire(1) {
		problemOf(why).write(w)
		return
	}
	shake, err := sockets.Accept(w, r, subprotocol, s.hub.Compression())
	if err != nil {
		s.refused.Release(1)
		return // Accept has answered
	}
	go func() { // the request ends meanwhile, and with it what net/http keeps for it
		defer s.refused.Release(1)
		shake.Refuse(sockets.Close{Code: why.Code.CloseCode(), Reason: why.Text()})
	}()
}

// wait waits until no WebSocket is open that is refused, or ctx ends.
func (s *streams) wait(ctx context.Context) {
	if s.refused.Acquire(ctx, mostRefused) == nil {
		s.refused.Release(mostRefused)
	}
}

func offers(headers []string, protocol string) bool {
	for _, h := range headers {
		if slices.ContainsFunc(strings.Split(h, ","), func(p string) bool { return strings.EqualFold(strings.TrimSpace(p), protocol) }) {
			return true
		}
	}
	return false
}

// eventsPath is where events are served.
const eventsPath = "/events"

// events serves GET /events, as server-sent events.
func (s *streams) events(w http.ResponseWriter, r *http.Request) {
	if refusal := refusedBy(r); refusal != nil { // answered after the checks of host and origin
		why := broadcast.EndingOf(refusal, comeBackAfter)
		s.hub.Refuse(broadcast.EventStream, why.Code)
		sockets.AcceptEvents(w, r).Refuse(s.hub.LastEvent(why))
		return
	}
	visitor := s.admission.Visitor(r)
	query, err := plainQuery(r.Context(), s.hub, visitor, r.URL.RawQuery)
	if err != nil {
		problemOf(err).write(w)
		return
	}
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		query.Since = last // newer than that of the URL, which a browser repeats as it was
	}
	if r.Method == http.MethodHead {
		sockets.EventHeader(w)
		return
	}
	stream, err := s.hub.Admit(r.Context(), visitor, broadcast.EventStream, &query)
	var why wire.Ending
	switch {
	case errors.As(err, &why): // in a stream: after any other status a browser does not come back
		sockets.AcceptEvents(w, r).Refuse(s.hub.LastEvent(why))
	case err != nil:
		problemOf(err).write(w)
	default:
		stream.Events(r.Context(), sockets.AcceptEvents(w, r))
	}
}

// plainQuery reads the query of a request that is no WebSocket. It has to name something, since nothing can be asked
// for later.
func plainQuery(ctx context.Context, hub *broadcast.Hub, v admission.Visitor, raw string) (wire.Request, error) {
	q, err := hub.ParseQuery(ctx, v, raw)
	if err == nil && !q.Names() {
		err = &wire.Fault{Code: wire.BadRequest, Message: `symbols: missing; name symbols, "*" or "#watchlist", or bars or trades`}
	}
	return q, err
}
