package broadcast

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing/synctest"

	"tickertape/feed"
)

// memoryConn hands messages to a client in the order that they were written, and can stall.
type memoryConn struct {
	take  func([]byte)
	ended chan struct{}

	token chan struct{} // lets one message through while it stalls

	mu   sync.Mutex
	gate chan struct{} // guarded by mu; closed while it flows
}

func newMemoryConn(take func([]byte)) *memoryConn {
	c := &memoryConn{take: take, gate: make(chan struct{}), token: make(chan struct{}), ended: make(chan struct{})}
	close(c.gate)
	return c
}

func (c *memoryConn) stall() {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.gate:
		c.gate = make(chan struct{})
	default:
	}
}

func (c *memoryConn) flow() {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.gate:
	default:
		close(c.gate)
	}
}

func (c *memoryConn) send(b []byte) error {
	c.mu.Lock()
	gate := c.gate
	c.mu.Unlock()
	select {
	case <-c.ended:
		return goneClosed
	default:
	}
	select {
	case <-gate:
	case <-c.token:
	case <-c.ended:
		return goneClosed
	}
	c.take(slices.Clone(b))
	return nil
}

// step lets one message through, if one waits.
func (c *memoryConn) step() {
	select {
	case c.token <- struct{}{}:
	default:
	}
	synctest.Wait()
}

func (c *memoryConn) write(p *part) error             { return c.send(p.json()) }
func (c *memoryConn) writeShared(p *sharedPart) error { return c.send(p.json()) }
func (c *memoryConn) beat(p *part) error {
	if p == nil {
		return nil
	}
	return c.write(p)
}
func (c *memoryConn) bye(goodbye) {}
func (c *memoryConn) abort()      { close(c.ended) }

// client is a stranger that follows the protocol by the letter.
type client struct {
	number  int
	stalled bool // connects with a line that takes nothing
	largest int  // message, in bytes
	parts   int  // messages that another part follows
	board   *Board
	sub     *subscriber
	conn    *memoryConn
	gone    chan struct{}

	follows map[string]bool // by the answers; "*" is everyone
	asked   []string        // symbols to ask for again after a reconnect
	fields  feed.Fields
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
}

// seen is a value that was sent.
type seen struct {
	seq                Seq
	symbol, key, value string
}

func newClient(b *Board, number int) *client {
	return &client{number: number, board: b, follows: map[string]bool{}, state: map[string]map[string]string{}, fields: feed.AllFields,
		history: map[Seq]map[string]map[string]string{}}
}

func (c *client) position() string {
	if c.epoch == "" {
		return ""
	}
	return Position{c.epoch, c.pos}.String()
}

func (c *client) connect(since string) {
	c.sub = newSubscriber(c.board, transportWebSocket)
	c.sub.requests = make(chan request)
	c.conn = newMemoryConn(c.take)
	if c.stalled {
		c.conn.stall()
	}
	c.sub.conn = c.conn
	c.gone = make(chan struct{})
	c.hello, c.seq, c.pending = false, 0, 0
	c.asked = slices.Sorted(maps.Keys(c.follows))
	q := query{fields: c.fields, since: since}
	if len(c.asked) > 0 {
		q.symbols = c.asked
	}
	clear(c.follows)
	sub, gone := c.sub, c.gone
	go func() {
		defer close(gone)
		sub.serve(q)
	}()
	synctest.Wait()
}

// resubscribe is nothing: connect names in its query all that was followed.
func (c *client) resubscribe() {}

func (c *client) leave() {
	select {
	case <-c.conn.ended:
	default:
		c.conn.abort()
	}
	select {
	case c.sub.left <- goneClosed:
	default:
	}
	<-c.gone
}

// ask sends a request unless the connection stalls: a real one would wait, which the test cannot.
func (c *client) ask(r request) {
	select {
	case c.sub.requests <- r:
		if r.Type == "subscribe" && r.Fields != nil {
			c.fields, _ = parseFields(*r.Fields)
		}
	case <-c.gone:
	default:
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
			if f, _ := feed.FieldOf(k); f&(c.sub.fields|feed.FieldState) != 0 {
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
