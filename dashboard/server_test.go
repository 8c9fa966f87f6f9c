package dashboard

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"tickertape/broadcast"
	"tickertape/broadcast/admission"
	"tickertape/feed/market"
)

// site is a server under test.
type site struct {
	*Server
	Admission *admission.Admission
	url       string
	dir       *market.Directory
	hub       *broadcast.Hub
	reg       *prometheus.Registry
	log       *logged
}

// terms are what a test's server is made of.
type terms struct {
	Config
	Bounds
	Site
	Limits    admission.Config
	Broadcast broadcast.Config
	Proxies   []netip.Prefix
	more      int // symbols beyond the few that there are
}

// serve runs a server on a free port.
func serve(t *testing.T) (url string, hub *broadcast.Hub) {
	t.Helper()
	s := serveWith(t, func(*terms) {})
	return s.url, s.hub
}

func serveWith(t *testing.T, change func(*terms)) *site {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	s, done := serveUntil(ctx, t, change)
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s
}

// serveUntil serves until ctx ends; done is told when Run has returned.
func serveUntil(ctx context.Context, t *testing.T, change func(*terms)) (s *site, done <-chan error) {
	t.Helper()
	reg, out := prometheus.NewRegistry(), &logged{}
	log := slog.New(slog.NewTextHandler(out, nil))
	lists := []broadcast.Watchlist{{Name: "tech", Symbols: []string{"AAPL", "MSFT"}}}
	dir := market.NewDirectory()
	for _, s := range []market.Symbol{
		{Symbol: "AAPL", Name: "Apple Inc.", Sector: "Information Technology", Currency: "USD", Decimals: 2},
		{Symbol: "APP", Name: "AppLovin"}, {Symbol: "MSFT", Name: "Microsoft"}, {Symbol: "BKNG", Name: "Booking Holdings"},
		{Symbol: "PNW", Name: "Pinnacle West Capital"}, {Symbol: "ADM", Name: "Archer Daniels Midland"}, {Symbol: "EVIL", Name: "<img src=x>"},
	} {
		if _, err := dir.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	terms := terms{
		Config:    DefaultConfig(),
		Bounds:    Bounds{AckTimeout: time.Minute},
		Limits:    admission.DefaultConfig(),
		Broadcast: broadcast.DefaultConfig(),
		Site: Site{Symbols: dir, Watchlists: lists, Zone: func(string) string { return "UTC" }, Version: "1.2.3", Revision: "abc",
			MaxSymbols: 10_000},
	}
	terms.Listen, terms.Drain = "127.0.0.1:0", 0
	change(&terms)
	terms.Admission = admission.New(terms.Limits, admission.Options{Places: 1000, Retry: time.Second, Proxies: terms.Proxies},
		admission.NewRefusalLog(log, reg), reg)
	for i := range terms.more {
		if _, err := dir.Add(market.Symbol{Symbol: fmt.Sprintf("M%d", i), Name: strings.Repeat("More ", 20)}); err != nil {
			t.Fatal(err)
		}
	}
	hub := broadcast.NewHub(terms.Broadcast, lists, dir, broadcast.Source{Name: "sim", Simulated: true}, terms.Admission, log, reg)
	terms.Hub = hub
	server, err := OpenServer(t.Context(), terms.Config, terms.Bounds, terms.Site, log, reg)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	hubEnded := make(chan error, 1)
	go func() { hubEnded <- hub.Run(ctx) }()
	go func() {
		err := server.Run(ctx)
		ended <- errors.Join(err, <-hubEnded)
	}()
	return &site{server, terms.Admission, "http://" + server.Addr(), dir, hub, reg, out}, ended
}

// logged is a log that can be read while others write.
type logged struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// refused is how many refusals there were for a reason.
func (s *site) refused(t *testing.T, reason admission.Reason) float64 {
	t.Helper()
	return s.value(t, "tickertape_limits_refusals_total", "reason", reason.String())
}

// value is a metric's, of those with the labels.
func (s *site) value(t *testing.T, name string, labels ...string) float64 {
	t.Helper()
	families, err := s.reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
	next:
		for _, m := range f.GetMetric() {
			for i := 0; i < len(labels); i += 2 {
				if !slices.ContainsFunc(m.GetLabel(), func(l *dto.LabelPair) bool { return l.GetName() == labels[i] && l.GetValue() == labels[i+1] }) {
					continue next
				}
			}
			return m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	t.Fatalf("there is no %s with %v", name, labels)
	return 0
}

// timeLimit is what a test waits at most for what has no bound of its own.
const timeLimit = 10 * time.Second

// within polls until ok, or fails.
func within(t *testing.T, d time.Duration, what string, ok func() bool) {
	t.Helper()
	for until := time.Now().Add(d); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("%s: not within %v", what, d)
		}
	}
}

// dial opens a connection by hand.
func (s *site) dial(t *testing.T) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// rest is all that comes until the connection ends, which has to be within d.
func rest(t *testing.T, c net.Conn, d time.Duration) string {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(d))
	b, err := io.ReadAll(c)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("not closed within %v; so far %q", d, b)
	}
	return string(b)
}

func fetch(t *testing.T, url string, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(b)
}

func TestSearchRanksTheSymbolBeforeTheName(t *testing.T) {
	url, _ := serve(t)
	for query, want := range map[string]string{
		"query=app":                             "APP AAPL",
		"query=APP&limit=1":                     "APP",
		"query=app%20":                          "APP AAPL",
		"query=holdings":                        "BKNG",
		"query=cap":                             "PNW",
		"query=mid":                             "ADM",
		"query=zzz":                             "",
		"query=%3Cimg":                          "EVIL",
		"limit=2":                               "ADM APP",
		"symbols=MSFT,NO,APP":                   "APP MSFT",
		"symbols=MSFT,AAPL,MSFT&symbols=AAPL,,": "AAPL MSFT",
		"symbols=":                              "",
		"symbols=*,MSFT":                        "AAPL APP MSFT BKNG PNW ADM EVIL",
	} {
		answer, body := fetch(t, url+"/api/symbols?"+query)
		var found struct{ Symbols []symbolRecord }
		if err := json.Unmarshal([]byte(body), &found); err != nil || answer.StatusCode != http.StatusOK {
			t.Errorf("%s: %s %s", query, answer.Status, body)
			continue
		}
		var got []string
		for _, s := range found.Symbols {
			got = append(got, s.Symbol)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: found %v, want %s", query, got, want)
		}
	}
	if _, body := fetch(t, url+"/api/symbols?query=aapl"); body != `{"symbols":[{"symbol":"AAPL","name":"Apple Inc.","sector":"Information Technology","currency":"USD","decimals":2,"zone":"UTC"}]}`+"\n" {
		t.Errorf("record %s", body)
	}
}

func TestBadRequestsAreProblemsThatNameTheKey(t *testing.T) {
	url, _ := serve(t)
	for path, want := range map[string]struct {
		status int
		names  string
	}{
		"/api/symbols?limit=0":               {400, `limit: "0"`},
		"/api/symbols?limit=many":            {400, `limit: "many"`},
		"/api/symbols?query=%ff":             {400, "query"},
		"/api/nothing":                       {404, "/api/nothing"},
		"/nothing":                           {404, "/nothing"},
		"/api/quotes":                        {400, "symbols"},
		"/api/quotes?symbols=A&wait=forever": {400, `wait: "forever"`},
		"/api/symbols?symbols=A&limit=5":     {400, `limit: "5"`},
		"/api/symbols?symbols=A&query=a":     {400, `query: "a"`},
		"/api/symbols?query=%zz":             {400, `query: "query=%zz"`},
	} {
		answer, body := fetch(t, url+path)
		var p problem
		if err := json.Unmarshal([]byte(body), &p); err != nil || answer.StatusCode != want.status || p.Status != want.status ||
			!strings.Contains(p.Detail, want.names) || answer.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %s %s, want %d naming %s", path, answer.Status, body, want.status, want.names)
		}
	}
	answer, err := http.Post(url+"/api/quotes?symbols=AAPL", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusMethodNotAllowed || answer.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %s, want 405", answer.Status)
	}
}

// What is refused is not sent back at length: a byte may take six in JSON.
func TestProblemsClipWhatTheyName(t *testing.T) {
	s := serveWith(t, func(*terms) {})
	long := strings.Repeat("<", 30_000)
	for _, request := range []string{"GET /" + long, "GET /api/" + long, strings.Repeat("M", 30_000) + " /", "GET /?" + long, "GET //" + long,
		"GET //?" + long, "GET /api?" + long, "GET /api/../?" + long, "GET /ws?rate=" + long, "GET /api/symbols?limit=" + long,
		"GET /api/bars?symbol=" + long} {
		c := s.dial(t)
		fmt.Fprint(c, request+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		if got := rest(t, c, timeLimit); len(got) > 3000 {
			t.Errorf("%.30s is answered with %d bytes", request, len(got))
		}
	}
}

func TestReadyAfterTheFirstQuoteUntilDraining(t *testing.T) {
	url, hub := serve(t)
	if answer, body := fetch(t, url+"/readyz"); answer.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "no quote yet") {
		t.Errorf("before a quote: %s %s", answer.Status, body)
	}
	if answer, _ := fetch(t, url+"/healthz"); answer.StatusCode != http.StatusOK {
		t.Errorf("healthz: %s", answer.Status)
	}
	hub.Apply(market.Batch{Ticks: []market.Tick{{Kind: market.KindTrade, Price: 1, Flags: market.Regular}}})
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) { // until it is published
		answer, body := fetch(t, url+"/readyz")
		if answer.StatusCode == http.StatusOK {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("after a quote: %s %s", answer.Status, body)
		}
	}
	if _, body := fetch(t, url+"/api/quotes?symbols=AAPL"); !strings.Contains(body, `"p":0.000000001`) {
		t.Errorf("ready, and yet %s", body)
	}
	hub.Drain(t.Context(), 0)
	if answer, body := fetch(t, url+"/readyz"); answer.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "draining") {
		t.Errorf("draining: %s %s", answer.Status, body)
	}
}

func TestPageForbidsInlineScript(t *testing.T) {
	url, _ := serve(t)
	answer, body := fetch(t, url+"/", "Accept-Encoding", "identity")
	if answer.StatusCode != http.StatusOK || !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") ||
		!strings.Contains(body, "tickertape") {
		t.Fatalf("page: %s %s", answer.Status, body)
	}
	policy := answer.Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
	if again, _ := fetch(t, url+"/", "If-None-Match", answer.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("with its ETag: %s, want 304", again.Status)
	}
	if zipped, _ := fetch(t, url+"/", "Accept-Encoding", "gzip"); len(body) > 1000 && zipped.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("not compressed: %v", zipped.Header)
	}
}

func TestLibraryIsForPagesOfAnyOrigin(t *testing.T) {
	files := assets{}
	files.add("/client/client.js", []byte("export {};"))
	files.add("/assets/index.js", []byte("export {};"))
	for path, want := range map[string]string{"/client/client.js": "*", "/assets/index.js": ""} {
		w := httptest.NewRecorder()
		files.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if got := w.Header().Get("Access-Control-Allow-Origin"); w.Code != http.StatusOK || got != want {
			t.Errorf("%s: %d, allowed for %q, want %q", path, w.Code, got, want)
		}
		if kind := w.Header().Get("Content-Type"); !strings.HasPrefix(kind, "text/javascript") {
			t.Errorf("%s is %s", path, kind)
		}
	}
}

func TestTakenPortIsOneClearError(t *testing.T) {
	url, hub := serve(t)
	addr := strings.TrimPrefix(url, "http://")
	log, reg := slog.New(slog.DiscardHandler), prometheus.NewRegistry()
	adm := admission.New(admission.DefaultConfig(), admission.Options{Places: 1}, admission.NewRefusalLog(log, reg), reg)
	_, err := OpenServer(t.Context(), Config{Listen: addr}, Bounds{Admission: adm}, Site{Hub: hub, Symbols: market.NewDirectory()}, log,
		prometheus.NewRegistry())
	if err == nil || !strings.Contains(err.Error(), addr) || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v, want one line naming %s", err, addr)
	}
}

// What a client says is told back as far as it helps, not whole and escaped.
func TestProblemsAreShort(t *testing.T) {
	s := serveWith(t, func(*terms) {})
	c := s.dial(t)
	for _, line := range []string{"GET /" + strings.Repeat("<", 30_000), strings.Repeat("&", 30_000) + " /", "GET /" +
		strings.Repeat("/a", 15_000)} {
		fmt.Fprintf(c, "%s HTTP/1.1\r\nHost: localhost\r\n\r\n", line)
		answer, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		if body, _ := io.ReadAll(answer.Body); answer.StatusCode < 400 || len(body) > 1000 || answer.Header.Get("Location") != "" {
			t.Errorf("%.20s: %d with %d bytes: %.100s", line, answer.StatusCode, len(body), body)
		}
	}
}

// A parameter that is misspelt, or there twice, would change what is asked for: each path names it.
func TestUnknownAndRepeatedParametersAreProblems(t *testing.T) {
	url, _ := serve(t)
	for path, c := range map[string]struct{ good, repeated string }{
		"/ws":             {"symbols=AAPL", "rate"},
		"/events":         {"symbols=AAPL", "since"},
		"/api/quotes":     {"symbols=AAPL", "wait"},
		"/api/bars":       {"symbols=AAPL", "interval"},
		"/api/symbols":    {"query=a", "limit"},
		"/api/watchlists": {"", ""},
		"/api/version":    {"", ""},
	} {
		check := func(query, names string) {
			answer, body := fetch(t, url+path+"?"+query)
			var p problem
			if err := json.Unmarshal([]byte(body), &p); err != nil || answer.StatusCode != http.StatusBadRequest || p.Code != "bad_request" ||
				!strings.Contains(p.Detail, names) {
				t.Errorf("%s?%s: %s %s, want 400 naming %s", path, query, answer.Status, body, names)
			}
		}
		check(c.good+"&symbl=AAPL", `"symbl"`)
		check(c.good+"&SYMBOLS=AAPL", `"SYMBOLS"`)
		check(c.good+"&x", `"x"`)
		check(c.good+"&=x", "without a name")
		if c.repeated != "" {
			check(c.good+"&"+c.repeated+"=1s&"+c.repeated+"=5s", c.repeated+`: "1s" and "5s"`)
		}
	}
	for _, path := range []string{"/api/version", "/api/version?", "/api/symbols?symbols=AAPL&symbols=MSFT",
		"/api/quotes?symbols=AAPL&symbols=MSFT&fields=p&fields=v", "/api/bars?symbols=AAPL&symbols=MSFT&fields=t&fields=c",
		"/healthz?probe=1", "/?s=AAPL"} { // probes and the page have their own
		if answer, body := fetch(t, url+path); answer.StatusCode != http.StatusOK {
			t.Errorf("%s: %s %s", path, answer.Status, body)
		}
	}
}
