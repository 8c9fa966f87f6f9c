package dashboard

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"tickertape/broadcast/admission"
)

const ask = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"

// answerTo asks on a connection that stays open.
func answerTo(t *testing.T, c net.Conn) int {
	t.Helper()
	c.SetDeadline(time.Now().Add(timeLimit))
	fmt.Fprint(c, ask)
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, answer.Body)
	return answer.StatusCode
}

// serves reports whether a new connection is answered with 200, and not turned away.
func (s *site) serves(t *testing.T) bool {
	t.Helper()
	c := s.dial(t)
	defer c.Close()
	fmt.Fprint(c, ask)
	var b [12]byte
	c.SetReadDeadline(time.Now().Add(timeLimit))
	io.ReadFull(c, b[:])
	return string(b[:]) == "HTTP/1.1 200"
}

// connections is how many there are in a state.
func (s *site) connections(t *testing.T, port, state string) float64 {
	t.Helper()
	return s.value(t, "tickertape_dashboard_connections", "port", port, "state", state)
}

func TestOldestIdleConnectionMakesRoom(t *testing.T) {
	s := serveWith(t, func(c *terms) { c.Limits.Total.Connections = 4 })
	silent := s.dial(t) // has sent no request
	within(t, timeLimit, "one new", func() bool { return s.connections(t, "public", "new") == 1 })
	var idle []net.Conn
	for i := range 3 {
		c := s.dial(t)
		if got := answerTo(t, c); got != http.StatusOK {
			t.Fatalf("answered %d", got)
		}
		idle = append(idle, c)
		within(t, timeLimit, "idle one after the other", func() bool { return s.connections(t, "public", "idle") == float64(i+1) })
	}
	answerTo(t, idle[0]) // the second is the oldest now
	within(t, timeLimit, "three idle", func() bool { return s.connections(t, "public", "idle") == 3 })
	for i, want := range []net.Conn{idle[1], idle[2], idle[0], silent} {
		c := s.dial(t) // sends nothing
		if got := rest(t, want, timeLimit); got != "" {
			t.Errorf("the one that made room was told %q", got)
		}
		within(t, timeLimit, "let in", func() bool { return s.connections(t, "public", "new") == float64(min(i+2, 4)) })
		defer c.Close()
	}
	if got := s.refused(t, admission.ReasonTotalConnections); got != 4 {
		t.Errorf("%v are counted, want 4", got)
	}
	if log := s.log.String(); !strings.Contains(log, "reason=total_connections key=limits.total.connections") {
		t.Errorf("logged %s", log)
	}
}

func TestNewcomersAreTurnedAwayWhenAllAreAtWork(t *testing.T) {
	s := serveWith(t, func(c *terms) {
		c.Limits.Total.Connections = 2
		c.polls = func() int { return 0 } // they count as others here
	})
	position := s.position(t)
	within(t, timeLimit, "nobody", func() bool { return s.connections(t, "public", "idle") == 0 })
	for range 2 {
		fmt.Fprintf(s.dial(t), "GET /api/quotes?symbols=AAPL&wait=30s&since=%s HTTP/1.1\r\nHost: localhost\r\n\r\n", position)
	}
	within(t, timeLimit, "two polls", func() bool { return s.connections(t, "public", "active") == 2 })
	c := s.dial(t)
	got := rest(t, c, timeLimit)
	if !strings.HasPrefix(got, "HTTP/1.1 503 Service Unavailable\r\n") || !strings.Contains(got, "Retry-After: 5\r\n") ||
		!strings.Contains(got, `"code":"full"`) {
		t.Errorf("the third gets %q", got)
	}
	if got := s.refused(t, admission.ReasonTotalConnections); got != 1 {
		t.Errorf("%v are counted, want 1", got)
	}
}

// position is one of the board's, asked for on a connection that is closed.
func (s *site) position(t *testing.T) string {
	t.Helper()
	answer, _ := fetch(t, s.url+"/api/quotes?symbols=AAPL", "Connection", "close")
	return strings.Trim(answer.Header.Get("ETag"), `"`)
}

// Long polls and streams are counted as subscribers, by the board.
func TestSubscribersTakeNoneOfTheOthersPlaces(t *testing.T) {
	var polls atomic.Int64
	s := serveWith(t, func(c *terms) {
		c.Limits.Total.Connections = 2
		c.polls = func() int { return int(polls.Load()) }
	})
	position := s.position(t)
	for range 5 {
		c := s.dial(t)
		fmt.Fprint(c, "GET /events?symbols=AAPL HTTP/1.1\r\nHost: localhost\r\n\r\n")
		c.SetReadDeadline(time.Now().Add(timeLimit))
		if _, err := io.ReadFull(c, make([]byte, 200)); err != nil {
			t.Fatalf("a stream: %v", err)
		}
	}
	within(t, timeLimit, "nobody", func() bool { return s.connections(t, "public", "idle")+s.connections(t, "public", "active") == 0 })
	polls.Store(2)
	for range 2 {
		fmt.Fprintf(s.dial(t), "GET /api/quotes?symbols=AAPL&wait=30s&since=%s HTTP/1.1\r\nHost: localhost\r\n\r\n", position)
	}
	within(t, timeLimit, "two polls", func() bool { return s.connections(t, "public", "active") == 2 })
	if got := answerTo(t, s.dial(t)); got != http.StatusOK {
		t.Errorf("beside polls: %d", got)
	}
}

// addressGate admits so many connections of an address.
type addressGate struct {
	mu   sync.Mutex
	most int
	here map[netip.Addr]int
}

func (g *addressGate) AdmitConnection(a netip.Addr) (admission.Reason, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.here[a] == g.most {
		return admission.ReasonAddressConnections, false
	}
	g.here[a]++
	return 0, true
}

func (g *addressGate) LeaveConnection(a netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.here[a]--
}

func (g *addressGate) count() (n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.here[netip.MustParseAddr("127.0.0.1")]
}

func TestGateCountsEachConnectionOnce(t *testing.T) {
	g := &addressGate{most: 3, here: map[netip.Addr]int{}}
	s := serveWith(t, func(c *terms) {
		c.gate = g
		c.Admin.Listen = "127.0.0.1:0"
		c.Limits.Total.Connections = 2
	})
	stream := s.dial(t)
	fmt.Fprint(stream, "GET /events?symbols=AAPL HTTP/1.1\r\nHost: localhost\r\n\r\n")
	stream.SetReadDeadline(time.Now().Add(timeLimit))
	if _, err := io.ReadFull(stream, make([]byte, 200)); err != nil {
		t.Fatal(err)
	}
	within(t, timeLimit, "a stream leaves", func() bool { return g.count() == 0 })
	a, b := s.dial(t), s.dial(t)
	within(t, timeLimit, "two came", func() bool { return g.count() == 2 })
	s.dial(t) // the third makes the first go
	rest(t, a, timeLimit)
	within(t, timeLimit, "two are left", func() bool { return g.count() == 2 })
	b.Close()
	within(t, timeLimit, "one is left", func() bool { return g.count() == 1 })
	g.mu.Lock()
	g.most = 1
	g.mu.Unlock()
	if got := rest(t, s.dial(t), timeLimit); !strings.HasPrefix(got, "HTTP/1.1 429 Too Many Requests\r\n") ||
		!strings.Contains(got, "Retry-After") || !strings.Contains(got, `"rate_limited"`) {
		t.Errorf("one too many gets %q", got)
	}
	if got := s.refused(t, admission.ReasonAddressConnections); got != 1 {
		t.Errorf("%v are counted, want 1", got)
	}
	if g.count() != 1 {
		t.Errorf("%d are counted, want 1", g.count())
	}
}

func TestHandshakesAreLetThroughAtTheirRate(t *testing.T) {
	const rate, crowd = 400, 500
	s := serveWith(t, func(c *terms) { c.Limits.Total.Handshakes = rate })
	began := time.Now()
	conns := make([]net.Conn, crowd)
	for i := range conns {
		conns[i] = s.dial(t)
		fmt.Fprint(conns[i], ask)
	}
	for _, c := range conns {
		c.SetReadDeadline(time.Now().Add(timeLimit))
		if _, err := io.ReadFull(c, make([]byte, 12)); err != nil {
			t.Fatal(err)
		}
	}
	least := time.Duration(float64(crowd-rate/4) / rate * float64(time.Second)) // a burst passes at once
	if took := time.Since(began); took < least-50*time.Millisecond || took > least+5*time.Second {
		t.Errorf("%d were let in within %v, want some %v", crowd, took, least)
	}
	if got := s.refused(t, admission.ReasonTotalHandshakes); got != 0 {
		t.Errorf("%v were refused", got)
	}
}

func TestLineHasAnEnd(t *testing.T) {
	s := serveWith(t, func(c *terms) { c.Limits.Total.Handshakes = 5 }) // 20 in line, a burst of 1
	conns := make([]net.Conn, 40)
	for i := range conns {
		conns[i] = s.dial(t)
	}
	within(t, timeLimit, "some are refused", func() bool { return s.refused(t, admission.ReasonTotalHandshakes) > 0 })
	within(t, timeLimit, "one is told", func() bool {
		return slices.ContainsFunc(conns, func(c net.Conn) bool {
			var b [12]byte
			c.SetReadDeadline(time.Now().Add(time.Millisecond))
			io.ReadFull(c, b[:])
			return string(b[:]) == "HTTP/1.1 503"
		})
	})
	if got := s.connections(t, "public", "waiting"); got > 21 {
		t.Errorf("%v wait, want 20", got)
	}
	if log := s.log.String(); !strings.Contains(log, "reason=total_handshakes key=limits.total.handshakes") {
		t.Errorf("logged %s", log)
	}
}

// Thousands that say nothing are gone through faster than one by one, with a quarter of a second for each.
func TestWhoSaysNothingIsGoneThrough(t *testing.T) {
	const crowd, most = 600, 10
	s := serveWith(t, func(c *terms) { c.Limits.Total.Connections = most })
	for range crowd {
		s.dial(t)
	}
	if timeLimit >= stuckTime*crowd/most {
		t.Fatal("timeLimit is enough for one by one")
	}
	if got := answerTo(t, s.dial(t)); got != http.StatusOK { // within timeLimit
		t.Errorf("answered with %d", got)
	}
}

// Each of a crowd that says nothing makes room after a fifth of stuckTime, by a clock on which nothing else takes time.
func TestWhoSaysNothingHasAFifthOfTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const crowd, most = 600, 10
		all := &connections{most: most, refusals: admission.NewRefusalLog(slog.New(slog.DiscardHandler), prometheus.NewRegistry())}
		p := &port{all: all, line: make(chan *conn, 1), serving: rate.NewLimiter(rate.Inf, 1), closed: make(chan struct{})}
		began := time.Now()
		for range crowd {
			c, other := net.Pipe()
			defer other.Close()
			p.admit(c)
			select {
			case next := <-p.line:
				all.move(next, fresh)
			default:
				t.Fatal("one is turned away")
			}
		}
		if took, each := time.Since(began), stuckTime*crowd/most; took > each/3 {
			t.Errorf("gone through in %v, want far less than %v", took, each)
		}
	})
}

// What a flood has left in the kernel's line is soon gone through, however few are served.
func TestFloodIsSoonOver(t *testing.T) {
	const flood = 1000
	s := serveWith(t, func(c *terms) { c.Limits.Total.Handshakes = 5 })
	for range flood {
		s.dial(t).Close()
	}
	within(t, timeLimit, "all are accepted", func() bool { return s.refused(t, admission.ReasonTotalHandshakes) > flood*9/10 })
}

func TestAcceptGoesOnAfterErrors(t *testing.T) {
	s := serveWith(t, func(*terms) {})
	idle := s.dial(t)
	answerTo(t, idle)
	within(t, timeLimit, "one idle", func() bool { return s.connections(t, "public", "idle") == 1 })
	p := s.public.port
	if !p.recover(&net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", syscall.EMFILE)}) {
		t.Error("it gives up")
	}
	if got := rest(t, idle, timeLimit); got != "" {
		t.Errorf("the idle one was told %q", got)
	}
	began := time.Now()
	if !p.recover(&net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", syscall.EMFILE)}) {
		t.Error("it gives up")
	}
	if took := time.Since(began); took < acceptPause || took > time.Second {
		t.Errorf("with nobody to make room it pauses for %v, want %v", took, acceptPause)
	}
	if got := s.refused(t, admission.ReasonAccept); got != 2 {
		t.Errorf("%v are counted, want 2", got)
	}
	if log := s.log.String(); !strings.Contains(log, "level=WARN") || !strings.Contains(log, "reason=accept") ||
		!strings.Contains(log, "too many open files") {
		t.Errorf("logged %s", log)
	}
	if got := answerTo(t, s.dial(t)); got != http.StatusOK {
		t.Errorf("afterwards: %d", got)
	}
}

func TestRefusalsOfConnectionsAreProblems(t *testing.T) {
	for reason, want := range map[admission.Reason]string{
		admission.ReasonTotalConnections:   "HTTP/1.1 503 Service Unavailable\r\n",
		admission.ReasonTotalHandshakes:    "HTTP/1.1 503 Service Unavailable\r\n",
		admission.ReasonAddressHandshakes:  "HTTP/1.1 429 Too Many Requests\r\n",
		admission.ReasonAddressConnections: "HTTP/1.1 429 Too Many Requests\r\n",
		admission.ReasonHeader:             "HTTP/1.1 431 Request Header Fields Too Large\r\n",
	} {
		if got := string(refusalOf(reason)); !strings.HasPrefix(got, want) || !strings.Contains(got, reason.String()) {
			t.Errorf("%s: %q", reason, got)
		}
	}
}

// With few descriptors the line is short, and a crowd waits in the kernel's.
func TestCrowdIsLetInWithFewDescriptors(t *testing.T) {
	const crowd = 300
	s := serveWith(t, func(c *terms) {
		c.Limits.Total.Connections = 20
		c.Limits.Total.Handshakes = 400
	})
	conns := make([]net.Conn, crowd)
	for i := range conns {
		conns[i] = s.dial(t)
		fmt.Fprint(conns[i], "GET /events?symbols=AAPL HTTP/1.1\r\nHost: localhost\r\n\r\n")
	}
	for _, c := range conns {
		b := make([]byte, 12)
		c.SetReadDeadline(time.Now().Add(timeLimit))
		if _, err := io.ReadFull(c, b); err != nil || string(b) != "HTTP/1.1 200" {
			t.Fatalf("answered %q, %v", b, err)
		}
	}
}

func TestWhoLeavesItsAnswerMakesRoom(t *testing.T) {
	s := serveWith(t, func(c *terms) {
		c.more = 20_000
		c.Limits.Total.Connections = 4
		c.Limits.LeastRate = 1 << 10 // 16 s for a piece
	})
	for range 4 {
		fmt.Fprint(s.dialSmall(t), "GET /api/symbols?symbols=* HTTP/1.1\r\nHost: localhost\r\n\r\n")
	}
	within(t, timeLimit, "all write", func() bool { return s.connections(t, "public", "writing") == 4 })
	within(t, timeLimit, "an answer", func() bool { return s.serves(t) }) // once they are stuck
}

// Those whose body was refused linger, and must not keep others out meanwhile.
func TestRefusedBodiesMakeRoom(t *testing.T) {
	s := serveWith(t, func(c *terms) { c.Limits.Total.Connections = 4 })
	for range 100 {
		fmt.Fprint(s.dial(t), "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n")
	}
	within(t, timeLimit, "an answer", func() bool { return s.serves(t) })
	if got := s.refused(t, admission.ReasonBody); got == 0 {
		t.Error("none are counted")
	}
}

// A crowd is let in; a line that never ends is cut to what can be served at once.
func TestLineThatLastsIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &port{line: make(chan *conn, 100), serving: rate.NewLimiter(40, 10), closed: make(chan struct{})}
		for range 50 {
			if !p.queue(&conn{}) {
				t.Fatal("one of a crowd is turned away")
			}
		}
		time.Sleep(crowdTime + time.Second)
		if p.queue(&conn{}) {
			t.Error("a line that has lasted takes one more")
		}
		for range 45 {
			<-p.line
		}
		if !p.queue(&conn{}) {
			t.Error("a short line takes nobody")
		}
		for len(p.line) > 0 {
			<-p.line
		}
		for range 50 {
			if !p.queue(&conn{}) {
				t.Fatal("one of the next crowd is turned away")
			}
		}
	})
}

// A connection on which many requests have come at once is idle for a moment after each.
func TestWhoAsksAtOnceMakesRoomBetweenTwoRequests(t *testing.T) {
	all := &connections{most: 2, refusals: admission.NewRefusalLog(slog.New(slog.DiscardHandler), prometheus.NewRegistry())}
	var conns [3]*conn
	for i := range conns {
		c, other := net.Pipe()
		defer other.Close()
		conns[i] = newConn(c, all)
	}
	for _, c := range conns[:2] {
		if reason, _, ok := all.enter(c); !ok {
			t.Fatalf("refused: %s", reason)
		}
		all.move(c, active)
	}
	if _, after, ok := all.enter(conns[2]); ok || after == 0 {
		t.Fatalf("let in: %t, to be asked again after %v", ok, after)
	}
	for _, c := range conns[:2] {
		all.move(c, idle)
		all.move(c, active)
	}
	if reason, _, ok := all.enter(conns[2]); !ok {
		t.Errorf("refused: %s", reason)
	}
	if all.has(conns[0]) || !all.has(conns[1]) {
		t.Error("it is not the first that became idle that has made room")
	}
}
