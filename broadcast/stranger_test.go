package broadcast

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"tickertape/broadcast/conn"
	"tickertape/feed/market"
)

// memoryPipe takes a connection's messages to a client in the order that they were written, and can stall.
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
}

// newMemoryConn gives the subscriber a connection to a pipe that always makes it wait, or one that only does when it
// stalls.
func newMemoryConn(s *subscriber, framing conn.Framing, take func([]byte), waits bool) *memoryPipe {
	p := &memoryPipe{sub: s, waits: waits, gate: make(chan struct{}), token: make(chan struct{}),
		ended: make(chan struct{}), gone: make(chan struct{})}
	p.take = func(b []byte) {
		if b[0]&0x0f == 1 { // no close
			take(payload(b))
		}
	}
	close(p.gate)
	p.conn = conn.NewSink(p, s, framing, s.shard.board.limits())
	s.conn = p.conn
	return p
}

// Write takes a frame at once, or later.
func (c *memoryPipe) Write(b []byte, more bool) bool {
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
}

// Close ends it; the connection is over soon.
func (c *memoryPipe) Close() {
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
	c.take(b)
	return true
}

// step lets one message through, if one waits.
func (c *memoryPipe) step() {
	select {
	case c.token <- struct{}{}:
	default:
	}
	synctest.Wait()
}

// client is a stranger that follows the protocol by the letter.
type client struct {
	number  int
	stalled bool // connects where nothing is taken
	largest int  // message, in bytes
	parts   int  // messages that another part follows
	board   *Board
	sub     *subscriber
	conn    *memoryPipe

	follows map[string]bool // by the answers; "*" is everyone
	asked   []string        // symbols to ask for again after a reconnect
	fields  market.Fields
	state   map[string]map[string]string
	epoch   string
	pos     Seq // of the last whole message
	seq     Seq // of the last message of this connection
	hello   bool
	pending Seq // of a message whose parts still come
	err     error
	history map[Seq]map[string]map[string]string // after each whole message
	seen    []seen
	rates   []rateMessage
	beats   []time.Time // of heartbeats
	updates int         // whole ones
}

// seen is a value that was sent.
type seen struct {
	seq                Seq
	symbol, key, value string
}

func newClient(b *Board, number int) *client {
	return &client{number: number, board: b, follows: map[string]bool{}, state: map[string]map[string]string{}, fields: market.AllFields,
		history: map[Seq]map[string]map[string]string{}}
}

func (c *client) position() string {
	if c.epoch == "" {
		return ""
	}
	return Position{c.epoch, c.pos}.String()
}

func (c *client) connect(since string) {
	c.sub = newSubscriber(c.board, transportWebSocket, c.board.placed())
	framing := conn.Text
	if c.number%4 >= 2 {
		framing = conn.Deflated
	}
	c.conn = newMemoryConn(c.sub, framing, c.take, c.number%2 == 1) // half of the clients are never free at once
	if c.stalled {
		c.conn.stall()
	}
	c.hello, c.seq, c.pending = false, 0, 0
	c.asked = slices.Sorted(maps.Keys(c.follows))
	q := query{fields: c.fields, since: since}
	if len(c.asked) > 0 {
		q.symbols = c.asked
	}
	clear(c.follows)
	c.sub.enter(c.board.wanted(q))
	synctest.Wait()
}

// look has a test look at what the client has seen so far.
func (c *client) look(at func()) {
	synctest.Wait()
	c.conn.mu.Lock() // what comes later is seen later
	defer c.conn.mu.Unlock()
	at()
}

// resubscribe is nothing: connect names in its query all that was followed.
func (c *client) resubscribe() {}

func (c *client) leave() {
	sub := c.sub
	sub.shard.post(func() {
		if !sub.gone {
			sub.leave(goneClosed)
		}
	})
	<-c.conn.gone
}

// ask sends a request unless the server does not listen yet: a real one would wait, which the test cannot.
func (c *client) ask(r request) {
	c.conn.mu.Lock()
	listens := c.conn.listens
	c.conn.listens = false
	c.conn.mu.Unlock()
	if listens {
		r.want, _ = c.board.wants(&r, int(c.sub.follows.Load()), c.sub.fields, free)
		c.sub.shard.post(func() { c.sub.ask(&r) })
		if r.Type == "subscribe" && r.Fields != nil {
			c.fields, _ = parseFields(*r.Fields)
		}
	}
	synctest.Wait()
}

func (c *client) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
}

// take follows the protocol: merge by key, null removes, the position moves with the last part.
func (c *client) take(b []byte) {
	var m struct {
		Type    string
		Epoch   string
		Seq     *Seq
		More    bool
		Resumed bool
		Symbols []string
		Quotes  []map[string]json.RawMessage
	}
	c.largest = max(c.largest, len(b))
	if err := json.Unmarshal(b, &m); err != nil {
		c.fail("message %s: %v", b, err)
		return
	}
	if !c.hello && m.Type != "hello" {
		c.fail("first message is %s, want hello", b)
	}
	if m.Seq != nil {
		if *m.Seq < c.seq {
			c.fail("seq went back from %d to %d", c.seq, *m.Seq)
		}
		c.seq = *m.Seq
	}
	switch m.Type {
	case "hello":
		c.hello = true
		if c.epoch != "" && c.epoch != m.Epoch {
			c.fail("epoch changed")
		}
		c.epoch = m.Epoch
	case "heartbeat":
		c.beats = append(c.beats, time.Now())
	case "rate":
		var r rateMessage
		if err := json.Unmarshal(b, &r); err != nil {
			c.fail("%s: %v", b, err)
		}
		c.rates = append(c.rates, r)
	case "subscribed":
		for _, s := range m.Symbols {
			c.follows[s] = true
		}
	case "unsubscribed":
		for _, s := range m.Symbols {
			if s == "*" {
				clear(c.follows)
			} else if c.follows["*"] {
				delete(c.follows, "*")
				for _, known := range c.board.dir.All() {
					c.follows[known.Symbol] = true
				}
			}
			delete(c.follows, s)
		}
	case "snapshot", "update":
		if c.pending != 0 && c.pending != *m.Seq {
			c.fail("parts of seq %d go on with seq %d", c.pending, *m.Seq)
		}
		for _, q := range m.Quotes {
			c.merge(q, *m.Seq, m.Type == "snapshot" && !m.Resumed)
		}
		if m.More {
			c.parts++
			c.pending = *m.Seq
			break
		}
		c.pending, c.pos = 0, *m.Seq
		if m.Type == "update" {
			c.updates++
		}
		if c.number == witnessNumber {
			whole := map[string]map[string]string{}
			for s, q := range c.state {
				whole[s] = maps.Clone(q)
			}
			c.history[*m.Seq] = whole
		}
	}
}

func (c *client) merge(q map[string]json.RawMessage, seq Seq, replace bool) {
	symbol := strings.Trim(string(q["s"]), `"`)
	if !c.follows[symbol] && !c.follows["*"] {
		c.fail("told of %s, which is not followed", symbol)
	}
	state := c.state[symbol]
	if state == nil || replace {
		state = map[string]string{}
		c.state[symbol] = state
	}
	for k, v := range texts(q) {
		c.seen = append(c.seen, seen{seq, symbol, k, v})
		if v == "null" {
			delete(state, k)
		} else {
			state[k] = v
		}
	}
}

// judge checks what the client has seen and what it has ended with.
func (c *client) judge(m *model, history map[Seq]map[string]map[string]string) error {
	if c.err != nil {
		return c.err
	}
	for _, s := range c.seen { // no invention: every value was the board's at its seq
		want, ok := at(history, s.seq)[s.symbol][s.key]
		if !ok {
			want = "null"
		}
		if s.value != want {
			return fmt.Errorf("at seq %d %s.%s was sent as %s, the board had %s", s.seq, s.symbol, s.key, s.value, want)
		}
	}
	for _, known := range c.board.dir.All() { // convergence, and nothing that aggregates is lost
		symbol := known.Symbol
		if !c.follows[symbol] && !c.follows["*"] {
			continue
		}
		got := map[string]string{}
		for k, v := range c.state[symbol] {
			if f, _ := market.FieldOf(k); f.Bit&(c.sub.fields|market.FieldState) != 0 {
				got[k] = v
			}
		}
		if want := m.want(symbol, c.sub.fields); !maps.Equal(got, want) {
			return fmt.Errorf("ended with %s %v, the board has %v", symbol, got, want)
		}
	}
	return nil
}

// at is the board at seq: that of the newest flush up to it.
func at(history map[Seq]map[string]map[string]string, seq Seq) map[string]map[string]string {
	for ; seq > 0; seq-- {
		if h, ok := history[seq]; ok {
			return h
		}
	}
	return nil
}
