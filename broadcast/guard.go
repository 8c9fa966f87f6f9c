package broadcast

import (
	"errors"
	"net"
	"time"

	"golang.org/x/time/rate"
)

// guard is the connection that the WebSocket library gets in place of the real one. The library
// reads through it, at a bounded rate. What it writes are control frames: they are handed to the
// shard, which writes them between two messages, and nothing after a close frame.
type guard struct {
	net.Conn
	cfg     *Config
	early   []byte                   // read before the connection: what came behind the handshake
	inbound *rate.Limiter            // nil before the client has sent anything
	control func(frame []byte) error // takes a control frame over
}

const (
	closeTimeout = 2 * time.Second // for the peer's answer to a close frame
	inboundRate  = 16 << 10        // bytes a second; a client sends subscribes and pings
)

var errFlood = errors.New("broadcast: client sends more than its share")

func newGuard(c net.Conn, early []byte, cfg *Config) *guard {
	return &guard{Conn: bare(c), early: early, cfg: cfg}
}

func newInbound(cfg *Config) *rate.Limiter {
	return rate.NewLimiter(inboundRate, 2*cfg.MaxMessage+inboundRate)
}

// bare is the connection without the patience that [Board.Listener] gave it.
func bare(c net.Conn) net.Conn {
	if p, ok := c.(*patientConn); ok {
		return p.Conn
	}
	return c
}

const opClose = 0x88 // first byte of a close frame; no text frame begins with it

// Write takes one of the library's control frames. It never waits, since the library would drop the
// connection of a slow reader.
func (g *guard) Write(frame []byte) (int, error) {
	if len(frame) > 0 && frame[0] == opClose {
		g.Conn.SetReadDeadline(time.Now().Add(closeTimeout)) // the library waits for ever for a half-sent frame
	}
	if err := g.control(append([]byte(nil), frame...)); err != nil {
		return 0, err
	}
	return len(frame), nil
}

// interrupt ends what is being read.
func (g *guard) interrupt() { g.Conn.SetReadDeadline(time.Unix(1, 0)) }

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
	if g.inbound == nil {
		g.inbound = newInbound(g.cfg)
	}
	if n > 0 && !g.inbound.AllowN(time.Now(), n) {
		return n, errFlood
	}
	return n, err
}
