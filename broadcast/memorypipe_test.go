package broadcast

import (
	"bytes"
	"compress/flate"
	"io"
	"slices"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"tickertape/broadcast/conn"
)

// memoryPipe takes a connection's frames to a client in the order that they were written, and can stall.
type memoryPipe struct {
	conn  *conn.Conn
	sub   *subscriber
	waits bool // it is never free at once
	take  func([]byte)
	gone  chan struct{}
	ended chan struct{} // closed when nothing goes through any more
	token chan struct{} // lets one message through while it stalls
	tail  [][]byte      // what waits of a write; owned by the shard

	mu      sync.Mutex
	gate    chan struct{} // guarded by mu; closed while it flows
	listens bool          // guarded by mu
	asks    []func()      // guarded by mu: what the client says as soon as the server listens
	delay   time.Duration // guarded by mu: how long a write holds up the shard
}

// newMemoryPipe gives the subscriber a connection to a pipe that always makes it wait, or one that only does when it
// stalls.
func newMemoryPipe(s *subscriber, framing conn.Framing, take func([]byte), waits bool) *memoryPipe {
	p := &memoryPipe{sub: s, waits: waits, gate: make(chan struct{}), token: make(chan struct{}),
		ended: make(chan struct{}), gone: make(chan struct{})}
	p.take = func(b []byte) {
		if framing == conn.Event || framing == conn.Chunk || b[0]&0x0f == 1 { // no close
			take(b)
		}
	}
	close(p.gate)
	p.conn = conn.NewSink(p, s, framing, s.shard.hub.connLimits())
	s.conn = p.conn
	return p
}

// slow has writes hold up the shard.
func (c *memoryPipe) slow(delay time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.delay = delay
}

// Write takes a frame at once, or later.
func (c *memoryPipe) Write(b []byte, more bool) bool {
	if c.tail == nil {
		c.mu.Lock()
		delay := c.delay
		c.mu.Unlock()
		time.Sleep(delay)
	}
	if gate := c.flows(); !c.waits && c.tail == nil {
		select {
		case <-gate:
			c.take(b)
			return true
		default:
		}
	}
	c.tail = append(c.tail, slices.Clone(b))
	if more {
		return false
	}
	tail := c.tail
	c.tail = nil
	go func() {
		for _, b := range tail {
			if !c.send(b) {
				return
			}
		}
		c.sub.shard.post(c.conn.Resume)
	}()
	return false
}

// Listen lets the client ask.
func (c *memoryPipe) Listen() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.listens = true
	c.ask()
}

// say has the client ask something once the server listens.
func (c *memoryPipe) say(ask func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asks = append(c.asks, ask)
	c.ask()
}

// ask asks what is next, if the server listens. The caller holds mu.
func (c *memoryPipe) ask() {
	if c.listens && len(c.asks) > 0 {
		c.listens = false
		next := c.asks[0]
		c.asks = c.asks[1:]
		c.sub.shard.post(next)
	}
}

// heard reports whether the server listens, and all that was said has been asked.
func (c *memoryPipe) heard() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.listens
}

// Close ends it: nothing is taken any more, and the connection is over soon.
func (c *memoryPipe) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.ended)
	c.sub.shard.post(func() { close(c.gone) })
}

// payload is what a WebSocket frame holds.
func payload(b []byte) []byte {
	compressed := b[0]&0x40 != 0
	switch {
	case b[1] < 126:
		b = b[2:]
	case b[1] == 126:
		b = b[4:]
	default:
		b = b[10:]
	}
	if !compressed {
		return slices.Clone(b)
	}
	b, err := inflate(b)
	if err != nil {
		panic(err)
	}
	return b
}

// inflate undoes permessage-deflate, of one message alone.
func inflate(b []byte) ([]byte, error) {
	tail := "\x00\x00\xff\xff\x01\x00\x00\xff\xff" // what the sender left out, and an end
	return io.ReadAll(flate.NewReader(io.MultiReader(bytes.NewReader(b), strings.NewReader(tail))))
}

func (c *memoryPipe) stall() {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.gate:
		c.gate = make(chan struct{})
	default:
	}
}

func (c *memoryPipe) flow() {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.gate:
	default:
		close(c.gate)
	}
}

func (c *memoryPipe) flows() (gate chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gate
}

// send waits until a frame goes through, and returns false where none does any more.
func (c *memoryPipe) send(b []byte) bool {
	gate := c.flows()
	select {
	case <-gate:
	case <-c.token:
	case <-c.ended:
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.ended:
		return false
	default:
		c.take(b)
		return true
	}
}

// step lets one message through, if one waits.
func (c *memoryPipe) step() {
	select {
	case c.token <- struct{}{}:
	default:
	}
	synctest.Wait()
}
