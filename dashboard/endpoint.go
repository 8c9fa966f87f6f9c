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

// openEndpoint listens at addr, for so many connections that are no subscribers. Requests are charged by toll; nil
// charges none. Full is the reason for refusing more.
func openEndpoint(ctx context.Context, addr string, names []string, b Bounds, toll *admission.Admission, most int,
	full admission.Reason, h http.Handler, log *slog.Logger) (*endpoint, error) {
	limits, journal := b.Door.Config, b.Door.Journal
	all := &connections{
		most: most, full: full, mostHeld: int(limits.Total.Unfinished), gate: b.gate, polls: b.polls, journal: journal,
		pieceTime: time.Duration(pieceSize / float64(limits.LeastRate) * float64(time.Second)),
	}
	p, err := openPort(ctx, addr, b.Patience, limits.Total.Handshakes, all)
	if err != nil {
		return nil, err
	}
	return &endpoint{port: p, http: &http.Server{
		Handler:           all.begin(secure(tolled(toll, newHosts(names, addr).check(b.Door, bodiless(b.Door, plain(h)))))),
		ConnState:         all.watch,
		ConnContext:       func(ctx context.Context, c net.Conn) context.Context { return withConn(b.Door.Connection(ctx), c) },
		ReadHeaderTimeout: limits.HeaderTimeout,
		IdleTimeout:       limits.IdleTimeout,
		MaxHeaderBytes:    64 << 10,
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
