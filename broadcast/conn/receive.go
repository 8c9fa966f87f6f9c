package conn

import (
	"slices"
	"time"
)

// Listen lets the client's next message come, after the one before has been answered, and gives back the memory of
// that. Before the first call nothing is read. On an event stream it is called once: nothing but the end is to come.
func (c *Conn) Listen() {
	if c.in == nil {
		c.listen()
		return
	}
	c.release()
	c.take(c.in.takeEarly())
}

// readable reads what has come to a socket. Who takes nothing is not listened to either, since the answer could not be
// written.
func (c *Conn) readable() {
	if c.over {
		return
	}
	if c.busy && !c.leaving {
		c.waits = true
		return
	}
	s, ok := c.link.(*socket)
	if !ok {
		c.link.listen()
		return
	}
	b := readBuffers.Get().(*[readSize]byte)
	defer readBuffers.Put(b)
	n, err := s.readNow(b[:])
	if err != nil {
		c.fail(err)
		return
	}
	c.read(b[:n])
}

// arrived takes what a goroutine has read.
func (c *Conn) arrived(b []byte, err error) {
	if len(b) > 0 && !c.over {
		c.read(b)
	}
	switch {
	case c.over:
	case err != nil:
		c.fail(reasonOf(err))
	case len(b) == 0:
		c.link.listen()
	}
}

// read takes in what has been read.
func (c *Conn) read(b []byte) {
	if !c.owner.Allow(Bytes, len(b)) {
		c.fail(ErrBytes)
		return
	}
	c.take(b)
}

// take goes through bytes of the client up to the end of a message.
func (c *Conn) take(b []byte) {
	if c.in == nil { // nothing is expected
		c.listen()
		return
	}
	var pong []byte // of the newest ping: the others need no answer of their own (RFC 6455, section 5.5.3)
	answer := func() {
		if pong != nil && !c.leaving {
			c.sendControl(pong)
		}
		pong = nil
	}
	defer answer()
	for len(b) > 0 && !c.ignores {
		n, what, why := c.in.frames.take(b, c.limits.MaxMessage)
		b = b[n:]
		if why != nil {
			c.ignores = why.Code == ProtocolError
			c.fail(*why)
			continue
		}
		switch what {
		case gotMessage:
			answer()
			if c.message(b) {
				return
			}
			continue
		case gotClose:
			answer()
			c.gotClose()
			return
		case gotPing:
			pong = controlFrame(opPong, c.in.frames.control)
		}
		if what != nothing && !c.leaving && !c.owner.Allow(Control, 1) {
			c.fail(ErrControl)
		}
	}
	if !c.over && !c.leaving {
		c.mind()
	}
	c.listen()
}

// listen has more be read once there is something.
func (c *Conn) listen() {
	if !c.over {
		c.link.listen()
	}
}

// message hands a message over, and keeps what has come behind it. It returns false where messages are dropped.
func (c *Conn) message(behind []byte) bool {
	c.begun = false
	m := Incoming{data: c.in.frames.message, binary: c.in.frames.kind != opText, packed: c.in.frames.packed, longest: c.limits.MaxMessage}
	c.in.frames.done()
	if c.leaving {
		return false
	}
	c.in.early = slices.Clone(behind)
	if !c.reserve(len(m.data) + len(behind)) {
		c.fail(ErrUnread)
		return true
	}
	c.owner.Message(m)
	return true
}

// gotClose answers the client's close, unless it is the answer to ours: then the connection ends, once ours is written.
func (c *Conn) gotClose() {
	c.answered, c.ignores = true, true
	switch {
	case !c.leaving:
		c.fail(answerTo(c.in.frames.control))
	case !c.busy:
		c.owner.Post(c.end)
	}
}

// mind watches over a message that is not whole yet: its memory and its time.
func (c *Conn) mind() {
	if !c.in.frames.within() {
		c.begun = false
		return
	}
	if !c.begun {
		c.begun, c.in.begun = true, time.Now()
		c.owner.Remind(c.limits.MessageTimeout)
	}
	if !c.reserve(c.in.frames.expected()) {
		c.fail(ErrUnread)
	}
}

// ownUnread is how much of a message takes no memory beyond what a connection has anyway.
const ownUnread = 1 << 10

// reserve takes memory for a message of so many bytes, and what has come behind it.
func (c *Conn) reserve(n int) bool {
	more := int64(n) - ownUnread - c.in.held
	if more <= 0 {
		return true
	}
	if !c.owner.Reserve(Unread, more) {
		return false
	}
	c.in.held += more
	return true
}

// release gives back what a message has reserved.
func (c *Conn) release() {
	if c.in != nil && c.in.held > 0 {
		c.owner.Release(Unread, c.in.held)
		c.in.held = 0
	}
}
