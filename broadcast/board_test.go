package broadcast

import (
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"tickertape/feed"
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
	quote := market.Tick{Kind: market.KindQuote, Bid: price("9.9"), BidSize: market.Units(3), Ask: price("10.1"), Flags: market.BothSides, Time: 8}
	for name, tc := range map[string]struct {
		ticks []market.Tick
		want  string
	}{
		"a trade":                 {[]market.Tick{trade("10", 5, market.Regular)}, `{"s":"A","p":10,"z":5,"o":10,"h":10,"l":10,"v":5,"n":1,"vw":10,"t":7}`},
		"high, low and VWAP":      {[]market.Tick{trade("10", 1, market.Regular), trade("12", 1, market.Regular), trade("11", 2, market.Regular)}, `{"s":"A","p":11,"z":2,"o":10,"h":12,"l":10,"v":4,"n":3,"vw":11,"t":7}`},
		"volume only":             {[]market.Tick{trade("10", 5, market.SetsVolume)}, `{"s":"A","v":5,"n":1,"vw":10,"t":7}`},
		"no volume":               {[]market.Tick{trade("10", 5, market.SetsLast)}, `{"s":"A","p":10,"z":5,"t":7}`},
		"a size unknown":          {[]market.Tick{trade("10", 0, market.Regular)}, `{"s":"A","p":10,"o":10,"h":10,"l":10,"v":0,"n":1,"t":7}`},
		"a quote":                 {[]market.Tick{quote}, `{"s":"A","b":9.9,"bz":3,"a":10.1,"t":8}`},
		"a quote of one side":     {[]market.Tick{quote, {Kind: market.KindQuote, Ask: price("10.2"), Flags: market.HasAsk, Time: 9}}, `{"s":"A","a":10.2,"t":9}`},
		"a halt":                  {[]market.Tick{quote, {Kind: market.KindState, State: market.Halted, Time: 9}}, `{"s":"A","b":9.9,"bz":3,"a":10.1,"t":9,"st":"halted"}`},
		"a halt that is over":     {[]market.Tick{{Kind: market.KindState, State: market.Halted, Time: 9}, {Kind: market.KindState, Time: 10}}, `{"s":"A","t":10}`},
		"a new session":           {[]market.Tick{trade("10", 5, market.Regular), {Kind: market.KindSession, Price: price("9"), Time: 1}}, `{"s":"A","p":10,"z":5,"pc":9,"t":1}`},
		"an exchange's late news": {[]market.Tick{quote, trade("10", 5, market.SetsVolume)}, `{"s":"A","b":9.9,"bz":3,"a":10.1,"v":5,"n":1,"vw":10,"t":8}`},
		"a price of zero":         {[]market.Tick{quote, trade("0", 5, market.Regular)}, `{"s":"A","b":9.9,"bz":3,"a":10.1,"t":8}`},
		"a volume beyond int64":   {[]market.Tick{trade("0.00001", 9_000_000_000_000, market.SetsVolume), trade("0.00002", 9_000_000_000_000, market.SetsVolume)}, `{"s":"A","v":18000000000000,"n":2,"vw":0.000015,"t":7}`},
	} {
		var c cell
		for i := range tc.ticks {
			c.apply(&tc.ticks[i])
		}
		q := c.published(market.Live)
		if got := string(appendQuote(nil, "A", &q, q.Set)); got != tc.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, tc.want)
		}
	}
}

func TestImageIsTakenOverAndTradesGoOnFromIt(t *testing.T) {
	var c cell
	im := market.Quote{Set: market.FieldPrice | market.FieldVolume | market.FieldVWAP | market.FieldCount | market.FieldHigh | market.FieldLow | market.FieldTime,
		Price: price("10"), Volume: market.Units(100), VWAP: price("10"), Count: 4, High: price("11"), Low: price("9"), Time: 5}
	if r := c.image(&im, 6); r != market.Accepted {
		t.Fatalf("refused: %s", r)
	}
	c.apply(&market.Tick{Kind: market.KindTrade, Price: price("12"), Size: market.Units(100), Flags: market.Regular, Time: 7})
	q := c.published(market.Stale)
	want := `{"s":"A","p":12,"z":100,"o":12,"h":12,"l":9,"v":200,"n":5,"vw":11,"t":7,"st":"stale"}`
	if got := string(appendQuote(nil, "A", &q, q.Set)); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func quietBoard(symbols int) *Board {
	dir := market.NewDirectory()
	for i := range symbols {
		if _, err := dir.Add(market.Symbol{Symbol: fmt.Sprintf("S%d", i)}); err != nil {
			panic(err)
		}
	}
	cfg := DefaultConfig()
	cfg.Bars, cfg.Trades = keeping(2, "1s", "1d"), 2 // so that their rings are full at once
	return NewBoard(cfg, nil, dir, feed.Info{Name: "test"}, openDoor(cfg), slog.New(slog.DiscardHandler), prometheus.NewRegistry())
}

// run runs the board until the test ends, or its bubble.
func run(t *testing.T, b *Board) {
	done := make(chan struct{})
	go func() { defer close(done); b.Run(t.Context()) }()
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
	b := quietBoard(100)
	ticks := trades(256, 100)
	b.Apply(market.Batch{Ticks: ticks})
	if n := testing.AllocsPerRun(100, func() { b.Apply(market.Batch{Ticks: ticks}) }); n != 0 {
		t.Errorf("%v allocations a batch, want none", n)
	}
}

func TestBadTicksAreCountedAndLeftOut(t *testing.T) {
	b := quietBoard(1)
	b.Apply(market.Batch{Ticks: []market.Tick{
		{Symbol: 9, Kind: market.KindTrade, Price: 1},
		{Kind: market.KindTrade, Price: -1},
		{Kind: 99},
		{Kind: market.KindTrade, Price: price("1"), Size: market.Units(1), Flags: market.Regular},
	}})
	for reason, counter := range map[string]prometheus.Counter{"symbol": b.metrics.strangers,
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
		b := quietBoard(1)
		run(t, b)
		time.Sleep(time.Minute)
		b.Apply(market.Batch{Ticks: trades(1, 1)})
		synctest.Wait() // no time passes
		if got := b.Position().Seq; got != 1 {
			t.Errorf("after a tick in a quiet market: seq %d, want 1 at once", got)
		}
		for i := range 995 { // a tick each millisecond, the last one within the tenth interval
			time.Sleep(time.Millisecond)
			b.Apply(market.Batch{Ticks: trades(i+2, 1)[i+1:]})
		}
		time.Sleep(2 * DefaultConfig().Interval)
		synctest.Wait()
		if got := b.Position().Seq - 1; got != 10 {
			t.Errorf("%d flushes in a busy second, want 10", got)
		}
	})
}

func TestSlowReaderIsToldItsRateAndWhenItIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1)
		c := newClient(w.board, 0)
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
		if got := testutil.ToFloat64(w.board.metrics.slow); got != 1 {
			t.Errorf("%v slow subscribers, want 1", got)
		}
		c.conn.flow()
		busy(10*time.Second, func() {})
		synctest.Wait()
		if last := c.rates[len(c.rates)-1]; last.Reason != "recovered" {
			t.Errorf("reading again: %+v, want recovered", last)
		}
		if err := w.end(c); err != nil {
			t.Error(err)
		}
	})
}
