package broadcast

//lint:file-ignore SA1019 nhooyr.io/websocket is the library wanted by name; its successor is one import away

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"
	"nhooyr.io/websocket"
)

// Subprotocol is the only one spoken; a client may also offer none.
const Subprotocol = "tickertape.v1.json"

const (
	messageRate    = 50  // client messages a second
	messageBurst   = 200 //
	maxBadMessages = 20  // in a row
)

// WebSocket serves GET /ws.
func (b *Board) WebSocket() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q, err := parseQuery(r.URL.Query(), b.cfg)
		if err != nil {
			badQuery(err).Write(w)
			return
		}
		if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
			w.Header().Set("Connection", "Upgrade")
			w.Header().Set("Upgrade", "websocket")
			Problem{Status: http.StatusUpgradeRequired, Detail: "Upgrade: this is a WebSocket; /events has the same for plain HTTP"}.Write(w)
			return
		}
		if offered := r.Header.Values("Sec-WebSocket-Protocol"); len(offered) > 0 && !offers(offered, Subprotocol) {
			Problem{Status: http.StatusBadRequest, Detail: "Sec-WebSocket-Protocol: this server speaks " + Subprotocol + " only"}.Write(w)
			return
		}
		refusal, refused := b.refusal(r)
		if refused && !b.roster.courtesy.TryAcquire(1) {
			b.metrics.connects.WithLabelValues(transportWebSocket, refusal.label).Inc()
			refusal.problem().Write(w)
			return
		}
		var guarded *guard
		c, err := websocket.Accept(&hijacker{ResponseWriter: w, wrap: func(c net.Conn, early []byte) net.Conn {
			guarded = newGuard(c, early, b.cfg)
			return guarded
		}}, r, &websocket.AcceptOptions{
			Subprotocols:       []string{Subprotocol},
			InsecureSkipVerify: true, // origins are checked above, by scheme, host and port
			CompressionMode:    websocket.CompressionDisabled,
		})
		if err != nil {
			if refused {
				b.roster.courtesy.Release(1)
			} else {
				b.roster.exit()
			}
			return // Accept has answered
		}
		s := newSubscriber(b, transportWebSocket)
		ws := &webSocketConn{board: b, socket: c, guard: guarded}
		s.conn = ws
		// Fresh goroutines, so that this one's stack and the server's buffers are freed.
		if refused {
			b.metrics.connects.WithLabelValues(transportWebSocket, refusal.label).Inc()
			go func() {
				defer b.roster.courtesy.Release(1)
				ws.bye(refusal)
			}()
			return
		}
		b.metrics.connects.WithLabelValues(transportWebSocket, "accepted").Inc()
		s.requests = make(chan request)
		c.SetReadLimit(int64(b.cfg.MaxMessage))
		go ws.read(s)
		go func() {
			defer b.roster.exit()
			s.serve(q)
		}()
	})
}

// refusal is why a request is not served, when it is not. Otherwise the roster has been entered.
func (b *Board) refusal(r *http.Request) (goodbye, bool) {
	if !originAllowed(r, b.cfg.Origins) {
		return policy("origin", "origin not allowed"), true
	}
	g, ok := b.roster.enter()
	return g, !ok
}

func offers(headers []string, protocol string) bool {
	for _, h := range headers {
		if slices.ContainsFunc(strings.Split(h, ","), func(p string) bool { return strings.EqualFold(strings.TrimSpace(p), protocol) }) {
			return true
		}
	}
	return false
}

// hijacker hands out the connection wrapped and with small buffers: net/http's 4 KiB each way would
// stay for life.
type hijacker struct {
	http.ResponseWriter
	wrap func(c net.Conn, early []byte) net.Conn
}

func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	c.SetDeadline(time.Time{})
	early, _ := rw.Reader.Peek(rw.Reader.Buffered())
	c = h.wrap(c, slices.Clone(early))
	return c, bufio.NewReadWriter(bufio.NewReaderSize(c, 512), bufio.NewWriterSize(c, 256)), nil
}

// webSocketConn writes ready frames around the library, which keeps the handshake, the reading, the
// control frames and the closing.
type webSocketConn struct {
	board  *Board
	socket *websocket.Conn
	guard  *guard
}

func (c *webSocketConn) write(p *part) error             { return c.send(p.webSocket()) }
func (c *webSocketConn) writeShared(p *sharedPart) error { return c.send(p.frame) }

func (c *webSocketConn) beat(p *part) error {
	if p == nil {
		return nil // WebSockets are not closed for being busy
	}
	return c.write(p)
}

func (c *webSocketConn) send(frame []byte) error {
	err := c.guard.send(frame)
	switch {
	case err == nil:
		c.board.metrics.messages.WithLabelValues(transportWebSocket).Inc()
		c.board.metrics.bytes.WithLabelValues(transportWebSocket).Add(float64(len(frame)))
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded) && !c.guard.cut.Load():
		return goneStalled
	default:
		return goneError
	}
}

func (c *webSocketConn) bye(g goodbye) {
	if g.code != 0 {
		c.socket.Close(websocket.StatusCode(g.code), g.reason) // bounded by the guard
	}
	c.guard.Conn.Close() // CloseNow waits for a Close that is under way
	c.socket.CloseNow()
}

func (c *webSocketConn) abort() { c.guard.Conn.Close() }

// read hands the client's messages to the subscriber until either leaves.
func (c *webSocketConn) read(s *subscriber) {
	messages := rate.NewLimiter(messageRate, messageBurst)
	bad := 0
	for {
		kind, b, err := c.socket.Read(context.Background())
		if err != nil {
			c.guard.unblock()
			s.left <- c.whyLeft(err)
			return
		}
		var r request
		switch {
		case kind != websocket.MessageText:
			s.left <- goodbye{code: 1003, label: "policy", reason: "messages are text"}
			return
		case !messages.Allow():
			r = parseRequest(b)
			r = request{ID: r.ID, fault: &fault{rateLimited, "too many messages: slow down"}}
		default:
			r = parseRequest(b)
		}
		if r.fault == nil {
			bad = 0
		} else if bad++; bad > maxBadMessages {
			s.left <- policy("policy", "too many bad messages")
			return
		}
		select {
		case s.requests <- r:
		case <-s.stop:
			return
		}
	}
}

func (c *webSocketConn) whyLeft(err error) goodbye {
	var closed websocket.CloseError
	switch {
	case errors.Is(err, errFlood):
		return policy("flood", "too many bytes")
	case errors.As(err, &closed):
		return goneClosed
	case strings.Contains(err.Error(), "read limited at"): // the library has no error value for it
		return goodbye{code: 1009, label: "policy", reason: "message too big"}
	case errors.Is(err, net.ErrClosed), errors.Is(err, io.EOF):
		return goneClosed
	default:
		return goneError
	}
}
