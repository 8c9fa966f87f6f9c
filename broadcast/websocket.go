package broadcast

//lint:file-ignore SA1019 nhooyr.io/websocket is the library wanted by name; its successor is one import away

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
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
		q, err := b.askedOf(r)
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
			b.metrics.connects.WithLabelValues(transportWebSocket.String(), refusal.label).Inc()
			refusal.problem().Write(w)
			return
		}
		h := &hijacker{ResponseWriter: w, cfg: &b.cfg}
		c, err := websocket.Accept(h, r, b.cfg.acceptOptions())
		if err != nil {
			if refused {
				b.roster.courtesy.Release(1)
			} else {
				b.roster.exit()
			}
			return // Accept has answered
		}
		if refused {
			b.metrics.connects.WithLabelValues(transportWebSocket.String(), refusal.label).Inc()
			go func() {
				defer b.roster.courtesy.Release(1)
				refuse(c, h.guard, refusal)
			}()
			return
		}
		b.metrics.connects.WithLabelValues(transportWebSocket.String(), "accepted").Inc()
		c.CloseNow() // closes nothing but the library's part of it
		s := newSubscriber(b, transportWebSocket)
		s.conn = newWebSocketConn(s, h)
		s.enter(q)
	})
}

// acceptOptions are what the library has to know.
func (c Config) acceptOptions() *websocket.AcceptOptions {
	o := &websocket.AcceptOptions{
		Subprotocols:       []string{Subprotocol},
		InsecureSkipVerify: true, // origins are checked before, by scheme, host and port
		CompressionMode:    websocket.CompressionDisabled,
	}
	if c.Compression {
		o.CompressionMode = websocket.CompressionNoContextTakeover // so that a connection keeps nothing
	}
	return o
}

// refuse closes a connection that no subscriber gets.
func refuse(c *websocket.Conn, g *guard, why goodbye) {
	closed := false
	g.control = func(frame []byte) error {
		if closed {
			return nil
		}
		closed = frame[0] == opClose
		g.Conn.SetWriteDeadline(time.Now().Add(closeTimeout))
		_, err := g.Conn.Write(frame)
		return err
	}
	c.Close(websocket.StatusCode(why.code), why.reason) // bounded by the guard
	g.Conn.Close()
	c.CloseNow()
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

// webSocketConn writes ready frames around the library, which keeps the handshake, the reading, the
// control frames and the closing. The library's connection is there only while the client has
// something to say or is sent away: for one who listens it would hold 5 KiB and a goroutine.
type webSocketConn struct {
	// static
	sub   *subscriber
	guard *guard
	line  line
	as    framing

	// owned by the shard
	socket  *websocket.Conn // nil while nobody speaks
	reader  *bufio.Reader   // the socket's
	control []byte          // a control frame that waits for the line
	closing bool            // a close frame has been written

	// owned by hear
	messages *rate.Limiter // nil before the first
	bad      int           // messages in a row
}

func newWebSocketConn(s *subscriber, h *hijacker) *webSocketConn {
	c := &webSocketConn{sub: s, guard: h.guard}
	if h.deflated {
		c.as = framedDeflated
	}
	c.guard.control = func(frame []byte) error {
		if !s.shard.post(func() { c.send(frame) }) {
			return net.ErrClosed
		}
		return nil
	}
	l, ok := newSocket(s, h.guard.Conn, c.heard)
	if !ok {
		l = carry(s, h.guard.Conn)
	}
	c.line = l
	c.guard.polled.Store(ok)
	return c
}

// open makes the library's connection. The library makes one for a handshake only, so it is shown
// one like the client's, and its answer is not sent.
func (c *webSocketConn) open() {
	header := http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"},
		"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"AAAAAAAAAAAAAAAAAAAAAA=="},
	}
	if c.as == framedDeflated {
		header.Set("Sec-WebSocket-Extensions", "permessage-deflate")
	}
	cfg := &c.sub.shard.board.cfg
	h := &reopening{guard: c.guard, header: http.Header{}}
	socket, err := websocket.Accept(h, &http.Request{Method: http.MethodGet, ProtoMajor: 1, ProtoMinor: 1, Header: header}, cfg.acceptOptions())
	if err != nil {
		panic(err) // it took the client's
	}
	socket.SetReadLimit(int64(cfg.MaxMessage))
	c.socket, c.reader = socket, h.reader
}

func (c *webSocketConn) framing() framing { return c.as }

// write swallows what comes after a close frame: the library would answer the peer's close frame
// with a second one, and browsers then report neither code nor reason.
func (c *webSocketConn) write(b []byte) (bool, error) {
	if c.closing {
		return true, nil
	}
	return c.line.write(b)
}

func (c *webSocketConn) resume() (bool, error) {
	free, err := c.line.resume()
	if !free || err != nil || c.control == nil {
		return free, err
	}
	frame := c.control
	c.control = nil
	return c.writeControl(frame)
}

func (c *webSocketConn) writeControl(frame []byte) (bool, error) {
	free, err := c.write(frame)
	c.closing = c.closing || frame[0] == opClose
	return free, err
}

// send writes a control frame of the library between two messages. Of several that wait the newest
// does, or the one that closes.
func (c *webSocketConn) send(frame []byte) {
	if c.sub.busy {
		if len(c.control) == 0 || c.control[0] != opClose {
			c.control = frame
		}
		return
	}
	free, err := c.writeControl(frame)
	c.sub.busy = !free
	if err != nil {
		c.sub.leave(err)
	}
}

func (c *webSocketConn) stuck(now time.Time) bool { return c.line.stuck(now) }

// listen lets the next message come. A goroutine waits for it only when part of it is there already
// or the line has no poller.
func (c *webSocketConn) listen() {
	l, polled := c.line.(*socket)
	switch {
	case !polled || len(c.guard.early) > 0:
		c.heard()
	case c.socket != nil && c.reader.Buffered() > 0:
		go c.hear(c.socket)
	default:
		c.rest(l)
	}
}

// rest gives the library's connection back until the client speaks again.
func (c *webSocketConn) rest(l *socket) {
	if c.socket != nil {
		go c.socket.CloseNow()
		c.socket, c.reader = nil, nil
	}
	l.awaitRead()
}

// quiet is called when the client has said something that is no message.
func (c *webSocketConn) quiet() {
	if l, ok := c.line.(*socket); ok && !c.sub.gone {
		c.rest(l)
	}
}

// heard reads what has come.
func (c *webSocketConn) heard() {
	if c.sub.gone {
		return // whoever closes reads
	}
	c.guard.read.spoken = false
	if c.socket == nil {
		c.open()
	}
	go c.hear(c.socket)
}

func (c *webSocketConn) bye(g goodbye) {
	s := c.sub
	if c.socket == nil && g.code != 0 {
		c.open()
	}
	c.guard.polled.Store(false) // the client's own close frame is waited for
	go func() {
		if g.code != 0 {
			c.socket.Close(websocket.StatusCode(g.code), g.reason) // bounded by the guard
		}
		c.guard.interrupt() // CloseNow waits for whoever reads
		if c.socket != nil {
			c.socket.CloseNow()
		}
		over := func() {
			c.line.close()
			s.ended()
		}
		if !s.shard.post(over) {
			c.line.close()
			s.release()
		}
	}()
}

func (c *webSocketConn) cut() {
	c.guard.interrupt()
	c.line.close()
}

// hear reads one message and hands it to the subscriber.
func (c *webSocketConn) hear(socket *websocket.Conn) {
	s := c.sub
	if c.messages == nil {
		c.messages = rate.NewLimiter(messageRate, messageBurst)
	}
	leave := func(why error) { s.shard.post(func() { s.leave(why) }) }
	kind, b, err := socket.Read(context.Background())
	if errors.Is(err, errQuiet) {
		s.shard.post(c.quiet)
		return
	}
	if err != nil {
		leave(whyLeft(err))
		return
	}
	var r request
	switch {
	case kind != websocket.MessageText:
		leave(goodbye{code: 1003, label: "policy", reason: "messages are text"})
		return
	case !c.messages.Allow():
		r = parseRequest(b)
		r = request{ID: r.ID, fault: &fault{rateLimited, "too many messages: slow down"}}
	default:
		r = parseRequest(b)
	}
	if r.fault == nil {
		c.bad = 0
	} else if c.bad++; c.bad > maxBadMessages {
		leave(policy("policy", "too many bad messages"))
		return
	}
	s.shard.post(func() { s.ask(&r) })
}

func whyLeft(err error) goodbye {
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
