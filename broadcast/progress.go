package broadcast

import (
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// errStalled is a peer that has taken nothing for write_timeout.
var errStalled = errors.New("broadcast: peer takes nothing")

// progress writes all of b as long as the socket takes some of it within each timeout, and cut is
// not set: a slow reader is waited for, one that takes nothing is an errStalled.
func progress(c net.Conn, b []byte, timeout time.Duration, cut *atomic.Bool) (written int, err error) {
	for {
		c.SetWriteDeadline(time.Now().Add(timeout))
		if cut.Load() {
			return written, net.ErrClosed
		}
		n, err := c.Write(b[written:])
		written += n
		switch {
		case err == nil || !errors.Is(err, os.ErrDeadlineExceeded):
			return written, err
		case cut.Load():
			return written, net.ErrClosed
		case n == 0:
			return written, errStalled
		}
	}
}

// patientConn is a connection that waits for a slow reader, for as long as the timeout between two bytes. A plain
// write deadline would count for a whole message, however slowly it is read.
type patientConn struct {
	net.Conn
	timeout time.Duration
	cut     atomic.Bool
}

// Bare is the connection without the patience.
func (c *patientConn) Bare() net.Conn { return c.Conn }

func (c *patientConn) Write(b []byte) (int, error) { return progress(c.Conn, b, c.timeout, &c.cut) }

// SetWriteDeadline ends what is being written when the deadline has passed, and is ignored otherwise.
func (c *patientConn) SetWriteDeadline(t time.Time) error {
	if t.IsZero() || t.After(time.Now()) {
		return nil
	}
	c.cut.Store(true)
	return c.Conn.SetWriteDeadline(t)
}

// SetDeadline is for reading alone, as SetWriteDeadline has it.
func (c *patientConn) SetDeadline(t time.Time) error {
	c.SetWriteDeadline(t)
	return c.Conn.SetReadDeadline(t)
}
