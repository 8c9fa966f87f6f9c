package conn

import (
	"net"
	"time"
)

// WebSocket makes a connection of a handshake. Nothing is read before Listen. Owner.Post alone may be called before
// WebSocket returns.
func (s *Sockets) WebSocket(h *Handshake, owner Owner, limits Limits) *Conn {
	return s.webSocket(h.conn, h.early, h.deflates, owner, limits)
}

// Raw makes a WebSocket of a connection whose handshake, without compression, is the caller's business.
func (s *Sockets) Raw(nc net.Conn, owner Owner, limits Limits) *Conn {
	return s.webSocket(nc, nil, false, owner, limits)
}

func (s *Sockets) webSocket(nc net.Conn, early []byte, deflates bool, owner Owner, limits Limits) *Conn {
	framing := Text
	if deflates {
		framing = Deflated
	}
	c := s.open(nc, framing, owner, limits)
	c.in.early, c.in.frames.deflates = early, deflates
	return c
}

// mostRefused is how many bytes of a client are read that was refused.
const mostRefused = 64 << 10

// Refuse closes a connection that gets no owner, so that the client learns why. It waits for the client's answer, for
// CloseTimeout at most.
func (h *Handshake) Refuse(why Close) {
	c := h.conn
	defer c.Close()
	c.SetDeadline(time.Now().Add(CloseTimeout))
	if _, err := c.Write(closeFrame(why)); err != nil {
		return
	}
	frames := reader{deflates: h.deflates, skips: true}
	in := h.early
	for rest := mostRefused; rest > 0; {
		for len(in) > 0 {
			took, what, why := frames.take(in, 0)
			if what == gotClose || why != nil {
				return
			}
			if what == gotMessage {
				frames.done()
			}
			in = in[took:]
		}
		var b [512]byte
		n, err := c.Read(b[:])
		if err != nil {
			return
		}
		rest -= n
		in = b[:n]
	}
}
