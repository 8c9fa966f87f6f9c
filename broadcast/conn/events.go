package conn

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
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

// EventRequest is a request that is answered with an event stream. It becomes a connection by Events, or is refused.
type EventRequest struct {
	w http.ResponseWriter
	r *http.Request
}

// AcceptEvents keeps a request that is to be answered with an event stream. Nothing is answered yet.
func AcceptEvents(w http.ResponseWriter, r *http.Request) *EventRequest { return &EventRequest{w, r} }

// Refuse answers with an event stream that has one event, which says why. A browser never reconnects after a status
// other than 200.
func (e *EventRequest) Refuse(last []byte) {
	EventHeader(e.w)
	e.w.Write(last) // a client that has gone needs no answer
}

// Events answers a request with an event stream, and makes a connection of it. The client is told to reconnect after
// retry when the stream ends. The caller then calls Serve. The error is one of this package's.
func (s *Sockets) Events(e *EventRequest, retry time.Duration, owner Owner, limits Limits) (*Conn, error) {
	EventHeader(e.w)
	control := http.NewResponseController(e.w)
	e.w.Write(appendRetry(nil, retry)) // Flush has the error
	if err := control.Flush(); err != nil {
		return nil, reasonOf(err)
	}
	if e.r.TLS == nil && e.r.ProtoMajor == 1 {
		if nc, _, err := control.Hijack(); err == nil {
			nc.SetDeadline(time.Time{})
			framing := Event
			if e.r.ProtoAtLeast(1, 1) {
				framing = Chunk
			}
			return s.open(nc, framing, owner, limits), nil
		}
	}
	c := newConn(Event, owner, limits)
	c.link = answer(c, e.w, control)
	return c, nil
}

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
			n, err := w.Write(b[:min(len(b), piece)])
			if err == nil {
				err = control.Flush()
			}
			switch {
			case err == nil:
			case errors.Is(err, os.ErrDeadlineExceeded) && !aborted.Load():
				return ErrStalled
			case reasonOf(err) == ErrBroken:
				return io.EOF // all that net/http says is that the client is not there any more
			default:
				return err
			}
			l.took()
			b = b[n:]
		}
		return nil
	}
	return l
}
