package dashboard

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A browser's EventSource gives up for good on any other status than 200.
func TestEventStreamsBeyondABudgetAreRefusedInAStream(t *testing.T) {
	const rate, burst = 4, 5 * 4
	s := serveWith(t, func(c *terms) { c.Limits.Connection.Requests = rate })
	c := s.dial(t)
	c.SetDeadline(time.Now().Add(timeLimit))
	r := bufio.NewReader(c)
	ask := func(path string) (*http.Response, string) {
		t.Helper()
		fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\n\r\n", path, strings.TrimPrefix(s.url, "http://"), s.url)
		answer, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		return answer, string(body)
	}
	for range burst {
		ask("/api/version")
	}
	answer, body := ask("/events?symbols=AAPL")
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Access-Control-Allow-Origin") != s.url ||
		!strings.HasPrefix(body, "retry: ") || !strings.Contains(body, `"code":"limited"`) {
		t.Errorf("an event stream: %s %v %q", answer.Status, answer.Header, body)
	}
}
