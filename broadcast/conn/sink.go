package conn

import "time"

// Sink is where a connection writes that has no client: for tests and benchmarks of what is above it. Its methods are
// called on the owner's goroutine.
type Sink interface {
	// Write takes the frames of one Conn.Write, of which it keeps nothing. If it returns false, the connection is busy
	// until Resume.
	Write(frames [][]byte) (free bool)
	// Listen is called when the owner listens.
	Listen()
	// Close is called once.
	Close()
}

// NewSink returns a connection that writes to a sink.
func NewSink(sink Sink, owner Owner, framing Framing, limits Limits) *Conn {
	c := &Conn{owner: owner, limits: limits, framing: framing}
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
	frames       [][]byte // scratch
	busy, closed bool
}

func (l *sinkLink) write(frames [][]byte) (bool, error) {
	if l.closed {
		return false, ErrBroken
	}
	l.frames = append(l.frames[:0], frames...)
	l.busy = !l.sink.Write(l.frames)
	clear(l.frames)
	return !l.busy, nil
}

func (l *sinkLink) resume() (bool, error) { return !l.busy, nil }

func (l *sinkLink) stalled(time.Time) bool { return false }

func (l *sinkLink) listen() { l.sink.Listen() }

func (l *sinkLink) close() {
	if !l.closed {
		l.closed = true
		l.sink.Close()
	}
}
