package dashboard

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"tickertape/broadcast/admission"
)

// dialSmall connects with a receive buffer that is soon full.
func (s *site) dialSmall(t *testing.T) net.Conn {
	t.Helper()
	d := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) { limitReceiveBuffer(fd, 2<<10) })
	}}
	c, err := d.DialContext(t.Context(), "tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestAnswersAreReadAtTheLeastRate(t *testing.T) {
	s := serveWith(t, func(c *terms) {
		c.more = 20_000 // 3 MB of records
		c.Limits.LeastRate = 64 << 10
		c.Limits.Connection.BytesOut = 1 << 30
	})
	everything := "GET /api/symbols?symbols=* HTTP/1.1\r\nHost: localhost\r\n\r\n"
	for name, pipelined := range map[string]int{"one answer": 1, "many answers": 50} {
		c := s.dialSmall(t)
		before := s.refused(t, admission.ReasonLeastRate)
		fmt.Fprint(c, strings.Repeat(everything, pipelined)) // and nothing is read
		within(t, timeLimit, name+" is cut", func() bool { return s.refused(t, admission.ReasonLeastRate) == before+1 })
		within(t, timeLimit, name+" is gone", func() bool { return s.connections(t, "public", "active") == 0 })
	}

	c := s.dialSmall(t) // reads slowly, and yet fast enough
	fmt.Fprint(c, strings.Replace(everything, "Host", "Connection: close\r\nHost", 1))
	before := s.refused(t, admission.ReasonLeastRate)
	c.SetReadDeadline(time.Now().Add(30 * time.Second))
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	got, b := 0, make([]byte, 8<<10)
	var tail []byte
	for {
		n, err := io.ReadFull(c, b)
		got += n
		tail = append(tail[:0], b[:n]...)
		if err != nil {
			break
		}
		if got < 400<<10 { // ten times the least rate for a second
			<-tick.C
		}
	}
	if got < 3<<20 || !bytes.HasSuffix(tail, []byte("\r\n0\r\n\r\n")) || s.refused(t, admission.ReasonLeastRate) != before {
		t.Errorf("a slow reader got %d bytes, ending in %q", got, tail)
	}
}

// Behind a proxy it is the client that reads too slowly, as the proxy names it.
func TestSlowReadersAreNamedByTheirProxy(t *testing.T) {
	s := serveWith(t, func(c *terms) {
		c.more = 20_000
		c.Limits.LeastRate = 64 << 10
		c.Limits.Connection.BytesOut = 1 << 30
		c.Proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	c := s.dialSmall(t)
	fmt.Fprint(c, "GET /api/symbols?symbols=* HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n")
	within(t, timeLimit, "it is cut", func() bool { return s.refused(t, admission.ReasonLeastRate) == 1 })
	within(t, timeLimit, "its address is logged", func() bool {
		return strings.Contains(s.log.String(), "reason=least_rate key=limits.least_rate count=1 worst_address=203.0.113.9 ")
	})
}

func TestHeadersHaveToComeInTime(t *testing.T) {
	s := serveWith(t, func(c *terms) {
		c.Limits.HeaderTimeout = time.Second // what is sent at once has to come within it
		c.Limits.IdleTimeout = time.Minute
	})
	second := s.dial(t)
	answerTo(t, second)
	begun := s.dial(t)
	fmt.Fprint(begun, "GET /healthz HTTP/1.1\r\nHost: loc")
	silent := s.dial(t)
	fmt.Fprint(second, "GET /healthz HTTP/1.1\r\nX: ")
	for name, c := range map[string]net.Conn{"silent": silent, "begun": begun, "second request": second} {
		if got := rest(t, c, timeLimit); strings.Contains(got, "200") {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := s.refused(t, admission.ReasonHeaderTimeout); got != 2 { // a browser opens connections ahead of need
		t.Errorf("%v are counted, want 2", got)
	}
}

func TestSlowAnswerIsCutForAnother(t *testing.T) {
	s := serveWith(t, func(c *terms) {
		c.more = 20_000
		c.Limits.Total.AtOnce = 1
		c.Limits.LeastRate = 1 << 10 // 16 s for a piece
	})
	slow := s.dialSmall(t)
	fmt.Fprint(slow, "GET /api/symbols?symbols=* HTTP/1.1\r\nHost: localhost\r\n\r\n")
	within(t, timeLimit, "it writes", func() bool { return s.connections(t, "public", "writing") == 1 })
	within(t, timeLimit, "another is answered", func() bool {
		answer, err := http.Get(s.url + "/api/symbols?symbols=AAPL")
		if err != nil {
			return false
		}
		answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
	within(t, timeLimit, "the slow one is gone", func() bool { return s.connections(t, "public", "writing") == 0 })
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	s := serveWith(t, func(c *terms) { c.Limits.IdleTimeout = 200 * time.Millisecond })
	c := s.dial(t)
	answerTo(t, c)
	if got := rest(t, c, timeLimit); got != "" {
		t.Errorf("closed with %q", got)
	}
	if got := s.refused(t, admission.ReasonHeaderTimeout); got != 0 {
		t.Errorf("%v headers are counted as late, want 0", got)
	}
}

// A line of a header costs net/http more than its bytes, so they are counted as they come.
func TestHeadersHaveABoundOfLines(t *testing.T) {
	s := serveWith(t, func(*terms) {})
	lines := func(n int) string { return strings.Repeat("X:\r\n", n) }
	ask := "GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
	for name, tc := range map[string]struct{ sent, want string }{
		"as many as are allowed":   {ask + lines(mostLines-2) + "\r\n", "HTTP/1.1 200"},
		"one more":                 {ask + lines(mostLines-1) + "\r\n", "HTTP/1.1 431"},
		"many more":                {ask + lines(600) + "\r\n", "HTTP/1.1 431"},
		"without carriage returns": {ask + strings.Repeat("X:\n", mostLines) + "\n", "HTTP/1.1 431"},
		"many requests with few":   {strings.Repeat(ask+lines(50)+"\r\n", 3) + ask + "\r\n", "HTTP/1.1 200"},
	} {
		c := s.dial(t)
		fmt.Fprint(c, tc.sent)
		b := make([]byte, len(tc.want))
		c.SetReadDeadline(time.Now().Add(timeLimit))
		if _, err := io.ReadFull(c, b); err != nil || string(b) != tc.want {
			t.Errorf("%s: %q, %v, want %q", name, b, err, tc.want)
		}
	}
	within(t, timeLimit, "three are counted", func() bool { return s.refused(t, admission.ReasonHeader) == 3 })
}

func TestUnfinishedHeadersShareABound(t *testing.T) {
	s := serveWith(t, func(c *terms) {
		c.Limits.Total.Unfinished = 256 << 10
		c.Limits.HeaderTimeout = 30 * time.Second
	})
	var conns []net.Conn
	for range 10 {
		c := s.dial(t)
		fmt.Fprint(c, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: "+strings.Repeat("x", 40<<10))
		conns = append(conns, c)
	}
	within(t, timeLimit, "some are cut", func() bool { return s.refused(t, admission.ReasonTotalUnfinished) >= 3 })
	all := s.public.port.all
	all.mu.Lock()
	held := all.held
	all.mu.Unlock()
	if held > (256+10*4)<<10 {
		t.Errorf("%d bytes are held, want at most 256 KiB and 4 KiB each", held)
	}
	if got := answerTo(t, s.dial(t)); got != 200 {
		t.Errorf("an ordinary request: %d", got)
	}
	for _, c := range conns {
		c.Close()
	}
	within(t, timeLimit, "nothing is held", func() bool {
		all.mu.Lock()
		defer all.mu.Unlock()
		return all.held == 0 || all.count[idle] == 1 && all.held < 200
	})
}

func TestHeadersHaveABoundOfBytes(t *testing.T) {
	s := serveWith(t, func(*terms) {})
	ask := "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: "
	for over, want := range []string{"HTTP/1.1 200", "HTTP/1.1 431"} {
		c := s.dial(t)
		fmt.Fprint(c, ask+strings.Repeat("x", mostHeader-len(ask)-len("\r\n\r\n")+over)+"\r\n\r\n")
		b := make([]byte, len(want))
		c.SetReadDeadline(time.Now().Add(timeLimit))
		if _, err := io.ReadFull(c, b); err != nil || string(b) != want {
			t.Errorf("%d bytes more than are allowed: %q, %v, want %q", over, b, err, want)
		}
	}
}

// A header that is too long is refused by net/http, and counted all the same.
func TestLongHeadersAreCounted(t *testing.T) {
	s := serveWith(t, func(*terms) {})
	c := s.dial(t)
	fmt.Fprintf(c, "GET /?%s HTTP/1.1\r\nHost: localhost\r\n\r\n", strings.Repeat("x", 80_000))
	if got := rest(t, c, timeLimit); !strings.HasPrefix(got, "HTTP/1.1 431 ") {
		t.Errorf("answered %.100q", got)
	}
	if got := s.refused(t, admission.ReasonHeader); got != 1 {
		t.Errorf("%v are counted, want 1", got)
	}
}
