package dashboard

import (
	"bytes"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/expfmt"
)

// scrapeAge is how old the metrics may be that a scraper gets.
const scrapeAge = time.Second

// scrapes serves the metrics. They are gathered and written once for all who ask within a second for the same
// form, however many they are.
type scrapes struct {
	h http.Handler // static

	mu   sync.Mutex
	kept map[string]*scrape // guarded by mu; by form, of which there are few
}

// scrape is one form of the metrics. What its fields point to is written no more.
type scrape struct {
	turn chan struct{} // one slot: whoever has filled it owns the rest

	until  time.Time // good until then
	header http.Header
	status int
	body   []byte
}

// mostForms is how many forms are kept.
const mostForms = 32

// metrics serves GET /metrics.
func metrics(from prometheus.Gatherer, reg prometheus.Registerer, log *slog.Logger) http.Handler {
	return &scrapes{kept: map[string]*scrape{}, h: promhttp.HandlerFor(from, promhttp.HandlerOpts{
		Registry: reg, EnableOpenMetrics: true, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelError),
	})}
}

func (s *scrapes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	asked := r.Clone(r.Context())
	if accept := r.Header["Accept"]; len(strings.Join(accept, ",")) > longAccept {
		asked.Header.Del("Accept") // no scraper's
	}
	coding := ""
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		coding = "gzip"
	}
	asked.Header.Set("Accept-Encoding", coding)
	format := expfmt.NegotiateAccept(asked.Header, expfmt.DefaultOpenMetricsAcceptedFormats()...)
	header, status, body := s.form(string(format)+coding).get(s.h, asked)
	maps.Copy(w.Header(), header)
	w.WriteHeader(status)
	w.Write(body) // a client that has gone needs no answer
}

// form is what is kept of a form.
func (s *scrapes) form(name string) *scrape {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.kept[name]
	if x == nil {
		if len(s.kept) == mostForms {
			clear(s.kept)
		}
		x = &scrape{turn: make(chan struct{}, 1)}
		s.kept[name] = x
	}
	return x
}

// get is the newest answer, made anew when it is too old. What fails is not kept.
func (x *scrape) get(h http.Handler, r *http.Request) (http.Header, int, []byte) {
	x.turn <- struct{}{}
	defer func() { <-x.turn }()
	if time.Now().Before(x.until) {
		return x.header, x.status, x.body
	}
	made := &recorder{header: http.Header{}, status: http.StatusOK}
	h.ServeHTTP(made, r)
	x.header, x.status, x.body = made.header, made.status, made.body.Bytes()
	if made.status == http.StatusOK {
		x.until = time.Now().Add(scrapeAge)
	}
	return x.header, x.status, x.body
}

// recorder keeps an answer.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }
