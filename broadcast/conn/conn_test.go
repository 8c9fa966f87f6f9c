package conn

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/broadcast/conn/conntest"
)

// until polls for a condition.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(timeLimit); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", timeLimit, what)
		}
	}
}

// on runs a job in the loop and waits for it.
func (l *loop) on(job func()) {
	done := make(chan struct{})
	if l.Post(func() { job(); close(done) }) {
		<-done
	}
}

// pair is a connection and its client's end.
type pair struct {
	*echo
	client net.Conn
	r      *bufio.Reader
}

// connect makes a WebSocket without a handshake; the client's end reads nothing by itself.
func connect(t *testing.T, w mode, limits Limits, change func(*echo)) *pair {
	t.Helper()
	sockets := startSockets(t, w)
	client, theirs := net.Pipe()
	if !w.pipe {
		client, theirs = tcpPair(t)
	}
	e := newEcho()
	if change != nil {
		change(e)
	}
	e.conn = sockets.Raw(theirs, e, limits)
	e.Post(e.conn.Listen)
	t.Cleanup(func() {
		client.Close()
		e.Post(e.conn.Cut)
		<-e.ended
		e.stop()
	})
	client.SetDeadline(time.Now().Add(timeLimit))
	return &pair{e, client, bufio.NewReader(client)}
}

// tcpPair is a connection over loopback with small buffers.
func tcpPair(t testing.TB) (client, server net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err = net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	server.(*net.TCPConn).SetWriteBuffer(32 << 10)
	client.(*net.TCPConn).SetReadBuffer(32 << 10)
	return client, server
}

var usual = Limits{MaxMessage: 64 << 10, MessageTimeout: time.Minute, WriteTimeout: time.Minute}

// inEachMode runs a test for epoll and without it.
func inEachMode(t *testing.T, test func(t *testing.T, w mode)) {
	for name, w := range modes {
		t.Run(name, func(t *testing.T) { test(t, w) })
	}
}

// textFrame is a server's frame of n bytes, which begin with a number.
func textFrame(number, n int) []byte {
	var m Message
	m.Set(append(make([]byte, Room), fmt.Sprintf("%0*d", n, number)...), "x")
	return slices.Clone(m.Frame(Text, false))
}

// stuffing is how many bytes a frame has that is left over in part after a few. Without epoll a goroutine writes it, and may yet
// write all of it, unless it is larger than what the kernel takes.
func (w mode) stuffing() int {
	if w.epoll {
		return 30_000
	}
	return 500_000
}

// stuff writes frames of so many bytes until one is left over in part, and returns how many there were. The client reads
// nothing, so what is left over stays.
func (p *pair) stuff(t *testing.T, size int) (written int) {
	t.Helper()
	for free := true; free; written++ {
		p.on(func() {
			var err error
			if free, err = p.conn.Write(textFrame(written, size)); err != nil {
				t.Fatal(err)
			}
			p.busy = !free
		})
	}
	return written
}

func TestFramesOfAWriteComeInOrder(t *testing.T) {
	inEachMode(t, func(t *testing.T, w mode) {
		p := connect(t, w, usual, nil)
		counts, sent := []int{1, 2, 3, 10, 16, 17, 40}, 0
		read := make(chan struct{})
		go func() {
			defer close(read)
			for i := range 1 + 2 + 3 + 10 + 16 + 17 + 40 {
				if head, b, err := conntest.ReadFrame(p.r); err != nil || head != 0x81 || len(b) != 200+i || !bytes.HasSuffix(b, fmt.Append(nil, i)) {
					t.Errorf("frame %d: %#x of %d bytes %v", i, head, len(b), err)
					return
				}
			}
		}()
		for _, n := range counts {
			var some [][]byte
			for range n {
				some = append(some, textFrame(sent, 200+sent))
				sent++
			}
			some = append(some, nil, []byte{})
			until(t, "the connection is free", func() bool {
				free := false
				p.on(func() {
					if free = !p.busy; free {
						p.write(some...)
					}
				})
				return free
			})
		}
		<-read
	})
}

func TestWhatIsLeftOverIsWrittenAsTheClientReads(t *testing.T) {
	inEachMode(t, func(t *testing.T, w mode) {
		p := connect(t, w, usual, nil)
		size := w.stuffing()
		n := p.stuff(t, size)
		p.on(func() {
			if free, err := p.conn.Write([]byte("x")); free || err != ErrBusy {
				t.Errorf("a write before Writable: %t %v, want ErrBusy", free, err)
			}
			if p.kept[Unsent] == 0 {
				t.Error("no memory is reserved for what is left over")
			}
		})
		p.client.Write(conntest.Masked(0x89, []byte("ping")))
		for i := range n {
			head, b, err := conntest.ReadFrame(p.r)
			if err != nil || head != 0x81 || len(b) != size || !bytes.HasSuffix(b, fmt.Appendf(nil, "%05d", i)) {
				t.Fatalf("frame %d of %d: %#x of %d bytes %v", i, n, head, len(b), err)
			}
		}
		if head, b, err := conntest.ReadFrame(p.r); err != nil || head != 0x8a || string(b) != "ping" {
			t.Errorf("frame %#x %q %v, want the pong between whole messages", head, b, err)
		}
		until(t, "it can be written again", func() bool {
			free := false
			p.on(func() { free = !p.busy && p.kept[Unsent] == 0 })
			return free
		})
	})
}

func TestWithoutMemoryForWhatIsLeftOverItEnds(t *testing.T) {
	inEachMode(t, func(t *testing.T, w mode) {
		p := connect(t, w, usual, func(e *echo) { e.memory = map[Memory]int64{Unsent: 100} })
		var err error
		for i := 0; err == nil && i < 1000; i++ {
			p.on(func() {
				if !p.busy {
					var free bool
					free, err = p.conn.Write(textFrame(i, 60_000))
					p.busy = !free && err == nil
				}
				if err != nil {
					p.conn.Close(Close{Code: 1013}, nil) // comes too late
				}
			})
		}
		if err != ErrUnsent {
			t.Fatalf("%v, want ErrUnsent", err)
		}
		<-p.ended
		b, _ := io.ReadAll(p.r)
		if bytes.HasSuffix(b, closeFrame(Close{Code: 1013})) {
			t.Error("a close frame stands within another")
		}
	})
}

func TestMessagesThatAreNotWholeAreBounded(t *testing.T) {
	inEachMode(t, func(t *testing.T, w mode) {
		p := connect(t, w, usual, func(e *echo) { e.memory = map[Memory]int64{Unread: 40_000} })
		p.client.Write(conntest.Masked(0x81, make([]byte, 60_000))[:50])
		<-p.ended
		if p.closed != ErrUnread || p.kept[Unread] != 0 {
			t.Errorf("%v, %d bytes are kept; want ErrUnread and none", p.closed, p.kept[Unread])
		}
	})
}

func TestMessagesThatTakeTooLongAreToldByCheck(t *testing.T) {
	inEachMode(t, func(t *testing.T, w mode) {
		p := connect(t, w, usual, nil)
		p.client.Write([]byte{0x81, 0x85, 1, 2})
		until(t, "its time runs", func() bool {
			again, err := time.Duration(0), error(nil)
			p.on(func() { again, err = p.conn.Check(time.Now().Add(59 * time.Second)) })
			return again > 0 && again <= time.Second && err == nil
		})
		p.on(func() {
			if _, err := p.conn.Check(time.Now().Add(2 * time.Minute)); err != ErrUnfinished {
				t.Errorf("%v, want ErrUnfinished", err)
			}
		})
		p.client.Write([]byte{3, 4, 'h' ^ 1, 'e' ^ 2, 'l' ^ 3, 'l' ^ 4, 'o' ^ 1})
		if _, b, err := conntest.ReadFrame(p.r); err != nil || string(b) != "hello" {
			t.Errorf("%q %v", b, err)
		}
		p.on(func() {
			if _, err := p.conn.Check(time.Now().Add(2 * time.Minute)); err != nil {
				t.Errorf("when it had come: %v", err)
			}
		})
	})
}

func TestBudgetsEndAConnection(t *testing.T) {
	for budget, want := range map[Budget]error{Bytes: ErrBytes, Control: ErrControl} {
		inEachMode(t, func(t *testing.T, w mode) {
			p := connect(t, w, usual, func(e *echo) { e.limits = map[Budget]int{budget: 20} })
			go io.Copy(io.Discard, p.r)
			for range 100 {
				if _, err := p.client.Write(conntest.Masked(0x89, nil)); err != nil {
					break
				}
			}
			<-p.ended
			if p.closed != want || p.calls != 1 {
				t.Errorf("%v, reported %d times; want %v once", p.closed, p.calls, want)
			}
		})
	}
}

func TestWhoHangsUpIsTold(t *testing.T) {
	inEachMode(t, func(t *testing.T, w mode) {
		for _, stuffed := range []bool{false, true} {
			p := connect(t, w, usual, nil)
			if stuffed {
				p.stuff(t, w.stuffing())
			}
			p.client.Close()
			<-p.ended
			if !errors.Is(p.closed, ErrHungUp) && !(stuffed && errors.Is(p.closed, ErrBroken)) {
				t.Errorf("stuffed %t: %v", stuffed, p.closed)
			}
			if p.kept[Unsent] != 0 && !stuffed {
				t.Errorf("%d bytes are kept", p.kept[Unsent])
			}
		}
	})
}

func TestWhoTakesNothingIsStalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := usual
		p := connect(t, mode{pipe: true}, limits, nil)
		p.client.SetDeadline(time.Time{})
		began := time.Now()
		p.on(func() { p.write(textFrame(1, 1000)) })
		<-p.ended
		if after := time.Since(began); p.closed != ErrStalled || after < limits.WriteTimeout || after > limits.WriteTimeout+time.Second {
			t.Errorf("%v after %v", p.closed, after)
		}
	})
	if runtime.GOOS != "linux" {
		return
	}
	epoll := mode{epoll: true}
	p := connect(t, epoll, usual, nil)
	p.stuff(t, epoll.stuffing())
	p.on(func() {
		if _, err := p.conn.Check(time.Now().Add(usual.WriteTimeout / 2)); err != nil {
			t.Errorf("before its time: %v", err)
		}
		if _, err := p.conn.Check(time.Now().Add(2 * usual.WriteTimeout)); err != ErrStalled {
			t.Errorf("%v, want ErrStalled", err)
		}
	})
}

func TestCloseWaitsForTheAnswerAndNotForEver(t *testing.T) {
	for name, answers := range map[string]bool{"answered": true, "not answered": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := connect(t, mode{pipe: true}, usual, nil)
				began := time.Now()
				p.on(func() { p.conn.Close(Close{Code: 1012, Reason: "retry_ms=5000"}, nil) })
				if head, b, err := conntest.ReadFrame(p.r); err != nil || head != 0x88 || string(b) != "\x03\xf4retry_ms=5000" {
					t.Fatalf("%#x %q %v", head, b, err)
				}
				p.client.Write(conntest.Masked(0x81, []byte("what?"))) // is not answered
				if answers {
					p.client.Write(closing(1012, ""))
				}
				<-p.ended
				if took := time.Since(began); answers && took > 0 || !answers && took != CloseTimeout {
					t.Errorf("ended after %v", took)
				}
				if b, err := io.ReadAll(p.r); len(b) > 0 || err != nil {
					t.Errorf("behind the close: %q %v", b, err)
				}
			})
		})
	}
}

func TestWritesAfterCloseAreDropped(t *testing.T) {
	inEachMode(t, func(t *testing.T, w mode) {
		p := connect(t, w, usual, nil)
		p.on(func() {
			p.conn.Close(Close{Code: 1000}, nil)
			if free, err := p.conn.Write([]byte("x")); !free || err != nil {
				t.Errorf("%t %v", free, err)
			}
		})
		p.client.Write(closing(1000, ""))
		if b, err := io.ReadAll(p.r); string(b) != "\x88\x02\x03\xe8" || err != nil {
			t.Errorf("%q %v, want a close frame", b, err)
		}
		<-p.ended
	})
}

// Run returns when every goroutine of a connection has ended, however it stood.
func TestRunWaitsForGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	inEachMode(t, func(t *testing.T, w mode) {
		sockets := NewSockets(w.epoll, nil)
		stop := runSockets(t, sockets)
		var all []*echo
		var clients []net.Conn
		for i := range 12 {
			client, theirs := net.Pipe()
			if !w.pipe {
				client, theirs = tcpPair(t)
			}
			e := newEcho()
			e.conn = sockets.Raw(theirs, e, usual)
			e.on(func() {
				switch i % 6 {
				case 0: // nothing has been read yet
				case 1:
					e.conn.Listen()
				case 2:
					e.conn.Listen()
					e.conn.Write(textFrame(1, 60_000)) // nobody reads it
				case 3:
					e.conn.Close(Close{Code: 1000}, nil) // nobody answers it
				case 4:
					e.conn.Cut()
				}
			})
			if i%6 == 5 { // its owner is gone already
				e.stop()
				e.conn.Cut()
			}
			all, clients = append(all, e), append(clients, client)
		}
		for i, e := range all {
			if i%6 != 5 {
				e.on(e.conn.Cut)
				<-e.ended
				e.stop()
			}
		}
		stop()
		if n := goroutines(sockets); n != 0 {
			t.Errorf("%d goroutines are left when Run has returned", n)
		}
		for _, c := range clients {
			c.Close()
		}
	})
	until(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= before })
}

func goroutines(s *Sockets) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tasks
}

func TestEventStreams(t *testing.T) {
	for name, tc := range map[string]struct {
		mode
		old bool
	}{
		"epoll": {mode: mode{epoll: true}}, "epoll, HTTP/1.0": {mode: mode{epoll: true}, old: true}, "pipe": {mode: mode{pipe: true}},
		"no epoll": {}, "no epoll, HTTP/1.0": {old: true},
	} {
		t.Run(name, func(t *testing.T) {
			ended := make(chan error, 2)
			s := startServer(t, tc.mode, func(s *server) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					e := newEcho()
					c, err := s.sockets.Events(AcceptEvents(w, r), 3*time.Second, e, usual)
					if err != nil {
						t.Error(err)
						return
					}
					e.conn = c
					var m Message
					m.Set(append(make([]byte, Room), `{"n":1}`...), "update")
					m.SetID("run", 7)
					e.Post(func() {
						e.conn.Listen()
						e.write(m.Frame(c.Framing(), true), Comment(c.Framing()), m.Frame(c.Framing(), false))
						if r.URL.Path == "/closed" {
							e.conn.Close(Close{Code: 1012}, LastEvent(c.Framing(), &m, time.Minute))
						}
					})
					go func() {
						<-e.ended
						e.stop()
						ended <- e.closed
					}()
					c.Serve(r.Context())
				})
			})
			for _, path := range []string{"/closed", "/left"} {
				c, err := s.dial()
				if err != nil {
					t.Fatal(err)
				}
				c.SetDeadline(time.Now().Add(timeLimit))
				version := "1.1"
				if tc.old {
					version = "1.0"
				}
				go fmt.Fprintf(c, "GET %s HTTP/%s\r\nHost: x\r\n\r\n", path, version)
				answer, err := http.ReadResponse(bufio.NewReader(c), nil)
				if err != nil {
					t.Fatal(err)
				}
				want := "retry: 3000\nevent: update\nid: run-7\ndata: {\"n\":1}\n\n:\n\nevent: update\ndata: {\"n\":1}\n\n"
				got := make([]byte, len(want))
				if _, err := io.ReadFull(answer.Body, got); err != nil || string(got) != want {
					t.Fatalf("%q %v, want %q", got, err, want)
				}
				if path == "/left" {
					c.Close()
					if err := <-ended; !errors.Is(err, ErrHungUp) {
						t.Errorf("the client has left: %v", err)
					}
					continue
				}
				rest, err := io.ReadAll(answer.Body)
				if want := "retry: 60000\nevent: update\ndata: {\"n\":1}\n\n"; string(rest) != want || err != nil {
					t.Errorf("ended with %q %v, want %q", rest, err, want)
				}
				c.Close()
				<-ended
			}
		})
	}
}

func TestRefusedClientsLearnWhy(t *testing.T) {
	inEachMode(t, func(t *testing.T, w mode) {
		refused := make(chan struct{}, 8)
		s := startServer(t, w, func(*server) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				h, err := Accept(w, r, "", true)
				if err != nil {
					t.Error(err)
					return
				}
				h.Refuse(Close{Code: 1013, Reason: "retry_ms=5000"})
				refused <- struct{}{}
			})
		})
		for name, says := range map[string][]byte{
			"nothing": nil, "a message": conntest.Masked(0x81, []byte("x")), "a long message": conntest.Masked(0x81, make([]byte, 3000)),
			"nonsense": []byte("\xff\xff\xff"),
		} {
			got, err := converse(s, slices.Concat(says, closing(1013, "")), name == "a message", func() int { return 4 << 10 })
			if err != nil || !slices.Equal(got, []string{"close 1013"}) {
				t.Errorf("who says %s: %s %v", name, strings.Join(got, ", "), err)
			}
			<-refused
		}
	})
}

// What a client sends right behind its handshake is read, or is looked through for its answer where it is refused.
func TestWhatComesBehindTheHandshakeIsRead(t *testing.T) {
	inEachMode(t, func(t *testing.T, w mode) {
		s := startServer(t, w, echoes)
		c, err := s.dial()
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(timeLimit))
		request := "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			c.Write(slices.Concat([]byte(request), conntest.Masked(0x81, []byte("one")), conntest.Masked(0x89, nil),
				conntest.Masked(0x81, []byte("two")), closing(1000, "")))
		}()
		r := bufio.NewReader(c)
		if _, err := http.ReadResponse(r, nil); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"\x81\x03one", "\x8a\x00", "\x81\x03two", "\x88\x02\x03\xe8"} {
			got := make([]byte, len(want))
			if _, err := io.ReadFull(r, got); err != nil || string(got) != want {
				t.Fatalf("%q %v, want %q", got, err, want)
			}
		}
		<-sent
	})
}
