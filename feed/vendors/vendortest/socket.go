package vendortest

//lint:file-ignore SA1019 nhooyr.io/websocket is the library wanted by name; its successor is one import away

import (
	"context"
	"net/http"
	"slices"
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
	turn chan struct{} // held by the one who writes; no mutex, since a bubble's clock stands while anybody waits for one

	ended   chan struct{}  // closed when the connection has
	running sync.WaitGroup // what Every has started

	state   sync.Mutex
	follows []string  // guarded by state
	sent    time.Time // guarded by state
}

// Every calls do whenever an interval has passed, until the connection ends. It does not block.
func (s *Socket) Every(interval time.Duration, do func()) {
	s.running.Go(func() {
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			select {
			case <-s.ended:
				return
			case <-tick.C:
				do()
			}
		}
	})
}

// Follow notes that the client has subscribed to channels, whatever the vendor calls them.
func (s *Socket) Follow(channels ...string) {
	s.state.Lock()
	defer s.state.Unlock()
	s.follows = append(s.follows, channels...)
}

// Follows are the channels that the client has subscribed to, in order, and twice where it did so twice.
func (s *Socket) Follows() []string {
	s.state.Lock()
	defer s.state.Unlock()
	return slices.Clone(s.follows)
}

// Sent is when a message was last sent; before the first, the zero time.
func (s *Socket) Sent() time.Time {
	s.state.Lock()
	defer s.state.Unlock()
	return s.sent
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
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	s.state.Lock()
	s.sent = time.Now()
	s.state.Unlock()
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

// Drip sends a text of 126 to 65535 bytes one byte after another, with a pause before each, until the client has gone.
func (s *Socket) Drip(text string, pause time.Duration) {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	s.wire.SetWriteDeadline(time.Time{})
	s.wire.Write([]byte{0x81, 126, byte(len(text) >> 8), byte(len(text))})
	for i := range len(text) {
		time.Sleep(pause)
		if _, err := s.wire.Write([]byte{text[i]}); err != nil {
			return
		}
	}
}

// Tear sends the first half of a message and drops the connection.
func (s *Socket) Tear() {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	s.wire.SetWriteDeadline(time.Now().Add(timeLimit))
	s.wire.Write([]byte("\x81\x7e\x01\x00{\"half\":"))
	s.wire.Close()
}
