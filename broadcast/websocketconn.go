package broadcast

import (
	"net"
	"slices"
	"time"

	"tickertape/broadcast/admission"
)

// webSocketConn writes ready frames, and reads the client's. One message is read at a time: the next when it
// has been answered.
type webSocketConn struct {
	// static
	sub  *subscriber
	line line
	as   framing
	more chan struct{} // one slot: the reader of a line without a poller may go on; nil where there is one

	// owned by the shard
	frames   clientFrames
	early    []byte    // has been read, and not been taken in
	held     int64     // reserved for the message that is read
	begun    time.Time // when the message under way began; zero between two
	waits    bool      // there is something to read when the line is free
	control  []byte    // a control frame that waits for the line
	closing  bool      // a close frame has been written
	deaf     bool      // what comes is not looked at any more
	over     bool      // the connection has ended
	answered bool      // the client has said goodbye

	// owned by the worker that reads a message, from put until the subscriber's ask
	message incoming
	bad     int // messages in a row
}

// incoming is a client's message as it came.
type incoming struct {
	data    []byte
	kind    byte // its opcode
	packed  bool // it is compressed
	limited bool // it is one too many
}

func newWebSocketConn(s *subscriber, h *hijacker) *webSocketConn {
	c := &webSocketConn{sub: s, early: h.early}
	if h.deflates {
		c.as, c.frames.deflates = framedDeflated, true
	}
	l, ok := newSocket(s, h.conn, c.readable)
	if !ok {
		l = carry(s, h.conn)
		c.more = make(chan struct{}, 1)
		go c.pull(h.conn)
	}
	c.line = l
	return c
}

func (c *webSocketConn) framing() framing { return c.as }

// write swallows what comes after a close frame, which is the last.
func (c *webSocketConn) write(b []byte) (bool, error) {
	if c.closing {
		return true, nil
	}
	return c.line.write(b)
}

func (c *webSocketConn) resume() (bool, error) {
	free, err := c.line.resume()
	if free && err == nil && c.control != nil {
		frame := c.control
		c.control = nil
		free, err = c.writeControl(frame)
	}
	if free && err == nil {
		switch {
		case c.closing && c.answered:
			c.sub.shard.post(c.end)
		case c.waits:
			c.waits = false
			c.sub.shard.post(c.readable)
		}
	}
	return free, err
}

func (c *webSocketConn) writeControl(frame []byte) (bool, error) {
	free, err := c.write(frame)
	c.closing = c.closing || frame[0]&0x0f == opClose
	return free, err
}

// send writes a control frame between two messages. Of several that wait the newest does, or the one that
// closes.
func (c *webSocketConn) send(frame []byte) {
	s := c.sub
	if s.busy {
		if len(c.control) == 0 || c.control[0]&0x0f != opClose {
			c.control = frame
		}
		return
	}
	free, err := c.writeControl(frame)
	if s.busy = !free; s.busy && !s.gone {
		s.shard.wheel.hasten(s, s.shard.now, s.shard.board.cfg.WriteTimeout)
	}
	if err != nil {
		s.leave(err)
	}
}

func (c *webSocketConn) stuck(now time.Time) bool { return c.line.stuck(now) }

// overdue tells how long the message under way may take yet.
func (c *webSocketConn) overdue(now time.Time) (time.Duration, bool) {
	limit := c.sub.shard.board.door.Config.MessageTimeout
	if c.begun.IsZero() || c.waits {
		return limit, false
	}
	left := limit - now.Sub(c.begun)
	return left, left <= 0
}

// listen lets the next message come.
func (c *webSocketConn) listen() {
	c.free()
	early := c.early
	c.early = nil
	c.take(early)
}

// await has more of what the client says come.
func (c *webSocketConn) await() {
	if c.over {
		return
	}
	if l, ok := c.line.(*socket); ok {
		l.awaitRead()
		return
	}
	select {
	case c.more <- struct{}{}:
	default:
	}
}

// readable reads what has come to a socket. Who takes nothing is not listened to either, since the answer could
// not be told.
func (c *webSocketConn) readable() {
	if c.over {
		return
	}
	if c.sub.busy && !c.sub.gone {
		c.waits = true
		return
	}
	l, ok := c.line.(*socket)
	if !ok {
		c.await()
		return
	}
	b := c.sub.shard.scratch[:]
	n, again := l.readNow(b)
	if !again {
		c.hungUp()
		return
	}
	c.read(b[:n])
}

// pull reads from a connection that has no poller, whenever the shard wants more. It ends with the connection.
func (c *webSocketConn) pull(conn net.Conn) {
	b := make([]byte, 1024)
	for range c.more {
		n, err := conn.Read(b)
		taken := make(chan struct{})
		posted := c.sub.shard.post(func() {
			defer close(taken)
			if n > 0 && !c.over {
				c.read(b[:n])
			}
			if err != nil && !c.over {
				c.hungUp()
			}
		})
		if !posted {
			return
		}
		<-taken
	}
}

// hungUp is called when the client has closed the connection.
func (c *webSocketConn) hungUp() {
	if c.sub.gone {
		c.end()
		return
	}
	c.sub.leave(goneClosed)
}

// read takes in what has been read.
func (c *webSocketConn) read(b []byte) {
	s := c.sub
	cfg := &s.shard.board.cfg
	if !s.meter.In(len(b), cfg.MaxMessage, s.shard.board.door.Config, s.shard.now) {
		c.refuse(admission.ReasonConnectionBytesIn, policy("flood", "too many bytes"))
		return
	}
	c.take(b)
}

// take goes through bytes of the client up to the end of a message.
func (c *webSocketConn) take(b []byte) {
	s := c.sub
	door := s.shard.board.door
	var pong []byte // of the newest ping: the others need no answer of their own (RFC 6455, section 5.5.3)
	defer func() {
		if pong != nil && !s.gone {
			c.send(pong)
		}
	}()
	for len(b) > 0 && !c.deaf {
		n, what, why := c.frames.take(b, s.shard.board.cfg.MaxMessage)
		b = b[n:]
		if why != nil {
			c.deaf = why.code == 1002
			if why.code == 1009 {
				s.refused(admission.ReasonMessage)
			}
			s.leave(*why)
			continue
		}
		switch what {
		case heardMessage:
			c.begun = time.Time{}
			m := incoming{data: c.frames.message, kind: c.frames.kind, packed: c.frames.packed}
			c.frames.done()
			if s.gone {
				continue
			}
			m.limited = !s.meter.Message(door.Config, s.shard.now)
			c.message, c.early = m, slices.Clone(b)
			if !c.keep(len(m.data) + len(b)) {
				c.refuse(admission.ReasonTotalUnfinished, comeBack(1013, full, s.shard.board.cfg.Retry))
				return
			}
			s.shard.board.workers.put(c)
			return
		case heardClose:
			c.heardClose()
			return
		case heardPing:
			pong = append([]byte{0x80 | opPong, byte(len(c.frames.control))}, c.frames.control...)
		}
		if what != heardNothing && !s.gone && !s.meter.Control(door.Config, s.shard.now) {
			c.refuse(admission.ReasonConnectionControl, policy("flood", "too many pings, pongs or fragments"))
		}
	}
	if !s.gone {
		c.mind()
	}
	c.await()
}

// mind watches over a message that is not whole yet: its memory and its time.
func (c *webSocketConn) mind() {
	s := c.sub
	if !c.frames.within() {
		c.begun = time.Time{}
		return
	}
	if c.begun.IsZero() {
		c.begun = s.shard.now
		s.shard.wheel.hasten(s, s.shard.now, s.shard.board.door.Config.MessageTimeout)
	}
	if !c.keep(c.frames.expected()) {
		c.refuse(admission.ReasonTotalUnfinished, comeBack(1013, full, s.shard.board.cfg.Retry))
	}
}

// keep reserves what a message takes, and what has come behind it, beyond what a subscriber has anyway.
func (c *webSocketConn) keep(n int) bool {
	more := int64(n) - 1<<10 - c.held
	if more <= 0 {
		return true
	}
	if !c.sub.shard.board.door.Unfinished(more) {
		return false
	}
	c.held += more
	return true
}

// free gives back what a message has reserved.
func (c *webSocketConn) free() {
	if c.held > 0 {
		c.sub.shard.board.door.Unfinished(-c.held)
		c.held = 0
	}
}

// refuse sends the client away, and notes why.
func (c *webSocketConn) refuse(reason admission.Reason, why goodbye) {
	s := c.sub
	if s.gone { // it was told before, and goes on
		c.end()
		return
	}
	s.refused(reason)
	s.leave(why)
}

// heardClose answers the client's goodbye, unless it is the answer to ours.
func (c *webSocketConn) heardClose() {
	c.answered, c.deaf = true, true
	if c.sub.gone {
		c.end()
		return
	}
	c.sub.leave(goodbye{code: closeCode(c.frames.control), label: goneClosed.label})
}

func (c *webSocketConn) bye(g goodbye) {
	s := c.sub
	if g.code == 0 {
		s.shard.post(c.end)
		return
	}
	c.send(closeFrame(g.code, g.reason))
	if c.answered && !s.busy {
		s.shard.post(c.end)
		return
	}
	time.AfterFunc(closeTimeout, func() { s.shard.post(c.end) })
	c.frames.skips, c.frames.message = true, nil
	if !c.answered {
		early := c.early // the client's goodbye may be in it
		c.early = nil
		c.take(early)
	}
}

// end closes the connection.
func (c *webSocketConn) end() {
	if c.over {
		return
	}
	c.over = true
	c.free()
	c.line.close()
	if c.more != nil {
		close(c.more)
	}
	c.sub.ended()
}

func (c *webSocketConn) cut() {
	c.line.close()
	c.sub.shard.post(c.end)
}
