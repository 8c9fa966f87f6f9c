package vendors

//lint:file-ignore SA1019 nhooyr.io/websocket is the library wanted by name; its successor is one import away

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
	"nhooyr.io/websocket"

	"tickertape/feed"
	"tickertape/feed/market"
)

const (
	dialTime  = 10 * time.Second
	writeTime = 10 * time.Second
	readLimit = 8 << 20 // bytes of one message
)

// Line says how to open a WebSocket connection.
type Line struct {
	Source       string // the name of the feed
	URL          string // ws or wss; its query, where keys can be, is never shown
	Header       http.Header
	Subprotocols []string
	Ping         time.Duration // between two pings, each answered before the next is due; 0: none
	Writes       *rate.Limiter // of messages that are sent, pings among them; nil: no limit
	Secrets      []Secret      // that must not show in what the other side says
	Client       *http.Client
	Tap          Tap
}

// Conn is one connection. One goroutine reads, any may write.
type Conn struct {
	line   Line
	number uint64
	where  string // the address as it can be shown
	socket *websocket.Conn
	buf    []byte
	stop   context.CancelFunc // of the pinging
	failed atomic.Pointer[feed.Break]
}

var connections atomic.Uint64

// Dial opens a connection, which ctx does not end: Close does. Its errors are [feed.Break]s.
func (l Line) Dial(ctx context.Context) (*Conn, error) {
	c := &Conn{line: l, number: connections.Add(1), where: Shown(l.URL)}
	dialling, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	socket, response, err := websocket.Dial(dialling, l.URL, &websocket.DialOptions{
		HTTPClient: untorn(l.Client), HTTPHeader: l.Header, Subprotocols: l.Subprotocols, CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		if response != nil && response.StatusCode != http.StatusSwitchingProtocols {
			return nil, refusal("dial "+c.where, response)
		}
		if dialling.Err() != nil && ctx.Err() == nil {
			return nil, feed.Breakf(feed.Lost, "dial %s: no answer within %v", c.where, dialTime)
		}
		return nil, feed.Breakf(feed.Lost, "dial %s: %s", c.where, l.clean(cause(err).Error()))
	}
	socket.SetReadLimit(readLimit)
	c.socket = socket
	if l.Ping > 0 {
		pinging, stop := context.WithCancel(context.Background())
		c.stop = stop
		go c.ping(pinging)
	}
	return c, nil
}

// untorn is a client whose connections end with an error that is not io.EOF: the library takes that one,
// in the midst of a message, for the message's end.
func untorn(client *http.Client) *http.Client {
	if client == nil {
		client = http.DefaultClient
	}
	c := *client
	c.Transport = unexpected{client.Transport}
	return &c
}

type unexpected struct{ http.RoundTripper }

func (u unexpected) RoundTrip(r *http.Request) (*http.Response, error) {
	transport := u.RoundTripper
	if transport == nil {
		transport = http.DefaultTransport
	}
	response, err := transport.RoundTrip(r)
	if err == nil {
		if stream, ok := response.Body.(io.ReadWriteCloser); ok {
			response.Body = unexpectedEnd{stream}
		}
	}
	return response, err
}

type unexpectedEnd struct{ io.ReadWriteCloser }

func (u unexpectedEnd) Read(b []byte) (int, error) {
	n, err := u.ReadWriteCloser.Read(b)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// clean takes secrets out of a text.
func (l *Line) clean(text string) string {
	for _, s := range l.Secrets {
		text = s.Clean(text)
	}
	return text
}

// Shown is an address without its query and password.
func Shown(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "an address that cannot be read"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// cause leaves out what the library and net/http say around an error, the whole address included.
func cause(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}

// refusal is what an HTTP status other than the one that was wanted means.
func refusal(what string, r *http.Response) *feed.Break {
	b := feed.Breakf(feed.Lost, "%s: %s", what, r.Status)
	switch r.StatusCode {
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden:
		b.Cause = feed.Refused
		b.Err = fmt.Errorf("%w: the key or the plan does not allow it", b.Err)
	case http.StatusUnavailableForLegalReasons:
		b.Cause = feed.Refused
		b.Err = fmt.Errorf("%w: not offered in the place that this machine is in", b.Err)
	case http.StatusNotFound, http.StatusTeapot: // a ban, at Binance
		b.Cause = feed.Refused
	}
	b.After = retryAfter(r.Header.Get("Retry-After"))
	return b
}

// retryAfter reads the header; 0 where it says nothing.
func retryAfter(text string) time.Duration {
	if s, err := strconv.Atoi(text); err == nil && s > 0 {
		return time.Duration(min(s, 86_400)) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(time.Until(at), 0)
	}
	return 0
}

// Where is the address as it can be shown.
func (c *Conn) Where() string { return c.where }

// Read waits for the next message, until ctx ends the connection. The text lasts until the next
// call. Its errors are [feed.Break]s.
func (c *Conn) Read(ctx context.Context) ([]byte, error) {
	_, r, err := c.socket.Reader(ctx)
	if err != nil {
		return nil, c.why(ctx, err)
	}
	c.buf = c.buf[:0]
	for {
		if len(c.buf) == cap(c.buf) {
			c.buf = append(c.buf, 0)[:len(c.buf)]
		}
		n, err := r.Read(c.buf[len(c.buf):cap(c.buf)])
		c.buf = c.buf[:len(c.buf)+n]
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, c.why(ctx, err)
		}
	}
	return c.buf, nil
}

// Closed is the other side's end of a connection, as an error.
type Closed struct {
	where  string
	Code   int    // RFC 6455, 7.4
	Reason string // with no secret in it
}

func (c *Closed) Error() string {
	return fmt.Sprintf("%s closed the connection: %d %s", c.where, c.Code, strconv.QuoteToASCII(c.Reason))
}

// why is what an error of the connection means.
func (c *Conn) why(ctx context.Context, err error) *feed.Break {
	if b := c.failed.Load(); b != nil {
		return b
	}
	if ctx.Err() != nil {
		var b *feed.Break
		if errors.As(context.Cause(ctx), &b) {
			return b
		}
		return feed.Breakf(feed.Lost, "%s: %w", c.where, context.Cause(ctx))
	}
	var closed websocket.CloseError
	if errors.As(err, &closed) {
		b := &feed.Break{Cause: feed.Lost, Err: &Closed{c.where, int(closed.Code), c.line.clean(closed.Reason)}}
		switch closed.Code {
		case websocket.StatusGoingAway, websocket.StatusServiceRestart:
			b.Cause = feed.Restart
		case websocket.StatusPolicyViolation:
			b.Cause = feed.Refused
		}
		return b
	}
	return feed.Breakf(feed.Lost, "%s broke off: %s", c.where, c.line.clean(cause(err).Error()))
}

// Write sends a message as text, once the limit of the line lets it. Its errors are [feed.Break]s.
func (c *Conn) Write(ctx context.Context, text []byte) error {
	if err := c.turn(ctx); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	if err := c.socket.Write(limited, websocket.MessageText, text); err != nil {
		return c.why(ctx, err)
	}
	return nil
}

// turn waits until the line's limit allows one more message.
func (c *Conn) turn(ctx context.Context) error {
	if c.line.Writes == nil {
		return nil
	}
	if err := c.line.Writes.Wait(ctx); err != nil {
		return c.why(ctx, err)
	}
	return nil
}

// ping finds out when nobody is there any more.
func (c *Conn) ping(ctx context.Context) {
	ticker := time.NewTicker(c.line.Ping)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if c.turn(ctx) != nil {
			return
		}
		limited, cancel := context.WithTimeout(ctx, c.line.Ping)
		err := c.socket.Ping(limited)
		cancel()
		if err != nil && ctx.Err() == nil {
			c.failed.CompareAndSwap(nil, feed.Breakf(feed.Lost, "%s answers no ping", c.where))
			c.socket.CloseNow()
			return
		}
	}
}

// Close breaks the connection, and waits for nothing.
func (c *Conn) Close() {
	if c.stop != nil {
		c.stop()
	}
	c.socket.CloseNow()
}

// Pump reads messages, has them decoded and publishes what they say, until the connection ends. after,
// where it is not nil, is called behind each message with what it said before that is published, and can
// end the connection with an error.
func (c *Conn) Pump(ctx context.Context, d Decoder, publish func(market.Batch), after func(*market.Batch) error) error {
	var b market.Batch
	for {
		text, err := c.Read(ctx)
		if err != nil {
			return err
		}
		received := market.TimeOf(time.Now())
		if c.line.Tap != nil {
			c.line.Tap.Frame(c.line.Source, c.number, cleaned(text, c.line.Secrets), received)
		}
		b.Status, b.Pulse, b.Lost = nil, false, 0
		b.Images, b.Ticks, b.Corrections = b.Images[:0], b.Ticks[:0], b.Corrections[:0]
		failed := d.Frame(text, received, &b)
		if after != nil && failed == nil {
			failed = after(&b)
		}
		if b.Status != nil || b.Pulse || b.Lost > 0 || len(b.Images)+len(b.Ticks)+len(b.Corrections) > 0 {
			publish(b)
		}
		if failed != nil {
			var br *feed.Break
			if errors.As(failed, &br) {
				br.Err = errors.New(c.line.clean(br.Err.Error()))
			}
			return failed
		}
	}
}
