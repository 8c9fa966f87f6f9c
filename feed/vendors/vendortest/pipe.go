package vendortest

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// listener hands each dialled pipe's other end to a server.
type listener struct {
	conns chan net.Conn
	done  chan struct{}
	close func()
	gone  atomic.Bool // nobody is there

	carrying sync.WaitGroup
	mu       sync.Mutex
	ends     []*buffered // guarded by mu: of all connections
}

func newListener() *listener {
	l := &listener{conns: make(chan net.Conn), done: make(chan struct{})}
	l.close = sync.OnceFunc(func() { close(l.done) })
	return l
}

// join closes both ends of all connections, and waits for their goroutines.
func (l *listener) join() {
	l.close()
	l.mu.Lock()
	for _, end := range l.ends {
		end.Close()
	}
	l.mu.Unlock()
	l.carrying.Wait()
}

// buffer makes an end of a pipe buffered.
func (l *listener) buffer(c net.Conn) *buffered {
	b := newBuffered(c)
	l.carrying.Go(b.carry)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ends = append(l.ends, b)
	return b
}

// hidden is where the server seems to be: an address that is the operator's business.
const hidden = "10.0.0.5:443"

var errClosed = errors.New("dial tcp " + hidden + ": connection refused")

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error   { l.close(); return nil }
func (l *listener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// dial is a DialContext.
func (l *listener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	if l.gone.Load() {
		return nil, errClosed
	}
	a, b := net.Pipe()
	ours, theirs := l.buffer(a), l.buffer(b)
	select {
	case l.conns <- &wire{Conn: theirs}:
		return ours, nil
	case <-l.done:
	case <-ctx.Done():
	}
	ours.Close()
	theirs.Close()
	return nil, errClosed
}

// wire is the server's end of a connection. When it is frozen, it swallows what comes and sends nothing: the
// other side cannot tell it from a network that is down.
type wire struct {
	net.Conn
	frozen atomic.Bool
}

func (w *wire) Read(b []byte) (int, error) {
	for {
		n, err := w.Conn.Read(b)
		if err != nil || !w.frozen.Load() {
			return n, err
		}
	}
}

func (w *wire) Write(b []byte) (int, error) {
	if w.frozen.Load() {
		return len(b), nil
	}
	return w.Conn.Write(b)
}

// buffered is a pipe's end that accepts what is written at once, as a network does: over a bare pipe two ends that
// answer each other's pings wait for each other for ever.
type buffered struct {
	net.Conn
	queue chan []byte
	done  chan struct{}
	close func()
}

// mostQueued is how many writes wait to be read before one blocks.
const mostQueued = 256

func newBuffered(c net.Conn) *buffered {
	b := &buffered{Conn: c, queue: make(chan []byte, mostQueued), done: make(chan struct{})}
	b.close = sync.OnceFunc(func() { close(b.done) })
	return b
}

// parting is how long writes that are queued when an end closes may take.
const parting = time.Second

// carry writes to the pipe what is queued, also what is left when this end closes.
func (b *buffered) carry() {
	defer b.Conn.Close()
	for {
		select {
		case p := <-b.queue:
			if _, err := b.Conn.Write(p); err != nil {
				b.close()
				return
			}
		case <-b.done:
			if len(b.queue) == 0 {
				return
			}
		}
	}
}

func (b *buffered) Write(p []byte) (int, error) {
	select {
	case <-b.done:
		return 0, net.ErrClosed
	case b.queue <- bytes.Clone(p):
		return len(p), nil
	}
}

func (b *buffered) Close() error {
	b.close()
	return b.Conn.SetDeadline(time.Now().Add(parting)) // of a read that waits, too
}
