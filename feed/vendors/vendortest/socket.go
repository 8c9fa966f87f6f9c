package vendortest

//lint:file-ignore SA1019 nhooyr.io/websocket is the library wanted by name; its successor is one import away

import (
	"context"
	"net/http"
	"sync"
	"time"

	"nhooyr.io/websocket"
)

// timeLimit is how long the server waits for a client that reads nothing.
const timeLimit = 30 * time.Second

// Socket is one connection to the server. One goroutine reads, any may send.
type Socket struct {
	Request *http.Request

	conn *websocket.Conn
	wire *wire
	mu   sync.Mutex // one writer at a time
}

// Read waits for a message of the client. An error is a connection that has ended.
func (s *Socket) Read() (string, error) {
	_, text, err := s.conn.Read(context.Background())
	return string(text), err
}

// Send sends text.
func (s *Socket) Send(text string) error { return s.write(websocket.MessageText, []byte(text)) }

// SendBinary sends bytes.
func (s *Socket) SendBinary(b []byte) error { return s.write(websocket.MessageBinary, b) }

func (s *Socket) write(kind websocket.MessageType, b []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), timeLimit)
	defer cancel()
	return s.conn.Write(ctx, kind, b)
}

// Ping waits for the pong with the same payload, which somebody has to Read for.
func (s *Socket) Ping(ctx context.Context) error { return s.conn.Ping(ctx) }

// Close closes as WebSocket wants it.
func (s *Socket) Close(code int, reason string) { s.conn.Close(websocket.StatusCode(code), reason) }

// Drop ends the connection without a word.
func (s *Socket) Drop() { s.wire.Close() }

// Freeze leaves the connection open, but nothing comes through any more in either direction.
func (s *Socket) Freeze() { s.wire.frozen.Store(true) }

// Tear sends the first half of a message and drops the connection.
func (s *Socket) Tear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wire.SetWriteDeadline(time.Now().Add(timeLimit))
	s.wire.Write([]byte("\x81\x7e\x01\x00{\"half\":"))
	s.wire.Close()
}
