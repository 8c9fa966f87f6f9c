package broadcast

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/conn"
	"tickertape/broadcast/conn/conntest"
	"tickertape/broadcast/wire"
)

// The traps of nhooyr.io/websocket 1.8.17 and of net/http, as far as a server meets them, and the
// tests that keep out of them:
//
//	T1   a second close frame hides the first from browsers   TestCloseFrameIsTheLastAndOnlyOne
//	T2   messages after the close frame                       TestCloseFrameIsTheLastAndOnlyOne
//	T3   a close waits for ever for half a frame              TestDrainDoesNotWaitForHalfAFrame
//	T4   CloseNow waits for a Close under way                    TestClientsThatNeverAnswerACloseGoTogether
//	T5   a close waits for a silent client                     TestClientsThatNeverAnswerACloseGoTogether,
// TestWhoSpeaksWhileBeingSentAwayIsWaitedFor
//	T6   CloseRead takes a message for an end                 TestIdleSubscribersCostNoGoroutines
//	T7   goroutines for each connection                       TestIdleSubscribersCostNoGoroutines
//	T8   a context that ends closes the connection            TestEndOfTheRequestIsNotTheEndOfTheConnection
//	T9   floods that no message shows                         TestFloodIsCut, TestFloodsAreCut
//	T10  messages that are too big                            TestTooBigMessageIsClosedWith1009, TestMessagesUpToTheLimitAreTaken
//	T11  a ping waits for a reader                            the server sends none
//	T12  origins compared by host alone                       dashboard: TestPagesOfOtherOriginsNeedLeave,
// TestPagesOfOtherOriginsGetNoWebSocket
//	T13  the request's context ends with its handler          TestEndOfTheRequestIsNotTheEndOfTheConnection
//	T14  middleware that can only be unwrapped                TestMiddlewareThatOnlyUnwraps
//	T15  Shutdown does not know hijacked connections          TestShutdownLeavesSubscribersToDrain
//	T16  what compression keeps and costs                     TestUpdatesAreCompressedOnceForAll and the others in deflate_test.go
//	T17  close reasons that are too long                      TestEveryGoodbyeFitsACloseFrame
//	T18  text that is no UTF-8                                TestBadMessagesAreToldAndTheConnectionLivesOn,
// TestTextThatIsNoUTF8EndsTheConnection
//	T19  buffers that stay for life                           TestIdleSubscribersCostLittleMemory

var overWebSocket = accessBySocket["WebSocket"]

func TestClientsThatNeverAnswerACloseGoTogether(t *testing.T) {
	silent := func(t *testing.T, s *served, w access) {
		const silent = 40 // would take 80 s one after the other
		var clients []*testClient
		s.admission.Config.MessageTimeout = time.Minute // for half a message, while the others come
		for i := range silent {
			p := s.join(t, w, "?symbols=AAPL")
			p.next("snapshot")
			if i%2 == 1 { // the library's connection is there
				p.conn.Write([]byte{0x81, 0xfe, 0x10, 0x00, 0, 0, 0, 0})
			}
			clients = append(clients, p)
		}
		ctx, cancel := context.WithTimeout(t.Context(), timeLimit)
		defer cancel()
		drained := make(chan struct{})
		go func() {
			defer close(drained)
			s.Drain(ctx, 0)
		}()
		for i, p := range clients {
			if got := p.goodbye(); got.code != 1012 {
				t.Errorf("%d: %v, want 1012", i, got)
			}
		}
		<-drained
		if ctx.Err() != nil {
			t.Errorf("drain waited to be cut off after %v", timeLimit)
		}
		s.empty(t)
	}
	t.Parallel()
	t.Run("WebSocket", func(t *testing.T) { silent(t, serve(t, nil), overWebSocket) })
	inBubbles(t, nil, func(t *testing.T, s *served, w access) {
		if w.transport == WebSocket {
			silent(t, s, w)
		}
	})
}

func TestWhoSpeaksWhileBeingSentAwayIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	type speaker struct {
		name  string
		frame []byte // sent behind the close frame
		p     *testClient
	}
	var all []speaker
	for name, frame := range map[string][]byte{
		"nothing": nil, "a ping": conntest.Masked(0x89, nil), "a message": conntest.Masked(0x81, []byte(`{"type":"ping"}`)),
		"half a message": conntest.Masked(0x01, []byte(`{"type"`)),
	} {
		for _, spoken := range []bool{false, true} {
			p := s.join(t, overWebSocket, "?symbols=AAPL")
			p.next("snapshot")
			if spoken {
				p.conn.Write(conntest.Masked(0x89, nil))
				p.roundTrip()
				name += ", having spoken before"
			}
			all = append(all, speaker{name, frame, p})
		}
	}
	began := time.Now()
	go s.Drain(t.Context(), 0)
	for _, c := range all {
		if got := c.p.goodbye(); got.code != 1012 {
			t.Errorf("who says %s: %v, want 1012", c.name, got)
		}
		c.p.conn.Write(c.frame)
	}
	type end struct {
		name string
		err  error
	}
	ends := make(chan end)
	for _, c := range all {
		c.p.conn.SetReadDeadline(began.Add(conn.CloseTimeout * 9 / 10)) // a browser's answer may be on its way behind it
		go func() { ends <- end{c.name, c.p.ended()} }()
	}
	for range all {
		if e := <-ends; !errors.Is(e.err, os.ErrDeadlineExceeded) {
			t.Errorf("who says %s was cut off with %v before %v were over", e.name, e.err, conn.CloseTimeout)
		}
	}
	s.empty(t)
}

func TestIdleSubscribersCostNoGoroutines(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("there is no poller")
	}
	const subscribers, slack = 200, 20
	for name, tc := range map[string]struct {
		access access
		say    func(p *testClient)
	}{
		"who only listen": {overWebSocket, func(*testClient) {}},
		"events":          {accessBySocket["events"], func(*testClient) {}},
		"who have spoken": {overWebSocket, func(p *testClient) {
			p.say(`{"type":"subscribe","symbols":["MSFT"]}`)
			p.next("subscribed")
			p.next("snapshot")
			p.say(`{"type":"ping","id":1}`)
			p.next("pong")
		}},
		"who speak without a pause": {overWebSocket, func(p *testClient) {
			p.conn.Write(bytes.Repeat(conntest.Masked(0x81, []byte(`{"type":"ping"}`)), 10))
			for range 10 {
				p.next("pong")
			}
		}},
		"who have pinged": {overWebSocket, func(p *testClient) {
			p.conn.Write(conntest.Masked(0x89, []byte("anybody there?")))
			for {
				head, b, err := conntest.ReadFrame(p.r)
				if err != nil {
					p.t.Fatal(err)
				}
				if head == 0x8a && string(b) == "anybody there?" {
					return
				}
			}
		}},
		"who answered a ping that nobody sent": {overWebSocket, func(p *testClient) { p.conn.Write(conntest.Masked(0x8a, nil)) }},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(c *Config) { c.Heartbeat = time.Hour })
			s.join(t, tc.access, "?symbols=AAPL").next("snapshot") // the poller is there
			before := runtime.NumGoroutine()
			var clients []*testClient
			for range subscribers {
				p := s.join(t, tc.access, "?symbols=AAPL")
				p.next("snapshot")
				tc.say(p)
				clients = append(clients, p)
			}
			now := 0
			few := func() bool {
				now = runtime.NumGoroutine() - before
				return now <= slack
			}
			for deadline := time.Now().Add(timeLimit / 2); !few(); time.Sleep(10 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Errorf("%d subscribers cost %d goroutines, want at most %d", subscribers, now, slack)
					break
				}
			}
			s.trade("AAPL", "77777.5")
			for _, p := range clients {
				p.priced("AAPL", 77777.5)
				p.hangUp()
			}
			until(t, "no goroutine is left of them", few)
		})
	}
}

func TestEndOfTheRequestIsNotTheEndOfTheConnection(t *testing.T) {
	for when, through := range map[string]func(http.Handler) http.Handler{
		"ends with its handler": func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				ctx, cancel := context.WithCancel(r.Context())
				defer cancel()
				h.ServeHTTP(w, r.WithContext(ctx))
			})
		},
		"has ended before": func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				ctx, cancel := context.WithTimeout(r.Context(), -1)
				defer cancel()
				h.ServeHTTP(w, r.WithContext(ctx))
			})
		},
	} {
		accesses := maps.Clone(accessBySocket)
		accesses["WebSocket by TLS"] = accessByGoroutine["WebSocket by TLS"]
		for name, w := range accesses {
			t.Run(name+" when it "+when, func(t *testing.T) {
				w.through = through
				s := serveOver(t, w.network, nil)
				p := s.join(t, w, "?symbols=AAPL")
				p.next("snapshot")
				if w.transport == WebSocket {
					p.roundTrip()
				}
				s.trade("AAPL", "77777.5")
				p.priced("AAPL", 77777.5)
			})
		}
	}
}

func TestFloodsAreCut(t *testing.T) {
	pings := bytes.Repeat(conntest.Masked(0x89, nil), 1000)
	for name, tc := range map[string]struct {
		access access
		flood  []byte
	}{
		"pings":                   {overWebSocket, pings},
		"pongs":                   {overWebSocket, bytes.Repeat(conntest.Masked(0x8a, []byte("x")), 1000)},
		"long pings":              {overWebSocket, bytes.Repeat(conntest.Masked(0x89, make([]byte, 125)), 100)},
		"one message for ever":    {overWebSocket, append(conntest.Masked(0x01, []byte("{")), bytes.Repeat(conntest.Masked(0x00, nil), 1000)...)},
		"pings by TLS":            {accessByGoroutine["WebSocket by TLS"], pings},
		"bytes behind a request":  {accessBySocket["events"], make([]byte, 4<<10)},
		"messages that are valid": {overWebSocket, bytes.Repeat(conntest.Masked(0x81, []byte(`{"type":"ping"}`)), 1000)},
	} {
		t.Run(name, func(t *testing.T) {
			s := serveOver(t, tc.access.network, func(c *Config) { c.MaxMessage = 1 << 10 })
			other := s.join(t, tc.access, "?symbols=AAPL")
			other.next("snapshot")
			p := s.join(t, tc.access, "?symbols=AAPL")
			p.next("snapshot")
			go func() {
				for i := 0; i < 10_000; i++ {
					flood := tc.flood
					if i > 0 && flood[0] == 0x01 {
						flood = flood[len(conntest.Masked(0x01, []byte("{"))):]
					}
					if _, err := p.conn.Write(flood); err != nil {
						return
					}
				}
			}()
			p.ended()
			until(t, "the flood is counted", func() bool {
				return s.gone(tc.access.transport, "flood")+s.gone(tc.access.transport, "policy") == 1
			})
			s.trade("AAPL", "77777.5")
			other.priced("AAPL", 77777.5)
		})
	}
}

func TestMessagesUpToTheLimitAreTaken(t *testing.T) {
	const limit = 1024
	s := serve(t, func(c *Config) { c.MaxMessage = limit })
	s.counted()
	ping := func(n int) []byte {
		return []byte(fmt.Sprintf(`{"type":"ping","id":1%s}`, strings.Repeat(" ", n-len(`{"type":"ping","id":1}`))))
	}
	halves := func(b []byte) []byte {
		return append(conntest.Masked(0x01, b[:len(b)/2]), conntest.Masked(0x80, b[len(b)/2:])...)
	}
	for name, tc := range map[string]struct {
		frames []byte
		taken  bool
	}{
		"at the limit":                {conntest.Masked(0x81, ping(limit)), true},
		"at the limit, in two frames": {halves(ping(limit)), true},
		"beyond the limit":            {conntest.Masked(0x81, ping(limit+1)), false},
		"beyond the limit, in two":    {halves(ping(limit + 1)), false},
		"announced with 2^63-1 bytes": {append([]byte{0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0},
			make([]byte, 2*limit)...), false},
		"at the limit, then one beyond":  {append(conntest.Masked(0x81, ping(limit)), conntest.Masked(0x81, ping(limit+1))...), false},
		"at the limit, then one as long": {append(conntest.Masked(0x81, ping(limit)), conntest.Masked(0x81, ping(limit))...), true},
	} {
		t.Run(name, func(t *testing.T) {
			p := s.join(t, overWebSocket, "")
			p.next("hello")
			if _, err := p.conn.Write(tc.frames); err != nil {
				t.Fatal(err)
			}
			if tc.taken {
				p.next("pong")
				return
			}
			if got := p.goodbye(); got.code != 1009 {
				t.Errorf("%v, want 1009", got)
			}
		})
	}
	if n := s.refusals(t, admission.ReasonMessage); n != 4 {
		t.Errorf("%v messages are counted as too long, want 4", n)
	}
}

func TestFramesThatBreakTheProtocolEndTheConnection(t *testing.T) {
	if testing.Short() {
		t.Skip("each case waits a second for its connection to be closed")
	}
	s := serve(t, nil)
	for name, frame := range map[string][]byte{
		"not masked":                      append([]byte{0x81, 15}, `{"type":"ping"}`...),
		"an unknown opcode":               conntest.Masked(0x83, nil),
		"a reserved bit":                  conntest.Masked(0x91, []byte("{}")),
		"compressed without an agreement": conntest.Masked(0xc1, []byte("{}")),
		"a long ping":                     conntest.Masked(0x89, make([]byte, 126)),
		"half a ping":                     conntest.Masked(0x09, nil),
		"a continuation of nothing":       conntest.Masked(0x80, nil),
		"a message within a message":      append(conntest.Masked(0x01, []byte("{")), conntest.Masked(0x81, []byte("{}"))...),
		"binary":                          conntest.Masked(0x82, []byte("{}")),
		"a close code that is none":       conntest.Masked(0x88, []byte{0x03, 0xed}),
		"a close of one byte":             conntest.Masked(0x88, []byte{0x03}),
		"a length of 2^63 and more":       {0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			p := s.join(t, overWebSocket, "?symbols=AAPL")
			p.next("snapshot")
			if _, err := p.conn.Write(frame); err != nil {
				t.Fatal(err)
			}
			for {
				_, err := p.message()
				var g errGoodbye
				if errors.As(err, &g) && g.code != 1002 && g.code != 1003 {
					t.Errorf("%v, want 1002 or 1003", g)
				}
				if err != nil {
					break
				}
			}
			p.conn.Write(conntest.Masked(0x88, []byte{0x03, 0xea}))
			until(t, "it has gone", func() bool { return s.count() == 0 })
		})
	}
}

func TestTextThatIsNoUTF8EndsTheConnection(t *testing.T) {
	s := serve(t, nil)
	for name, text := range map[string]string{
		"a stray byte":      "{\"type\":\"ping\",\"id\":\"\xff\"}",
		"half a letter":     "{\"type\":\"ping\",\"id\":\"\xc3\"}",
		"too long a letter": "{\"type\":\"ping\",\"id\":\"\xc0\xaf\"}",
		"a surrogate":       "{\"type\":\"ping\",\"id\":\"\xed\xa0\x80\"}",
		"in a key":          "{\"type\":\"ping\",\"\xff\":1}",
	} {
		p := s.join(t, overWebSocket, "")
		p.say(text)
		if got := p.goodbye(); got.code != 1007 {
			t.Errorf("%s: %v, want 1007", name, got)
		}
	}
	p := s.join(t, overWebSocket, "")
	letter := []byte("{\"type\":\"ping\",\"id\":\"é\"}") // is cut in two
	half := bytes.IndexByte(letter, 0xa9)
	p.conn.Write(append(conntest.Masked(0x01, letter[:half]), conntest.Masked(0x80, letter[half:])...))
	if got := p.next("pong"); string(got.ID) != `"é"` {
		t.Errorf("pong %s, want é", got.ID)
	}
}

func TestMiddlewareThatOnlyUnwraps(t *testing.T) {
	for name, w := range everyAccess {
		t.Run(name, func(t *testing.T) {
			w.through = func(h http.Handler) http.Handler {
				return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { h.ServeHTTP(unwrapped{rw, rw}, r) })
			}
			s := serveOver(t, w.network, nil)
			p := s.join(t, w, "?symbols=AAPL")
			p.next("snapshot")
			s.trade("AAPL", "77777.5")
			p.priced("AAPL", 77777.5)
		})
	}
}

// unwrapped is what a wrapper of middleware looks like: the three methods, and Unwrap.
type unwrapped struct {
	http.ResponseWriter
	inner http.ResponseWriter
}

func (u unwrapped) Unwrap() http.ResponseWriter { return u.inner }

func TestShutdownLeavesSubscribersToDrain(t *testing.T) {
	for name, w := range everyAccess {
		hijacked := w.transport == WebSocket || !w.tls
		if !hijacked {
			continue // Shutdown waits for its handler, and so for Drain
		}
		t.Run(name, func(t *testing.T) {
			s := serveOver(t, w.network, nil)
			p := s.join(t, w, "?symbols=AAPL")
			p.next("snapshot")
			ctx, cancel := context.WithTimeout(t.Context(), timeLimit)
			defer cancel()
			if err := s.server.Config.Shutdown(ctx); err != nil {
				t.Fatalf("shutdown: %v", err)
			}
			s.trade("AAPL", "77777.5")
			p.priced("AAPL", 77777.5)
			go s.Drain(ctx, 0)
			if got := p.goodbye(); got.code != 1012 && got.reason != "restarting" {
				t.Errorf("%v, want restarting", got)
			}
			p.hangUp()
			s.empty(t)
		})
	}
}

func TestEveryGoodbyeFitsACloseFrame(t *testing.T) {
	const longest = 10 * time.Minute // that a configuration may have
	var all []wire.Ending
	for c := wire.Full; c <= wire.NoMemoryUnsent; c++ {
		e := wire.Ending{Code: c}
		if c.ComeBack() {
			e = wire.ComeBack(c, longest)
		}
		all = append(all, e)
	}
	for _, x := range endings {
		if !x.ending.Code.ComeBack() { // which has a time of its own
			all = append(all, x.ending)
		}
	}
	for _, e := range all {
		name, code, text := e.Code.Metric(), e.Code.CloseCode(), e.Text()
		if map[wire.Code]bool{wire.Closed: true, wire.Broken: true, wire.Stalled: true, wire.NoMemoryUnsent: true}[e.Code] {
			if code != 0 {
				t.Errorf("%s: code %d, want none", name, code)
			}
			continue
		}
		if len(text) >= 123 || !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%s: reason %q is not ASCII under 123 bytes", name, text)
		}
		if !map[int]bool{1002: true, 1003: true, 1007: true, 1008: true, 1009: true, 1012: true, 1013: true}[code] {
			t.Errorf("%s: code %d is not one of the protocol", name, code)
		}
		var retry int
		if _, err := fmt.Sscanf(string(farewell(e, time.Second, conn.Event)), "retry: %d\n", &retry); err != nil || retry < 100 {
			t.Errorf("%s: an event stream says to come back after %d ms, want 100 or more", name, retry)
		}
		if retry := code == 1012 || code == 1013; retry != strings.HasPrefix(text, "retry_ms=") {
			t.Errorf("%s: %d %q", name, code, text)
		}
	}
}

func TestIdleSubscribersCostLittleMemory(t *testing.T) {
	const subscribers, most = 500, 8 << 10
	for name, w := range map[string]access{"WebSocket": overWebSocket, "events": accessBySocket["events"]} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(c *Config) { c.Heartbeat = time.Hour })
			inUse := func() int {
				var m runtime.MemStats
				for range 3 { // pools are emptied
					runtime.GC()
				}
				runtime.ReadMemStats(&m)
				return int(m.HeapInuse + m.StackInuse)
			}
			idle := func() (end func()) {
				var conns []io.Closer
				for range subscribers {
					p := s.join(t, w, "?symbols=AAPL")
					p.next("snapshot")
					conns = append(conns, p.conn)
				}
				return func() {
					for _, c := range conns {
						c.Close()
					}
					until(t, "all have gone", func() bool { return s.count() == 0 })
				}
			}
			idle()() // what is made once is there
			before := inUse()
			end := idle()
			until(t, "their requests are over", func() bool { return runtime.NumGoroutine() < subscribers/10 })
			if each := (inUse() - before) / subscribers; each > most {
				t.Errorf("a subscriber and its client cost %d bytes, want at most %d", each, most)
			} else {
				t.Logf("a subscriber and its client cost %d bytes", each)
			}
			end()
		})
	}
}
