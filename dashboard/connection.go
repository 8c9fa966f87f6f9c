package dashboard

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"tickertape/broadcast/admission"
)

const (
	pieceSize  = 16 << 10               // of an answer, that has to be taken whole in time
	linger     = 500 * time.Millisecond // that a client has to read why its body is refused
	mostHeader = 64 << 10               // bytes of a header
	mostLines  = 128                    // of a header: each costs net/http far more than its bytes
)

var (
	errLeastRate = errors.New("dashboard: answer is read too slowly")
	errBody      = errors.New("dashboard: body is not wanted")
	errHeaders   = errors.New("dashboard: headers take too much memory")
	errLines     = errors.New("dashboard: a header has too many lines")
)

// conn is a connection that a port has accepted. It is counted among its port's until it is closed or hijacked,
// and whatever net/http does with it ends in time:
//
//   - An answer is read at the least rate, in pieces, or the connection is closed. A handler that sets a write
//     deadline of its own, in the future, is left to it until the request ends.
//   - A request's body is not waited for. net/http reads headers, and between requests, under a deadline, and
//     watches for the end of the connection while a request is answered, one byte at a time, without one. Any other
//     read is of a body: net/http looks for its end after the handler, and after answers that it gives by itself.
type conn struct {
	// static
	net.Conn
	all  *connections
	addr netip.Addr // the client's, or its proxy's

	// owned by who admits it until it has entered, and guarded by all.mu then
	stage        stage
	held         int       // bytes of the request that is being read or answered
	older, newer *conn     // in the queue of its stage
	since        time.Time // it is in its stage
	passed       bool      // the gate has admitted it

	// owned by who reads headers
	lines       int  // of the header that is read
	lineHasText bool // something stands in the newest of them

	requester atomic.Pointer[netip.Addr] // whose request is answered, where a proxy has named it

	hasReadDeadline  atomic.Bool // a read deadline is set
	hasWriteDeadline atomic.Bool // a write deadline is set
	writingOver      atomic.Bool // the write deadline is over
	unwanted         atomic.Bool // a body has been refused
	hijacked         atomic.Bool // whoever has it minds its deadlines
	headerLate       atomic.Bool // a header was not there in time; net/http may try to read on
}

func newConn(c net.Conn, all *connections) *conn {
	from, _ := netip.ParseAddrPort(c.RemoteAddr().String()) // zero for what has no such address
	return &conn{Conn: c, all: all, addr: from.Addr().Unmap(), stage: knocking}
}

// connKey is the key of a request's conn in its context.
type connKey struct{}

// withConn keeps a connection in the context of its requests.
func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// connOf is the connection that a request came on, nil where it came another way.
func connOf(r *http.Request) *conn {
	c, _ := r.Context().Value(connKey{}).(*conn)
	return c
}

// setRequester notes whose request is answered from now on, since a proxy asks for many.
func (c *conn) setRequester(who netip.Addr) {
	if who != c.addr {
		c.requester.Store(&who)
	} else if c.requester.Load() != nil {
		c.requester.Store(nil)
	}
}

// requesterAddr is the address of who has asked for the answer.
func (c *conn) requesterAddr() netip.Addr {
	if who := c.requester.Load(); who != nil {
		return *who
	}
	return c.addr
}

// Bare is the socket, for one who takes the connection over and minds its deadlines.
func (c *conn) Bare() net.Conn { return c.Conn }

// Read reads a header, or waits for a request or the end of the connection. It refuses to wait for a body.
func (c *conn) Read(b []byte) (int, error) {
	if c.hijacked.Load() {
		return c.Conn.Read(b)
	}
	timed := c.hasReadDeadline.Load()
	if !timed && len(b) > 1 {
		c.refuseBody(c.addr)
		return 0, errBody
	}
	n, err := c.Conn.Read(b)
	if !timed {
		return n, err
	}
	if !c.all.received(c, n) {
		c.discard()
		c.all.refusals.Note(admission.ReasonTotalUnfinished, c.addr)
		return 0, errHeaders
	}
	if !c.countLines(b[:n]) {
		c.all.refusals.Note(admission.ReasonHeader, c.addr)
		turnAway(c.Conn, admission.ReasonHeader)
		c.shut()
		return 0, errLines
	}
	if len(b) > 1 && errors.Is(err, os.ErrDeadlineExceeded) && c.all.requestBegun(c) && !c.headerLate.Swap(true) {
		c.all.refusals.Note(admission.ReasonHeaderTimeout, c.addr)
	}
	return n, err
}

// countLines counts the lines of headers, which end with an empty one, and reports whether they are few enough.
func (c *conn) countLines(b []byte) bool {
	for len(b) > 0 {
		end := bytes.IndexByte(b, '\n')
		if end < 0 {
			c.lineHasText = c.lineHasText || len(b) > 1 || b[0] != '\r'
			break
		}
		switch {
		case c.lineHasText || end > 1 || end == 1 && b[0] != '\r':
			if c.lines++; c.lines > mostLines {
				return false
			}
		default:
			c.lines = 0
		}
		c.lineHasText, b = false, b[end+1:]
	}
	return true
}

// refuseBody notes, once, that a body of a client's is not wanted.
func (c *conn) refuseBody(who netip.Addr) {
	if !c.unwanted.Swap(true) {
		c.all.refusals.Note(admission.ReasonBody, who)
	}
}

// tooLong is how net/http begins to answer a header that is longer than it may be, which no handler sees.
var tooLong = []byte("HTTP/1.1 431 ")

// Write writes all of b, as long as each piece is taken in time.
func (c *conn) Write(b []byte) (n int, err error) {
	if bytes.HasPrefix(b, tooLong) {
		c.all.refusals.Note(admission.ReasonHeader, c.addr)
	}
	for {
		if c.hijacked.Load() {
			more, err := c.Conn.Write(b[n:])
			return n + more, err
		}
		if !c.hasWriteDeadline.Load() {
			c.Conn.SetWriteDeadline(time.Now().Add(c.all.pieceTime))
		}
		if c.writingOver.Load() {
			return n, net.ErrClosed
		}
		c.all.write(c, true)
		more, err := c.Conn.Write(b[n:min(len(b), n+pieceSize)])
		c.all.write(c, false)
		n += more
		switch {
		case err != nil && errors.Is(err, os.ErrDeadlineExceeded) && !c.hasWriteDeadline.Load() && !c.writingOver.Load():
			c.all.refusals.Note(admission.ReasonLeastRate, c.requesterAddr())
			c.discard()
			return n, errLeastRate
		case err != nil || n == len(b):
			return n, err
		}
	}
}

// discard closes the connection, and what the kernel still has for it goes at once.
func (c *conn) discard() {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	c.shut()
}

func (c *conn) SetReadDeadline(t time.Time) error {
	c.hasReadDeadline.Store(!t.IsZero())
	return c.Conn.SetReadDeadline(t)
}

// SetWriteDeadline takes the time from the least rate until it is called with zero. One in the past ends what is
// being written and all that would be.
func (c *conn) SetWriteDeadline(t time.Time) error {
	if t.IsZero() {
		c.writingOver.Store(false)
		c.hasWriteDeadline.Store(false)
		return c.Conn.SetWriteDeadline(t)
	}
	if !t.After(time.Now()) {
		c.writingOver.Store(true)
	}
	c.hasWriteDeadline.Store(true)
	return c.Conn.SetWriteDeadline(t)
}

func (c *conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// CloseWrite is what net/http calls before it waits for a client to read an error.
func (c *conn) CloseWrite() error {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		return tcp.CloseWrite()
	}
	return nil
}

// Close closes the connection. Behind a body that was refused it waits, without a goroutine: the kernel tells a
// client whose bytes were not read that the connection is broken, and then the client does not read the answer.
// Meanwhile it is the first to make room.
func (c *conn) Close() error {
	if c.unwanted.Load() && c.all.has(c) {
		c.all.move(c, idle)
		c.CloseWrite()
		time.AfterFunc(linger, func() { c.shut() })
		return nil
	}
	return c.shut()
}

func (c *conn) shut() error {
	err := c.Conn.Close()
	c.all.leave(c)
	return err
}
