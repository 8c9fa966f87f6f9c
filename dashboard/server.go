package dashboard

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"tickertape/broadcast"
	"tickertape/feed"
	"tickertape/feed/calendar"
)

// Server is the HTTP server.
type Server struct {
	cfg      Config
	board    *broadcast.Board
	log      *slog.Logger
	http     *http.Server
	listener *listener
}

// grace is what the server takes beyond the drain window before it cuts off whoever is left.
const grace = 500 * time.Millisecond

// Site is what a server shows.
type Site struct {
	Board      *broadcast.Board
	Symbols    *feed.Directory
	Watchlists []broadcast.Watchlist
	Hours      *calendar.Calendar // of the markets that symbols name
	Version    string             // of the program
	Revision   string             // that it was built from
}

// OpenServer listens, so that a taken port is known before anything else starts; Run serves. A
// peer that acknowledges nothing for patience is gone.
func OpenServer(ctx context.Context, cfg Config, patience time.Duration, site Site, log *slog.Logger, reg *prometheus.Registry) (*Server, error) {
	board := site.Board
	page, err := newAssets()
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/ws", get(board.WebSocket()))
	mux.Handle("/events", board.CrossOrigin(get(board.Events())))
	mux.Handle("/api/quotes", board.CrossOrigin(get(board.Quotes())))
	mux.Handle("/api/bars", board.CrossOrigin(get(board.Bars())))
	mux.Handle("/api/symbols", board.CrossOrigin(get(symbols(site.Symbols, site.Hours))))
	mux.Handle("/api/watchlists", board.CrossOrigin(get(watchlists(site.Watchlists))))
	mux.Handle("/api/version", board.CrossOrigin(get(version(site.Version, site.Revision))))
	mux.Handle("/api/", http.HandlerFunc(notFound))
	mux.Handle("/healthz", get(healthz(board)))
	mux.Handle("/readyz", get(readyz(board)))
	mux.Handle("/metrics", get(promhttp.HandlerFor(reg, promhttp.HandlerOpts{
		Registry: reg, EnableOpenMetrics: true, MaxRequestsInFlight: 8, Timeout: 10 * time.Second,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelError),
	})))
	mux.Handle("/", get(page))
	l, err := listen(ctx, cfg.Listen, patience)
	if err != nil {
		return nil, err
	}
	return &Server{cfg: cfg, board: board, log: log, listener: l, http: &http.Server{
		Handler:           secure(mux),
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}}, nil
}

// Addr is where the server listens.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Run serves until ctx ends, then sends the subscribers away over the drain window and returns
// within that and a second.
func (s *Server) Run(ctx context.Context) error {
	served := make(chan error, 1)
	go func() { served <- s.http.Serve(s.board.Listener(s.listener)) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	s.log.Info("draining", "window", s.cfg.Drain.String())
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.Drain+grace)
	defer cancel()
	s.board.Drain(patience, s.cfg.Drain)
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace/2)
	defer cancel()
	if err := s.http.Shutdown(last); err != nil {
		s.http.Close()
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// get refuses every method but GET and HEAD.
func get(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			broadcast.Problem{Status: http.StatusMethodNotAllowed, Detail: "method: " + r.Method + " is not GET or HEAD"}.Write(w)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func notFound(w http.ResponseWriter, r *http.Request) {
	broadcast.Problem{Status: http.StatusNotFound, Detail: "path: " + r.URL.Path + " is not here"}.Write(w)
}

// secure sets what holds for every answer: no foreign or inline script, no guessing of types.
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
