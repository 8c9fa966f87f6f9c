package conn

import (
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// piece is how much is written at a time where that may wait, so that a slow reader's progress is seen: some systems do
// not say how much of a write they took in time.
const piece = 4 << 10

// Patient is a connection that waits for a slow reader, for as long as the timeout between two bytes. A plain write
// deadline would count for a whole message, however slowly it is read. Where the system says what the client has
// acknowledged, that counts; elsewhere, what the system takes.
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
	held := p.held()
	for {
		p.Conn.SetWriteDeadline(time.Now().Add(p.timeout))
		if p.cut.Load() {
			return written, net.ErrClosed
		}
		n, err := p.Conn.Write(b[written:min(len(b), written+piece)])
		written += n
		switch late := errors.Is(err, os.ErrDeadlineExceeded); {
		case err != nil && !late || err == nil && written == len(b):
			return written, err
		case p.cut.Load():
			return written, net.ErrClosed
		case late:
			left := p.held()
			if n == 0 && left >= held {
				return written, ErrStalled
			}
			held = left
		}
	}
}

// held is how many bytes the client has not acknowledged, as far as the system says.
func (p *Patient) held() (n int) {
	withSocket(p.Conn, func(fd int) { n = unacknowledged(fd) })
	return n
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
