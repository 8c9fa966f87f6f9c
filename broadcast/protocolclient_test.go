package broadcast

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"tickertape/broadcast/board"
	"tickertape/broadcast/conn"
	"tickertape/broadcast/history"
	"tickertape/broadcast/wire"
	"tickertape/feed/market"
)

// protocolClient is a client that follows the protocol by the letter.
type protocolClient struct {
	number   int
	events   bool // it reads an event stream, instead of a WebSocket
	observes bool // it keeps what every symbol was after each message
	stalled  bool // connects where nothing is taken
	largest  int  // message, in bytes
	parts    int  // messages that another part follows
	hub      *Hub
	sub      *subscriber
	conn     *memoryPipe

	mu sync.Mutex // held by the goroutine that has the client take a message or ask; the test reads when all of them are idle
	clientFollows
	clientRead
}

// clientFollows is what a client follows, and the state that it has of it.
type clientFollows struct {
	follows map[string]bool // by the answers; "*" is everyone
	series  map[string]bool // by the answers: "SYMBOL INTERVAL" and "SYMBOL trades"
	added   int             // symbols that there were when it last asked for less
	perhaps map[string]bool // symbols that became known meanwhile, which it follows perhaps
	wants   map[string]bool // names and series that were asked for, known or not
	rate    float64         // of an event stream's query
	fields  market.Fields
	other   change // of symbols or fields, that is not told yet
	state   map[string]map[string]string
	traded  *seriesReader
}

// clientRead is what a client has read.
type clientRead struct {
	epoch   string
	pos     board.Seq // of the last whole message of quotes or, of an event stream, of the last id
	seq     board.Seq // of the last message of this connection
	hello   bool
	pending board.Seq // of a message whose parts still come
	err     error
	history map[board.Seq]map[string]map[string]string // after each whole message
	seen    []seen
	rates   []wire.Rate
	beats   []time.Time // of heartbeats
	updates int         // whole ones
}

// change is how far other symbols or fields have been told.
type change int

const (
	told     change = iota
	asked           // for
	answered        // the snapshot follows
)

// seen is a value that was sent.
type seen struct {
	seq                board.Seq
	symbol, key, value string
}

func newProtocolClient(h *Hub, number int) *protocolClient {
	c := &protocolClient{number: number, hub: h}
	c.clientFollows = clientFollows{follows: map[string]bool{}, series: map[string]bool{}, wants: map[string]bool{},
		perhaps: map[string]bool{}, state: map[string]map[string]string{},
		traded: newSeriesReader(), fields: market.AllFields}
	c.history = map[board.Seq]map[string]map[string]string{}
	return c
}

// positionAt is a position of this run of the server; "" before the first.
func (c *protocolClient) positionAt(seq board.Seq) string {
	if c.epoch == "" || seq == 0 {
		return ""
	}
	return board.Position{Epoch: c.epoch, Seq: seq}.String()
}

func (c *protocolClient) position() string { return c.positionAt(c.pos) }

// connect connects for what was followed before. On an event stream the position holds for all of it; on a WebSocket
// for the quotes, and bars and trades are asked for with positions of their own.
func (c *protocolClient) connect(since string) {
	transport, framing := WebSocket, conn.Text
	switch {
	case c.events && c.number%4 >= 2:
		transport, framing = EventStream, conn.Chunk
	case c.events:
		transport, framing = EventStream, conn.Event
	case c.number%4 >= 2:
		framing = conn.Deflated
	}
	c.sub = newSubscriber(c.hub, transport, c.hub.placed())
	take := func(b []byte) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.events {
			c.takeEvent(b)
		} else {
			c.take(payload(b))
		}
	}
	c.conn = newMemoryPipe(c.sub, framing, take, c.number%2 == 1) // half of the clients are never free at once
	if c.stalled {
		c.conn.stall()
	}
	if c.other != told { // what it has is of others
		clear(c.state)
		since = ""
	}
	c.hello, c.seq, c.pending, c.other = false, 0, 0, told
	names, again := c.wanted()
	for _, key := range again {
		c.traded.awaited[key] = since != "" && (c.traded.awaited[key] || !c.series[key])
	}
	q := wire.Request{Symbols: names, Fields: c.fields, Since: since}
	clear(c.follows)
	clear(c.series)
	if c.events {
		q.Rate = c.rate
		for _, key := range again {
			addSeries(&q, key)
		}
		c.traded.goBack()
	}
	var requests []wire.Request
	if !c.events {
		for _, key := range again {
			r := wire.Request{Type: wire.Subscribe, Since: c.positionAt(c.traded.seq[key])}
			addSeries(&r, key)
			requests = append(requests, r)
		}
	}
	c.sub.enter(c.sub.wanted(q)) // from here on the shard has the client take messages
	for _, r := range requests {
		c.say(r)
	}
	synctest.Wait()
}

// wanted are the names whose quotes the client asks for when it connects, and the keys of the series.
func (c *protocolClient) wanted() (names, series []string) {
	all := maps.Clone(c.wants)
	maps.Copy(all, c.follows)
	maps.Copy(all, c.series)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if strings.Contains(name, " ") {
			series = append(series, name)
		} else {
			names = append(names, name)
		}
	}
	return names, series
}

// note notes what a request asks for.
func (c *protocolClient) note(r *wire.Request) {
	names := slices.Clone(r.Symbols)
	if slices.Contains(names, "#few") {
		names = append(names, "S1", "S2")
	}
	for _, bars := range r.Bars {
		for _, symbol := range bars.Names {
			names = append(names, symbol+" "+bars.Interval.String())
		}
	}
	for _, symbol := range r.Trades {
		names = append(names, symbol+" trades")
	}
	for _, name := range names {
		switch symbol, what, _ := strings.Cut(name, " "); {
		case r.Type == wire.Subscribe && symbol != "*" && symbol != "#few":
			c.wants[name] = true
		case r.Type == wire.Subscribe:
		default:
			maps.DeleteFunc(c.wants, func(wanted string, _ bool) bool {
				of, kind, _ := strings.Cut(wanted, " ")
				anyBars := r.Of == "" && what != "" && what != "trades" && kind != "" && kind != "trades"
				return (of == symbol || symbol == "*") && (kind == what || anyBars)
			})
		}
	}
}

// addSeries has a request ask for a series, known by its key.
func addSeries(r *wire.Request, key string) {
	symbol, what, _ := strings.Cut(key, " ")
	if what == "trades" {
		r.Trades = append(r.Trades, symbol)
		return
	}
	r.Bars = append(r.Bars, wire.Bars{Names: []string{symbol}, Interval: intervalOf(what)})
}

// look has a test look at what the client has seen so far.
func (c *protocolClient) look(at func()) {
	synctest.Wait()
	c.conn.mu.Lock() // what comes later is seen later
	defer c.conn.mu.Unlock()
	at()
}

func (c *protocolClient) leave() {
	sub := c.sub
	sub.shard.post(func() {
		if !sub.gone {
			sub.leave(wire.Ending{Code: wire.Closed})
		}
	})
	<-c.conn.gone
}

// say sends a request when the server listens.
func (c *protocolClient) say(r wire.Request) {
	sub := c.sub
	c.conn.say(func() {
		c.mu.Lock()
		if c.note(&r); r.Type == wire.Unsubscribe {
			c.added = c.hub.dir.Len()
		}
		if r.Type == wire.Subscribe && (len(r.Symbols) > 0 || r.Fields != 0 && r.Fields != c.fields) {
			c.other = asked
		}
		if r.Type == wire.Subscribe && r.Fields != 0 {
			c.fields = r.Fields
		}
		c.mu.Unlock()
		request := sub.request(&r)
		sub.ask(&request)
	})
}

// ask sends a request unless the server does not listen yet.
func (c *protocolClient) ask(r wire.Request) {
	if c.conn.heard() {
		c.say(r)
	}
	synctest.Wait()
}

func (c *protocolClient) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
}

// takeEvent takes what is written to an event stream, framed.
func (c *protocolClient) takeEvent(b []byte) {
	if c.number%4 >= 2 { // in chunks
		_, b, _ = bytes.Cut(b, []byte("\r\n"))
		b = bytes.TrimSuffix(b, []byte("\r\n"))
	}
	if string(b) == ":\n\n" {
		return
	}
	id := ""
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSuffix(line, "\n")
		if text, is := strings.CutPrefix(line, "id: "); is {
			id = text
		} else if text, is := strings.CutPrefix(line, "data: "); is {
			c.take([]byte(text))
		}
	}
	if id != "" {
		p, err := board.ParsePosition(id)
		if err != nil || p.Epoch != c.epoch {
			c.fail("id %s: %v", id, err)
		}
		if p.Seq > c.seq || p.Seq < c.pos {
			c.fail("id %s after %d, of a message of %d", id, c.pos, c.seq)
		}
		c.pos = p.Seq
		c.traded.mark()
	}
}

// clientMessage is what a client looks at of a message.
type clientMessage struct {
	Type     string
	Epoch    string
	Code     string
	Seq      *board.Seq
	More     bool
	Resumed  bool
	Interval string
	Rate     float64
	Symbols  []string
	Bars     json.RawMessage
	Trades   json.RawMessage
	Quotes   []map[string]json.RawMessage
}

// take follows the protocol: merge by key, null removes, the position moves with the last part.
func (c *protocolClient) take(b []byte) {
	var m clientMessage
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
	if m.More {
		c.parts++
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
		var r wire.Rate
		if err := json.Unmarshal(b, &r); err != nil {
			c.fail("%s: %v", b, err)
		}
		c.rates = append(c.rates, r)
	case "subscribed", "unsubscribed":
		c.answered(&m)
	case "bars", "trades":
		key, err := c.traded.take(b)
		if err != nil {
			c.fail("%w", err)
		}
		if !c.series[key] {
			c.fail("told of %s, which is not followed: %s", key, b)
		}
	case "snapshot", "update":
		c.quotes(&m)
	}
}

// answered takes in what is followed from now on.
func (c *protocolClient) answered(m *clientMessage) {
	var bars, trades []string
	for into, list := range map[*[]string]json.RawMessage{&bars: m.Bars, &trades: m.Trades} {
		if err := json.Unmarshal(list, into); list != nil && err != nil {
			c.fail("%s: %v", list, err)
		}
	}
	if m.Type == "subscribed" {
		if c.other == asked {
			c.other = answered
		}
		for _, s := range m.Symbols {
			c.follows[s] = true
		}
		for _, s := range bars {
			c.series[s+" "+m.Interval] = true
			c.traded.awaited[s+" "+m.Interval] = c.traded.awaited[s+" "+m.Interval] || m.Rate == 0
		}
		for _, s := range trades {
			c.series[s+" trades"] = true
			c.traded.awaited[s+" trades"] = c.traded.awaited[s+" trades"] || m.Rate == 0
		}
		return
	}
	for _, s := range m.Symbols {
		if s == "*" {
			clear(c.follows)
		} else if c.follows["*"] {
			delete(c.follows, "*")
			for id, known := range c.hub.dir.All() {
				if id < c.added {
					c.follows[known.Symbol] = true
				} else {
					c.perhaps[known.Symbol] = true
				}
			}
		}
		delete(c.follows, s)
	}
	maps.DeleteFunc(c.series, func(key string, _ bool) bool {
		symbol, what, _ := strings.Cut(key, " ")
		if what == "trades" {
			return slices.Contains(trades, symbol) || slices.Contains(trades, "*")
		}
		return (slices.Contains(bars, symbol) || slices.Contains(bars, "*")) && (m.Interval == "" || m.Interval == what)
	})
}

// quotes takes in a snapshot or an update.
func (c *protocolClient) quotes(m *clientMessage) {
	if c.pending != 0 && c.pending != *m.Seq {
		c.fail("parts of seq %d go on with seq %d", c.pending, *m.Seq)
	}
	for _, q := range m.Quotes {
		c.merge(q, *m.Seq, m.Type == "snapshot" && !m.Resumed)
	}
	if m.More {
		c.pending = *m.Seq
		return
	}
	c.pending = 0
	if c.other == answered && m.Type == "snapshot" {
		c.other = told
	}
	if !c.events {
		c.pos = *m.Seq
	}
	if m.Type == "update" {
		c.updates++
	}
	if c.observes {
		whole := map[string]map[string]string{}
		for s, q := range c.state {
			whole[s] = maps.Clone(q)
		}
		c.history[*m.Seq] = whole
	}
}

func (c *protocolClient) merge(q map[string]json.RawMessage, seq board.Seq, replace bool) {
	symbol := strings.Trim(string(q["s"]), `"`)
	if !c.follows[symbol] && !c.follows["*"] && !c.perhaps[symbol] {
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
func (c *protocolClient) judge(m *model, observer *protocolClient) error {
	if c.err != nil {
		return c.err
	}
	for _, s := range c.seen { // no invention: every value was the board's at its seq
		want, ok := at(observer.history, s.seq)[s.symbol][s.key]
		if !ok {
			want = "null"
		}
		if s.value != want {
			return fmt.Errorf("at seq %d %s.%s was sent as %s, the board had %s", s.seq, s.symbol, s.key, s.value, want)
		}
	}
	for _, known := range c.hub.dir.All() { // convergence, and nothing that aggregates is lost
		symbol := known.Symbol
		if !c.follows[symbol] && !c.follows["*"] {
			continue
		}
		got := map[string]string{}
		for k, v := range c.state[symbol] {
			if f, _ := market.FieldOf(k); f.Bit&(c.fields|market.FieldState) != 0 {
				got[k] = v
			}
		}
		if want := m.want(symbol, c.fields); !maps.Equal(got, want) {
			return fmt.Errorf("ended with %s %v, the board has %v", symbol, got, want)
		}
	}
	if err := c.traded.invented(observer.traded); err != nil && observer.traded.knows() {
		return err
	}
	if err := c.judgeWants(); err != nil {
		return err
	}
	for key := range c.series {
		if err := c.traded.agree(c.hub, seriesNamed(c.hub, key)); err != nil {
			return err
		}
	}
	return nil
}

// judgeWants checks that what was asked for is followed if it is known by now.
func (c *protocolClient) judgeWants() error {
	for wanted := range c.wants {
		symbol, what, _ := strings.Cut(wanted, " ")
		if symbol == "*" || symbol == "#few" {
			continue
		}
		_, known := c.hub.dir.ID(symbol)
		if known && !c.series[wanted] && (what != "" || !c.follows[symbol] && !c.follows["*"]) {
			return fmt.Errorf("%s was asked for and is known, but not followed", wanted)
		}
		if !known && (c.series[wanted] || c.follows[symbol]) {
			return fmt.Errorf("%s is followed, but not known", wanted)
		}
	}
	return nil
}

// seriesNamed is the series of a key, "SYMBOL INTERVAL" or "SYMBOL trades".
func seriesNamed(h *Hub, key string) series {
	symbol, what, _ := strings.Cut(key, " ")
	id, ok := h.dir.ID(symbol)
	if !ok {
		panic(key)
	}
	if what == "trades" {
		return seriesOf(id, history.Trades)
	}
	return seriesOf(id, intervalOf(what))
}

// at is the board at seq: that of the newest flush up to it.
func at(history map[board.Seq]map[string]map[string]string, seq board.Seq) map[string]map[string]string {
	for ; seq > 0; seq-- {
		if h, ok := history[seq]; ok {
			return h
		}
	}
	return nil
}
