package dashboard

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/broadcast"
	"tickertape/feed"
	"tickertape/feed/calendar"
)

// serve runs a server on a free port.
func serve(t *testing.T) (url string, board *broadcast.Board) {
	t.Helper()
	dir := feed.NewDirectory()
	for _, s := range []feed.Symbol{
		{Symbol: "AAPL", Name: "Apple Inc.", Sector: "Information Technology", Currency: "USD", Decimals: 2},
		{Symbol: "APP", Name: "AppLovin"}, {Symbol: "MSFT", Name: "Microsoft"}, {Symbol: "BKNG", Name: "Booking Holdings"},
		{Symbol: "PNW", Name: "Pinnacle West Capital"}, {Symbol: "ADM", Name: "Archer Daniels Midland"}, {Symbol: "EVIL", Name: "<img src=x>"},
	} {
		if _, err := dir.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	reg := prometheus.NewRegistry()
	log := slog.New(slog.DiscardHandler)
	lists := []broadcast.Watchlist{{Name: "tech", Symbols: []string{"AAPL", "MSFT"}}}
	board = broadcast.NewBoard(broadcast.DefaultConfig(), lists, dir, feed.Info{Name: "sim", Simulated: true}, log, reg)
	s, err := OpenServer(t.Context(), Config{Listen: "127.0.0.1:0"}, time.Minute, Site{
		Board: board, Symbols: dir, Watchlists: lists, Hours: &calendar.Calendar{}, Version: "1.2.3", Revision: "abc",
	}, log, reg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 2)
	go func() { done <- s.Run(ctx) }()
	go func() { done <- board.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
	return "http://" + s.Addr(), board
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
		"query=app":           "APP AAPL",
		"query=APP&limit=1":   "APP",
		"query=app%20":        "APP AAPL",
		"query=holdings":      "BKNG",
		"query=cap":           "PNW",
		"query=mid":           "ADM",
		"query=zzz":           "",
		"query=%3Cimg":        "EVIL",
		"limit=2":             "ADM APP",
		"symbols=MSFT,NO,APP": "MSFT APP",
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
	} {
		answer, body := fetch(t, url+path)
		var p broadcast.Problem
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

func TestReadyAfterTheFirstQuoteUntilDraining(t *testing.T) {
	url, board := serve(t)
	if answer, body := fetch(t, url+"/readyz"); answer.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "no quote yet") {
		t.Errorf("before a quote: %s %s", answer.Status, body)
	}
	if answer, _ := fetch(t, url+"/healthz"); answer.StatusCode != http.StatusOK {
		t.Errorf("healthz: %s", answer.Status)
	}
	board.Apply(feed.Batch{Ticks: []feed.Tick{{Kind: feed.KindTrade, Price: 1, Flags: feed.Regular}}})
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
	board.Drain(t.Context(), 0)
	if answer, body := fetch(t, url+"/readyz"); answer.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "draining") {
		t.Errorf("draining: %s %s", answer.Status, body)
	}
}

func TestPageForbidsInlineScript(t *testing.T) {
	url, _ := serve(t)
	answer, body := fetch(t, url+"/", "Accept-Encoding", "identity")
	if answer.StatusCode != http.StatusOK || !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") || !strings.Contains(body, "tickertape") {
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
	url, board := serve(t)
	addr := strings.TrimPrefix(url, "http://")
	_, err := OpenServer(t.Context(), Config{Listen: addr}, time.Minute, Site{Board: board, Symbols: feed.NewDirectory()}, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err == nil || !strings.Contains(err.Error(), addr) || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v, want one line naming %s", err, addr)
	}
}
