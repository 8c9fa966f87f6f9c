package attack

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/gobwas/ws"
)

// socket is the client's side of a WebSocket. It checks nothing that is sent, since a hostile client sends what it likes.
type socket struct {
	net.Conn
	r *bufio.Reader
}

// compression is what a handshake offers.
type compression bool

const (
	plain    compression = false
	deflated compression = true
)

// upgrade shakes hands.
func (a *attacker) upgrade(ctx context.Context, path string, offer compression) (*socket, error) {
	c, err := a.dial(ctx)
	if err != nil {
		return nil, err
	}
	headers := []string{"Connection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"}
	if offer {
		headers = append(headers, "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_no_context_takeover\r\n")
	}
	s := &socket{c, bufio.NewReaderSize(c, 512)}
	if err := s.shake(a.request(path, headers...)); err != nil {
		c.Close()
		return nil, err
	}
	return s, nil
}

func (s *socket) shake(request string) error {
	if _, err := io.WriteString(s, request); err != nil {
		return err
	}
	answer, err := http.ReadResponse(s.r, nil)
	if err != nil {
		return err
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusSwitchingProtocols {
		return refusal(fmt.Sprint("status ", answer.StatusCode))
	}
	return nil
}

// say sends a text message.
func (s *socket) say(text string) error {
	_, err := s.Write(frame(ws.OpText, true, false, []byte(text)))
	return err
}

// drain reads to the end, and returns the error of it, or a refusal when the last frame was a close.
func (s *socket) drain() error {
	b := make([]byte, 4<<10)
	last := 0
	for {
		n, err := s.r.Read(b)
		if err != nil {
			if why, closed := closing(b[:last]); closed {
				return why
			}
			return err
		}
		last = n
	}
}

// lastWords is how long the server has to say why it has ended a connection.
const lastWords = 5 * time.Second

// flood calls write, which returns when writing fails, and reads meanwhile. It returns the server's refusal where there
// is one, or else the error of write.
func (s *socket) flood(write func() error) error {
	end := make(chan error, 1)
	go func() { end <- s.drain() }()
	err := write()
	s.Conn.SetReadDeadline(time.Now().Add(lastWords))
	if why := <-end; isRefusal(why) {
		return why
	}
	return err
}

// sayInTurn sends one of the messages each period, over and over.
func (a *attacker) sayInTurn(ctx context.Context, path string, offer compression, period time.Duration, messages ...string) error {
	s, err := a.upgrade(ctx, path, offer)
	if err != nil {
		return err
	}
	defer s.Close()
	next := 0
	return s.flood(func() error {
		return every(ctx, period, func() error {
			next++
			return s.say(messages[next%len(messages)])
		})
	})
}

// closing finds a close frame at the end of what was read. Servers do not mask, so it is 0x88, a length, a code and a
// reason.
func closing(b []byte) (refusal, bool) {
	for i := max(0, len(b)-2-125); i+4 <= len(b); i++ {
		if b[i] != 0x88 || i+2+int(b[i+1]) != len(b) {
			continue
		}
		if code := binary.BigEndian.Uint16(b[i+2:]); code >= 1000 && code < 5000 { // RFC 6455, section 7.4.2
			return refusal(fmt.Sprint("close ", code)), true
		}
	}
	return "", false
}

// frame is a client's frame. The mask is zero, which the protocol allows, so that the payload stays as it is and
// costs the attacker nothing. compressed sets the bit of RFC 7692.
func frame(op ws.OpCode, fin, compressed bool, payload []byte) []byte {
	h := ws.Header{Fin: fin, OpCode: op, Masked: true, Length: int64(len(payload))}
	if compressed {
		h.Rsv = ws.Rsv(true, false, false)
	}
	return ws.MustCompileFrame(ws.Frame{Header: h, Payload: payload})
}
