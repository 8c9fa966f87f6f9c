package conn

import (
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// EventHeader begins the answer that is an event stream.
func EventHeader(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store, no-transform") // or a proxy keeps it back
	h.Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
}

// Events begins an event stream as the answer to r, and makes a connection of it. The client is told to come back
// after retry when it is cut off. The caller then calls Serve. The error is ErrHungUp.
func (s *Sockets) Events(w http.ResponseWriter, r *http.Request, retry time.Duration, owner Owner, limits Limits) (*Conn, error) {
	EventHeader(w)
	control := http.NewResponseController(w)
	w.Write(appendRetry(nil, retry)) // Flush tells what becomes of it
	if err := control.Flush(); err != nil {
		return nil, ErrHungUp
	}
	if r.TLS == nil && r.ProtoMajor == 1 && s.epoll() != nil {
		if nc, _, err := control.Hijack(); err == nil {
			nc.SetDeadline(time.Time{})
			framing := Event
			if r.ProtoAtLeast(1, 1) {
				framing = Chunk
			}
			return s.open(nc, framing, owner, limits), nil
		}
	}
	c := &Conn{owner: owner, limits: limits, framing: Event}
	c.link = answer(c, w, control)
	return c, nil
}

// answerPiece is how much of an answer is written at a time, so that a slow reader's progress is seen.
const answerPiece = 4 << 10

// answer is the link of an event stream that net/http writes.
func answer(c *Conn, w http.ResponseWriter, control *http.ResponseController) *blocking {
	var aborted atomic.Bool
	l := newBlocking(c, nil, func() {
		aborted.Store(true)
		control.SetWriteDeadline(time.Unix(1, 0))
	})
	l.timeout = c.limits.WriteTimeout
	l.put = func(b []byte) error {
		for len(b) > 0 {
			control.SetWriteDeadline(time.Now().Add(2 * l.timeout)) // in place of the server's own; Check is sooner
			if aborted.Load() {
				return net.ErrClosed
			}
			n, err := w.Write(b[:min(len(b), answerPiece)])
			if err == nil {
				err = control.Flush()
			}
			if err != nil {
				return err
			}
			l.took()
			b = b[n:]
		}
		return nil
	}
	return l
}
