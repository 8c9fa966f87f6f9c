package broadcast

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"tickertape/broadcast/conn/conntest"
)

// testClient is a client by hand over any wire and transport, which reads as slowly as a test wants.
type testClient struct {
	t         *testing.T
	transport Transport
	conn      net.Conn // nil of HTTP/2
	header    http.Header
	throttle  *throttle
	r         *bufio.Reader // frames or events
	hangUp    func()
}

// access is a transport, and how a client reaches it.
type access struct {
	network
	transport Transport
	old       bool // HTTP/1.0
}

var (
	accessBySocket = map[string]access{ // by sockets that are never waited for, where there are any
		"WebSocket":          {network{}, WebSocket, false},
		"events":             {network{}, EventStream, false},
		"events by HTTP/1.0": {network{}, EventStream, true},
	}
	accessByGoroutine = map[string]access{
		"WebSocket by TLS":                   {network{tls: true}, WebSocket, false},
		"WebSocket on a wrapped connection":  {network{wrapped: true}, WebSocket, false},
		"events by TLS":                      {network{tls: true}, EventStream, false},
		"events by HTTP/2":                   {network{tls: true, http2: true}, EventStream, false},
		"events on a wrapped connection":     {network{wrapped: true}, EventStream, false},
		"old events on a wrapped connection": {network{wrapped: true}, EventStream, true},
	}
)

// throttle is a stream of which some may be taken before it is read.
type throttle struct {
	src   io.Reader
	taken bytes.Buffer
	limit int // bytes at a time; 0 is no limit
}

func (h *throttle) Read(b []byte) (int, error) {
	if h.taken.Len() > 0 {
		return h.taken.Read(b)
	}
	if h.limit > 0 && len(b) > h.limit {
		b = b[:h.limit]
	}
	return h.src.Read(b)
}

// take takes up to n bytes off the wire, to be read later.
func (h *throttle) take(n int) error {
	b := make([]byte, n)
	n, err := h.src.Read(b)
	h.taken.Write(b[:n])
	return err
}

// secure is a connection to the server.
func (s *served) secure(t *testing.T, c net.Conn) net.Conn {
	t.Helper()
	if s.tls == nil {
		return c
	}
	secured := tls.Client(c, s.tls)
	if err := secured.HandshakeContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	return secured
}

// join begins to listen; the query is with its question mark.
func (s *served) join(t *testing.T, w access, query string, header ...string) *testClient {
	t.Helper()
	p := &testClient{t: t, transport: w.transport}
	if w.http2 {
		ctx, cancel := context.WithCancel(context.Background())
		req, _ := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/events"+query, nil)
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		answer, err := s.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if answer.ProtoMajor != 2 {
			t.Fatalf("answered with %s, want HTTP/2", answer.Proto)
		}
		p.header, p.throttle, p.hangUp = answer.Header, &throttle{src: answer.Body}, func() {
			cancel()
			answer.Body.Close()
		}
		p.r = bufio.NewReader(p.throttle)
		t.Cleanup(p.hangUp)
		return p
	}
	raw, err := s.connect()
	if err != nil {
		t.Fatal(err)
	}
	if tcp, ok := raw.(*net.TCPConn); ok {
		tcp.SetReadBuffer(2 << 10)
		tcp.SetDeadline(time.Now().Add(3 * timeLimit))
	}
	p.conn, p.hangUp = raw, func() { raw.Close() }
	t.Cleanup(p.hangUp)
	p.conn = s.secure(t, raw)
	if err := p.shake(w, query, header...); err != nil {
		t.Fatal(err)
	}
	return p
}

// shake begins the stream on the client's connection.
func (p *testClient) shake(w access, query string, header ...string) error {
	path, more, want := "/events", "", http.StatusOK
	if w.transport == WebSocket {
		path, want = "/ws", http.StatusSwitchingProtocols
		more = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	}
	for i := 0; i < len(header); i += 2 {
		more += header[i] + ": " + header[i+1] + "\r\n"
	}
	version := "1.1"
	if w.old {
		version = "1.0"
	}
	fmt.Fprintf(p.conn, "GET %s%s HTTP/%s\r\nHost: x\r\n%s\r\n", path, query, version, more)
	p.throttle = &throttle{src: p.conn}
	p.r = bufio.NewReaderSize(p.throttle, 512)
	answer, err := http.ReadResponse(p.r, nil)
	if err != nil || answer.StatusCode != want {
		return fmt.Errorf("%s %s: %v %w", path, query, answer, err)
	}
	p.header = answer.Header
	if w.transport == EventStream {
		p.r = bufio.NewReaderSize(answer.Body, 512)
	}
	return nil
}

// errGoodbye is a goodbye as the client hears it.
type errGoodbye struct {
	code   int    // of WebSocket
	reason string // of WebSocket, or the error's code
	retry  string
}

func (g errGoodbye) Error() string { return fmt.Sprintf("goodbye %d %q", g.code, g.reason) }

// message reads the next message. A goodbye is an error.
func (p *testClient) message() (m message, err error) {
	var b []byte
	if p.transport == EventStream {
		b, err = p.event()
	} else {
		b, err = p.text()
	}
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return m, fmt.Errorf("%s: %w", b, err)
	}
	return m, nil
}

// text reads until the next text message; pings and pongs are passed over.
func (p *testClient) text() ([]byte, error) {
	for {
		head, b, err := conntest.ReadFrame(p.r)
		switch {
		case err != nil:
			return nil, err
		case head == 0x88 && len(b) >= 2:
			return nil, errGoodbye{code: int(binary.BigEndian.Uint16(b)), reason: string(b[2:])}
		case head == 0x81:
			return b, nil
		case head == 0xc1 && p.header.Get("Sec-WebSocket-Extensions") != "":
			return inflate(b)
		case head != 0x89 && head != 0x8a:
			return nil, fmt.Errorf("frame begins with %#x", head)
		}
	}
}

func (p *testClient) event() ([]byte, error) {
	var name, retry string
	for {
		line, err := p.r.ReadString('\n')
		if err != nil {
			return nil, err
		}
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch {
		case key == "event":
			name = value
		case key == "retry":
			retry = value
		case key == "data" && name == "error":
			var m message
			if err := json.Unmarshal([]byte(value), &m); err != nil {
				return nil, err
			}
			return nil, errGoodbye{reason: m.Code, retry: retry}
		case key == "data":
			return []byte(value), nil
		case key != "" && key != "id" && key != ":":
			return nil, fmt.Errorf("line %q", line)
		}
	}
}

// next is the next message of a type; those before are passed over.
func (p *testClient) next(kind string) message {
	p.t.Helper()
	for {
		m, err := p.message()
		if err != nil {
			p.t.Fatalf("waiting for %s: %v", kind, err)
		}
		if m.Type == kind {
			return m
		}
	}
}

// priced reads until the symbol has the price, and returns how many messages came before.
func (p *testClient) priced(symbol string, price float64) int {
	p.t.Helper()
	for n := 0; ; n++ {
		m, err := p.message()
		if err != nil {
			p.t.Fatalf("waiting for %s at %v: %v", symbol, price, err)
		}
		for _, q := range m.Quotes {
			if q["s"] == symbol && q["p"] == price {
				return n
			}
		}
	}
}

// goodbye reads until the server says it.
func (p *testClient) goodbye() errGoodbye {
	p.t.Helper()
	for {
		_, err := p.message()
		var g errGoodbye
		if errors.As(err, &g) {
			return g
		}
		if err != nil {
			p.t.Fatalf("waiting for a goodbye: %v", err)
		}
	}
}

// ended reads whatever comes until the connection is over.
func (p *testClient) ended() error {
	_, err := io.Copy(io.Discard, p.r)
	return err
}

// say sends a WebSocket text message.
func (p *testClient) say(text string) {
	p.t.Helper()
	if _, err := p.conn.Write(conntest.Masked(0x81, []byte(text))); err != nil {
		p.t.Fatal(err)
	}
}

// roundTrip waits until all that was said has been answered, and what was kept for it is given back: the server reads
// no request before it has done with the last.
func (p *testClient) roundTrip() {
	p.t.Helper()
	p.say(`{"type":"ping"}`)
	p.next("pong")
}

// count is how many have been let in and have not gone.
func (s *served) count() int {
	n, _ := s.admission.Places()
	return n
}

// left is what the shards still hold of subscribers.
func (h *Hub) left() string {
	said := make(chan string, len(h.shards))
	for _, sh := range h.shards {
		sh.post(func() {
			seats := 0
			for _, slot := range sh.wheel.slots {
				seats += len(slot)
			}
			followed := 0
			for _, x := range slices.Concat(sh.watches.bySymbol, sh.watches.bySeries) {
				followed += len(x)
			}
			said <- fmt.Sprint(len(sh.all), sh.load.Load(), sh.wheel.count, seats, len(sh.watches.byKey), followed,
				len(sh.watches.ofAll)+len(sh.watches.ofLong),
				len(sh.watches.waiting), len(sh.lists), len(sh.turns.queue), len(sh.waitlists.byKey)+len(sh.waitlists.byName))
		})
	}
	var all []string
	for range h.shards {
		if one := <-said; one != "0 0 0 0 0 0 0 0 0 0 0" {
			all = append(all, one)
		}
	}
	return strings.Join(all, ", ")
}

// empty fails unless everyone has gone soon, and nothing is left of them.
func (s *served) empty(t *testing.T) {
	t.Helper()
	until(t, "everyone has gone", func() bool { return s.count() == 0 })
	left := s.left()
	for deadline := time.Now().Add(timeLimit); left != "" && time.Now().Before(deadline); left = s.left() {
		time.Sleep(time.Millisecond) // who had asked for a turn is forgotten when it has one
	}
	if left != "" {
		t.Errorf("all, load, seats, seats, watches, of symbols, of all, waiting, lists, turns, awaited: %s, want nothing left", left)
	}
	until(t, "no memory is reckoned", func() bool { return s.admission.Memory.Used() == 0 })
	for _, gauge := range []string{"websocket", "sse"} {
		if got := testutil.ToFloat64(s.metrics.subscribers.WithLabelValues(gauge)); got != 0 {
			t.Errorf("%v subscribers over %s are counted, want none", got, gauge)
		}
	}
	for i, tier := range tiers {
		if got := testutil.ToFloat64(s.metrics.tiers[i]); got != 0 {
			t.Errorf("%v subscribers of tier %s are counted, want none", got, tier.label)
		}
	}
	if got := testutil.ToFloat64(s.metrics.slow); got != 0 {
		t.Errorf("%v slow subscribers are counted, want none", got)
	}
}

// gone is how many have gone for the reason.
func (s *served) gone(transport Transport, reason string) float64 {
	return testutil.ToFloat64(s.metrics.gone.WithLabelValues(transport.String(), reason))
}

// came is how many have come over the transport, by what became of it.
func (s *served) came(transport, result string) float64 {
	return testutil.ToFloat64(s.metrics.connects.WithLabelValues(transport, result))
}
