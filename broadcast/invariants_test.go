package broadcast

import (
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"tickertape/feed/market"
)

// The invariants of PROTOCOL.md, checked against a plain model under random ticks, subscriptions,
// rates, slow readers and reconnects.

// step is one thing that happens in a random run.
type step struct {
	what    string
	client  int
	symbols []string
	tick    market.Tick
	rate    float64
	fields  []string
	wait    time.Duration
	state   market.State
}

const numClients, numSymbols = 5, 8

func drawStep(t *rapid.T) step {
	s := step{
		what: rapid.SampledFrom([]string{"tick", "tick", "tick", "tick", "tick", "burst", "wait", "wait", "wait", "subscribe", "subscribe",
			"unsubscribe", "pause", "resume", "stall", "step", "flow", "reconnect", "reconnect", "status", "halt", "session"}).Draw(t, "what"),
		client: rapid.IntRange(0, numClients-1).Draw(t, "client"),
	}
	switch s.what {
	case "tick", "burst", "halt", "session":
		s.tick = drawTick(t)
		s.state = rapid.SampledFrom([]market.State{market.Halted, market.Live, market.Closed}).Draw(t, "state")
	case "wait":
		s.wait = time.Duration(rapid.OneOf(rapid.IntRange(1, 400), rapid.IntRange(5000, 6000)).Draw(t, "ms")) * time.Millisecond // some longer than a heartbeat
	case "status":
		s.state = rapid.SampledFrom(market.States()).Draw(t, "state")
	case "subscribe", "unsubscribe":
		s.symbols = rapid.OneOf(
			rapid.SliceOfN(rapid.SampledFrom([]string{"S0", "S1", "S2", "S3", "S4", "S5", "S6", "S7", "NONE", "*", "#few"}), 1, 4),
			rapid.SampledFrom([][]string{{"#few"}, {"*"}}), // what others follow too
		).Draw(t, "symbols")
		s.rate = rapid.SampledFrom([]float64{0, 0, 1, 4, 7.5, 50}).Draw(t, "rate")
		s.fields = rapid.SampledFrom([][]string{nil, nil, nil, {"p", "v"}, {}, {"b", "a", "t"}}).Draw(t, "fields")
	}
	return s
}

func drawTick(t *rapid.T) market.Tick {
	price := market.Price(rapid.Int64Range(-1, 2000).Draw(t, "cents")) * market.Scale / 100
	tick := market.Tick{Symbol: market.SymbolID(rapid.IntRange(0, numSymbols-1).Draw(t, "symbol"))}
	if rapid.Bool().Draw(t, "trade") {
		tick.Kind, tick.Price, tick.Size = market.KindTrade, price, market.Units(rapid.Uint64Range(0, 500).Draw(t, "size"))
		tick.Flags = market.Flags(rapid.SampledFrom([]market.Flags{market.Regular, market.Regular, market.Regular, market.SetsVolume, market.SetsVolume | market.SetsHighLow, 0}).Draw(t, "flags"))
	} else {
		tick.Kind, tick.Bid, tick.Ask = market.KindQuote, price, price+market.Scale/100
		tick.BidSize, tick.AskSize = market.Units(rapid.Uint64Range(0, 3).Draw(t, "size")), market.Units(1)
		tick.Flags = rapid.SampledFrom([]market.Flags{market.BothSides, market.BothSides, market.HasBid, market.HasAsk, 0}).Draw(t, "sides")
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
			apply(market.Batch{Ticks: []market.Tick{stamped(s.tick)}})
		case "burst":
			ticks := make([]market.Tick, 20)
			for i := range ticks {
				ticks[i] = stamped(s.tick)
				ticks[i].Symbol = market.SymbolID((int(s.tick.Symbol) + i) % numSymbols)
			}
			apply(market.Batch{Ticks: ticks})
		case "halt":
			apply(market.Batch{Ticks: []market.Tick{stamped(market.Tick{Kind: market.KindState, Symbol: s.tick.Symbol, State: s.state})}})
		case "session":
			apply(market.Batch{Ticks: []market.Tick{stamped(market.Tick{Kind: market.KindSession, Symbol: s.tick.Symbol, Price: max(0, s.tick.Price)})}})
		case "status":
			apply(market.Batch{Status: &market.Status{State: s.state, Since: market.TimeOf(time.Now())}})
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
		case "step":
			c.conn.step()
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
