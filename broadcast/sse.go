package broadcast

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
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
}

func (c *eventConn) write(p *part) error {
	return c.message(p.appendEvent(nil, c.board.store.epoch))
}

func (c *eventConn) writeShared(p *sharedPart) error {
	return c.message(p.asEvent(c.board.store.epoch))
}

// beat sends a comment, which keeps proxies from closing, and the event, which scripts can see.
func (c *eventConn) beat(p *part) error {
	if p == nil {
		return c.send([]byte(":\n\n"))
	}
	return c.message(p.appendEvent([]byte(":\n"), c.board.store.epoch))
}

func (c *eventConn) message(b []byte) error {
	if err := c.send(b); err != nil {
		return err
	}
	c.board.metrics.messages.WithLabelValues(transportSSE).Inc()
	c.board.metrics.bytes.WithLabelValues(transportSSE).Add(float64(len(b)))
	return nil
}

// send waits for a slow reader as [Board.Listener] says.
func (c *eventConn) send(b []byte) error {
	_, err := c.w.Write(b)
	if err == nil {
		err = c.control.Flush()
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		return goneStalled
	default:
		return goneError
	}
}

func (c *eventConn) bye(g goodbye) {
	if g.code == 0 {
		return
	}
	b := strconv.AppendInt([]byte("retry: "), max(1, jitter(g.retry).Milliseconds()), 10)
	p := say("error", errorMessage{Type: "error", Code: g.label, Message: g.reason})
	c.message(p.appendEvent(append(b, '\n'), c.board.store.epoch))
}

func (c *eventConn) abort() { c.control.SetWriteDeadline(time.Unix(1, 0)) }
