package broadcast

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// guard is the connection that the WebSocket library gets in place of the real one. It keeps
// frames whole, since the library's control frames and the board's data frames are written by
// different goroutines; it keeps a close frame the last one written; and it bounds what a peer can
// cost: how long a write may make no progress, how long a closing handshake may take, and how
// many bytes a second a client may send.
type guard struct {
	net.Conn
	early   []byte        // read before the connection: what came behind the handshake
	timeout time.Duration // longest time that a write may make no progress
	inbound *rate.Limiter // bytes
	cut     atomic.Bool   // nobody waits for a write any more

	writing sync.Mutex // one frame at a time
	closing bool       // guarded by writing: a close frame has gone out

	mu      sync.Mutex
	control []byte // guarded by mu: a control frame that waits for the frame that is being written
}

const (
	closeTimeout = 2 * time.Second // for the peer's answer to a close frame
	inboundRate  = 16 << 10        // bytes a second; a client sends subscribes and pings
)

var errFlood = errors.New("broadcast: client sends more than its share")

func newGuard(c net.Conn, early []byte, cfg Config) *guard {
	if p, ok := c.(*patientConn); ok {
		c = p.Conn // the guard has patience of its own
	}
	return &guard{Conn: c, early: early, timeout: cfg.WriteTimeout, inbound: rate.NewLimiter(inboundRate, 2*cfg.MaxMessage+inboundRate)}
}

const opClose = 0x88 // first byte of a close frame; no text frame begins with it

// Write writes a control frame of the library. While a data frame is under way it is put aside and
// follows that, so that the library never waits for a slow reader (it would drop the connection);
// of several the newest does.
func (g *guard) Write(frame []byte) (int, error) {
	g.mu.Lock()
	if !g.writing.TryLock() {
		if len(g.control) == 0 || g.control[0] != opClose {
			g.control = append(g.control[:0], frame...)
		}
		g.mu.Unlock()
		return len(frame), nil
	}
	g.mu.Unlock()
	defer g.writing.Unlock()
	if err := g.put(frame); err != nil {
		return 0, err
	}
	return len(frame), nil
}

// send writes one whole data frame, and the control frame that came meanwhile.
func (g *guard) send(frame []byte) error {
	g.writing.Lock()
	err := g.put(frame)
	for err == nil {
		g.mu.Lock()
		control := g.control
		g.control = nil
		if control == nil {
			g.writing.Unlock() // within mu, so that none is put aside after the last look
			g.mu.Unlock()
			return nil
		}
		g.mu.Unlock()
		err = g.put(control)
	}
	g.writing.Unlock()
	return err
}

// put writes a frame. After a close frame the rest of the conversation is swallowed: the library
// would answer the peer's close frame with a second one, and browsers then report neither code nor
// reason. The caller holds writing.
func (g *guard) put(frame []byte) error {
	if g.closing || len(frame) == 0 {
		return nil
	}
	if frame[0] == opClose {
		g.closing = true
		g.Conn.SetReadDeadline(time.Now().Add(closeTimeout)) // the library waits for ever for a half-sent frame
		g.Conn.SetWriteDeadline(time.Now().Add(closeTimeout))
		_, err := g.Conn.Write(frame)
		return err
	}
	_, err := progress(g.Conn, frame, g.timeout, &g.cut)
	return err
}

// unblock ends a write that waits for a slow reader.
func (g *guard) unblock() {
	g.cut.Store(true)
	g.Conn.SetWriteDeadline(time.Now())
}

// SetDeadline, SetReadDeadline and SetWriteDeadline are the guard's own business.
func (g *guard) SetDeadline(time.Time) error      { return nil }
func (g *guard) SetReadDeadline(time.Time) error  { return nil }
func (g *guard) SetWriteDeadline(time.Time) error { return nil }

func (g *guard) Read(b []byte) (int, error) {
	if len(g.early) > 0 {
		n := copy(b, g.early)
		g.early = g.early[n:]
		return n, nil
	}
	n, err := g.Conn.Read(b)
	if n > 0 && !g.inbound.AllowN(time.Now(), n) {
		return n, errFlood
	}
	return n, err
}
