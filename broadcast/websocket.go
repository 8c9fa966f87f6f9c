package broadcast

//lint:file-ignore SA1019 nhooyr.io/websocket is the library wanted by name; its successor is one import away

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"nhooyr.io/websocket"
)

// Subprotocol is the only one spoken; a client may also offer none.
const Subprotocol = "tickertape.v1.json"

// closeTimeout is how long a peer that is sent away may take to answer.
const closeTimeout = 2 * time.Second

// WebSocket serves GET /ws.
func (b *Board) WebSocket() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q, err := b.queryOf(r)
		if err != nil {
			badQuery(err).Write(w)
			return
		}
		if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
			if _, err := b.wantAll(r.Context(), b.door.Visitor(r), q); err != nil {
				badQuery(err).Write(w)
				return
			}
			w.Header().Set("Connection", "Upgrade")
			w.Header().Set("Upgrade", "websocket")
			Problem{Status: http.StatusUpgradeRequired, Detail: "Upgrade: this is a WebSocket; /events has the same for plain HTTP"}.Write(w)
			return
		}
		if offered := r.Header.Values("Sec-WebSocket-Protocol"); len(offered) > 0 && !offers(offered, Subprotocol) {
			Problem{Status: http.StatusBadRequest, Detail: "Sec-WebSocket-Protocol: this server speaks " + Subprotocol + " only"}.Write(w)
			return
		}
		place, requests, why, err := b.enter(r, q, transportWebSocket)
		switch {
		case err != nil:
			badQuery(err).Write(w)
			return
		case why != nil && !b.courtesy.TryAcquire(1):
			why.problem().Write(w)
			return
		}
		h := &hijacker{ResponseWriter: w}
		c, err := websocket.Accept(h, r, b.cfg.acceptOptions())
		if err != nil {
			if why != nil {
				b.courtesy.Release(1)
			} else {
				place.Leave()
			}
			return // Accept has answered
		}
		c.CloseNow() // closes nothing but the library's part of it
		if why != nil {
			go func() {
				defer b.courtesy.Release(1)
				refuse(h.conn, *why)
			}()
			return
		}
		s := newSubscriber(b, transportWebSocket, place)
		s.conn = newWebSocketConn(s, h)
		s.enter(requests)
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

// hijacker hands the connection to the library for the handshake, and keeps it from there.
type hijacker struct {
	http.ResponseWriter
	conn     net.Conn
	early    []byte // what came behind the handshake
	deflates bool   // was agreed upon
}

func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	c.SetDeadline(time.Time{})
	early, _ := rw.Reader.Peek(rw.Reader.Buffered())
	h.conn, h.early = bare(c), slices.Clone(early)
	h.deflates = h.Header().Get("Sec-WebSocket-Extensions") != ""
	lent := loan{c}
	return lent, bufio.NewReadWriter(bufio.NewReaderSize(lent, 16), bufio.NewWriterSize(lent, 512)), nil
}

// loan is the connection as the library has it, which reads nothing and does not close it.
type loan struct{ net.Conn }

func (loan) Read([]byte) (int, error) { return 0, io.EOF }
func (loan) Close() error             { return nil }

// SetDeadline, SetReadDeadline and SetWriteDeadline are not the library's business.
func (loan) SetDeadline(time.Time) error      { return nil }
func (loan) SetReadDeadline(time.Time) error  { return nil }
func (loan) SetWriteDeadline(time.Time) error { return nil }

// refuse closes a connection that no subscriber gets, so that the peer learns why.
func refuse(c net.Conn, why goodbye) {
	defer c.Close()
	c.SetDeadline(time.Now().Add(closeTimeout))
	if _, err := c.Write(closeFrame(why.code, why.reason)); err != nil {
		return
	}
	var frames clientFrames
	frames.skips = true
	for rest := 64 << 10; rest > 0; {
		var b [512]byte
		n, err := c.Read(b[:])
		if err != nil {
			return
		}
		rest -= n
		for in := b[:n]; len(in) > 0; {
			took, what, why := frames.take(in, 0)
			if what == heardClose || why != nil {
				return
			}
			if what == heardMessage {
				frames.done()
			}
			in = in[took:]
		}
	}
}

func offers(headers []string, protocol string) bool {
	for _, h := range headers {
		if slices.ContainsFunc(strings.Split(h, ","), func(p string) bool { return strings.EqualFold(strings.TrimSpace(p), protocol) }) {
			return true
		}
	}
	return false
}

// bare is the socket of a connection that a server has wrapped for its own requests.
func bare(c net.Conn) net.Conn {
	if wrapped, ok := c.(interface{ Bare() net.Conn }); ok {
		return wrapped.Bare()
	}
	return c
}
