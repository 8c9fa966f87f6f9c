package broadcast

import (
	"context"
	"encoding/json"
	"fmt"
	"testing/synctest"
	"time"

	"tickertape/broadcast/history"
	"tickertape/broadcast/wire"
	"tickertape/feed/market"
)

// world is a running hub and the model of what its board should be.
type world struct {
	hub      *Hub
	model    *model
	observer *protocolClient
	twin     *protocolClient // of the observer: what two share is told in each flush, however long that takes
	began    market.Time
	trades   uint64              // that were taken in
	told     []market.Correction // the newest trades, each as if it were cancelled
	stop     context.CancelFunc
	done     chan struct{}
}

// newWorld starts a hub of a live board of symbols S0, S1 and so on.
func newWorld(symbols int) *world {
	return newWorldWith(symbols, func(*Hub) {})
}

// newWorldWith is newWorld with a hub that is changed before it runs.
func newWorldWith(symbols int, change func(*Hub)) *world {
	cfg := DefaultConfig()
	cfg.History.Trades, cfg.MaxSeries = history.TradesAtOnce, 200
	cfg.History.Bars, cfg.History.Ledger = keeping(4, "1s", "5s", "1m", "1h", "1d"), keptToCorrect
	ctx, stop := context.WithCancel(context.Background())
	w := &world{model: newModel(), began: market.TimeOf(time.Now()), stop: stop, done: make(chan struct{}), hub: quietHubWith(cfg, symbols)}
	w.hub.lists["few"] = &watchlist{symbols: []string{"S1", "S2"}}
	change(w.hub)
	go func() {
		defer close(w.done)
		w.hub.Run(ctx)
	}()
	w.apply(market.Batch{Status: &market.Status{State: market.Live, Since: 1}})

	// The observer follows everything and never waits: what it saw is what the board was, flush by flush.
	w.observer, w.twin = newProtocolClient(w.hub, 0), newProtocolClient(w.hub, 0)
	w.observer.observes = true
	w.observer.connect("")
	w.observer.ask(wire.Request{Type: wire.Subscribe, Symbols: []string{"*"}})
	return w
}

// observeSeries has the observer follow all bars and trades, too, and its twin the same.
func (w *world) observeSeries() {
	w.twin.connect("")
	for _, c := range []*protocolClient{w.observer, w.twin} {
		c.say(wire.Request{Type: wire.Subscribe, Symbols: []string{"*"}})
	}
	w.observeFrom(0)
}

// observeFrom has the observer and its twin follow the bars and trades of the symbols from a number on. Whoever waits for a
// name may be told later than at once, so they do not.
func (w *world) observeFrom(id int) {
	for _, c := range []*protocolClient{w.observer, w.twin} {
		for _, s := range w.hub.dir.All()[id:] {
			w.observeSymbol(c, s.Symbol)
		}
	}
	synctest.Wait()
	time.Sleep(time.Microsecond) // it takes several turns, a nanosecond each
	synctest.Wait()
}

func (w *world) observeSymbol(c *protocolClient, symbol string) {
	for k, n := range w.hub.cfg.History.Bars {
		if n > 0 {
			c.say(wire.Request{Type: wire.Subscribe, Bars: []wire.Bars{{Names: []string{symbol}, Interval: history.Interval(k)}}})
		}
	}
	c.say(wire.Request{Type: wire.Subscribe, Trades: []string{symbol}})
}

// keeping is so many bars of each of the intervals, and none of the others.
func keeping(n int, intervals ...string) (c history.Counts) {
	for _, name := range intervals {
		c[intervalOf(name)] = n
	}
	return c
}

func intervalOf(name string) history.Interval {
	k, err := history.ParseInterval(name)
	if err != nil {
		panic(err)
	}
	return k
}

func (w *world) apply(b market.Batch) {
	w.hub.Apply(b)
	w.model.apply(b)
}

func (w *world) trade(id int, cents int64) {
	w.apply(market.Batch{Ticks: []market.Tick{stamped(market.Tick{Symbol: market.SymbolID(id), Kind: market.KindTrade, Flags: market.Regular,
		Price: market.Price(cents) * market.Scale / 100, Size: market.Units(1)})}})
}

// end closes everything and judges what the clients have seen. All others have left.
func (w *world) end(clients ...*protocolClient) error {
	all := append(clients, w.observer)
	if w.twin.conn != nil {
		all = append(all, w.twin)
	}
	for _, c := range all {
		c.leave()
	}
	if n, left := w.hub.admission.Memory.Used(), w.hub.left(); n != 0 || left != "" {
		return fmt.Errorf("%d bytes are still reckoned when everyone has left, and the shards have %s", n, left)
	}
	w.stop()
	<-w.done
	for _, c := range all {
		if err := c.judge(w.model, w.observer); err != nil {
			return fmt.Errorf("client %d: %w", c.number, err)
		}
	}
	return nil
}

func stamped(t market.Tick) market.Tick {
	t.Time = market.TimeOf(time.Now())
	t.Received = t.Time
	return t
}

// model is what the board should be of quotes: one symbol, one map, no flushes and no fields that changed.
type model struct {
	cells   map[string]*modelCell
	ledgers *market.Ledgers
	status  market.State
}

// modelCell is one symbol's state with every tick taken in.
type modelCell struct {
	market.Tally
	own market.State // the symbol's, without the feed's
}

func newModel() *model {
	return &model{cells: map[string]*modelCell{}, ledgers: market.NewLedgers(keptToCorrect), status: market.Down}
}

// keptToCorrect is how many trades are kept for their corrections, on the board and in the model.
const keptToCorrect = 20_000

func (m *model) cell(id market.SymbolID) *modelCell {
	symbol := fmt.Sprintf("S%d", id)
	if m.cells[symbol] == nil {
		m.cells[symbol] = &modelCell{Tally: market.NewTally(id, 0, m.ledgers)}
	}
	return m.cells[symbol]
}

func (m *model) apply(b market.Batch) {
	if b.Status != nil {
		m.status = b.Status.State
	}
	for i := range b.Ticks {
		t := &b.Ticks[i]
		if c := m.cell(t.Symbol); c.Tally.Apply(t) == market.Accepted && t.Kind == market.KindState {
			c.own = t.State
		}
	}
	for i := range b.Corrections {
		k := &b.Corrections[i]
		m.cell(k.Symbol).Correct(k)
	}
}

// want is the state of a symbol as a client that follows fields should have it.
func (m *model) want(symbol string, fields market.Fields) map[string]string {
	c := m.cells[symbol]
	if c == nil || c.Known() == 0 { // nothing was ever taken in
		return map[string]string{}
	}
	q := c.Tally.Quote()
	if q.State = max(c.own, m.status); q.State != market.Live {
		q.Set |= market.FieldState
	}
	var quote map[string]json.RawMessage
	if err := json.Unmarshal(wire.AppendQuote(nil, symbol, &q, q.Set&(fields|market.FieldState)), &quote); err != nil {
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
