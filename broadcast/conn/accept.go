package conn

//lint:file-ignore SA1019 nhooyr.io/websocket is the library wanted by name; its successor is one import away

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"slices"
	"time"

	"nhooyr.io/websocket"
)

// Handshake is a WebSocket whose handshake has been answered. It becomes a connection by WebSocket, or is refused.
type Handshake struct {
	conn     net.Conn
	early    []byte // came behind the handshake
	deflates bool   // was agreed upon
}

// Accept answers a WebSocket handshake, with the subprotocol where the client offers it, and permessage-deflate where
// that is allowed and the client offers it. Origins are the caller's to check. On an error it has answered already.
func Accept(w http.ResponseWriter, r *http.Request, subprotocol string, compression bool) (*Handshake, error) {
	o := &websocket.AcceptOptions{
		Subprotocols:       []string{subprotocol},
		InsecureSkipVerify: true,
		CompressionMode:    websocket.CompressionDisabled,
	}
	if compression {
		o.CompressionMode = websocket.CompressionNoContextTakeover // so that a connection keeps nothing
	}
	h := &hijacker{ResponseWriter: w}
	c, err := websocket.Accept(h, r, o)
	if err != nil {
		return nil, err
	}
	c.CloseNow() // closes nothing but the library's part of it
	return &h.taken, nil
}

// hijacker hands the connection to the library for the handshake, and keeps it from there.
type hijacker struct {
	http.ResponseWriter
	taken Handshake
}

func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	c.SetDeadline(time.Time{})
	early, _ := rw.Reader.Peek(rw.Reader.Buffered())
	h.taken = Handshake{conn: bare(c), early: slices.Clone(early), deflates: h.Header().Get("Sec-WebSocket-Extensions") != ""}
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
