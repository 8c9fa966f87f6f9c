package broadcast

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"tickertape/broadcast/board"
	"tickertape/broadcast/conn"
	"tickertape/broadcast/conn/conntest"
	"tickertape/feed/market"
)

// The same conversations over both kinds of connection: a socket that is never waited for, and a
// goroutine that carries. Carriers are tested in virtual time where time matters: they run over
// net.Pipe as they do over TLS and HTTP/2.

var everyAccess = func() map[string]access {
	all := maps.Clone(accessBySocket)
	maps.Copy(all, accessByGoroutine)
	return all
}()

// inBubbles runs a test in virtual time, for each access by goroutine.
func inBubbles(t *testing.T, change func(*Config), test func(t *testing.T, s *served, w access)) {
	for name, w := range accessByGoroutine {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w.pipe, w.wrapped = true, false // a pipe is no *net.TCPConn either
				test(t, serveOver(t, w.network, change), w)
			})
		})
	}
}

func TestEveryAccessTellsTheSame(t *testing.T) {
	for name, w := range everyAccess {
		t.Run(name, func(t *testing.T) {
			s := serveOver(t, w.network, nil)
			s.trade("AAPL", "189.31")
			p := s.join(t, w, "?symbols=%23tech,FOO&fields=p,v&rate=40")
			if w.transport == EventStream {
				for header, want := range map[string]string{ // or a proxy keeps the stream back
					"Content-Type": "text/event-stream", "Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no",
				} {
					if got := p.header.Get(header); got != want {
						t.Errorf("%s is %q, want %q", header, got, want)
					}
				}
			}
			if hello := p.next("hello"); hello.Source != "sim" || !hello.Simulated || hello.Epoch != s.board.Epoch() {
				t.Errorf("hello %+v", hello)
			}
			if sub := p.next("subscribed"); fmt.Sprint(sub.Symbols, sub.Unknown, sub.Rate) != "[AAPL MSFT] [FOO] 40" {
				t.Errorf("subscribed %+v", sub)
			}
			first := p.next("snapshot")
			if fmt.Sprint(first.Quotes) != "[map[p:189.31 s:AAPL v:100]]" {
				t.Errorf("snapshot %v", first.Quotes)
			}
			s.trade("MSFT", "400.5")
			if up := p.next("update"); fmt.Sprint(up.Quotes) != "[map[p:400.5 s:MSFT v:100]]" {
				t.Errorf("update %v", up.Quotes)
			}
			since := board.Position{Epoch: s.board.Epoch(), Seq: first.Seq}.String()
			again := s.join(t, w, "?symbols=%23tech&since="+since).next("snapshot")
			if !again.Resumed || len(again.Quotes) != 1 || again.Quotes[0]["s"] != "MSFT" {
				t.Errorf("resumed %+v, want MSFT alone", again)
			}
			if w.transport == EventStream {
				again := s.join(t, w, "?symbols=%23tech&since=elsewhere-1", "Last-Event-ID", since).next("snapshot")
				if !again.Resumed || len(again.Quotes) != 1 || again.Quotes[0]["s"] != "MSFT" {
					t.Errorf("resumed by Last-Event-ID %+v, want MSFT alone", again)
				}
				return
			}
			p.say(`{"type":"unsubscribe","id":2,"symbols":["MSFT"]}`)
			if un := p.next("unsubscribed"); fmt.Sprint(un.Symbols) != "[MSFT]" {
				t.Errorf("unsubscribed %+v", un)
			}
			p.say(`{"type":"ping","id":"` + strings.Repeat("x", 60) + `"}`)
			if pong := p.next("pong"); len(pong.ID) != 62 {
				t.Errorf("pong %+v", pong)
			}
		})
	}
}

func TestOldClientsGetAStreamWithoutChunks(t *testing.T) {
	s := serve(t, nil)
	c, err := s.connect()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(timeLimit))
	fmt.Fprint(c, "GET /events?symbols=AAPL HTTP/1.0\r\n\r\n")
	var got strings.Builder
	for b := make([]byte, 512); !strings.Contains(got.String(), `"type":"snapshot"`); {
		n, err := c.Read(b)
		if err != nil {
			t.Fatalf("after %q: %v", got.String(), err)
		}
		got.Write(b[:n])
	}
	head, body, _ := strings.Cut(got.String(), "\r\n\r\n")
	if strings.Contains(strings.ToLower(head), "transfer-encoding") || strings.Contains(body, "\r") || !strings.HasPrefix(body, "retry: ") {
		t.Errorf("answered %q", got.String())
	}
}

func TestFullServerSaysSoOnEveryAccess(t *testing.T) {
	for name, w := range everyAccess {
		t.Run(name, func(t *testing.T) {
			s := serveOver(t, w.network, func(c *Config) { c.MaxSubscribers = 1 })
			s.join(t, w, "?symbols=AAPL").next("snapshot")
			refused := s.join(t, w, "?symbols=AAPL")
			got := refused.goodbye()
			if w.transport == WebSocket && (got.code != 1013 || got.reason != "retry_ms=5000") {
				t.Errorf("refused with %v, want 1013 retry_ms=5000", got)
			}
			if w.transport == EventStream && (got.reason != "full" || got.retry == "") {
				t.Errorf("refused with %+v, want full and a retry", got)
			}
			if w.transport == WebSocket {
				refused.conn.Write(conntest.Masked(0x88, []byte{0x03, 0xf5}))
			}
			refused.ended()
		})
	}
}

func TestWhoHangsUpIsGoneAtOnce(t *testing.T) {
	for name, w := range everyAccess {
		t.Run(name, func(t *testing.T) {
			s := serveOver(t, w.network, func(c *Config) { c.Heartbeat = time.Hour }) // nothing is written that could fail
			for _, query := range []string{"?symbols=*", "?symbols=AAPL&rate=1", "?symbols=AAPL,MSFT&fields=p"} {
				p := s.join(t, w, query)
				p.next("snapshot")
				p.hangUp()
			}
			s.empty(t)
			if got := s.gone(w.transport, "closed"); got != 3 {
				t.Errorf("%v have closed, want 3; %v are gone by an error", got, s.gone(w.transport, "error"))
			}
		})
	}
}

func TestWhoHangsUpWhileNothingGoesThroughIsGoneAtOnce(t *testing.T) {
	t.Parallel()
	for name, w := range everyAccess {
		t.Run(name, func(t *testing.T) {
			s := serveOver(t, w.network, func(c *Config) { c.Heartbeat, c.Interval = time.Hour, time.Millisecond })
			p := s.join(t, w, "?symbols=*")
			p.next("snapshot")
			s.clog(t)
			p.hangUp()
			s.empty(t)
		})
	}
}

// clog trades until some subscriber's connection takes no more, for a while.
func (s *served) clog(t *testing.T) {
	t.Helper()
	full := func() bool { return s.busy(func(sub *subscriber) bool { return sub.busy && sub.stallCounted }) > 0 }
	i := 0
	until(t, "a connection is full", func() bool {
		for range 10 {
			before := full()
			i++
			s.trade("AAPL", fmt.Sprintf("%d.5", i))
			if !before || !full() {
				return false
			}
		}
		return true
	})
}

// busy is how many subscribers are such.
func (s *served) busy(such func(*subscriber) bool) int {
	said := make(chan int, len(s.shards))
	for _, sh := range s.shards {
		sh.post(func() {
			n := 0
			for _, sub := range sh.all {
				if such(sub) {
					n++
				}
			}
			said <- n
		})
	}
	n := 0
	for range s.shards {
		n += <-said
	}
	return n
}

func TestDrainSaysGoodbyeOnEveryAccess(t *testing.T) {
	for name, w := range everyAccess {
		t.Run(name, func(t *testing.T) {
			s := serveOver(t, w.network, nil)
			var clients []*testClient
			for i := range 6 {
				p := s.join(t, w, []string{"?symbols=*", "?symbols=AAPL&rate=1"}[i%2])
				p.next("snapshot")
				clients = append(clients, p)
			}
			ctx, cancel := context.WithTimeout(t.Context(), timeLimit)
			defer cancel()
			drained := make(chan struct{})
			go func() {
				defer close(drained)
				s.Drain(ctx, 20*time.Millisecond)
			}()
			for i, p := range clients {
				got := p.goodbye()
				if w.transport == WebSocket {
					if got.code != 1012 || got.reason != "retry_ms=5000" {
						t.Errorf("%d: %v, want 1012 retry_ms=5000", i, got)
					}
					p.conn.Write(conntest.Masked(0x88, []byte{0x03, 0xf4}))
				} else if got.reason != "restarting" || got.retry == "" {
					t.Errorf("%d: %+v, want restarting and a retry", i, got)
				}
				if err := p.ended(); err != nil && w.transport == EventStream {
					t.Errorf("%d: the stream ended with %v, want a clean end", i, err)
				}
			}
			<-drained
			if ctx.Err() != nil {
				t.Error("drain waited to be cut off")
			}
			s.empty(t)
			if got := s.gone(w.transport, "restarting"); got != 6 {
				t.Errorf("%v were sent away, want 6", got)
			}
		})
	}
}

func TestDrainIsOverWithItsWindowAndThePatience(t *testing.T) {
	inBubbles(t, nil, func(t *testing.T, s *served, w access) {
		for range 4 { // they take nothing, say nothing
			s.join(t, w, "?symbols=*").next("snapshot")
		}
		for i := range 200 {
			s.trade("AAPL", fmt.Sprintf("%d.5", i+1))
		}
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		s.Drain(ctx, 2*time.Second)
		if took := time.Since(began); took > 3*time.Second+conn.CloseTimeout {
			t.Errorf("drain took %v", took)
		}
		s.empty(t)
	})
}

func TestWhoTakesNothingIsGoneAfterWriteTimeout(t *testing.T) {
	inBubbles(t, nil, func(t *testing.T, s *served, w access) {
		s.join(t, w, "?symbols=*").next("snapshot")
		s.stalls(t, w.transport)
	})
}

func TestConnectionOfHTTP2ThatTakesNothingIsGoneAfterWriteTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := accessByGoroutine["events by HTTP/2"]
		w.pipe = true
		s := serveOver(t, w.network, nil)
		var v *valve
		dial := s.connect
		s.connect = func() (net.Conn, error) {
			c, err := dial()
			v = &valve{Conn: c, shut: make(chan struct{}), closed: make(chan struct{})}
			return v, err
		}
		s.join(t, w, "?symbols=*").next("snapshot")
		t.Cleanup(func() { v.Close() })
		close(v.shut)
		s.stalls(t, w.transport)
	})
}

// valve is a connection that can be shut: nothing is read off it any more.
type valve struct {
	net.Conn
	shut   chan struct{}
	once   sync.Once
	closed chan struct{}
}

func (v *valve) Read(b []byte) (int, error) {
	select {
	case <-v.shut:
		<-v.closed
		return 0, net.ErrClosed
	default:
		return v.Conn.Read(b)
	}
}

func (v *valve) Close() error {
	v.once.Do(func() { close(v.closed) })
	return v.Conn.Close()
}

// stalls trades until the only subscriber is sent away as stalled, which is when it has taken nothing
// for write_timeout.
func (s *served) stalls(t *testing.T, transport Transport) {
	t.Helper()
	sent := s.metrics.messages[transport]
	var last time.Time // when something could be written
	for i, before := 0, -1.0; s.gone(transport, "stalled") == 0; i++ {
		if now := testutil.ToFloat64(sent); now != before {
			before, last = now, time.Now()
		}
		if time.Since(last) > s.cfg.WriteTimeout+2*s.cfg.Heartbeat {
			t.Fatalf("not stalled after %v: closed %v, error %v, still there %d", time.Since(last), s.gone(transport, "closed"),
				s.gone(transport, "error"), s.count())
		}
		s.trade("AAPL", fmt.Sprintf("%d.5", i+1))
		time.Sleep(100 * time.Millisecond)
	}
	if after := time.Since(last); after < s.cfg.WriteTimeout-time.Second {
		t.Errorf("sent away after %v, want %v", after, s.cfg.WriteTimeout)
	}
	s.empty(t)
}

func TestWhoTakesALittleNowAndThenStays(t *testing.T) {
	inBubbles(t, nil, func(t *testing.T, s *served, w access) {
		p := s.join(t, w, "?symbols=*&fields=p")
		p.next("snapshot")
		const rounds, trades = 20, 100
		for i := range rounds {
			for j := range trades {
				s.trade("AAPL", fmt.Sprintf("%d.5", 1+trades*i+j))
				time.Sleep(s.cfg.WriteTimeout / 2 / trades)
			}
			if err := p.throttle.take(4 << 10); err != nil {
				t.Fatalf("after %d rounds: %v", i, err)
			}
		}
		s.trade("AAPL", "77777.5")
		if n := p.priced("AAPL", 77777.5); n > rounds*trades/2 {
			t.Errorf("got %d messages for %d trades, want few", n, rounds*trades)
		}
		if got := s.gone(w.transport, "stalled"); got != 0 {
			t.Errorf("%v were dropped as stalled, want none", got)
		}
	})
}

func TestOneLongMessageMayTakeLongerThanWriteTimeout(t *testing.T) {
	inBubbles(t, nil, func(t *testing.T, _ *served, w access) {
		const symbols = 500
		w.more = symbols
		s := serveOver(t, w.network, nil)
		for i := range symbols {
			id, _ := s.dir.ID(fmt.Sprintf("M%d", i))
			s.Apply(market.Batch{Ticks: []market.Tick{stamped(market.Tick{Symbol: id, Kind: market.KindTrade, Flags: market.Regular,
				Price: market.Scale, Size: market.Units(1)})}})
		}
		s.trade("AAPL", "1.5")
		p := s.join(t, w, "?symbols=*")
		p.next("subscribed")
		began := time.Now()
		for p.throttle.taken.Len() < 40<<10 {
			time.Sleep(s.cfg.WriteTimeout * 8 / 10)
			for before := p.throttle.taken.Len(); p.throttle.taken.Len() < before+17<<10; { // more than a record of TLS
				if err := p.throttle.take(1 << 10); err != nil {
					t.Fatalf("after %v: %v; stalled %v, error %v, closed %v", time.Since(began), err,
						s.gone(w.transport, "stalled"), s.gone(w.transport, "error"), s.gone(w.transport, "closed"))
				}
			}
		}
		if snap := p.next("snapshot"); len(snap.Quotes) != symbols+1 {
			t.Errorf("the snapshot has %d quotes, want %d", len(snap.Quotes), symbols+1)
		}
		s.trade("AAPL", "77777.5")
		p.priced("AAPL", 77777.5)
		if s.count() != 1 {
			t.Errorf("%d subscribers are there, want 1", s.count())
		}
	})
}

func TestWhoReadsSlowlyGetsToTheNewestPrice(t *testing.T) {
	t.Parallel()
	for name, w := range everyAccess {
		t.Run(name, func(t *testing.T) {
			s := serveOver(t, w.network, func(c *Config) { c.Interval = time.Millisecond })
			p := s.join(t, w, "?symbols=*")
			p.next("snapshot")
			s.clog(t)
			const missed = 30
			for i := range missed {
				s.trade("AAPL", fmt.Sprintf("%d.25", i+1))
			}
			s.trade("AAPL", "77777.5")
			before := testutil.ToFloat64(s.metrics.messages[w.transport])
			p.priced("AAPL", 77777.5)
			if got := testutil.ToFloat64(s.metrics.messages[w.transport]) - before; got > 3 { // the newest alone, and what was said of the rate
				t.Errorf("%v messages were sent to bring it up to date, want no backlog", got)
			}
			s.trade("AAPL", "88888.5")
			p.priced("AAPL", 88888.5)
		})
	}
}

func TestAnswersComeBetweenWholeMessages(t *testing.T) {
	t.Parallel()
	for name, w := range everyAccess {
		if w.transport != WebSocket {
			continue
		}
		t.Run(name, func(t *testing.T) {
			s := serveOver(t, w.network, func(c *Config) { c.Interval = time.Millisecond })
			p := s.join(t, w, "?symbols=*")
			p.next("snapshot")
			seq := board.Seq(0)
			for round := range 3 {
				s.clog(t)
				ping, marker := fmt.Sprintf("ping %d", round), 50_000+float64(round)
				p.conn.Write(conntest.Masked(0x89, []byte("an older ping")))
				p.conn.Write(conntest.Masked(0x89, []byte(ping)))
				p.say(fmt.Sprintf(`{"type":"ping","id":%d}`, round))
				s.trade("MSFT", fmt.Sprint(marker))
				p.throttle.limit = 1 + round // bytes at a time
				for pong, answered, told := false, false, false; !pong || !answered || !told; {
					head, b, err := conntest.ReadFrame(p.r)
					switch {
					case err != nil:
						t.Fatal(err)
					case head == 0x8a:
						pong = pong || string(b) == ping
						if text := string(b); text != ping && text != "an older ping" {
							t.Fatalf("pong %q, want %q", text, ping)
						}
						continue
					case head != 0x81:
						t.Fatalf("frame begins with %#x", head)
					}
					var m message
					if err := json.Unmarshal(b, &m); err != nil {
						t.Fatalf("%s: %v", b, err)
					}
					switch m.Type {
					case "pong":
						if answered = string(m.ID) == fmt.Sprint(round); !answered {
							t.Fatalf("pong %s, want %d", m.ID, round)
						}
					case "update":
						if m.Seq <= seq {
							t.Fatalf("update %d after %d", m.Seq, seq)
						}
						seq = m.Seq
						for _, q := range m.Quotes {
							told = told || q["s"] == "MSFT" && q["p"] == marker
						}
					case "rate", "heartbeat":
					default:
						t.Fatalf("message %s", b)
					}
				}
			}
		})
	}
}

func TestStreamOfHTTP2ThatStallsHoldsUpNoOther(t *testing.T) {
	w := accessByGoroutine["events by HTTP/2"]
	s := serveOver(t, w.network, nil)
	slow, fast := s.join(t, w, "?symbols=*"), s.join(t, w, "?symbols=*")
	slow.next("snapshot")
	go func() { // until it is hung up
		for {
			if _, err := fast.message(); err != nil {
				return
			}
		}
	}()
	s.clog(t)
	other := s.join(t, w, "?symbols=*")
	other.next("snapshot")
	s.trade("AAPL", "77777.5")
	other.priced("AAPL", 77777.5)
	fast.hangUp()
}

func TestBusyStreamsHaveCommentsOnEveryAccess(t *testing.T) {
	inBubbles(t, nil, func(t *testing.T, s *served, w access) {
		if w.transport != EventStream {
			return
		}
		p := s.join(t, w, "?symbols=*")
		p.next("snapshot")
		over := time.Now().Add(10 * s.cfg.Heartbeat)
		go func() {
			for i := 1; time.Now().Before(over); i++ {
				s.trade("AAPL", fmt.Sprintf("%d.25", i))
				time.Sleep(100 * time.Millisecond)
			}
			p.hangUp()
		}()
		comments := 0
		for {
			line, err := p.r.ReadString('\n')
			if err != nil {
				break
			}
			if line == ":\n" {
				comments++
			}
		}
		if comments < 9 || comments > 11 {
			t.Errorf("%d comments in ten heartbeats of a busy market, want 10 or so", comments)
		}
	})
}

func TestWhoComesAsTheBoardEndsIsClosed(t *testing.T) {
	for range 20 {
		s := serve(t, nil)
		sh := newShard(s.Hub) // one that does not run yet
		theirs, ours := net.Pipe()
		sub := newSubscriber(s.Hub, WebSocket, s.placed())
		sub.shard.load.Add(-1)
		sub.shard = sh
		sh.load.Add(1)
		sub.conn = s.sockets.Raw(theirs, sub, s.connLimits())
		sub.enter(nil)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		sh.run(ctx)
		ours.SetReadDeadline(time.Now().Add(timeLimit))
		if _, err := io.ReadAll(ours); err != nil {
			t.Fatalf("not closed when the board had ended: %v", err)
		}
	}
}
