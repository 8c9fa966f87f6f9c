package broadcast

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"time"
)

// Events serves GET /events, as server-sent events.
func (b *Board) Events() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q, ok := b.plainQuery(w, r)
		if !ok {
			return
		}
		if last := r.Header.Get("Last-Event-ID"); last != "" {
			q.since = last // newer than the URL, which a browser repeats as it was
		}
		h := w.Header()
		h.Set("Content-Type", "text/event-stream")
		h.Set("Cache-Control", "no-store, no-transform")
		h.Set("X-Accel-Buffering", "no")
		w.WriteHeader(http.StatusOK)
		c := &eventConn{board: b, w: w, control: http.NewResponseController(w)}

		// A browser never comes back after any other status, so "full" and "draining" are told in a stream.
		refusal, refused := b.roster.enter()
		if refused = !refused; refused {
			b.metrics.connects.WithLabelValues(transportSSE, refusal.label).Inc()
			c.bye(refusal)
			return
		}
		defer b.roster.exit()
		b.metrics.connects.WithLabelValues(transportSSE, "accepted").Inc()
		s := newSubscriber(b, transportSSE)
		s.conn = c
		stop := context.AfterFunc(r.Context(), func() {
			c.abort()
			s.left <- goneClosed
		})
		defer stop()
		if err := c.send(fmt.Appendf(nil, "retry: %d\n", jitter(b.cfg.Retry).Milliseconds())); err != nil {
			b.metrics.gone.WithLabelValues(transportSSE, "error").Inc()
			return
		}
		s.serve(q)
	})
}

// eventConn writes server-sent events to one response.
type eventConn struct {
	board   *Board
	w       http.ResponseWriter
	control *http.ResponseController
	cut     atomic.Bool // aborted
}

func (c *eventConn) write(p *part) error {
	return c.message(p.appendEvent(nil, c.board.store.epoch))
}

func (c *eventConn) writeShared(p *sharedPart) error {
	return c.message(p.asEvent(c.board.store.epoch))
}

// beat sends a comment, which keeps proxies from closing, and the event, which scripts can see.
func (c *eventConn) beat(p *part) error {
	return c.message(p.appendEvent([]byte(": heartbeat\n"), c.board.store.epoch))
}

func (c *eventConn) message(b []byte) error {
	if err := c.send(b); err != nil {
		return err
	}
	c.board.metrics.messages.WithLabelValues(transportSSE).Inc()
	c.board.metrics.bytes.WithLabelValues(transportSSE).Add(float64(len(b)))
	return nil
}

// send writes in pieces, so that the deadline is for a socket that takes nothing, not for a slow
// one. The deadline is cleared afterwards: on HTTP/2 one that expires ends an idle stream.
func (c *eventConn) send(b []byte) error {
	const piece = 4 << 10
	for len(b) > 0 {
		n := min(piece, len(b))
		c.control.SetWriteDeadline(time.Now().Add(c.board.cfg.WriteTimeout))
		if c.cut.Load() {
			return goneError
		}
		_, err := c.w.Write(b[:n])
		if err == nil {
			err = c.control.Flush()
		}
		if err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				return goneStalled
			}
			return goneError
		}
		b = b[n:]
	}
	c.control.SetWriteDeadline(time.Time{})
	return nil
}

func (c *eventConn) bye(g goodbye) {
	if g.code == 0 {
		return
	}
	b := strconv.AppendInt([]byte("retry: "), max(1, jitter(g.retry).Milliseconds()), 10)
	p := say("error", errorMessage{Type: "error", Code: g.label, Message: g.reason})
	c.message(p.appendEvent(append(b, '\n'), c.board.store.epoch))
}

func (c *eventConn) abort() {
	c.cut.Store(true)
	c.control.SetWriteDeadline(time.Unix(1, 0))
}
