package vendors

//lint:file-ignore SA1019 nhooyr.io/websocket is the library wanted by name; its successor is one import away

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"nhooyr.io/websocket"

	"tickertape/feed"
)

const (
	writeTime = 10 * time.Second

	// While a message comes slowly, each part of it is a sign of life: at most one each partEvery, and none after slowestMessage.
	partEvery      = 50 * time.Millisecond
	slowestMessage = time.Minute
)

// Conn is one WebSocket connection. One goroutine reads; any goroutine may write.
type Conn struct {
	// static
	endpoint Endpoint
	number   uint64
	where    string // the address as it can be shown
	socket   *websocket.Conn
	stop     context.CancelFunc // ends pinging; nil: there is none
	onPart   func()             // called by Read while a message comes slowly; nil: nobody wants to know. It must not block.

	// owned by the goroutine that reads
	began time.Time // when the message that is read began; zero: none is
	part  time.Time // when onPart was called, or else the message began

	pinging sync.WaitGroup
	failed  atomic.Pointer[feed.Break] // why pinging closed the connection; nil: it did not
}

// Where is the address without its query, for errors and logs.
func (c *Conn) Where() string { return c.where }

// Read waits for the next message and returns its text. It writes the text into buf and allocates where buf is too
// small. The end of ctx closes the connection. Its errors are [feed.Break]s and wrap their cause.
func (c *Conn) Read(ctx context.Context, buf []byte) ([]byte, error) {
	_, r, err := c.socket.Reader(ctx)
	if err != nil {
		return nil, c.breakFor(ctx, err)
	}
	buf = buf[:0]
	c.began = time.Now()
	c.part = c.began
	defer func() { c.began = time.Time{} }()
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err == io.EOF {
			return buf, nil
		}
		if err != nil {
			return nil, c.breakFor(ctx, err)
		}
	}
}

// received notes that bytes have come. Read calls it from within the library, which reads messages whole.
func (c *Conn) received() {
	if c.began.IsZero() || c.onPart == nil {
		return
	}
	if now := time.Now(); now.Sub(c.part) >= partEvery && now.Sub(c.began) < slowestMessage {
		c.part = now
		c.onPart()
	}
}

// breakFor is the break for an error of the socket.
func (c *Conn) breakFor(ctx context.Context, err error) *feed.Break {
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
		cause := feed.Lost
		switch closed.Code {
		case websocket.StatusGoingAway, websocket.StatusServiceRestart:
			cause = feed.Restart
		case websocket.StatusPolicyViolation:
			cause = feed.Refused
		}
		return &feed.Break{Cause: cause, Err: &Closed{c.where, int(closed.Code), cleanText(closed.Reason, c.endpoint.Secrets)}}
	}
	return feed.Breakf(feed.Lost, "%s broke off: %w", c.where, redact(err, c.endpoint.Secrets))
}

// Write sends one text message as soon as the endpoint's limit allows. It gives up 10 seconds after that. Its errors are
// [feed.Break]s and wrap their cause.
func (c *Conn) Write(ctx context.Context, text []byte) error {
	if err := c.awaitLimit(ctx); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	if err := c.socket.Write(limited, websocket.MessageText, text); err != nil {
		return c.breakFor(ctx, err)
	}
	return nil
}

// awaitLimit waits until the endpoint's limit allows one more message.
func (c *Conn) awaitLimit(ctx context.Context) error {
	if c.endpoint.Writes == nil {
		return nil
	}
	if err := c.endpoint.Writes.Wait(ctx); err != nil {
		return c.breakFor(ctx, err)
	}
	return nil
}

// ping closes the connection when a ping is not answered in time. It returns when ctx ends.
func (c *Conn) ping(ctx context.Context) {
	ticker := time.NewTicker(c.endpoint.Ping)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if c.awaitLimit(ctx) != nil {
			return
		}
		limited, cancel := context.WithTimeout(ctx, c.endpoint.Ping)
		err := c.socket.Ping(limited)
		cancel()
		if err != nil && ctx.Err() == nil {
			c.failed.CompareAndSwap(nil, feed.Breakf(feed.Lost, "%s answers no ping: %w", c.where, redact(err, c.endpoint.Secrets)))
			c.socket.CloseNow()
			return
		}
	}
}

// Close ends the connection without a close frame. It waits for the connection's own goroutines, not for the other side.
func (c *Conn) Close() {
	if c.stop != nil {
		c.stop()
	}
	c.socket.CloseNow()
	c.pinging.Wait()
}
