package broadcast

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/broadcast/history"
	"tickertape/feed"
	"tickertape/feed/market"
)

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
	dir := market.NewDirectory()
	for i := range symbols {
		if _, err := dir.Add(market.Symbol{Symbol: fmt.Sprintf("S%d", i)}); err != nil {
			panic(err)
		}
	}
	cfg := DefaultConfig()
	cfg.Trades = history.MostTold
	cfg.Bars = keeping(4, "1s", "5s", "1m", "1h", "1d")
	ctx, stop := context.WithCancel(context.Background())
	w := &world{model: newModel(), stop: stop, done: make(chan struct{}),
		board: NewBoard(cfg, []Watchlist{{Name: "few", Symbols: []string{"S1", "S2"}}}, dir, feed.Info{Name: "test"},
			openDoor(cfg), slog.New(slog.DiscardHandler), prometheus.NewRegistry())}
	go func() {
		defer close(w.done)
		w.board.Run(ctx)
	}()
	w.apply(market.Batch{Status: &market.Status{State: market.Live, Since: 1}})

	// The witness follows everything and never waits: what it saw is what the board was, flush by flush.
	w.witness = newClient(w.board, witnessNumber)
	w.witness.connect("")
	w.witness.ask(request{Type: "subscribe", Symbols: []string{"*"}})
	return w
}

const witnessNumber = 100

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
	w.board.Apply(b)
	w.model.apply(b)
}

func (w *world) trade(id int, cents int64) {
	w.apply(market.Batch{Ticks: []market.Tick{stamped(market.Tick{Symbol: market.SymbolID(id), Kind: market.KindTrade, Flags: market.Regular,
		Price: market.Price(cents) * market.Scale / 100, Size: market.Units(1)})}})
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

func stamped(t market.Tick) market.Tick {
	t.Time = market.TimeOf(time.Now())
	t.Received = t.Time
	return t
}

// model is what the board should be: one symbol, one map, no flushes and no fields that changed.
type model struct {
	cells  map[string]*cell
	status market.State
}

func newModel() *model { return &model{cells: map[string]*cell{}, status: market.Down} }

func (m *model) apply(b market.Batch) {
	if b.Status != nil {
		m.status = b.Status.State
	}
	for _, t := range b.Ticks {
		symbol := fmt.Sprintf("S%d", t.Symbol)
		if m.cells[symbol] == nil {
			m.cells[symbol] = &cell{Tally: market.NewTally(t.Symbol, 0)}
		}
		m.cells[symbol].apply(&t)
	}
}

// want is the state of a symbol as a client that follows fields should have it.
func (m *model) want(symbol string, fields market.Fields) map[string]string {
	c := m.cells[symbol]
	if c == nil || c.Known() == 0 { // nothing was ever taken in
		return map[string]string{}
	}
	q := c.published(m.status)
	var quote map[string]json.RawMessage
	if err := json.Unmarshal(appendQuote(nil, symbol, &q, q.Set&(fields|market.FieldState)), &quote); err != nil {
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
