package dashboard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/broadcast"
	"tickertape/broadcast/admission"
	"tickertape/feed/market"
)

// Server is the HTTP server.
type Server struct {
	// static
	cfg     Config
	hub     *broadcast.Hub
	streams *streams
	log     *slog.Logger
	public  *endpoint
	admin   *endpoint // nil where health and metrics are on the public port
}

// cutOffTime is what the server takes beyond the drain window before it cuts off whoever is left.
const cutOffTime = 500 * time.Millisecond

// Site is what a server shows.
type Site struct {
	Hub        *broadcast.Hub
	Symbols    *market.Directory
	Watchlists []broadcast.Watchlist
	Zone       func(market string) string // of a market's hours, as an IANA name; "" where it has none
	Version    string                     // of the program
	Revision   string                     // that it was built from
	MaxSymbols int                        // that one request may name
	Origins    []string                   // of other pages that may read what is served, as CheckOrigins has them
}

// Bounds keep clients from taking more than their share of connections and time.
type Bounds struct {
	Admission  *admission.Admission
	AckTimeout time.Duration // a peer that acknowledges nothing for so long is gone

	gate  Gate       // admits connections by address, in place of Admission
	polls func() int // long polls that wait now, in place of Admission's
}

// OpenServer listens, so that a taken port is known before anything else starts; Run serves.
func OpenServer(ctx context.Context, cfg Config, bounds Bounds, site Site, log *slog.Logger, reg *prometheus.Registry) (*Server, error) {
	page, err := loadAssets()
	if err != nil {
		return nil, err
	}
	hub, adm := site.Hub, bounds.Admission
	mux := http.NewServeMux()
	allowed := newOrigins(site.Origins, adm)
	streams := newStreams(hub, adm, allowed)
	mux.Handle("/ws", get(http.HandlerFunc(streams.webSocket)))
	for path, h := range map[string]http.Handler{
		eventsPath:    http.HandlerFunc(streams.events),
		"/api/quotes": &quotes{hub: hub, admission: adm},
		"/api/bars":   &bars{hub: hub, dir: site.Symbols, admission: adm},
		"/api/symbols": &symbols{
			dir: site.Symbols, zone: site.Zone, most: site.MaxSymbols, admission: adm,
			search: &search{dir: site.Symbols, board: hub.Board(), admission: adm},
		},
		"/api/watchlists": plain(watchlists(site.Watchlists, adm)),
		"/api/version":    plain(version(site.Version, site.Revision)),
	} {
		mux.Handle(path, allowed.check(get(h)))
	}
	mux.Handle("/api", http.HandlerFunc(notFound))
	mux.Handle("/api/", http.HandlerFunc(notFound))
	mux.Handle("/healthz", get(healthz(hub)))
	mux.Handle("/readyz", get(readyz(hub)))
	mux.Handle("/", get(chargeFiles(adm, page)))

	others := adm.Config.Total.Connections
	if others == 0 {
		_, others = admission.Descriptors(admission.OpenFiles())
		others = min(others, max(256, int(adm.Memory.Limit()/4/connectionMemory)))
	}
	s := &Server{cfg: cfg, hub: hub, streams: streams, log: log}
	ports := connectionMetrics{}
	inner := mux // of /metrics
	if cfg.Admin.Listen != "" {
		inner = http.NewServeMux()
		inner.Handle("/healthz", get(healthz(hub)))
		inner.Handle("/readyz", get(readyz(hub)))
		inner.Handle("/", http.HandlerFunc(notFound))
		mux.Handle("/metrics", http.HandlerFunc(notFound))
		// Its connections are not counted by address, and none of them is a poll.
		own := Bounds{Admission: adm, AckTimeout: bounds.AckTimeout}
		s.admin, err = openEndpoint(ctx, endpointOptions{
			listen: cfg.Admin.Listen, hosts: cfg.Hosts, bounds: own,
			most: cfg.Admin.Connections, full: admission.ReasonAdminConnections, handler: inner,
		}, log)
		if err != nil {
			return nil, err
		}
		ports["admin"] = s.admin.port.all
	}
	if bounds.gate == nil {
		bounds.gate = adm
	}
	if bounds.polls == nil {
		bounds.polls = adm.Polls
	}
	s.public, err = openEndpoint(ctx, endpointOptions{
		listen: cfg.Listen, hosts: cfg.Hosts, bounds: bounds, charges: adm,
		most: others, full: admission.ReasonTotalConnections, handler: mux,
	}, log)
	if err != nil {
		if s.admin != nil {
			s.admin.port.Close()
		}
		return nil, err
	}
	ports["public"] = s.public.port.all
	reg.MustRegister(ports)
	inner.Handle("/metrics", get(metrics(reg, reg, log)))
	return s, nil
}

// Addr is where the server listens.
func (s *Server) Addr() string { return s.public.port.Addr().String() }

// AdminAddr is where it serves health and metrics, "" where that is Addr.
func (s *Server) AdminAddr() string {
	if s.admin == nil {
		return ""
	}
	return s.admin.port.Addr().String()
}

// Run serves until ctx ends, then sends the subscribers away over the drain window and returns
// within that and a second.
func (s *Server) Run(ctx context.Context) error {
	endpoints := []*endpoint{s.public}
	if s.admin != nil {
		endpoints = append(endpoints, s.admin)
	}
	served := make(chan error, len(endpoints))
	for _, e := range endpoints {
		go func() { served <- e.run() }()
	}
	running, failed := len(endpoints), error(nil)
	select {
	case failed = <-served:
		running--
	case <-ctx.Done():
		s.log.Info("draining", "window", s.cfg.Drain.String())
		drainCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.Drain+cutOffTime)
		s.hub.Drain(drainCtx, s.cfg.Drain)
		cancel()
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), cutOffTime/2)
	defer cancel()
	for _, e := range endpoints {
		if err := e.http.Shutdown(last); err != nil {
			e.http.Close()
		}
	}
	s.streams.wait(last)
	for ; running > 0; running-- {
		if err := <-served; failed == nil && !errors.Is(err, http.ErrServerClosed) {
			failed = err
		}
	}
	for _, e := range endpoints {
		e.port.all.closeAll()
	}
	return failed
}

// get refuses every method but GET and HEAD.
func get(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			problem{Status: http.StatusMethodNotAllowed, Detail: fmt.Sprintf("method: %.40q is not GET or HEAD", r.Method)}.write(w)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// connectionMemory is how many bytes a connection takes at most, with the part of a request that it may always send.
const connectionMemory = 24 << 10

// longestPath is how many bytes a path may have: those that are served have far fewer.
const longestPath = 1 << 10

// withPlainPath answers 404 where a path is too long, or where an http.ServeMux would redirect to its plain form: that
// answer is ten times as long as a request.
func withPlainPath(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := r.URL.Path; len(p) > longestPath || !isPlain(p) {
			notFound(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// isPlain reports whether a path is as it should be written, but for a slash at its end.
func isPlain(p string) bool {
	clean := path.Clean(p)
	return p == clean || clean != "/" && p == clean+"/"
}

func notFound(w http.ResponseWriter, r *http.Request) {
	problem{Status: http.StatusNotFound, Detail: fmt.Sprintf("path: %.100q is not here", r.URL.Path)}.write(w)
}

// secure sets what holds for every answer of a handler: no foreign or inline script, no guessing of types.
func secure(h http.Handler) http.Handler {
	const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
		"connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; " +
		"require-trusted-types-for 'script'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Content-Security-Policy", policy)
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Referrer-Policy", "no-referrer")
		head.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.ServeHTTP(w, r)
	})
}
