package conn

import (
	"errors"
	"net"
	"sync/atomic"
	"time"
)

// blocking is the link of a connection that can only be written by waiting for the client, such as TLS or HTTP/2: one
// goroutine writes what one Write was given, and another reads when the owner listens.
type blocking struct {
	// static
	owner   Owner
	c       *Conn
	timeout time.Duration      // of a put that does not end by itself when the client takes nothing; 0 of one that does
	held    func() int         // bytes that the client has not acknowledged, as far as the system says; nil where it does not
	abort   func()             // ends a put that waits
	put     func([]byte) error // writes all, however long that takes
	slot    chan []byte        // one slot; closed by close
	more    chan struct{}      // one slot: the reader may go on; closed by close; nil where nothing is read

	progress atomic.Int64 // when the client last took something, in nanoseconds since started
	stalled  atomic.Bool  // it took nothing for the write timeout

	// owned by the owner's goroutine
	buf    []byte // what is being written
	acks   acks
	kept   int64 // reserved for it
	free   bool
	err    error
	hungUp bool // the client has
	closed bool
}

// ownBuffer is how much of what is being written takes no memory beyond what a connection has anyway.
const ownBuffer = 4 << 10

func newBlocking(c *Conn, put func([]byte) error, abort func()) *blocking {
	return &blocking{owner: c.owner, c: c, put: put, abort: abort, slot: make(chan []byte, 1), free: true}
}

// block is the link of a connection that is written and read by waiting.
func block(s *Sockets, c *Conn, nc net.Conn) *blocking {
	patient := NewPatient(nc, c.limits.WriteTimeout)
	l := newBlocking(c, func(b []byte) error {
		_, err := patient.Write(b)
		return err
	}, func() { patient.SetWriteDeadline(time.Unix(1, 0)) })
	l.more = make(chan struct{}, 1)
	if withSocket(nc, func(fd int) { setUserTimeout(fd, 0) }) {
		l.held = patient.held
	}
	s.spawn(func() {
		l.run()
		withSocket(nc, func(fd int) { drop(fd, l.stalled.Load(), c.limits.WriteTimeout) })
		nc.Close()
	})
	s.spawn(func() { l.pull(nc) })
	return l
}

// run writes until the link is closed.
func (l *blocking) run() {
	failed := false
	for b := range l.slot {
		if failed {
			continue
		}
		err := l.put(b)
		failed = err != nil
		if failed && errors.Is(err, ErrStalled) {
			l.stalled.Store(true)
		}
		l.owner.Post(func() {
			l.free, l.err = err == nil, err
			l.c.proceed()
		})
	}
}

// pull reads whenever the owner listens. It ends with the connection.
func (l *blocking) pull(nc net.Conn) {
	b := make([]byte, 1024)
	for range l.more {
		n, err := nc.Read(b)
		taken := make(chan struct{})
		if !l.owner.Post(func() {
			defer close(taken)
			l.c.arrived(b[:n], err)
		}) {
			return
		}
		<-taken
	}
}

func (l *blocking) listen() {
	if l.closed || l.more == nil {
		return
	}
	select {
	case l.more <- struct{}{}:
	default:
	}
}

func (l *blocking) write(frames [][]byte) (bool, error) {
	if l.closed {
		return false, ErrBroken
	}
	l.took()
	l.free = false
	l.buf = l.buf[:0]
	for _, f := range frames {
		l.buf = append(l.buf, f...)
	}
	if more := int64(cap(l.buf)) - ownBuffer - l.kept; more > 0 {
		if !l.owner.Reserve(Unsent, more) {
			return false, ErrUnsent
		}
		l.kept += more
	}
	l.slot <- l.buf
	return false, nil
}

func (l *blocking) resume() (bool, error) {
	l.acks.taken += uint64(len(l.buf))
	if cap(l.buf) > ownBuffer {
		l.buf = nil
		l.owner.Release(Unsent, l.kept)
		l.kept = 0
	}
	switch {
	case l.err == nil && !l.hungUp:
		return l.free, nil
	case l.err != nil && reasonOf(l.err) != ErrBroken:
		return false, reasonOf(l.err)
	case l.hungUp:
		return false, ErrHungUp
	}
	return false, ErrBroken
}

// leave is called on the owner's goroutine when the client has left. What is being written ends first, and may be the
// reason.
func (l *blocking) leave() {
	if l.free || l.closed {
		l.c.fail(ErrHungUp)
		return
	}
	l.hungUp = true
	l.abort()
}

// took notes that the client takes something.
func (l *blocking) took() { l.progress.Store(int64(time.Since(started))) }

func (l *blocking) left(now time.Time) time.Duration {
	timeout := l.c.limits.WriteTimeout
	switch {
	case l.closed:
	case !l.free && l.timeout > 0:
		return l.timeout + time.Duration(l.progress.Load()) - now.Sub(started)
	case l.free && l.held != nil && !l.acks.settled():
		left := l.acks.left(l.held(), now, timeout)
		if left <= 0 {
			l.stalled.Store(true)
		}
		return left
	}
	return timeout
}

func (l *blocking) close() {
	if l.closed {
		return
	}
	l.closed = true
	if !l.free {
		l.abort()
	}
	close(l.slot)
	if l.more != nil {
		close(l.more)
	}
}
