package broadcast

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"tickertape/broadcast/wire"
	"tickertape/feed/market"
)

// The invariants of PROTOCOL.md, checked against a plain model under random ticks, subscriptions,
// rates, slow readers and reconnects, while symbols become known.

// action is one thing that happens in a random run.
type action struct {
	what    string
	client  int
	symbols []string
	series  []string // keys
	all     bool     // of bars or trades
	tick    market.Tick
	number  int
	rate    float64
	fields  market.Fields // 0 is as before
	wait    time.Duration
	state   market.State
}

// Clients by number: 0 to 3 have WebSockets, plain and compressed, which are free at once or never, and the others event
// streams.
const numClients, numWebSockets, numSymbols = 7, 4, 20 // more than are read at once

// weights are how often actions are drawn.
type weights []weight

type weight struct {
	what string
	n    int
}

// mixed is a little of everything.
var mixed = weights{{"tick", 6}, {"burst", 2}, {"wait", 6}, {"subscribe", 2}, {"follow", 2}, {"unsubscribe", 1}, {"unfollow", 1},
	{"pause", 1}, {"resume", 1}, {"add", 2},
	{"stall", 1}, {"step", 1}, {"slow", 1}, {"flow", 2}, {"reconnect", 2}, {"status", 1}, {"halt", 1}, {"session", 1}, {"correct", 1}}

// traded has many trades, and readers of them who are held up.
var traded = weights{{"trade", 5}, {"flood", 2}, {"burst", 1}, {"wait", 6}, {"subscribe", 1}, {"follow", 4}, {"unfollow", 1},
	{"pause", 1}, {"resume", 1}, {"add", 2},
	{"stall", 3}, {"step", 3}, {"slow", 1}, {"flow", 3}, {"reconnect", 2}, {"session", 1}, {"correct", 3}}

// dice draw what happens, each evenly.
type dice struct{ *rand.Rand }

// of is one of several.
func of[T any](d dice, all ...T) T { return all[d.IntN(len(all))] }

// someOf are up to so many of several.
func someOf(d dice, most int, all ...string) (some []string) {
	for range 1 + d.IntN(most) {
		some = append(some, of(d, all...))
	}
	return some
}

// drawAction is the action that a seed stands for. That of 0 is nothing, to which a run shrinks.
func drawAction(weights weights, seed uint64) (s action) {
	if seed == 0 {
		return s
	}
	d := dice{rand.New(rand.NewPCG(seed, 1))}
	var names []string
	for _, w := range weights {
		names = append(names, slices.Repeat([]string{w.what}, w.n)...)
	}
	s = action{what: of(d, names...), client: d.IntN(numClients)}
	switch s.what {
	case "tick", "burst", "halt", "session", "trade", "flood":
		s.tick = drawTick(d, s.what == "trade" || s.what == "flood")
		s.state = of(d, market.Halted, market.Live, market.Closed)
		s.number = d.IntN(4)
	case "add":
		s.number = of(d, 1, 1, 2, 5)
	case "correct":
		s.number = d.IntN(12)
		s.tick = drawTick(d, true)
	case "wait": // some longer than a heartbeat
		s.wait = time.Duration(of(d, 1+d.IntN(400), 1+d.IntN(400), 1+d.IntN(400), 5000+d.IntN(1000))) * time.Millisecond
	case "status":
		s.state = of(d, market.States()...)
	case "subscribe", "unsubscribe":
		s.symbols = of(d, []string{"#few"}, []string{"*"}, // what others follow too
			someOf(d, 4, "S0", "S1", "S2", "S3", "S4", "S5", "S6", "S7", "NONE", "*", "#few"))
		s.fields = of(d, 0, 0, 0, market.FieldPrice|market.FieldVolume, market.AllFields, market.FieldBid|market.FieldAsk|market.FieldTime)
		s.rate = drawRate(d)
	case "follow", "unfollow":
		s.series = of(d, []string{"S1 1s", "S1 trades"}, []string{"S1 trades"}, // what others follow too
			someOf(d, 3, "S0 1s", "S0 1m", "S0 trades", "S1 1s", "S1 5s", "S1 1d", "S1 trades", "S2 1s", "S2 trades", "S3 1m"))
		s.all = d.IntN(2) == 0
		s.rate = drawRate(d)
	}
	return s
}

func drawRate(d dice) float64 { return of[float64](d, 0, 0, 0, 0, 1, 4, 7.5, 50) }

func drawTick(d dice, trade bool) market.Tick {
	price := market.Price(d.IntN(2002)-1) * market.Scale / 100
	tick := market.Tick{Symbol: market.SymbolID(d.IntN(numSymbols))}
	if d.IntN(2) == 0 {
		tick.Symbol = market.SymbolID(d.IntN(4))
	}
	if trade || d.IntN(2) == 0 {
		tick.Kind, tick.Price, tick.Size = market.KindTrade, price, market.Units(uint64(d.IntN(500)))
		tick.Flags = of(d, market.Regular, market.Regular, market.Regular, market.SetsVolume, market.SetsVolume|market.SetsHighLow,
			market.SetsExtended|market.SetsVolume, market.Regular.AsOutOfOrder(), 0)
		if trade {
			tick.Symbol %= 3 // those whose bars and trades are followed
		}
	} else {
		tick.Kind, tick.Bid, tick.Ask = market.KindQuote, price, price+market.Scale/100
		tick.BidSize, tick.AskSize = market.Units(uint64(d.IntN(4))), market.Units(1)
		tick.Flags = of(d, market.BothSides, market.BothSides, market.HasBid, market.HasAsk, 0)
	}
	return tick
}

func TestInvariantsHoldForRandomRuns(t *testing.T) { checkRuns(t, mixed) }

// Readers of bars and trades who are held up, resume, and follow more and less meanwhile come to know all there is, no
// trade twice and none missing.
func TestReadersOfSeriesComeToKnowThemAll(t *testing.T) { checkRuns(t, traded) }

func checkRuns(t *testing.T, weights weights) {
	rapid.Check(t, func(rt *rapid.T) {
		var actions []action
		for _, seed := range rapid.SliceOfN(rapid.Uint32(), 60, 160).Draw(rt, "seeds") {
			actions = append(actions, drawAction(weights, uint64(seed)))
		}
		short := rapid.Bool().Draw(rt, "short")
		known := rapid.SampledFrom([]int{numSymbols, 8, 2, 0}).Draw(rt, "known")
		var problem error
		// A bubble's panics cannot be shrunk, so all is drawn before and judged after.
		synctest.Test(t, func(t *testing.T) { problem = play(actions, short, known) })
		if problem != nil {
			for _, a := range actions {
				if a.what != "" {
					rt.Log(a)
				}
			}
			rt.Fatal(problem)
		}
	})
}

// play plays the actions and returns the first invariant that is broken. With short ones, nearly every message is in
// parts, and nearly every frame is written in several. So many symbols are known at first.
func play(actions []action, short bool, known int) error {
	w := newWorldWith(known, func(h *Hub) {
		h.shards = h.shards[:1] // so that clients who want the same share it
		if short {
			*h.lengths = lengths{part: 1000, history: 700, turn: 1000}
		}
	})
	w.observeSeries()
	clients := make([]*protocolClient, numClients)
	for i := range clients {
		clients[i] = newProtocolClient(w.hub, i)
		clients[i].events = i >= numWebSockets
		clients[i].connect("")
	}
	for i := range actions {
		if actions[i].what == "add" { // the observer has to be free, and so nobody holds the shard up
			for _, c := range clients {
				c.conn.slow(0)
			}
			time.Sleep(50 * time.Millisecond)
			synctest.Wait()
		}
		w.play(&actions[i])
		clients[actions[i].client].play(&actions[i])
		synctest.Wait()
	}
	// The feed pauses: everyone is brought up to date within the slowest rate asked for.
	for _, c := range clients {
		c.conn.slow(0)
		c.conn.flow()
	}
	synctest.Wait()
	for _, c := range clients[:numWebSockets] {
		c.say(wire.Request{Type: wire.Resume})
	}
	time.Sleep(2 * time.Second)
	synctest.Wait()

	return w.end(clients...)
}

// play does what happens to the feed.
func (w *world) play(s *action) {
	known := w.hub.dir.Len()
	if known == 0 && s.what != "add" && s.what != "wait" && s.what != "status" {
		return
	}
	s.tick.Symbol %= market.SymbolID(max(1, known))
	switch s.what {
	case "add":
		for i := known; i < min(numSymbols, known+s.number); i++ {
			w.hub.dir.Add(market.Symbol{Symbol: fmt.Sprintf("S%d", i)})
		}
		w.observeFrom(known)
	case "tick", "trade":
		w.ticks(s.tick)
	case "burst": // of all symbols
		ticks := make([]market.Tick, 20)
		for i := range ticks {
			ticks[i] = s.tick
			ticks[i].Symbol = market.SymbolID((int(s.tick.Symbol) + i) % known)
		}
		w.ticks(ticks...)
	case "flood": // of one symbol
		w.ticks(slices.Repeat([]market.Tick{s.tick}, 50+50*s.number)...)
	case "halt":
		w.ticks(market.Tick{Kind: market.KindState, Symbol: s.tick.Symbol, State: s.state})
	case "session":
		session := stamped(market.Tick{Kind: market.KindSession, Symbol: s.tick.Symbol, Price: max(0, s.tick.Price)})
		if s.number == 0 { // a recording begins anew
			session.Time = w.began
		}
		w.apply(market.Batch{Ticks: []market.Tick{session}})
	case "correct":
		w.correct(s)
	case "status":
		w.apply(market.Batch{Status: &market.Status{State: s.state, Since: market.TimeOf(time.Now())}})
	case "wait":
		time.Sleep(s.wait)
	}
}

// ticks takes in ticks of now. Trades have a number of their own, and some come late.
func (w *world) ticks(ticks ...market.Tick) {
	for i := range ticks {
		t := &ticks[i]
		*t = stamped(*t)
		if t.Kind != market.KindTrade {
			continue
		}
		w.trades++
		t.ID = w.trades
		if t.Flags&market.OutOfOrder != 0 {
			t.Time -= 2e6
		}
		w.told = append(w.told, market.Correction{Symbol: t.Symbol, ID: t.ID, Old: market.Print{Price: t.Price, Size: t.Size, Flags: t.Flags}})
	}
	w.apply(market.Batch{Ticks: ticks})
}

// correct corrects one of the newest trades, or cancels it.
func (w *world) correct(s *action) {
	if len(w.told) <= s.number {
		return
	}
	k := &w.told[len(w.told)-1-s.number]
	if k.New = (market.Print{}); s.number%2 == 0 {
		k.New = market.Print{Price: max(1, s.tick.Price), Size: s.tick.Size, Flags: k.Old.Flags}
	}
	k.Time = market.TimeOf(time.Now())
	w.apply(market.Batch{Corrections: []market.Correction{*k}})
	if k.Old = k.New; k.Old.Flags == 0 {
		w.told = slices.Delete(w.told, len(w.told)-1-s.number, len(w.told)-s.number)
	}
}

// play does what happens to the client.
func (c *protocolClient) play(s *action) {
	switch s.what {
	case "stall":
		c.conn.stall()
	case "step":
		c.conn.step()
	case "slow":
		c.conn.slow(30 * time.Millisecond)
	case "flow":
		c.conn.slow(0)
		c.conn.flow()
	case "reconnect":
		c.leave()
		c.connect(c.position())
	case "subscribe", "unsubscribe", "follow", "unfollow", "pause", "resume":
		if c.events {
			c.askAnew(s)
		} else {
			c.ask(requestOf(s))
		}
	}
}

// requestOf is the request that an action makes.
func requestOf(s *action) wire.Request {
	r := wire.Request{Type: map[string]wire.Type{"follow": wire.Subscribe, "unfollow": wire.Unsubscribe}[s.what], Symbols: s.symbols,
		Rate: s.rate, Fields: s.fields}
	if r.Type == "" {
		r.Type = wire.Type(s.what)
	}
	if len(s.series) == 0 {
		return r
	}
	_, kind, _ := strings.Cut(s.series[0], " ")
	for _, key := range s.series { // one interval a message
		if _, what, _ := strings.Cut(key, " "); what == kind || what == "trades" {
			addSeries(&r, key)
		}
	}
	var names []string
	for _, bars := range r.Bars {
		names = append(names, bars.Names...)
	}
	if len(r.Bars) > 0 {
		r.Bars = []wire.Bars{{Names: names, Interval: r.Bars[0].Interval}}
	}
	if s.what == "unfollow" {
		if s.all && len(r.Trades) > 0 {
			r.Trades = []string{"*"}
		} else if len(r.Bars) > 0 && !s.all {
			r.Of = r.Bars[0].Interval.String()
		}
	}
	return r
}

// askAnew has an event stream begin anew with another query.
func (c *protocolClient) askAnew(s *action) {
	if s.what == "pause" || s.what == "resume" {
		return
	}
	c.leave()
	switch s.what {
	case "subscribe":
		for _, symbol := range s.symbols {
			c.wants[symbol] = true
		}
		if s.fields != 0 {
			c.fields = s.fields
		}
		c.rate = s.rate
	case "follow":
		for _, key := range s.series {
			c.wants[key] = true
		}
		c.rate = s.rate
	case "unsubscribe":
		for _, symbol := range s.symbols {
			delete(c.follows, symbol)
			delete(c.wants, symbol)
		}
	case "unfollow":
		for _, key := range s.series {
			delete(c.series, key)
			delete(c.wants, key)
		}
	}
	c.pos = 0
	clear(c.state)
	c.traded.forget()
	c.connect("")
}

// String is short, for those who look for what went wrong.
func (s action) String() string {
	switch s.what {
	case "tick", "burst", "trade", "flood":
		return fmt.Sprintf("%s of S%d: kind %d, price %v, size %v, flags %d, number %d", s.what, s.tick.Symbol, s.tick.Kind, s.tick.Price,
			s.tick.Size, s.tick.Flags, s.number)
	case "session", "halt", "correct":
		return fmt.Sprintf("%s of S%d: %v, number %d", s.what, s.tick.Symbol, s.state, s.number)
	case "wait":
		return fmt.Sprint(s.what, " ", s.wait)
	case "status":
		return fmt.Sprint(s.what, " ", s.state)
	case "add":
		return fmt.Sprint(s.what, " ", s.number)
	default:
		return fmt.Sprintf("%s by client %d: %v %v, rate %v, fields %#x, all %t", s.what, s.client, s.symbols, s.series, s.rate, s.fields, s.all)
	}
}
