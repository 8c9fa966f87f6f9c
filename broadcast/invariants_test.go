package broadcast

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"pgregory.net/rapid"

	"tickertape/feed"
)

// The invariants of PROTOCOL.md, checked against a plain model under random ticks, subscriptions,
// rates, slow readers and reconnects.

// step is one thing that happens in a random run.
type step struct {
	what    string
	client  int
	symbols []string
	tick    feed.Tick
	rate    float64
	fields  []string
	wait    time.Duration
	state   feed.State
}

const numClients, numSymbols = 5, 8

func drawStep(t *rapid.T) step {
	s := step{
		what: rapid.SampledFrom([]string{"tick", "tick", "tick", "tick", "tick", "burst", "wait", "wait", "wait", "subscribe", "subscribe",
			"unsubscribe", "pause", "resume", "stall", "flow", "reconnect", "reconnect", "status", "halt", "session"}).Draw(t, "what"),
		client: rapid.IntRange(0, numClients-1).Draw(t, "client"),
	}
	switch s.what {
	case "tick", "burst", "halt", "session":
		s.tick = drawTick(t)
		s.state = rapid.SampledFrom([]feed.State{feed.Halted, feed.Live, feed.Closed}).Draw(t, "state")
	case "wait":
		s.wait = time.Duration(rapid.IntRange(1, 400).Draw(t, "ms")) * time.Millisecond
	case "status":
		s.state = rapid.SampledFrom(feed.States()).Draw(t, "state")
	case "subscribe", "unsubscribe":
		s.symbols = rapid.SliceOfN(rapid.SampledFrom([]string{"S0", "S1", "S2", "S3", "S4", "S5", "S6", "S7", "NONE", "*", "#few"}), 1, 4).Draw(t, "symbols")
		s.rate = rapid.SampledFrom([]float64{0, 0, 1, 4, 7.5, 50}).Draw(t, "rate")
		s.fields = rapid.SampledFrom([][]string{nil, nil, nil, {"p", "v"}, {}, {"b", "a", "t"}}).Draw(t, "fields")
	}
	return s
}

func drawTick(t *rapid.T) feed.Tick {
	price := feed.Price(rapid.Int64Range(-1, 2000).Draw(t, "cents")) * feed.Scale / 100
	tick := feed.Tick{Symbol: feed.SymbolID(rapid.IntRange(0, numSymbols-1).Draw(t, "symbol"))}
	if rapid.Bool().Draw(t, "trade") {
		tick.Kind, tick.Price, tick.Size = feed.KindTrade, price, feed.Units(rapid.Uint64Range(0, 500).Draw(t, "size"))
		tick.Flags = feed.Flags(rapid.SampledFrom([]feed.Flags{feed.Regular, feed.Regular, feed.Regular, feed.SetsVolume, feed.SetsVolume | feed.SetsHighLow, 0}).Draw(t, "flags"))
	} else {
		tick.Kind, tick.Bid, tick.Ask = feed.KindQuote, price, price+feed.Scale/100
		tick.BidSize, tick.AskSize = feed.Units(rapid.Uint64Range(0, 3).Draw(t, "size")), feed.Units(1)
		tick.Flags = rapid.SampledFrom([]feed.Flags{feed.BothSides, feed.BothSides, feed.HasBid, feed.HasAsk, 0}).Draw(t, "sides")
	}
	return tick
}

func TestInvariantsHoldForRandomRuns(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.Custom(drawStep), 1, 120).Draw(rt, "steps")
		var problem error
		// A bubble's panics cannot be shrunk, so all is drawn before and judged after.
		synctest.Test(t, func(t *testing.T) { problem = play(steps) })
		if problem != nil {
			rt.Fatal(problem)
		}
	})
}

// play runs the steps and returns the first invariant that is broken.
func play(steps []step) error {
	w := newWorld(numSymbols)
	board, apply := w.board, w.apply
	clients := make([]*client, numClients)
	for i := range clients {
		clients[i] = newClient(board, i)
		clients[i].connect("")
	}
	for _, s := range steps {
		c := clients[s.client]
		switch s.what {
		case "tick":
			apply(feed.Batch{Ticks: []feed.Tick{stamped(s.tick)}})
		case "burst":
			ticks := make([]feed.Tick, 20)
			for i := range ticks {
				ticks[i] = stamped(s.tick)
				ticks[i].Symbol = feed.SymbolID((int(s.tick.Symbol) + i) % numSymbols)
			}
			apply(feed.Batch{Ticks: ticks})
		case "halt":
			apply(feed.Batch{Ticks: []feed.Tick{stamped(feed.Tick{Kind: feed.KindState, Symbol: s.tick.Symbol, State: s.state})}})
		case "session":
			apply(feed.Batch{Ticks: []feed.Tick{stamped(feed.Tick{Kind: feed.KindSession, Symbol: s.tick.Symbol, Price: max(0, s.tick.Price)})}})
		case "status":
			apply(feed.Batch{Status: &feed.Status{State: s.state, Since: feed.TimeOf(time.Now())}})
		case "wait":
			time.Sleep(s.wait)
		case "subscribe":
			r := request{Type: "subscribe", Symbols: s.symbols}
			if s.rate != 0 {
				r.Rate = &s.rate
			}
			if s.fields != nil {
				r.Fields = &s.fields
			}
			c.ask(r)
		case "unsubscribe":
			c.ask(request{Type: "unsubscribe", Symbols: s.symbols})
		case "pause", "resume":
			c.ask(request{Type: s.what})
		case "stall":
			c.conn.stall()
		case "flow":
			c.conn.flow()
		case "reconnect":
			c.leave()
			c.connect(c.position())
			c.resubscribe()
		}
		synctest.Wait()
	}
	// The feed pauses: everyone is brought up to date within the slowest rate asked for.
	for _, c := range clients {
		c.conn.flow()
	}
	synctest.Wait()
	for _, c := range clients {
		c.ask(request{Type: "resume"})
	}
	time.Sleep(2 * time.Second)
	synctest.Wait()

	return w.end(clients...)
}

// world is a running board and the model of what it should be.
type world struct {
	board   *Board
	model   *model
	witness *client
	stop    context.CancelFunc
	done    chan struct{}
}

// newWorld starts a live board of symbols S0, S1 and so on.
func newWorld(symbols int) *world {
	dir := feed.NewDirectory()
	for i := range symbols {
		if _, err := dir.Add(feed.Symbol{Symbol: fmt.Sprintf("S%d", i)}); err != nil {
			panic(err)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	w := &world{model: newModel(), stop: stop, done: make(chan struct{}),
		board: NewBoard(DefaultConfig(), []Watchlist{{Name: "few", Symbols: []string{"S1", "S2"}}}, dir, feed.Info{Name: "test"},
			slog.New(slog.DiscardHandler), prometheus.NewRegistry())}
	go func() {
		defer close(w.done)
		w.board.Run(ctx)
	}()
	w.apply(feed.Batch{Status: &feed.Status{State: feed.Live, Since: 1}})

	// The witness follows everything and never waits: what it saw is what the board was, flush by flush.
	w.witness = newClient(w.board, witnessNumber)
	w.witness.connect("")
	w.witness.ask(request{Type: "subscribe", Symbols: []string{"*"}})
	return w
}

const witnessNumber = 100

func (w *world) apply(b feed.Batch) {
	w.board.Apply(b)
	w.model.apply(b)
}

func (w *world) trade(id int, cents int64) {
	w.apply(feed.Batch{Ticks: []feed.Tick{stamped(feed.Tick{Symbol: feed.SymbolID(id), Kind: feed.KindTrade, Flags: feed.Regular,
		Price: feed.Price(cents) * feed.Scale / 100, Size: feed.Units(1)})}})
}

// end closes everything and judges what the clients have seen.
func (w *world) end(clients ...*client) error {
	all := append(clients, w.witness)
	for _, c := range all {
		c.leave()
	}
	w.stop()
	<-w.done
	for _, c := range all {
		if err := c.judge(w.model, w.witness.history); err != nil {
			return fmt.Errorf("client %d: %w", c.number, err)
		}
	}
	return nil
}

func stamped(t feed.Tick) feed.Tick {
	t.Time = feed.TimeOf(time.Now())
	t.Received = t.Time
	return t
}

// model is what the board should be: one symbol, one map, no flushes and no fields that changed.
type model struct {
	cells  map[string]*cell
	status feed.State
}

func newModel() *model { return &model{cells: map[string]*cell{}, status: feed.Down} }

func (m *model) apply(b feed.Batch) {
	if b.Status != nil {
		m.status = b.Status.State
	}
	for _, t := range b.Ticks {
		symbol := fmt.Sprintf("S%d", t.Symbol)
		if m.cells[symbol] == nil {
			m.cells[symbol] = &cell{quote: feed.Quote{Symbol: t.Symbol}}
		}
		m.cells[symbol].apply(&t)
	}
}

// want is the state of a symbol as a client that follows fields should have it.
func (m *model) want(symbol string, fields feed.Fields) map[string]string {
	c := m.cells[symbol]
	if c == nil || c.quote.Set == 0 { // nothing was ever taken in
		return map[string]string{}
	}
	q := c.published(m.status)
	var quote map[string]json.RawMessage
	if err := json.Unmarshal(appendQuote(nil, symbol, &q, q.Set&(fields|feed.FieldState)), &quote); err != nil {
		panic(err)
	}
	return texts(quote)
}

func texts(quote map[string]json.RawMessage) map[string]string {
	out := map[string]string{}
	for k, v := range quote {
		if k != "s" {
			out[k] = string(v)
		}
	}
	return out
}

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
func (c *memoryConn) beat(p *part) error              { return c.send(p.json()) }
func (c *memoryConn) bye(goodbye)                     {}
func (c *memoryConn) abort()                          { close(c.ended) }

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
			if f, _ := fieldOf(k); f&(c.sub.fields|feed.FieldState) != 0 {
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

func TestSlowReaderOfManySymbolsGetsAllInParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const symbols = 3000
		w := newWorld(symbols)
		random := rand.New(rand.NewPCG(1, 2))
		for i := range symbols {
			w.trade(i, int64(1000+i))
		}
		time.Sleep(time.Second)
		slow := newClient(w.board, 0)
		slow.stalled = true
		slow.follows["*"] = true // connects with a query
		slow.connect("")
		for range 200 { // the board moves on between any two parts
			for range 50 {
				w.trade(random.IntN(symbols), random.Int64N(5000)+1)
			}
			time.Sleep(100 * time.Millisecond)
			slow.conn.step()
		}
		slow.conn.flow()
		time.Sleep(time.Second)
		synctest.Wait()
		if err := w.end(slow); err != nil {
			t.Error(err)
		}
		if slow.parts < 4 {
			t.Errorf("got %d messages with more to come, want 4 or more", slow.parts)
		}
		if slow.largest > partLimit {
			t.Errorf("largest message has %d bytes, want at most %d", slow.largest, partLimit)
		}
	})
}

func TestSharedUpdateInPartsIsLeftWhenItIsHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const symbols = 3000
		w := newWorld(symbols)
		slow := newClient(w.board, 0)
		slow.follows["*"] = true
		slow.connect("")
		for round := range 5 {
			slow.conn.stall()
			for i := range symbols {
				w.trade(i, int64(1000+i+round))
			}
			time.Sleep(100 * time.Millisecond)
			slow.conn.step() // the first part is shared, then the board moves on
			for i := range symbols / 2 {
				w.trade(2*i, int64(9000+i))
			}
			time.Sleep(100 * time.Millisecond)
			slow.conn.step()
			slow.conn.flow()
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if err := w.end(slow); err != nil {
			t.Error(err)
		}
	})
}

func TestNewsWhileASubscribeIsHeldUpIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(2)
		c := newClient(w.board, 0)
		c.connect("")
		rate := 1.0
		c.ask(request{Type: "subscribe", Symbols: []string{"S0"}, Rate: &rate})
		w.trade(0, 100)
		time.Sleep(200 * time.Millisecond)
		w.trade(0, 101) // waits for its second
		time.Sleep(200 * time.Millisecond)
		c.conn.stall()
		c.ask(request{Type: "subscribe", Symbols: []string{"S1"}}) // tells S0 first, and is held up there
		w.trade(0, 102)
		time.Sleep(200 * time.Millisecond)
		c.conn.flow()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if err := w.end(c); err != nil {
			t.Error(err)
		}
	})
}

func TestMemoryOfStalledReadersDoesNotGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const symbols, readers = 500, 200
		w := newWorld(symbols)
		var stalled []*client
		for i := range readers {
			c := newClient(w.board, i)
			c.follows["*"] = true
			c.connect("")
			c.conn.stall()
			stalled = append(stalled, c)
		}
		flushes := func(n int) uint64 {
			for round := range n {
				for i := range symbols {
					w.trade(i, int64(1+(round*31+i)%999))
				}
				time.Sleep(100 * time.Millisecond)
				synctest.Wait()
				clear(w.witness.history)
				w.witness.seen = nil
			}
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			return m.HeapAlloc
		}
		before := flushes(5)
		after := flushes(100)
		if grown := int64(after) - int64(before); grown > readers*1024 {
			t.Errorf("heap grew by %d bytes over 100 flushes that %d stalled readers missed", grown, readers)
		}
		for _, c := range stalled {
			c.leave()
		}
		w.witness.leave()
		w.stop()
		<-w.done
	})
}
