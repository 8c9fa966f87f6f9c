package broadcast

import (
	"fmt"
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
// rates, slow readers and reconnects.

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
const numClients, numWebSockets, numSymbols = 7, 4, 8

// weights are how often actions are drawn.
type weights map[string]int

func (w weights) names() (all []string) {
	for name, n := range w {
		all = append(all, slices.Repeat([]string{name}, n)...)
	}
	slices.Sort(all)
	return all
}

// mixed is a little of everything.
var mixed = weights{"tick": 6, "burst": 1, "wait": 4, "subscribe": 2, "follow": 2, "unsubscribe": 1, "unfollow": 1, "pause": 1, "resume": 1, "stall": 1,
	"step": 1, "flow": 1, "reconnect": 2, "status": 1, "halt": 1, "session": 1, "correct": 1}

// traded has many trades, and readers of them who are held up.
var traded = weights{"trade": 5, "flood": 2, "wait": 5, "subscribe": 1, "follow": 4, "unfollow": 1, "pause": 1, "resume": 1, "stall": 3, "step": 3, "flow": 1,
	"reconnect": 2, "session": 1, "correct": 3}

func drawAction(of weights) *rapid.Generator[action] {
	names := of.names()
	return rapid.Custom(func(t *rapid.T) action {
		s := action{what: rapid.SampledFrom(names).Draw(t, "what"), client: rapid.IntRange(0, numClients-1).Draw(t, "client")}
		switch s.what {
		case "tick", "burst", "halt", "session", "trade", "flood":
			s.tick = drawTick(t, s.what == "trade" || s.what == "flood")
			s.state = rapid.SampledFrom([]market.State{market.Halted, market.Live, market.Closed}).Draw(t, "state")
			s.number = rapid.IntRange(0, 3).Draw(t, "number")
		case "correct":
			s.number = rapid.IntRange(0, 11).Draw(t, "number")
			s.tick = drawTick(t, true)
		case "wait":
			// some longer than a heartbeat
			s.wait = time.Duration(rapid.OneOf(rapid.IntRange(1, 400), rapid.IntRange(5000, 6000)).Draw(t, "ms")) * time.Millisecond
		case "status":
			s.state = rapid.SampledFrom(market.States()).Draw(t, "state")
		case "subscribe", "unsubscribe":
			s.symbols = rapid.OneOf(
				rapid.SliceOfN(rapid.SampledFrom([]string{"S0", "S1", "S2", "S3", "S4", "S5", "S6", "S7", "NONE", "*", "#few"}), 1, 4),
				rapid.SampledFrom([][]string{{"#few"}, {"*"}}), // what others follow too
			).Draw(t, "symbols")
			s.fields = rapid.SampledFrom([]market.Fields{0, 0, 0, market.FieldPrice | market.FieldVolume, market.AllFields,
				market.FieldBid | market.FieldAsk | market.FieldTime}).Draw(t, "fields")
			s.rate = drawRate(t)
		case "follow", "unfollow":
			s.series = rapid.OneOf(
				rapid.SliceOfN(rapid.SampledFrom(seriesKeys), 1, 3),
				rapid.SampledFrom([][]string{{"S1 1s", "S1 trades"}, {"S1 trades"}}), // what others follow too
			).Draw(t, "series")
			s.all = rapid.Bool().Draw(t, "all")
			s.rate = drawRate(t)
		}
		return s
	})
}

var seriesKeys = []string{"S0 1s", "S0 1m", "S0 trades", "S1 1s", "S1 5s", "S1 1d", "S1 trades", "S2 1s", "S2 trades", "S3 1m"}

func drawRate(t *rapid.T) float64 {
	return rapid.SampledFrom([]float64{0, 0, 0, 1, 4, 7.5, 50}).Draw(t, "rate")
}

func drawTick(t *rapid.T, trade bool) market.Tick {
	price := market.Price(rapid.Int64Range(-1, 2000).Draw(t, "cents")) * market.Scale / 100
	tick := market.Tick{Symbol: market.SymbolID(rapid.IntRange(0, numSymbols-1).Draw(t, "symbol"))}
	if trade || rapid.Bool().Draw(t, "trade") {
		tick.Kind, tick.Price, tick.Size = market.KindTrade, price, market.Units(rapid.Uint64Range(0, 500).Draw(t, "size"))
		tick.Flags = rapid.SampledFrom([]market.Flags{market.Regular, market.Regular, market.Regular, market.SetsVolume, market.SetsVolume | market.SetsHighLow,
			market.SetsExtended | market.SetsVolume, market.Regular.Belated(), 0}).Draw(t, "flags")
		if trade {
			tick.Symbol %= 3 // those whose bars and trades are followed
		}
	} else {
		tick.Kind, tick.Bid, tick.Ask = market.KindQuote, price, price+market.Scale/100
		tick.BidSize, tick.AskSize = market.Units(rapid.Uint64Range(0, 3).Draw(t, "size")), market.Units(1)
		tick.Flags = rapid.SampledFrom([]market.Flags{market.BothSides, market.BothSides, market.HasBid, market.HasAsk, 0}).Draw(t, "sides")
	}
	return tick
}

func TestInvariantsHoldForRandomRuns(t *testing.T) { checkRuns(t, mixed) }

// Readers of bars and trades who are held up, resume, and follow more and less meanwhile come to know all there is, no
// trade twice and none missing.
func TestReadersOfSeriesComeToKnowThemAll(t *testing.T) { checkRuns(t, traded) }

func checkRuns(t *testing.T, of weights) {
	rapid.Check(t, func(rt *rapid.T) {
		actions := rapid.SliceOfN(drawAction(of), 1, 120).Draw(rt, "actions")
		var problem error
		// A bubble's panics cannot be shrunk, so all is drawn before and judged after.
		synctest.Test(t, func(t *testing.T) { problem = play(actions) })
		if problem != nil {
			rt.Fatal(problem)
		}
	})
}

// play plays the actions and returns the first invariant that is broken.
func play(actions []action) error {
	w := newWorld(numSymbols)
	w.observeSeries()
	clients := make([]*protocolClient, numClients)
	for i := range clients {
		clients[i] = newProtocolClient(w.hub, i)
		clients[i].events = i >= numWebSockets
		clients[i].connect("")
	}
	for i := range actions {
		w.play(&actions[i])
		clients[actions[i].client].play(&actions[i])
		synctest.Wait()
	}
	// The feed pauses: everyone is brought up to date within the slowest rate asked for.
	for _, c := range clients {
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
	switch s.what {
	case "tick", "trade":
		w.ticks(s.tick)
	case "burst": // of all symbols
		ticks := make([]market.Tick, 20)
		for i := range ticks {
			ticks[i] = s.tick
			ticks[i].Symbol = market.SymbolID((int(s.tick.Symbol) + i) % numSymbols)
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
		if t.Flags&market.Late != 0 {
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
	case "flow":
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
	r := wire.Request{Type: map[string]wire.Type{"follow": wire.Subscribe, "unfollow": wire.Unsubscribe}[s.what], Symbols: s.symbols, Rate: s.rate, Fields: s.fields}
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
	switch s.what {
	case "subscribe":
		for _, symbol := range s.symbols {
			c.follows[symbol] = true
		}
		if s.fields != 0 {
			c.fields = s.fields
		}
		c.rate = s.rate
	case "follow":
		for _, key := range s.series {
			c.series[key] = true
		}
		c.rate = s.rate
	case "unsubscribe":
		for _, symbol := range s.symbols {
			delete(c.follows, symbol)
		}
	case "unfollow":
		for _, key := range s.series {
			delete(c.series, key)
		}
	default:
		return
	}
	c.leave()
	c.pos = 0
	clear(c.state)
	c.told.forget()
	c.connect("")
}

// GoString is short, for those who look for what went wrong.
func (s action) GoString() string {
	text := s.what
	switch s.what {
	case "tick", "burst", "trade", "flood":
		text += fmt.Sprintf(" %d kind %d price %v size %v flags %d n %d", s.tick.Symbol, s.tick.Kind, s.tick.Price, s.tick.Size, s.tick.Flags, s.number)
	case "session", "halt", "correct":
		text += fmt.Sprintf(" %d state %v number %d", s.tick.Symbol, s.state, s.number)
	case "wait":
		return text + fmt.Sprint(" ", s.wait)
	case "status":
		return text + fmt.Sprint(" ", s.state)
	default:
		text += fmt.Sprintf(" client %d %v %v rate %v fields %#x all %t", s.client, s.symbols, s.series, s.rate, s.fields, s.all)
	}
	return text
}
