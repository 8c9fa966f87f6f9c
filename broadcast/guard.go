package broadcast

import (
	"errors"
	"net"
	"sync/atomic"
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
	polled  atomic.Bool              // nobody has to wait for what the client says next
	read    clientFrames             // what has been read
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

// errQuiet ends the reading of a client that is between two messages.
var errQuiet = errors.New("broadcast: client says nothing")

func (g *guard) Read(b []byte) (int, error) {
	if len(g.early) > 0 {
		n := copy(b, g.early)
		g.early = g.early[n:]
		g.read.pass(b[:n])
		return n, nil
	}
	if g.polled.Load() && g.read.spoken && g.read.between() {
		g.read.spoken = false
		return 0, errQuiet
	}
	n, err := g.Conn.Read(b)
	g.read.pass(b[:n])
	if g.inbound == nil {
		g.inbound = newInbound(g.cfg)
	}
	if n > 0 && !g.inbound.AllowN(time.Now(), n) {
		return n, errFlood
	}
	return n, err
}

// clientFrames follows a client's frames (RFC 6455, section 5.2), to know when it is between two
// messages: the library, having answered a ping, would wait for a message until the client says one.
type clientFrames struct {
	spoken bool // something has been read since it was quiet
	open   bool // a message's first frame has come, its last has not
	have   int  // bytes of the header
	first  byte
	size   uint64 // of the payload, while the header comes; then what is left of it
	length int    // of the header up to the mask, once the second byte is there
	header int    // of all of it
}

func (f *clientFrames) between() bool { return f.have == 0 && f.size == 0 && !f.open }

// pass notes what has been read.
func (f *clientFrames) pass(b []byte) {
	for len(b) > 0 {
		f.spoken = true
		if f.have == 0 && f.size > 0 {
			n := min(uint64(len(b)), f.size)
			f.size -= n
			b = b[n:]
			continue
		}
		f.head(b[0])
		b = b[1:]
	}
}

// head takes the next byte of a header.
func (f *clientFrames) head(b byte) {
	switch {
	case f.have == 0:
		f.first = b
	case f.have == 1:
		f.length, f.size = 2, uint64(b&0x7f)
		switch f.size {
		case 126:
			f.length, f.size = 4, 0
		case 127:
			f.length, f.size = 10, 0
		}
		f.header = f.length
		if masked := b&0x80 != 0; masked {
			f.header += 4
		}
	case f.have < f.length:
		f.size = f.size<<8 | uint64(b)
	}
	if f.have++; f.have == 1 || f.have < f.header {
		return
	}
	f.have = 0
	if control := f.first&0x08 != 0; !control {
		f.open = f.first&0x80 == 0
	}
}
