package dashboard

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tickertape/broadcast/admission"
)

// A body that never comes kept its connection for ever: net/http looks for its end after the answer.
func TestBodiesAreRefusedBeforeTheyCome(t *testing.T) {
	for name, c := range map[string]struct{ request, want string }{
		"announced": {"GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n", "HTTP/1.1 413"},
		"begun":     {"POST /api/quotes HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nabc", "HTTP/1.1 413"},
		"there":     {"POST /api/quotes HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 413"},
		"huge": {"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n" +
			strings.Repeat("x", 100_000), "HTTP/1.1 413"},
		"chunked": {"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "HTTP/1.1 413"},
		"with trailers": {"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n0\r\nX:",
			"HTTP/1.1 413"},
		"chunks without end": {"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1;" +
			strings.Repeat("x", 3000), "HTTP/1.1 413"},
		"continue":            {"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n", "HTTP/1.1 413"},
		"another expectation": {"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\nExpect: gold\r\n\r\n", "HTTP/1.1 417"},
		"of an old client":    {"GET / HTTP/1.0\r\nContent-Length: 1000\r\nConnection: keep-alive\r\n\r\n", "HTTP/1.0 413"},
		"OPTIONS *":           {"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n", "HTTP/1.1 413"},
		"an upgrade": {
			"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 1000\r\n\r\n", "HTTP/1.1 413"},
		"an event stream":        {"GET /events?symbols=AAPL HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 413"},
		"of a host that is none": {"GET / HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 1000\r\n\r\n", "HTTP/1.1 421"},
		"pipelined": {
			"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n", "HTTP/1.1 413"},
		"pipelined expectation": {
			"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\nExpect: gold\r\n\r\n",
			"HTTP/1.1 417"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// It is not a timeout that ends it: they are longer than timeLimit.
			s := serveWith(t, func(c *terms) { c.Limits.HeaderTimeout, c.Limits.IdleTimeout = time.Minute, time.Minute })
			socket := s.dial(t)
			fmt.Fprint(socket, c.request)
			got := rest(t, socket, timeLimit)
			if answers := strings.Split(got, "HTTP/1.")[1:]; len(answers) == 0 || !strings.HasPrefix("HTTP/1."+answers[len(answers)-1], c.want) {
				t.Errorf("answered %q, want %s", got, c.want)
			}
			if strings.Contains(got, " 413 ") && !strings.Contains(got, "body: none is wanted") {
				t.Errorf("answered %q", got)
			}
			within(t, timeLimit, "one refusal", func() bool { return s.refused(t, admission.ReasonBody) == 1 })
			within(t, timeLimit, "no connection left", func() bool {
				return s.value(t, "tickertape_dashboard_connections", "port", "public", "state", "active") == 0
			})
		})
	}
}

func TestAnEmptyBodyIsNone(t *testing.T) {
	s := serveWith(t, func(*terms) {})
	c := s.dial(t)
	fmt.Fprint(c,
		"GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
	if got := rest(t, c, timeLimit); strings.Count(got, "200 OK") != 2 {
		t.Errorf("answered %q", got)
	}
}
