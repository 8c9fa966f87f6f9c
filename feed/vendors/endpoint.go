package vendors

//lint:file-ignore SA1019 nhooyr.io/websocket is the library wanted by name; its successor is one import away

import (
	"context"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
	"nhooyr.io/websocket"

	"tickertape/feed"
)

const (
	dialTime  = 10 * time.Second
	readLimit = 8 << 20 // bytes of one message
)

// Endpoint says how to open a WebSocket connection. [Env.Endpoint] fills in what all vendors have alike.
type Endpoint struct {
	Source       string // the name of the feed
	URL          string // ws or wss; its query, where keys can be, is never shown
	Header       http.Header
	Subprotocols []string
	Ping         time.Duration // between two pings; each must be answered before the next is due; 0: none
	Writes       *rate.Limiter // of sent messages, pings included; nil: no limit
	Secrets      []Secret      // taken out of what the other side says, before it is shown
	Client       *http.Client  // nil: the default one
	Tap          Tap           // sees each message; nil: nobody does
}

// dialled counts connections, so that a recording can tell them apart.
var dialled atomic.Uint64

// Dial opens a connection. It gives up after 10 seconds, or when ctx ends. The end of ctx does not close the connection
// once it is open; Close does. Its errors are [feed.Break]s and wrap their cause.
func (e Endpoint) Dial(ctx context.Context) (*Conn, error) {
	c := &Conn{endpoint: e, number: dialled.Add(1), where: Shown(e.URL)}
	dialling, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	socket, response, err := websocket.Dial(dialling, e.URL, &websocket.DialOptions{
		HTTPClient: watched(e.Client, c.received), HTTPHeader: e.Header, Subprotocols: e.Subprotocols,
		CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		if response != nil && response.StatusCode != http.StatusSwitchingProtocols {
			return nil, refused("dial "+c.where, response, "", len(e.Secrets) > 0)
		}
		if dialling.Err() != nil && ctx.Err() == nil {
			return nil, feed.Breakf(feed.Lost, "dial %s: no answer within %v: %w", c.where, dialTime, dialling.Err())
		}
		return nil, feed.Breakf(feed.Lost, "dial %s: %w", c.where, redact(err, e.Secrets))
	}
	socket.SetReadLimit(readLimit)
	c.socket = socket
	if e.Ping > 0 {
		pinging, stop := context.WithCancel(context.Background())
		c.stop = stop
		c.pinging.Go(func() { c.ping(pinging) })
	}
	return c, nil
}

// watched is a client that calls received after it has read bytes of an open connection, and whose connections end with
// io.ErrUnexpectedEOF. The WebSocket library takes io.EOF in the middle of a message for the end of that message.
func watched(client *http.Client, received func()) *http.Client {
	if client == nil {
		client = http.DefaultClient
	}
	c := *client
	c.Transport = watchedTransport{client.Transport, received}
	return &c
}

type watchedTransport struct {
	http.RoundTripper
	received func()
}

func (w watchedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	transport := w.RoundTripper
	if transport == nil {
		transport = http.DefaultTransport
	}
	response, err := transport.RoundTrip(r)
	if err == nil {
		if stream, ok := response.Body.(io.ReadWriteCloser); ok {
			response.Body = watchedBody{stream, w.received}
		}
	}
	return response, err
}

type watchedBody struct {
	io.ReadWriteCloser
	received func()
}

func (w watchedBody) Read(b []byte) (int, error) {
	n, err := w.ReadWriteCloser.Read(b)
	if n > 0 {
		w.received()
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}
