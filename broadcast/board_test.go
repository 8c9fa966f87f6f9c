package broadcast

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"tickertape/broadcast/board"
	"tickertape/broadcast/wire"
	"tickertape/feed/market"
)

func price(s string) market.Price {
	p, err := market.ParsePrice(s)
	if err != nil {
		panic(err)
	}
	return p
}

func TestTicksSetWhatTheirFlagsSay(t *testing.T) {
	trade := func(p string, size uint64, flags market.Flags) market.Tick {
		return market.Tick{Kind: market.KindTrade, Price: price(p), Size: market.Units(size), Flags: flags, Time: 7}
	}
	quote := market.Tick{Kind: market.KindQuote, Bid: price("9.9"), BidSize: market.Units(3), Ask: price("10.1"),
		Flags: market.BothSides, Time: 8}
	for name, tc := range map[string]struct {
		ticks []market.Tick
		want  string
	}{
		"a trade": {[]market.Tick{trade("10", 5, market.Regular)},
			`{"s":"A","p":10,"z":5,"o":10,"h":10,"l":10,"v":5,"n":1,"vw":10,"t":7}`},
		"high, low and VWAP": {[]market.Tick{trade("10", 1, market.Regular), trade("12", 1, market.Regular), trade("11", 2, market.Regular)},
			`{"s":"A","p":11,"z":2,"o":10,"h":12,"l":10,"v":4,"n":3,"vw":11,"t":7}`},
		"volume only":    {[]market.Tick{trade("10", 5, market.SetsVolume)}, `{"s":"A","v":5,"n":1,"vw":10,"t":7}`},
		"no volume":      {[]market.Tick{trade("10", 5, market.SetsLast)}, `{"s":"A","p":10,"z":5,"t":7}`},
		"a size unknown": {[]market.Tick{trade("10", 0, market.Regular)}, `{"s":"A","p":10,"o":10,"h":10,"l":10,"v":0,"n":1,"t":7}`},
		"a quote":        {[]market.Tick{quote}, `{"s":"A","b":9.9,"bz":3,"a":10.1,"t":8}`},
		"a quote of one side": {[]market.Tick{quote, {Kind: market.KindQuote, Ask: price("10.2"), Flags: market.HasAsk, Time: 9}},
			`{"s":"A","a":10.2,"t":9}`},
		"a halt": {[]market.Tick{quote, {Kind: market.KindState, State: market.Halted, Time: 9}},
			`{"s":"A","b":9.9,"bz":3,"a":10.1,"t":9,"st":"halted"}`},
		"a halt that is over": {[]market.Tick{{Kind: market.KindState, State: market.Halted, Time: 9}, {Kind: market.KindState, Time: 10}},
			`{"s":"A","t":10}`},
		"a new session": {[]market.Tick{trade("10", 5, market.Regular), {Kind: market.KindSession, Price: price("9"), Time: 1}},
			`{"s":"A","p":10,"z":5,"pc":9,"t":1}`},
		"an exchange's late news": {[]market.Tick{quote, trade("10", 5, market.SetsVolume)},
			`{"s":"A","b":9.9,"bz":3,"a":10.1,"v":5,"n":1,"vw":10,"t":8}`},
		"a price of zero": {[]market.Tick{quote, trade("0", 5, market.Regular)}, `{"s":"A","b":9.9,"bz":3,"a":10.1,"t":8}`},
		"a volume beyond int64": {[]market.Tick{trade("0.00001", 9_000_000_000_000, market.SetsVolume),
			trade("0.00002", 9_000_000_000_000, market.SetsVolume)}, `{"s":"A","v":18000000000000,"n":2,"vw":0.000015,"t":7}`},
	} {
		if got := published(market.Live, market.Batch{Ticks: tc.ticks}); got != tc.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, tc.want)
		}
	}
}

// published is the quote of the first symbol as it is told, named A, after a batch under a feed in the given state.
func published(state market.State, b market.Batch) string {
	h := quietHub(1)
	b.Status = &market.Status{State: state}
	h.Apply(b)
	h.commit(context.Background(), &flush{})
	var picked [1]board.Picked
	h.board.Read(&board.Cursor{List: board.List{All: true}, Fields: market.AllFields, Mode: board.Snapshot}, picked[:])
	return string(wire.AppendQuote(nil, "A", &picked[0].Quote, picked[0].Fields))
}

func TestImageIsTakenOverAndTradesGoOnFromIt(t *testing.T) {
	im := market.Quote{Set: market.FieldPrice | market.FieldVolume | market.FieldVWAP | market.FieldCount | market.FieldHigh |
		market.FieldLow | market.FieldTime,
		Price: price("10"), Volume: market.Units(100), VWAP: price("10"), Count: 4, High: price("11"), Low: price("9"), Time: 5}
	trade := market.Tick{Kind: market.KindTrade, Price: price("12"), Size: market.Units(100), Flags: market.Regular, Time: 7}
	want := `{"s":"A","p":12,"z":100,"o":12,"h":12,"l":9,"v":200,"n":5,"vw":11,"t":7,"st":"stale"}`
	if got := published(market.Stale, market.Batch{Images: []market.Quote{im}, Ticks: []market.Tick{trade}}); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

// quietHub is a hub that does not run, of symbols S0, S1 and so on.
func quietHub(symbols int) *Hub {
	cfg := DefaultConfig()
	cfg.History.Bars, cfg.History.Trades = keeping(2, "1s", "1d"), 2 // so that their rings are full at once
	cfg.History.Ledger = 0                                           // as where no source corrects anything
	return quietHubWith(cfg, symbols)
}

func quietHubWith(cfg Config, symbols int) *Hub {
	dir := market.NewDirectory()
	for i := range symbols {
		if _, err := dir.Add(market.Symbol{Symbol: fmt.Sprintf("S%d", i)}); err != nil {
			panic(err)
		}
	}
	return NewHub(cfg, nil, dir, Source{Name: "test"}, openDoor(cfg), slog.New(slog.DiscardHandler), prometheus.NewRegistry())
}

// run runs the hub until the test ends, or its bubble.
func run(t *testing.T, h *Hub) {
	done := make(chan struct{})
	go func() { defer close(done); h.Run(t.Context()) }()
	t.Cleanup(func() { <-done })
}

func trades(n, symbols int) []market.Tick {
	ticks := make([]market.Tick, n)
	for i := range ticks {
		ticks[i] = market.Tick{Symbol: market.SymbolID(i * 7 % symbols), Kind: market.KindTrade, Flags: market.Regular,
			Price: market.Price(i%100+1) * market.Scale, Size: market.Units(100), Time: market.Time(i + 1)}
	}
	return ticks
}

func TestApplyAllocatesNothing(t *testing.T) {
	b := quietHub(100)
	ticks := trades(256, 100)
	b.Apply(market.Batch{Ticks: ticks})
	if n := testing.AllocsPerRun(100, func() { b.Apply(market.Batch{Ticks: ticks}) }); n != 0 {
		t.Errorf("%v allocations a batch, want none", n)
	}
}

func TestBadTicksAreCountedAndLeftOut(t *testing.T) {
	b := quietHub(1)
	b.Apply(market.Batch{Ticks: []market.Tick{
		{Symbol: 9, Kind: market.KindTrade, Price: 1},
		{Kind: market.KindTrade, Price: -1},
		{Kind: 99},
		{Kind: market.KindTrade, Price: price("1"), Size: market.Units(1), Flags: market.Regular},
	}})
	b.commit(context.Background(), &flush{})
	for reason, counter := range map[string]prometheus.Counter{"symbol": b.metrics.unknown,
		"price": b.metrics.rejected[market.RejectPrice], "kind": b.metrics.rejected[market.RejectKind]} {
		if got := testutil.ToFloat64(counter); got != 1 {
			t.Errorf("%s: %v rejected, want 1", reason, got)
		}
	}
	if got := testutil.ToFloat64(b.metrics.ticks); got != 1 {
		t.Errorf("%v taken in, want 1", got)
	}
}

func TestQuietMarketIsToldAtOnceAndBusyOneOnceAnInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := quietHub(1)
		run(t, b)
		time.Sleep(time.Minute)
		b.Apply(market.Batch{Ticks: trades(1, 1)})
		synctest.Wait() // no time passes
		if got := b.board.Position().Seq; got != 1 {
			t.Errorf("after a tick in a quiet market: seq %d, want 1 at once", got)
		}
		for i := range 995 { // a tick each millisecond, the last one within the tenth interval
			time.Sleep(time.Millisecond)
			b.Apply(market.Batch{Ticks: trades(i+2, 1)[i+1:]})
		}
		time.Sleep(2 * DefaultConfig().Interval)
		synctest.Wait()
		if got := b.board.Position().Seq - 1; got != 10 {
			t.Errorf("%d flushes in a busy second, want 10", got)
		}
	})
}

func TestSlowReaderIsToldItsRateAndWhenItIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1)
		c := newProtocolClient(w.hub, 0)
		c.follows["S0"] = true
		c.connect("")
		busy := func(d time.Duration, each func()) {
			for end := time.Now().Add(d); time.Now().Before(end); {
				w.trade(0, time.Now().UnixMilli()%1000+1)
				time.Sleep(100 * time.Millisecond)
				each()
			}
		}
		c.conn.stall()
		beat := 0
		busy(10*time.Second, func() {
			if beat++; beat%5 == 0 {
				c.conn.step()
			}
		})
		if len(c.rates) == 0 || c.rates[0].Reason != "slow_consumer" || c.rates[0].Rate < 1 || c.rates[0].Rate > 3 || c.rates[0].Asked != 10 {
			t.Errorf("while it read twice a second: %+v, want a slow_consumer of about 2", c.rates)
		}
		if got := testutil.ToFloat64(w.hub.metrics.slow); got != 1 {
			t.Errorf("%v slow subscribers, want 1", got)
		}
		c.conn.flow()
		busy(16*time.Second, func() {})
		synctest.Wait()
		if last := c.rates[len(c.rates)-1]; last.Reason != "recovered" {
			t.Errorf("reading again: %+v, want recovered", last)
		}
		if err := w.end(c); err != nil {
			t.Error(err)
		}
	})
}
