package conn

import (
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// Patient is a connection that waits for a slow reader, for as long as the timeout between two bytes. A plain write
// deadline would count for a whole message, however slowly it is read.
type Patient struct {
	net.Conn
	timeout time.Duration
	cut     atomic.Bool
}

// NewPatient wraps c. A Write of which nothing is taken for the timeout fails with ErrStalled.
func NewPatient(c net.Conn, timeout time.Duration) *Patient {
	return &Patient{Conn: c, timeout: timeout}
}

// Bare is the connection without the timeout.
func (p *Patient) Bare() net.Conn { return p.Conn }

// Write writes all of b as long as some of it is taken within each timeout, and no deadline has cut it.
func (p *Patient) Write(b []byte) (written int, err error) {
	for {
		p.Conn.SetWriteDeadline(time.Now().Add(p.timeout))
		if p.cut.Load() {
			return written, net.ErrClosed
		}
		n, err := p.Conn.Write(b[written:])
		written += n
		switch {
		case err == nil || !errors.Is(err, os.ErrDeadlineExceeded):
			return written, err
		case p.cut.Load():
			return written, net.ErrClosed
		case n == 0:
			return written, ErrStalled
		}
	}
}

// SetWriteDeadline ends what is being written when the deadline has passed, and is ignored otherwise.
func (p *Patient) SetWriteDeadline(t time.Time) error {
	if t.IsZero() || t.After(time.Now()) {
		return nil
	}
	p.cut.Store(true)
	return p.Conn.SetWriteDeadline(t)
}

// SetDeadline is for reading alone, as SetWriteDeadline has it.
func (p *Patient) SetDeadline(t time.Time) error {
	p.SetWriteDeadline(t)
	return p.Conn.SetReadDeadline(t)
}
