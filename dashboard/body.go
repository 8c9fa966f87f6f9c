package dashboard

import (
	"context"
	"net"
	"net/http"

	"tickertape/broadcast"
	"tickertape/broadcast/admission"
)

// connKey is the key of a request's conn in its context.
type connKey struct{}

// withConn is the http.Server's ConnContext.
func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// connOf is the connection that a request came on, nil where it came another way.
func connOf(r *http.Request) *conn {
	c, _ := r.Context().Value(connKey{}).(*conn)
	return c
}

// bodiless refuses requests with a body, which nothing here reads, before the body has come.
func bodiless(door *admission.Admission, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength == 0 && len(r.TransferEncoding) == 0 {
			next.ServeHTTP(w, r)
			return
		}
		who := door.Visitor(r).Addr
		if c := connOf(r); c != nil {
			c.refuseBody(who)
		} else {
			door.Journal.Refused(admission.ReasonBody, who)
		}
		w.Header().Set("Connection", "close")
		broadcast.Problem{Status: http.StatusRequestEntityTooLarge, Detail: "body: none is wanted"}.Write(w)
	})
}
