package relay

//lint:file-ignore SA1019 nhooyr.io/websocket is the library wanted by name; its successor is one import away

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"nhooyr.io/websocket"
)

const (
	subprotocol = "tickertape.v1.json"
	dialTime    = 10 * time.Second
	writeTime   = 10 * time.Second
	readLimit   = 4 << 20 // bytes of one message
	firstWait   = 15 * time.Second
)

// hangUp is why a line ended.
type hangUp struct {
	err   error
	final bool          // coming back does not help
	after time.Duration // to come back after a random part of; 0: the server does not say
}

func (h *hangUp) Error() string { return h.err.Error() }
func (h *hangUp) Unwrap() error { return h.err }

// stream is one connection. It has one user.
type stream struct {
	socket   *websocket.Conn
	patience time.Duration // for the next message
}

// dial opens a connection. Its errors are hang-ups.
func dial(ctx context.Context, base *url.URL, client *http.Client) (*stream, error) {
	target := *base
	target.Path += "/ws"
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	socket, response, err := websocket.Dial(ctx, target.String(), &websocket.DialOptions{
		HTTPClient: client, Subprotocols: []string{subprotocol}, CompressionMode: websocket.CompressionDisabled,
	})
	if err == nil {
		socket.SetReadLimit(readLimit)
		return &stream{socket, firstWait}, nil
	}
	h := &hangUp{err: fmt.Errorf("dial %s: %w", target.Redacted(), cause(err))}
	if response != nil {
		switch response.StatusCode {
		case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden:
			h.final = true
		}
		if response.StatusCode != http.StatusSwitchingProtocols {
			h.err = fmt.Errorf("dial %s: %s", target.Redacted(), response.Status)
		}
		if s, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil {
			h.after = retryAfter(time.Duration(s) * time.Second)
		}
	}
	return nil, h
}

// cause leaves out what the library and net/http say around an error, the whole address included.
func cause(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}

// send writes one message.
func (s *stream) send(ctx context.Context, m any) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	if err := s.socket.Write(ctx, websocket.MessageText, text); err != nil {
		return &hangUp{err: fmt.Errorf("send: %w", err)}
	}
	return nil
}

// receive waits for a message, as long as its patience lasts. Its errors are hang-ups; after one the
// connection is of no use any more.
func (s *stream) receive(ctx context.Context) (*message, error) {
	limited, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	kind, text, err := s.socket.Read(limited)
	if err != nil {
		return nil, s.why(limited, err)
	}
	if kind != websocket.MessageText {
		return nil, &hangUp{err: errors.New("a message that is not text")}
	}
	m, err := parseMessage(text)
	if err != nil {
		return nil, &hangUp{err: err}
	}
	return m, nil
}

// why tells a hang-up from an error of reading.
func (s *stream) why(ctx context.Context, err error) error {
	var closed websocket.CloseError
	switch {
	case errors.As(err, &closed):
		h := &hangUp{err: fmt.Errorf("closed by the server: %d %s", closed.Code, strconv.QuoteToASCII(closed.Reason))}
		h.final = closed.Code == websocket.StatusPolicyViolation
		if ms, found := strings.CutPrefix(closed.Reason, "retry_ms="); found {
			if n, err := strconv.Atoi(ms); err == nil {
				h.after = retryAfter(time.Duration(n) * time.Millisecond)
			}
		}
		return h
	case ctx.Err() != nil: // the library's own error may say that the connection is closed
		return &hangUp{err: fmt.Errorf("no message for %v", s.patience)}
	}
	return &hangUp{err: fmt.Errorf("receive: %w", err)}
}

// close breaks the connection, and waits for nothing.
func (s *stream) close() { s.socket.CloseNow() }
