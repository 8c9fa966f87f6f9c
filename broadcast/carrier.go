package broadcast

import (
	"errors"
	"net"
	"sync/atomic"
	"time"

	"tickertape/broadcast/admission"
)

// carrier is the line of a transport that can only be written by waiting for the peer, such as TLS
// or HTTP/2: a goroutine carries one message at a time. What the subscriber misses meanwhile is
// not queued here either.
type carrier struct {
	// static
	sub     *subscriber
	timeout time.Duration      // of a put that does not end by itself when the peer takes nothing; 0 of one that does
	abort   func()             // ends a put that waits
	put     func([]byte) error // writes all, however long that takes
	slot    chan []byte        // one slot; closed by close

	progress atomic.Int64 // when the peer last took something, in Unix nanoseconds

	// owned by the shard
	buf    []byte // what is being carried
	kept   int64  // reserved for it
	free   bool
	err    error
	left   bool // the client has
	closed bool
}

func newCarrier(s *subscriber, put func([]byte) error, abort func()) *carrier {
	return &carrier{sub: s, put: put, abort: abort, slot: make(chan []byte, 1), free: true}
}

// run carries until the line is closed.
func (c *carrier) run() {
	failed := false
	for b := range c.slot {
		if failed {
			continue
		}
		err := c.put(b)
		failed = err != nil
		c.sub.shard.post(func() {
			c.free, c.err = err == nil, err
			c.sub.resume()
		})
	}
}

func (c *carrier) write(b []byte) (bool, error) {
	if c.closed {
		return false, goneError
	}
	c.took()
	c.free = false
	c.buf = append(c.buf[:0], b...)
	if more := int64(cap(c.buf)) - 4<<10 - c.kept; more > 0 {
		if !c.sub.place.Keep(more, true) {
			c.sub.refused(admission.ReasonMemory)
			return false, goneMemory
		}
		c.kept += more
	}
	c.slot <- c.buf
	return false, nil
}

func (c *carrier) resume() (bool, error) {
	if cap(c.buf) > 4<<10 {
		c.buf = nil
		c.sub.place.Let(c.kept)
		c.kept = 0
	}
	switch {
	case errors.Is(c.err, errStalled):
		return false, goneStalled
	case c.left:
		return false, goneClosed
	case c.err != nil:
		return false, goneError
	}
	return c.free, nil
}

// leave is called by the shard when the client has left. What is being carried ends first, and may
// be the reason.
func (c *carrier) leave() {
	if c.free || c.closed {
		c.sub.leave(goneClosed)
		return
	}
	c.left = true
	c.abort()
}

// took notes that the peer takes something.
func (c *carrier) took() { c.progress.Store(time.Now().UnixNano()) }

func (c *carrier) stuck(now time.Time) bool {
	return c.timeout > 0 && now.Sub(time.Unix(0, c.progress.Load())) > c.timeout
}

func (c *carrier) close() {
	if c.closed {
		return
	}
	c.closed = true
	if !c.free {
		c.abort()
	}
	close(c.slot)
}

// carry is a line for a connection that can only be written by waiting.
func carry(s *subscriber, conn net.Conn) line {
	patient := &patientConn{Conn: conn, timeout: s.shard.board.cfg.WriteTimeout}
	l := newCarrier(s, func(b []byte) error {
		_, err := patient.Write(b)
		return err
	}, func() { patient.SetWriteDeadline(time.Unix(1, 0)) })
	go func() {
		l.run()
		conn.Close()
	}()
	return l
}
