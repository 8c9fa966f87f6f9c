package conn

import (
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// owe writes short frames until the client, which reads nothing, cannot have room for them, although the connection is free: the
// kernel has taken them. It returns the socket.
func (p *pair) owe(t *testing.T) *socket {
	t.Helper()
	s := p.conn.link.(*socket)
	unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_SNDBUF, 1<<20)
	free, err := true, error(nil)
	p.on(func() {
		for end := s.acks.taken + 200_000; free && err == nil && s.acks.taken < end; { // it has room for some 70,000
			free, err = p.conn.Write(textFrame(0, 400))
		}
	})
	if !free || err != nil {
		t.Fatalf("the kernel takes no more, %v", err)
	}
	return s
}

// A client that has vanished, or does not read any more, takes nothing of what the kernel holds for it, long before a write
// has to wait.
func TestWhoTakesNothingOfWhatTheKernelHoldsIsStalled(t *testing.T) {
	p := connect(t, mode{epoll: true}, usual, nil)
	s := p.owe(t)
	check := func(after time.Duration, want error) {
		t.Helper()
		p.on(func() {
			if again, err := p.conn.Check(time.Now().Add(after)); err != want || err == nil && again > usual.WriteTimeout/looks {
				t.Errorf("after %v: %v, to be checked again in %v; want %v", after, err, again, want)
			}
		})
	}
	check(0, nil)
	check(usual.WriteTimeout/2, nil)
	held := unacknowledged(s.fd)
	if _, err := io.ReadFull(p.client, make([]byte, 30_000)); err != nil {
		t.Fatal(err)
	}
	until(t, "the client has acknowledged something", func() bool { return unacknowledged(s.fd) < held })
	check(usual.WriteTimeout, nil) // it takes something
	p.owe(t)
	check(usual.WriteTimeout, nil)
	check(usual.WriteTimeout*3/2, nil)
	check(usual.WriteTimeout*5/2, ErrStalled)
}

// Reading and writing find the same end of a connection, and which comes first is chance.
func TestEndsAreNamedAlikeByReadingAndWriting(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(p *pair, s *socket)
		want error
	}{
		"closed": {func(p *pair, _ *socket) { p.client.Close() }, ErrHungUp},
		"reset": {func(p *pair, _ *socket) {
			p.client.(*net.TCPConn).SetLinger(0)
			p.client.Close()
		}, ErrHungUp},
		"given up by the kernel": {func(_ *pair, s *socket) { setUserTimeout(s.fd, 100*time.Millisecond) }, ErrStalled},
	} {
		for how, begin := range map[string]func(p *pair) *socket{
			"reading": func(p *pair) *socket { return p.owe(t) },
			"writing": func(p *pair) *socket {
				p.stuff(t, mode{epoll: true}.stuffing())
				return p.conn.link.(*socket)
			},
		} {
			t.Run(name+" while "+how, func(t *testing.T) {
				p := connect(t, mode{epoll: true}, usual, nil)
				c.end(p, begin(p))
				select {
				case <-p.ended:
				case <-time.After(timeLimit):
					t.Fatal("it has not ended")
				}
				if p.closed != c.want || p.calls != 1 {
					t.Errorf("%v, reported %d times; want %v once", p.closed, p.calls, c.want)
				}
			})
		}
	}
}

func TestReasonsOfWhatTheSystemSays(t *testing.T) {
	for err, want := range map[error]error{
		io.EOF: ErrHungUp, io.ErrUnexpectedEOF: ErrHungUp, syscall.ECONNRESET: ErrHungUp, syscall.EPIPE: ErrHungUp,
		syscall.ETIMEDOUT: ErrStalled, syscall.EHOSTUNREACH: ErrStalled, ErrStalled: ErrStalled,
		syscall.EBADF: ErrBroken, net.ErrClosed: ErrBroken, errors.New("else"): ErrBroken,
	} {
		for _, wrapped := range []error{err, fmt.Errorf("tls: %w", &net.OpError{Op: "read", Err: err})} {
			if got := reasonOf(wrapped); got != want {
				t.Errorf("%v: %v, want %v", wrapped, got, want)
			}
		}
	}
}

// The kernel would give up a client whose window is closed for the user timeout, however often that opens in between. So it may
// not from the first byte on that may not go into an open window.
func TestTheKernelJudgesNobodyWhoIsSlow(t *testing.T) {
	p := connect(t, mode{epoll: true}, usual, nil)
	s := p.conn.link.(*socket)
	judges := func(when string, want bool) {
		t.Helper()
		ms, err := unix.GetsockoptInt(s.fd, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT)
		after := map[bool]time.Duration{true: usual.WriteTimeout}[want]
		if ms != int(after.Milliseconds()) || err != nil {
			t.Errorf("%s: the user timeout is %d ms, %v; want %v", when, ms, err, after)
		}
	}
	check := func(after time.Duration) {
		t.Helper()
		p.on(func() {
			if _, err := p.conn.Check(time.Now().Add(after)); err != nil {
				t.Errorf("after %v: %v", after, err)
			}
		})
	}
	write := func(n int) {
		t.Helper()
		p.on(func() {
			if free, err := p.conn.Write(textFrame(0, n)); !free || err != nil {
				t.Error(free, err)
			}
		})
	}
	judges("a new client", false)
	check(0)
	judges("one that owes nothing", true)
	write(500)
	judges("it owes little", true)
	write(600)
	judges("it owes more", false)
	p.owe(t)
	check(usual.WriteTimeout / 2)
	judges("its window is closed", false)
	if _, err := io.ReadFull(p.client, make([]byte, s.acks.taken)); err != nil {
		t.Fatal(err)
	}
	until(t, "all is acknowledged", func() bool { return unacknowledged(s.fd) == 0 })
	check(usual.WriteTimeout)
	judges("it was sent much since the last look", false)
	check(usual.WriteTimeout)
	judges("it was sent little since the last look", true)
}

// Those who are sent little and seldom are not looked at: that costs as much as the writes.
func TestWhoOwesLittleIsLeftToTheKernel(t *testing.T) {
	p := connect(t, mode{epoll: true}, usual, nil)
	s := p.conn.link.(*socket)
	check := func(after time.Duration, looked bool) {
		t.Helper()
		p.on(func() {
			acked := s.acks.acked
			if _, err := p.conn.Check(time.Now().Add(after)); err != nil || (s.acks.acked != acked) != looked {
				t.Errorf("after %v: acknowledged %d, then %d, of %d; %v", after, acked, s.acks.acked, s.acks.taken, err)
			}
		})
	}
	write := func() {
		t.Helper()
		p.on(func() {
			if free, err := p.conn.Write(textFrame(0, 500)); !free || err != nil {
				t.Error(free, err)
			}
		})
		until(t, "all is acknowledged", func() bool { return unacknowledged(s.fd) == 0 })
	}
	check(0, false)
	write()
	check(10*usual.WriteTimeout, false)
	write()
	write()
	check(11*usual.WriteTimeout, true)
	write()
	check(12*usual.WriteTimeout, true)
	write()
	check(13*usual.WriteTimeout, false)
}

// Where a connection is written by waiting, nobody but the writer judges the client.
func TestConnectionsThatAreWrittenByWaitingHaveNoUserTimeout(t *testing.T) {
	client, server := tcpPair(t)
	withSocket(server, func(fd int) { setUserTimeout(fd, time.Minute) })
	e := newEcho()
	e.conn = startSockets(t, mode{}).Raw(server, e, usual)
	withSocket(server, func(fd int) {
		if ms, err := unix.GetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT); ms != 0 || err != nil {
			t.Errorf("the user timeout is %d ms, %v; want none", ms, err)
		}
	})
	client.Close()
	e.Post(e.conn.Cut)
	<-e.ended
	e.stop()
}

// The time that a client owes something counts from before it is looked at, unless it has taken something since.
func TestTimeBeforeTheFirstLookCounts(t *testing.T) {
	now := time.Now()
	for held, want := range map[int]time.Duration{2000: 20 * time.Second, 1500: 30 * time.Second, 0: 30 * time.Second} {
		a := acks{taken: 500}
		a.unseen(now)
		a.unseen(now.Add(5 * time.Second))
		a.taken = 2000
		if left := a.left(held, now.Add(10*time.Second), 30*time.Second); left != want {
			t.Errorf("where %d of %d bytes are held, %v are left; want %v", held, a.taken, left, want)
		}
	}
}
