package conn

import (
	"math"
	"time"
)

// Sink is where a connection writes that has no client: for tests and benchmarks of what is above it. Its methods are
// called on the owner's goroutine.
type Sink interface {
	// Write takes a frame, of which it keeps nothing; more of the same Conn.Write may follow. If it returns false, the
	// connection is busy until Resume.
	Write(frame []byte, more bool) (free bool)
	// Listen is called when the owner listens.
	Listen()
	// Close is called once.
	Close()
}

// NewSink returns a connection that writes to a sink.
func NewSink(sink Sink, owner Owner, framing Framing, limits Limits) *Conn {
	c := newConn(framing, owner, limits)
	c.link = &sinkLink{sink: sink}
	return c
}

// Resume goes on after a sink's Write has returned false.
func (c *Conn) Resume() {
	if l, ok := c.link.(*sinkLink); ok {
		l.busy = false
		c.proceed()
	}
}

// sinkLink is the link of a connection to a sink.
type sinkLink struct {
	sink         Sink
	busy, closed bool
}

func (l *sinkLink) write(frames [][]byte) (bool, error) {
	if l.closed {
		return false, ErrBroken
	}
	for i, f := range frames {
		if !l.sink.Write(f, i < len(frames)-1) {
			l.busy = true
		}
	}
	return !l.busy, nil
}

func (l *sinkLink) resume() (bool, error) { return !l.busy, nil }

func (l *sinkLink) left(time.Time) time.Duration { return math.MaxInt64 }

func (l *sinkLink) listen() { l.sink.Listen() }

func (l *sinkLink) close() {
	if !l.closed {
		l.closed = true
		l.sink.Close()
	}
}
