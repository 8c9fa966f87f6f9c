package conn

import (
	"context"
	"time"
)

// Conn is a connection to one client. Its methods are called on its owner's goroutine, and never wait; Framing and
// Serve may be called from anywhere.
type Conn struct {
	// static
	link    link
	framing Framing

	// owned by the owner's goroutine; what each write looks at stands together
	busy     bool        // the link is not free
	leaving  bool        // Close or Cut has been called
	failed   bool        // Owner.Closed has been called
	closing  bool        // a close frame has been written, or nothing can be written any more
	answered bool        // the client has sent one
	ignores  bool        // what comes is not looked at any more
	waits    bool        // there is something to read when the link is free
	over     bool        // the connection has ended
	begun    bool        // a message is under way from the client
	in       *fromClient // nil on an event stream, whose client sends nothing
	pending  []byte      // a control frame, or the end of an event stream, that waits until the link is free
	timer    *time.Timer // ends a client that does not answer the close

	// static
	owner  Owner
	limits Limits
}

// newConn is a connection that has no link yet.
func newConn(framing Framing, owner Owner, limits Limits) *Conn {
	c := &Conn{owner: owner, limits: limits, framing: framing}
	if framing.isWebSocket() {
		c.in = &fromClient{}
	}
	return c
}

// fromClient is what the client of a WebSocket sends.
type fromClient struct {
	frames reader
	early  []byte    // has been read, and not been looked at
	held   int64     // reserved for the message that is read
	begun  time.Time // when the message under way began
}

// takeEarly removes what has been read and not been looked at.
func (in *fromClient) takeEarly() []byte {
	early := in.early
	in.early = nil
	return early
}

// link is how bytes get to the client and from it. Conn alone calls it, on its owner's goroutine.
type link interface {
	// resume goes on with what was not written before.
	resume() (free bool, err error)
	// left is how long the client may still take nothing of what was written; 0 or less when it has taken nothing for the write
	// timeout, which is what is left for one that owes nothing.
	left(now time.Time) time.Duration
	// listen has Conn.readable or Conn.arrived called once when there is something to read.
	listen()
	// close ends it, whatever is being written. It may be called twice.
	close()
}

// Touch reads a little of what a Write needs, so that the machine fetches it. Several that are touched before they are
// written are fetched at the same time. What it returns means nothing.
func (c *Conn) Touch() uint64 {
	if s, ok := c.link.(*socket); ok {
		return uint64(c.framing) + s.touch()
	}
	return uint64(c.framing)
}

// Framing is how the connection's messages are to be framed.
func (c *Conn) Framing() Framing { return c.framing }

// Write sends ready frames, in order and with one system call where the socket allows it. It keeps none of them: what
// the client does not take at once is copied, and written as the client takes it. Then free is false, and Write must
// not be called until the owner's Writable. The error is one of this package's; the owner then calls Close or Cut.
// After Close, frames are dropped.
func (c *Conn) Write(frames ...[]byte) (free bool, err error) {
	if c.leaving {
		return true, nil
	}
	if c.busy {
		return false, ErrBusy
	}
	if free, err = c.put(frames); err != nil {
		c.closing = true // part of a frame may have gone
		return false, err
	}
	c.busy = !free
	return free, nil
}

// put writes through the link. The types are spelled out so that frames need not be on the heap.
func (c *Conn) put(frames [][]byte) (bool, error) {
	switch l := c.link.(type) {
	case *socket:
		return l.write(frames)
	case *blocking:
		return l.write(frames)
	case *sinkLink:
		return l.write(frames)
	}
	return false, ErrBroken
}

// proceed is called when the link may be free again.
func (c *Conn) proceed() {
	if c.over {
		return
	}
	free, err := c.link.resume()
	if free && err == nil && c.pending != nil {
		frame := c.pending
		c.pending = nil
		if c.isWebSocket() {
			free, err = c.writeControl(frame)
		} else {
			free, err = c.put([][]byte{frame})
		}
	}
	switch {
	case err != nil:
		c.closing = true
		c.fail(err)
		return
	case !free:
		return
	}
	c.busy = false
	switch {
	case c.leaving && (c.answered || !c.isWebSocket()):
		c.owner.Post(c.end)
		return
	case c.waits:
		c.waits = false
		c.owner.Post(c.readable)
	}
	if !c.leaving {
		c.owner.Writable()
	}
}

func (c *Conn) isWebSocket() bool { return c.in != nil }

// sendControl writes a control frame between two messages. Of several that wait the newest does, or the one that closes.
func (c *Conn) sendControl(frame []byte) {
	if c.busy {
		if len(c.pending) == 0 || c.pending[0]&0x0f != opClose {
			c.pending = frame
		}
		return
	}
	free, err := c.writeControl(frame)
	c.busy = !free && err == nil
	switch {
	case err != nil:
		c.closing = true
		c.fail(err)
	case c.busy && !c.leaving:
		c.owner.Blocked()
	}
}

func (c *Conn) writeControl(frame []byte) (free bool, err error) {
	if c.closing {
		return true, nil
	}
	c.closing = frame[0]&0x0f == opClose
	return c.put([][]byte{frame})
}

// looks is how often a client is looked at within the write timeout, since nobody says when it begins to take nothing.
const looks = 6

// Check is to be called at the latest when Owner.Remind or Check itself asks for it, and within the write timeout of a
// Write that left something over. Its error says that the client takes too long to read, or to finish a message; the
// owner then calls Close or Cut. Otherwise again is when to call it next at the latest.
func (c *Conn) Check(now time.Time) (again time.Duration, err error) {
	again = c.limits.WriteTimeout / looks
	if c.begun && !c.waits {
		left := c.limits.MessageTimeout - now.Sub(c.in.begun)
		if left <= 0 {
			return 0, ErrUnfinished
		}
		again = min(again, left)
	}
	if left := c.link.left(now); left <= 0 {
		return 0, ErrStalled
	} else if left < again {
		again = left
	}
	return again, nil
}

// Close ends the connection after telling the client why, as far as it takes that within CloseTimeout: a WebSocket by
// a close frame, which it waits for the answer of, and an event stream by last, which LastEvent has made. A code of 0
// sends nothing. Owner.Ended is called when all is over. A second Close cuts the connection.
func (c *Conn) Close(why Close, last []byte) {
	if c.leaving {
		c.Cut()
		return
	}
	c.leaving = true
	if why.Code == 0 || c.closing {
		c.owner.Post(c.end)
		return
	}
	if !c.isWebSocket() {
		c.closeEvents(last)
		return
	}
	c.sendControl(closeFrame(why))
	if c.answered && !c.busy {
		c.owner.Post(c.end)
		return
	}
	c.endLater()
	c.in.frames.skips, c.in.frames.message = true, nil
	if !c.answered {
		c.take(c.in.takeEarly()) // the client's close may be in it
	}
}

// closeEvents ends an event stream.
func (c *Conn) closeEvents(last []byte) {
	c.endLater()
	if c.busy {
		c.pending = last
		return
	}
	free, err := c.put([][]byte{last})
	c.busy = !free && err == nil
	if !c.busy {
		c.owner.Post(c.end)
	}
}

// endLater ends a connection whose client takes too long. The timer is stopped when it ends before.
func (c *Conn) endLater() {
	c.timer = time.AfterFunc(CloseTimeout, func() { c.owner.Post(c.end) })
}

// Cut ends the connection at once, even where the owner's goroutine is over. Owner.Ended follows, unless it is.
func (c *Conn) Cut() {
	c.leaving = true
	c.link.close()
	c.owner.Post(c.end)
}

// fail reports to the owner that the connection cannot go on, or ends it where the owner has left it.
func (c *Conn) fail(why error) {
	switch {
	case c.leaving:
		c.Cut()
	case !c.failed:
		c.failed = true
		c.owner.Closed(why)
	}
}

// end closes the connection.
func (c *Conn) end() {
	if c.over {
		return
	}
	c.over = true
	if c.timer != nil {
		c.timer.Stop()
	}
	c.release()
	c.link.close()
	c.owner.Ended()
}

// Serve is called in the handler of a connection's request, with the request's context, and returns when the handler
// may: at once where the connection does not need net/http any more, and otherwise when it has ended.
func (c *Conn) Serve(ctx context.Context) {
	l, ok := c.link.(*blocking)
	if !ok || l.more != nil {
		return
	}
	defer context.AfterFunc(ctx, func() { c.owner.Post(l.leave) })()
	l.run()
}
