package dashboard

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/conn/conntest"
)

// upgraded is a WebSocket by hand.
type upgraded struct {
	t      *testing.T
	answer *http.Response
	r      *bufio.Reader
}

// upgrade asks for a WebSocket on a connection.
func upgrade(t *testing.T, c net.Conn, path string, header ...string) *upgraded {
	t.Helper()
	more := ""
	for i := 0; i < len(header); i += 2 {
		more += header[i] + ": " + header[i+1] + "\r\n"
	}
	c.SetDeadline(time.Now().Add(timeLimit))
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n", path, more)
	r := bufio.NewReader(c)
	answer, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &upgraded{t, answer, r}
}

// next is the type of the next message, or the code of a close. Messages are short.
func (p *upgraded) next() string {
	p.t.Helper()
	var head [2]byte
	if _, err := io.ReadFull(p.r, head[:]); err != nil {
		p.t.Fatal(err)
	}
	length := int(head[1])
	if length == 126 {
		var long [2]byte
		io.ReadFull(p.r, long[:])
		length = int(binary.BigEndian.Uint16(long[:]))
	}
	payload := make([]byte, length)
	if _, err := io.ReadFull(p.r, payload); err != nil {
		p.t.Fatal(err)
	}
	switch head[0] {
	case 0x88:
		return fmt.Sprint(binary.BigEndian.Uint16(payload))
	case 0x81:
		var m struct{ Type string }
		if err := json.Unmarshal(payload, &m); err != nil {
			p.t.Fatal(err)
		}
		return m.Type
	default:
		return fmt.Sprintf("a frame of %#x", head[0])
	}
}

// dialTLS serves the public port over TLS as well, and returns what dials there.
func (s *site) dialTLS(t *testing.T) func(*testing.T) net.Conn {
	server := s.overTLS(t, false)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return func(t *testing.T) net.Conn {
		t.Helper()
		c, err := tls.Dial("tcp", server.Listener.Addr().String(), &tls.Config{RootCAs: roots, ServerName: "example.com"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
}

// overTLS serves the public port over TLS.
func (s *site) overTLS(t *testing.T, http2 bool) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(s.public.http.Handler)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.EnableHTTP2 = http2
	server.StartTLS()
	t.Cleanup(func() {
		s.hub.Drain(t.Context(), 0)
		server.Close()
	})
	return server
}

func TestWhoSpeaksAfterBeingRefusedIsGone(t *testing.T) {
	t.Parallel()
	s := serveWith(t, func(*terms) {})
	const many = mostRefused + 6
	for range many {
		c := s.dial(t)
		fmt.Fprintf(c, "GET /ws HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n%s",
			bytes.Repeat(conntest.Masked(0x81, []byte(`{"type":"ping"}`)), 50))
	}
	within(t, timeLimit, "all are refused", func() bool {
		return s.value(t, "tickertape_broadcast_connects_total", "transport", "websocket", "result", "origin") == many
	})
	within(t, timeLimit, "all have gone", func() bool {
		if !s.streams.refused.TryAcquire(mostRefused) {
			return false
		}
		s.streams.refused.Release(mostRefused)
		return true
	})
}

// With too many refused WebSockets open, the next is refused by an answer.
func TestTooManyRefusedWebSocketsGetAProblem(t *testing.T) {
	s := serveWith(t, func(c *terms) { c.Hosts = []string{"x"} })
	if !s.streams.refused.TryAcquire(mostRefused) {
		t.Fatal("there is no room for a refused WebSocket")
	}
	defer s.streams.refused.Release(mostRefused)
	p := upgrade(t, s.dial(t), "/ws", "Origin", "http://evil.example")
	if body, _ := io.ReadAll(p.answer.Body); p.answer.StatusCode != http.StatusForbidden ||
		!strings.Contains(string(body), "origin not allowed") {
		t.Errorf("answered %s %s, want 403", p.answer.Status, body)
	}
}

func TestWebSocketIsRefusedAsTheProtocolSays(t *testing.T) {
	s := serveWith(t, func(c *terms) { c.Hosts = []string{"x"}; c.Limits.Connection.BytesOut = 1 << 10 })
	if p := upgrade(t, s.dial(t), "/ws", "Sec-WebSocket-Protocol", "other.v9"); p.answer.StatusCode != http.StatusBadRequest {
		t.Errorf("unknown subprotocol: %s, want 400", p.answer.Status)
	}
	for offered, want := range map[string]string{"": "", subprotocol: subprotocol, "other.v9, " + subprotocol: subprotocol} {
		header := []string{"Sec-WebSocket-Protocol", offered}
		if offered == "" {
			header = nil
		}
		p := upgrade(t, s.dial(t), "/ws", header...)
		if got := p.answer.Header.Get("Sec-WebSocket-Protocol"); p.answer.StatusCode != http.StatusSwitchingProtocols || got != want {
			t.Errorf("%q is offered: %s, %q", offered, p.answer.Status, got)
		} else if got := p.next(); got != "hello" {
			t.Errorf("%q is offered: %s, want hello", offered, got)
		}
	}
	place, _ := s.Admission.Admit(admission.Visitor{}, admission.Stream, nil)
	defer place.Leave()
	s.Admission.Drain(0)
	if got := upgrade(t, s.dial(t), "/ws").next(); got != "1012" {
		t.Errorf("while draining: %s, want 1012", got)
	}
}

// A request that is no WebSocket pays for none of the names that it has.
func TestRequestWithoutUpgradeIsNotPlanned(t *testing.T) {
	s := serveWith(t, func(c *terms) { c.Limits.Connection.BytesOut = 1 << 10 })
	for range 10 {
		answer, body := fetch(t, s.url+"/ws?symbols="+strings.Repeat("<", 20_000))
		if answer.StatusCode != http.StatusUpgradeRequired || answer.Header.Get("Upgrade") != "websocket" || !strings.Contains(body, "/events") {
			t.Fatalf("answered %s %s, want 426", answer.Status, body)
		}
	}
	if got := s.refused(t, admission.ReasonConnectionBytesOut); got != 0 {
		t.Errorf("%v requests were charged for names", got)
	}
}

func TestBadQueriesOfStreamsNameTheKey(t *testing.T) {
	s := serveWith(t, func(c *terms) {
		c.Broadcast.MaxSeries, c.Hosts = 3, []string{"x"}
	})
	for path, want := range map[string]string{
		"/events":                       "symbols",
		"/events?bars=AAPL&interval=3m": `interval: "3m"`,
		"/events?bars=AAPL&limit=x":     `limit: "x"`,
		"/events?bars=,":                "symbols: missing",
		"/events?bars=*":                `bars: "*"`,
		"/events?bars=AAPL,MSFT,BKNG&trades=AAPL&interval=1d": `4 would be followed, more than the 3 allowed`,
		"/ws?rate=-1": "rate: -1",
		"/ws?bars=*":  `bars: "*"`,
		"/ws?bars=AAPL,MSFT&bars=AAPL,MSFT&interval=1s&interval=1d": `4 would be followed`,
		"/events?symbols=AAPL&interval=1m":                          "bars: missing",
		"/events?symbols=AAPL&limit=5":                              "bars: missing",
		"/events?bars=AAPL&interval=1s&interval=5s":                 `interval: "5s" has no bars`,
		"/events?bars=AAPL;trades=AAPL":                             `query: "bars=AAPL;trades=AAPL"`,
	} {
		answer := upgrade(t, s.dial(t), path).answer
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		var p problem
		if err := json.Unmarshal(body, &p); err != nil || answer.StatusCode != http.StatusBadRequest || !strings.Contains(p.Detail, want) ||
			answer.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %s %s, want %s", path, answer.Status, body, want)
		}
	}
	if places := s.value(t, "tickertape_broadcast_subscribers", "transport", "sse"); places != 0 {
		t.Errorf("%v subscribers are counted, want none", places)
	}
}

// A browser comes back after an event stream of status 200 alone.
func TestRefusedEventsAreAStream(t *testing.T) {
	s := serveWith(t, func(*terms) {})
	place, _ := s.Admission.Admit(admission.Visitor{}, admission.Stream, nil)
	defer place.Leave()
	s.Admission.Drain(0)
	answer, body := fetch(t, s.url+"/events?symbols=AAPL")
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "text/event-stream" ||
		!strings.HasPrefix(body, "retry: ") || !strings.Contains(body, "event: error\n") || !strings.Contains(body, `"draining"`) {
		t.Errorf("answered %s %s", answer.Status, body)
	}
}

func TestHeadOfEventsEnds(t *testing.T) {
	s := serveWith(t, func(c *terms) { c.Hosts = []string{"example.com"} })
	secure, http2 := s.overTLS(t, false), s.overTLS(t, true)
	for name, reach := range map[string]struct {
		url    string
		client *http.Client
	}{"plain": {s.url, http.DefaultClient}, "TLS": {secure.URL, secure.Client()}, "HTTP/2": {http2.URL, http2.Client()}} {
		answer, err := reach.client.Head(reach.url + "/events?symbols=AAPL")
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(answer.Body)
		if err != nil || len(b) > 0 || answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "text/event-stream" {
			t.Errorf("%s: answered %s %v with %q, %v", name, answer.Status, answer.Header, b, err)
		}
	}
	if got := s.value(t, "tickertape_broadcast_subscribers", "transport", "sse"); got != 0 || s.Admission.Memory.Used() != 0 {
		t.Errorf("%v subscribers are there, with %d bytes, want none", got, s.Admission.Memory.Used())
	}
	if _, text := fetch(t, s.url+"/metrics"); strings.Contains(text, `connects_total{result="accepted",transport="sse"}`) {
		t.Error("a subscriber is counted, want none")
	}
}
