package broadcast

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"tickertape/broadcast/admission"
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
		if r.Method == http.MethodHead {
			eventHeader(w)
			return
		}
		place, requests, why, err := b.enter(r, q, transportSSE)
		if err != nil {
			badQuery(err).Write(w)
			return
		}
		eventHeader(w)
		// A browser never comes back after any other status, so a refusal is told in a stream.
		if why != nil {
			w.Write(farewell(*why, b.cfg.Retry, framedEvent)) // a client that has gone needs no answer
			return
		}
		control := http.NewResponseController(w)
		fmt.Fprintf(w, "retry: %d\n", jitter(b.cfg.Retry).Milliseconds())
		if err := control.Flush(); err != nil {
			b.metrics.gone.WithLabelValues(transportSSE.String(), "error").Inc()
			place.Leave()
			return
		}
		s := newSubscriber(b, transportSSE, place)
		if r.TLS == nil && r.ProtoMajor == 1 && b.poller() != nil {
			if conn, _, err := control.Hijack(); err == nil {
				conn.SetDeadline(time.Time{})
				newEventStream(s, conn, r.ProtoAtLeast(1, 1)).sub.enter(requests)
				return
			}
		}
		b.answerEvents(w, r, s, requests)
	})
}

// eventHeader begins an event stream.
func eventHeader(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store, no-transform")
	h.Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
}

// answerEvents tells a subscriber everything in the response to its request, and returns when it
// has left.
func (b *Board) answerEvents(w http.ResponseWriter, r *http.Request, s *subscriber, requests []request) {
	control := http.NewResponseController(w)
	var aborted atomic.Bool
	var l *carrier
	l = newCarrier(s, func(p []byte) error {
		for len(p) > 0 {
			control.SetWriteDeadline(time.Now().Add(2 * b.cfg.WriteTimeout)) // in place of the server's least rate; stuck is sooner
			if aborted.Load() {
				return net.ErrClosed
			}
			n, err := w.Write(p[:min(len(p), 4<<10)]) // in pieces, so that a slow reader's progress is seen
			if err == nil {
				err = control.Flush()
			}
			if err != nil {
				return err
			}
			l.took()
			p = p[n:]
		}
		return nil
	}, func() {
		aborted.Store(true)
		control.SetWriteDeadline(time.Unix(1, 0))
	})
	l.timeout = b.cfg.WriteTimeout
	s.conn = &eventConn{sub: s, line: l, as: framedEvent}
	defer context.AfterFunc(r.Context(), func() { s.shard.post(l.leave) })()
	s.enter(requests)
	l.run()
}

// eventConn writes server-sent events.
type eventConn struct {
	// static
	sub  *subscriber
	line line
	as   framing

	// owned by the shard
	last []byte // what is said when the line is free, and nothing after it
	over bool
}

// newEventStream takes over the connection of a request that has been answered with the stream's
// beginning.
func newEventStream(s *subscriber, conn net.Conn, chunked bool) *eventConn {
	c := &eventConn{sub: s, as: framedEvent}
	if chunked {
		c.as = framedChunk
	}
	s.conn = c
	conn = bare(conn)
	l, ok := newSocket(s, conn, c.heard)
	if !ok {
		l = carry(s, conn)
		go func() { // the client says nothing any more: what can be read is its end
			var b [64]byte
			for err := error(nil); err == nil; {
				_, err = conn.Read(b[:])
			}
			s.shard.post(func() { s.leave(goneClosed) })
		}()
	}
	c.line = l
	return c
}

func (c *eventConn) framing() framing { return c.as }

func (c *eventConn) write(b []byte) (bool, error) { return c.line.write(b) }

func (c *eventConn) resume() (bool, error) {
	free, err := c.line.resume()
	if !free || err != nil || !c.sub.gone {
		return free, err
	}
	if c.last == nil {
		c.end()
		return false, nil
	}
	last := c.last
	c.last = nil
	if free, err = c.line.write(last); free || err != nil {
		c.end()
	}
	return false, nil
}

func (c *eventConn) stuck(now time.Time) bool { return c.line.stuck(now) }

// overdue is never: the client says nothing.
func (c *eventConn) overdue(time.Time) (time.Duration, bool) { return time.Hour, false }

func (c *eventConn) listen() {
	if l, ok := c.line.(*socket); ok {
		l.awaitRead()
	}
}

// heard takes what the client sends, which is nothing but the end of the connection.
func (c *eventConn) heard() {
	l := c.line.(*socket)
	var b [512]byte
	n, again := l.readNow(b[:])
	if !again {
		c.sub.leave(goneClosed)
		return
	}
	if !c.sub.meter.In(n, 0, c.sub.shard.board.door.Config, c.sub.shard.now) {
		c.sub.refused(admission.ReasonConnectionBytesIn)
		c.sub.leave(policy("flood", "too many bytes"))
		return
	}
	l.awaitRead()
}

func (c *eventConn) bye(g goodbye) {
	sh := c.sub.shard
	if g.code == 0 {
		sh.post(c.end)
		return
	}
	c.last = farewell(g, sh.board.cfg.Retry, c.as)
	if !c.sub.busy {
		sh.post(c.sub.resume)
	}
	time.AfterFunc(closeTimeout, func() { sh.post(c.end) })
}

// farewell says why, and when to come back: after a part of retry where g has no time of its own, since a browser's
// EventSource comes back in any case.
func farewell(g goodbye, retry time.Duration, as framing) []byte {
	wait := jitter(cmp.Or(g.retry, retry))
	var p part
	p.begin("error")
	p.data = appendMessage(p.data, errorMessage{Type: "error", Code: g.label, Message: g.reason})
	b := strconv.AppendInt([]byte("retry: "), max(1, wait.Milliseconds()), 10)
	b = p.appendEvent(append(b, '\n'), "")
	if as == framedChunk {
		b = fmt.Appendf(nil, "%x\r\n%s\r\n0\r\n\r\n", len(b), b)
	}
	return b
}

// end closes the connection.
func (c *eventConn) end() {
	c.line.close()
	if !c.over {
		c.over = true
		c.sub.ended()
	}
}

func (c *eventConn) cut() {
	c.line.close()
	c.sub.shard.post(c.end)
}
