package dashboard

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"

	"tickertape/broadcast/admission"
)

// endpoint is a port and the HTTP server of its connections.
type endpoint struct {
	port *port
	http *http.Server
}

// endpointOptions say where an endpoint listens, and whom it serves.
type endpointOptions struct {
	listen  string   // host:port
	hosts   []string // names of the server
	bounds  Bounds
	charges *admission.Admission // of requests; nil charges nothing
	most    int                  // connections at once that are no subscribers
	full    admission.Reason     // why more are refused
	handler http.Handler
}

// openEndpoint listens; run serves.
func openEndpoint(ctx context.Context, o endpointOptions, log *slog.Logger) (*endpoint, error) {
	b := o.bounds
	limits, refusals := b.Admission.Config, b.Admission.Refusals
	all := &connections{
		most: o.most, full: o.full, mostHeld: int(limits.Total.Unfinished), gate: b.gate, polls: b.polls, refusals: refusals,
		pieceTime: time.Duration(pieceSize / float64(limits.LeastRate) * float64(time.Second)),
	}
	p, err := openPort(ctx, o.listen, b.AckTimeout, limits.Total.Handshakes, all)
	if err != nil {
		return nil, err
	}
	h := newHosts(o.hosts, o.listen).check(b.Admission, bodiless(b.Admission, withPlainPath(o.handler)))
	return &endpoint{port: p, http: &http.Server{
		Handler:           all.markActive(secure(chargeRequests(o.charges, h))),
		ConnState:         all.watch,
		ConnContext:       func(ctx context.Context, c net.Conn) context.Context { return withConn(b.Admission.Connection(ctx), c) },
		ReadHeaderTimeout: limits.HeaderTimeout,
		IdleTimeout:       limits.IdleTimeout,
		MaxHeaderBytes:    mostHeader - 4<<10, // net/http lets 4 KiB more come
		ErrorLog:          errorLog(log),
		// net/http would answer OPTIONS * by itself, having read its body, however long that takes.
		DisableGeneralOptionsHandler: true,
	}}, nil
}

// run serves until the HTTP server is shut down, and closes who is still in line.
func (e *endpoint) run() error {
	accepted := make(chan struct{})
	go func() {
		defer close(accepted)
		e.port.run()
	}()
	err := e.http.Serve(e.port)
	e.port.Close()
	<-accepted
	return err
}
