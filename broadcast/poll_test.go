package broadcast

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

func (s *served) get(t *testing.T, path string, header ...string) (*http.Response, string) {
	t.Helper()
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, nil)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultClient.Do(req)
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

func TestQuotesOverREST(t *testing.T) {
	s := serve(t, nil)
	s.trade("AAPL", "0.00001234")
	answer, body := s.get(t, "/api/quotes?symbols=AAPL,FOO")
	if !strings.Contains(body, `"p":0.00001234,`) || !strings.Contains(body, `"unknown":["FOO"]`) || !strings.Contains(body, `"simulated":true`) {
		t.Errorf("quotes %s", body)
	}
	etag := answer.Header.Get("ETag")
	if etag != `"`+s.board.Position().String()+`"` {
		t.Errorf("ETag %s, want the position %s", etag, s.board.Position())
	}
	if answer, _ := s.get(t, "/api/quotes?symbols=AAPL,FOO", "If-None-Match", etag); answer.StatusCode != http.StatusNotModified {
		t.Errorf("If-None-Match: %s, want 304", answer.Status)
	}
	for path, names := range map[string]string{
		"/api/quotes":                            "symbols",
		"/api/quotes?symbols=":                   "symbols",
		"/api/quotes?symbols=A&rate=x":           `rate: "x"`,
		"/api/quotes?symbols=A&rate=NaN":         "rate: NaN",
		"/api/quotes?symbols=A&fields=zz":        `"zz"`,
		"/api/quotes?symbols=A&since=a-1&wait=5": `wait: "5"`,
		"/api/quotes?symbols=A&wait=-5s":         "wait: -5s",
		"/events":                                "symbols",
		"/ws?rate=-1":                            "rate: -1",
	} {
		answer, body := s.get(t, path)
		if answer.StatusCode != http.StatusBadRequest || answer.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %s %s", path, answer.Status, answer.Header.Get("Content-Type"))
		}
		var p Problem
		if err := json.Unmarshal([]byte(body), &p); err != nil || !strings.Contains(p.Detail, names) {
			t.Errorf("%s: %s, want a problem naming %s", path, body, names)
		}
	}
}

func TestLongPoll(t *testing.T) {
	s := serve(t, nil)
	s.trade("AAPL", "10")
	at := s.board.Position().String()
	if answer, body := s.get(t, "/api/quotes?symbols=AAPL&wait=30ms&since="+at); answer.StatusCode != http.StatusNoContent || body != "" {
		t.Errorf("nothing new: %s %s, want 204", answer.Status, body)
	}
	type result struct{ status, body string }
	got := make(chan result)
	go func() {
		answer, body := s.get(t, "/api/quotes?symbols=AAPL&wait=30s&since="+at)
		got <- result{answer.Status, body}
	}()
	until(t, "the poll waits", func() bool {
		return testutil.ToFloat64(s.metrics.subscribers.WithLabelValues(transportPoll.String())) == 1
	})
	s.trade("MSFT", "5") // not followed
	s.trade("AAPL", "11")
	if r := <-got; !strings.Contains(r.body, `"p":11`) || !strings.Contains(r.body, `"resumed":true`) || strings.Contains(r.body, "MSFT") {
		t.Errorf("poll answered %+v", r)
	}
	if _, body := s.get(t, "/api/quotes?symbols=AAPL&wait=30s&since=otherepoch-7"); !strings.Contains(body, `"p":11`) {
		t.Errorf("another epoch: %s, want everything at once", body)
	}
}
