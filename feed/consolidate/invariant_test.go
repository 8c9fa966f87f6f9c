package consolidate

import (
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"pgregory.net/rapid"

	"tickertape/broadcast/board"
	"tickertape/broadcast/history"
	"tickertape/feed"
	"tickertape/feed/calendar"
	"tickertape/feed/market"
)

// The invariant of the day: after every flush, the quote of each symbol (open, high, low, volume, count, VWAP) is what the
// trades of its day add up to, as are the bars of every interval; and its previous close is the last price of the day before.
// Here a plain model adds up the trades anew, by their exchange's times alone, whatever the clocks show.

// dayTrade is a trade as it was made, and what has become of it since.
type dayTrade struct {
	id    uint64
	price market.Price
	size  market.Quantity
	flags market.Flags // 0: it is cancelled
	at    market.Time
	fresh bool // it came while its day was the symbol's, or began it
}

// dayWorld is an exchange, its sources, the consolidated feed and a board.
type dayWorld struct {
	t      *rapid.T
	c      *consolidator
	conns  []*connection
	board  *board.Board
	days   []*calendar.Market // by symbol
	truth  [][]*dayTrade      // by symbol, in the order of their coming
	now    time.Time          // true time: the exchange's clock
	wall   time.Duration      // how far the machine's clock is ahead of it
	nextID uint64
}

// starts are instants around which days begin and end, or clocks change.
var starts = []string{
	"2026-11-27T00:00:00Z", // the day after Thanksgiving: a half day
	"2026-11-27T09:00:00Z", // 04:00 in New York
	"2026-11-27T18:00:00Z", // its early close
	"2026-11-30T09:00:00Z", // a Monday
	"2026-03-09T08:00:00Z", // the Monday after clocks were set ahead
	"2026-11-02T09:00:00Z", // the Monday after they were set back
	"2026-12-31T23:59:59Z",
	"2026-06-18T00:00:00Z",
}

func newDayWorld(t *rapid.T, sources int) *dayWorld {
	at, err := time.Parse(time.RFC3339, rapid.SampledFrom(starts).Draw(t, "start"))
	if err != nil {
		t.Fatal(err)
	}
	w := &dayWorld{t: t, now: at.Add(time.Duration(rapid.Int64Range(-40e6, 5e6).Draw(t, "from")) * time.Microsecond)}
	w.wall = time.Duration(rapid.OneOf(rapid.Int64Range(-4900, 4900), rapid.Int64Range(-10_000, -5100)).Draw(t, "skew")) * time.Millisecond
	hours, err := calendar.New(calendar.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	dir := market.NewDirectory()
	for i, m := range []string{"crypto", "us", "crypto"} {
		dir.Add(market.Symbol{Symbol: fmt.Sprintf("S%d", i), Market: m, PreviousClose: 90 * market.Scale})
		of, _ := hours.Market(m)
		w.days, w.truth = append(w.days, of), append(w.truth, nil)
	}
	cfg := DefaultConfig()
	cfg.MaxMove = 0
	var all []feed.Source
	for i := range sources {
		all = append(all, &fakeSource{info: feed.Info{Name: string(rune('a' + i)), Remote: true, Corrects: true}})
	}
	f := New(cfg, 15*time.Second, all, dir, hours, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	f.KeepTrades(1 << 20)
	w.c, w.conns = f.consolidator, f.connections
	w.c.wall = func(time.Time) market.Time { return market.TimeOf(w.now.Add(w.wall)) }
	kept := history.Config{Trades: history.TradesAtOnce, Ledger: 1 << 20}
	for k := range kept.Bars {
		kept.Bars[k] = 1000
	}
	w.board = board.New(board.Config{History: kept, Directory: dir, Source: f.Info().Name})
	w.board.TradingDays(func(venue string) history.Days {
		m, _ := hours.Market(venue)
		return func(at market.Time) (from, to market.Time) {
			return market.TimeOf(m.Rolled(at.Std())), market.TimeOf(m.NextRoll(at.Std()))
		}
	})
	w.c.out.publish = func(b market.Batch) { w.board.Gather(b) }
	for _, conn := range w.conns {
		w.c.receive(conn, market.Batch{Status: &market.Status{State: market.Live}}, w.now)
	}
	return w
}

// pass lets time go by, with the visits that belong to it.
func (w *dayWorld) pass(d time.Duration) {
	for end := w.now.Add(d); w.now.Before(end); {
		w.now = w.now.Add(min(w.c.rounds.every, max(end.Sub(w.now), 1)))
		if d > time.Minute { // the rounds between are like the last
			w.now = end
		}
		w.c.visitSlice(w.now)
	}
}

// say has all sources say the same: whichever of them counts, it counts once.
func (w *dayWorld) say(b market.Batch) {
	for _, conn := range w.conns {
		w.c.receive(conn, market.Batch{Ticks: slices.Clone(b.Ticks), Corrections: slices.Clone(b.Corrections)}, w.now)
	}
}

// trade makes a trade, which comes a while after.
func (w *dayWorld) trade(id market.SymbolID, late time.Duration) market.Tick {
	t := w.t
	w.nextID++
	k := &dayTrade{id: w.nextID, at: market.TimeOf(w.now.Add(-late)),
		price: market.Price(rapid.Int64Range(9500, 10500).Draw(t, "price")) * market.Scale / 100,
		size:  market.Units(rapid.Uint64Range(1, 50).Draw(t, "size")),
		flags: rapid.SampledFrom([]market.Flags{market.Regular, market.Regular, market.Regular, market.SetsVolume,
			market.SetsHighLow | market.SetsVolume, market.SetsExtended | market.SetsVolume}).Draw(t, "flags")}
	k.fresh = w.day(id, k.at) >= w.c.symbols[id].day.Began() &&
		!slices.ContainsFunc(w.truth[id], func(x *dayTrade) bool { return w.day(id, x.at) > w.day(id, k.at) })
	w.truth[id] = append(w.truth[id], k)
	return market.Tick{Symbol: id, Kind: market.KindTrade, Flags: k.flags, Price: k.price, Size: k.size, Time: k.at,
		Received: market.TimeOf(w.now.Add(w.wall)), ID: k.id}
}

// correct corrects or cancels a trade, however old it is.
func (w *dayWorld) correct(id market.SymbolID, k *dayTrade) market.Correction {
	t := w.t
	c := market.Correction{Symbol: id, ID: k.id, Old: market.Print{Price: k.price, Size: k.size, Flags: k.flags}, Time: market.TimeOf(w.now)}
	if rapid.Bool().Draw(t, "told when") || !w.recent(id, k.at) {
		c.Traded = k.at
	}
	if k.flags = 0; rapid.Bool().Draw(t, "changed") {
		k.price = market.Price(rapid.Int64Range(9500, 10500).Draw(t, "new price")) * market.Scale / 100
		k.flags = c.Old.Flags
		c.New = market.Print{Price: k.price, Size: k.size, Flags: k.flags}
		if rapid.Bool().Draw(t, "new id") {
			w.nextID++
			k.id, c.NewID = w.nextID, w.nextID
		}
	}
	return c
}

// day is when the trading day of a symbol began that a time belongs to.
func (w *dayWorld) day(id market.SymbolID, at market.Time) market.Time {
	return market.TimeOf(w.days[id].Rolled(at.Std()))
}

// recent reports whether a time is of the symbol's newest two days with trades.
func (w *dayWorld) recent(id market.SymbolID, at market.Time) bool {
	days := map[market.Time]bool{}
	for _, k := range w.truth[id] {
		if k.at > at {
			days[w.day(id, k.at)] = true
		}
	}
	delete(days, w.day(id, at))
	return len(days) == 0
}

// flush commits what has come and checks all symbols.
func (w *dayWorld) flush() {
	var changes board.Changes
	for r := w.board.Take(); r != nil; r = w.board.Take() {
		w.board.Commit(r, &changes)
	}
	for id := range market.SymbolID(len(w.truth)) {
		w.check(id)
	}
}

// check compares a symbol's quote and bars with its trades.
func (w *dayWorld) check(id market.SymbolID) {
	t := w.t
	if len(w.truth[id]) == 0 {
		return
	}
	var versions [1]board.Version
	w.board.Versions([]market.SymbolID{id}, versions[:])
	q := versions[0].Quote
	began := w.c.symbols[id].day.Began()
	var today []*dayTrade
	newest := market.Time(0)
	for _, k := range w.truth[id] {
		if newest = max(newest, k.at); k.at >= began {
			today = append(today, k)
		}
	}
	if newest != 0 && began < w.day(id, newest) {
		t.Fatalf("S%d: its day began at %v, its newest trade is of %v", id, began.Std(), newest.Std())
	}
	want := addUp(today)
	if got := shown(&q); got != want.quote() {
		t.Fatalf("S%d on %v, day of %v\n got %s\nwant %s\n%s", id, w.now, began.Std(), got, want.quote(), w.list(id))
	}
	w.checkClose(id, &q, began)
	for k := range history.Interval(history.NumIntervals) {
		w.checkBars(id, k)
	}
}

// checkClose compares the previous close with the last price of the day before, if the symbol was traded on that day when it was
// today. Else nobody knows but the source, or its record.
func (w *dayWorld) checkClose(id market.SymbolID, q *market.Quote, began market.Time) {
	before := market.Time(0)
	for _, k := range w.truth[id] {
		if k.at < began && k.fresh {
			before = max(before, w.day(id, k.at))
		}
	}
	var trades []*dayTrade
	for _, k := range w.truth[id] {
		if before != 0 && w.day(id, k.at) >= before && k.at < began {
			trades = append(trades, k)
		}
	}
	if last := addUp(trades).last; last != 0 && q.PreviousClose != last {
		w.t.Fatalf("S%d on %v: previous close %v, the day before ended at %v\n%s", id, w.now, q.PreviousClose, last, w.list(id))
	}
}

// list is a symbol's trades in the order of their coming.
func (w *dayWorld) list(id market.SymbolID) string {
	text := ""
	for _, k := range w.truth[id] {
		text += fmt.Sprintf("%d: %v %v × %v, flags %d, fresh %v\n", k.id, k.at.Std(), k.price, k.size, k.flags, k.fresh)
	}
	return text
}

// checkBars compares the bars of an interval with the trades in each.
func (w *dayWorld) checkBars(id market.SymbolID, k history.Interval) {
	byStart := map[uint32][]*dayTrade{}
	seconds := map[string]int64{"1s": 1, "5s": 5, "1m": 60, "5m": 300, "15m": 900, "1h": 3600}[k.String()]
	for _, x := range w.truth[id] {
		start := int64(w.day(id, x.at) / 1e6)
		if k != history.Day {
			start = int64(x.at) / 1e6 / seconds * seconds
		}
		byStart[uint32(start)] = append(byStart[uint32(start)], x)
	}
	var bars [64]history.Bar
	r := history.Reader{Interval: k, FromStart: true}
	got := map[uint32]string{}
	for more := true; more; {
		var n int
		n, more = w.board.ReadBars(id, &r, bars[:])
		for i := range n {
			b := &bars[i]
			got[b.Start] = fmt.Sprintf("o %v h %v l %v c %v v %v n %d vw %v", b.Open, b.High, b.Low, b.Close, b.Volume, b.Count(),
				b.Turnover.Over(b.Volume))
		}
	}
	for start, trades := range byStart {
		sum := addUp(trades)
		want := sum.bar(k)
		if got[start] != want {
			w.t.Fatalf("S%d on %v: bar %s of %v, %d trades\n got %s\nwant %s", id, w.now, k, time.Unix(int64(start), 0).UTC(),
				len(trades), got[start], want)
		}
		delete(got, start)
	}
	if len(got) > 0 {
		w.t.Fatalf("S%d: bars of %s without trades: %v", id, k, got)
	}
}

// added is what some trades add up to.
type added struct {
	regular, outside []*dayTrade // that set a price, in the order of their times
	last             market.Price
	volume           market.Quantity
	turnover         market.Turnover
	count            int
}

func addUp(trades []*dayTrade) (a added) {
	for _, k := range trades {
		if k.flags&market.SetsVolume != 0 {
			cost, _ := k.size.Times(k.price)
			a.volume, _ = a.volume.Add(k.size)
			a.turnover, _ = a.turnover.Add(cost)
			a.count++
		}
		switch {
		case k.flags&market.SetsExtended != 0:
			a.outside = append(a.outside, k)
		case k.flags&market.SetsHighLow != 0:
			a.regular = append(a.regular, k)
		}
	}
	for _, all := range [][]*dayTrade{a.regular, a.outside} {
		slices.SortStableFunc(all, func(x, y *dayTrade) int { return int(x.at - y.at) })
	}
	for _, k := range a.regular {
		if k.flags&market.SetsLast != 0 {
			a.last = k.price
		}
	}
	return a
}

// ohlc are the prices of trades in the order of their times: those that set no last price neither open nor close where others do.
func ohlc(trades []*dayTrade) (o, h, l, c market.Price) {
	if len(trades) == 0 {
		return
	}
	h, l = trades[0].price, trades[0].price
	for _, k := range trades {
		h, l = max(h, k.price), min(l, k.price)
	}
	ordered := slices.DeleteFunc(slices.Clone(trades), func(k *dayTrade) bool { return k.flags&(market.SetsLast|market.SetsExtended) == 0 })
	if len(ordered) == 0 {
		ordered = trades
	}
	return ordered[0].price, h, l, ordered[len(ordered)-1].price
}

func (a *added) quote() string {
	o, h, l, _ := ohlc(a.regular)
	return fmt.Sprintf("o %v h %v l %v v %v n %d vw %v", o, h, l, a.volume, a.count, a.turnover.Over(a.volume))
}

func shown(q *market.Quote) string {
	return fmt.Sprintf("o %v h %v l %v v %v n %d vw %v", q.Open, q.High, q.Low, q.Volume, q.Count, q.VWAP)
}

func (a *added) bar(k history.Interval) string {
	prices := a.regular
	if len(prices) == 0 && k != history.Day {
		prices = a.outside
	}
	if len(prices) == 0 && a.count == 0 {
		return ""
	}
	o, h, l, c := ohlc(prices)
	return fmt.Sprintf("o %v h %v l %v c %v v %v n %d vw %v", o, h, l, c, a.volume, a.count, a.turnover.Over(a.volume))
}

func TestQuotesAndBarsAreWhatTheDaysTradesAddUpTo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newDayWorld(t, rapid.IntRange(1, 2).Draw(t, "sources"))
		for range 4 { // the clock has been compared
			w.say(market.Batch{Ticks: []market.Tick{w.trade(2, 0)}})
			w.pass(skewAfter / 2)
		}
		for range rapid.IntRange(1, 25).Draw(t, "events") {
			w.event()
		}
		w.flush()
	})
}

// event is something that happens to an exchange or to a clock.
func (w *dayWorld) event() {
	t := w.t
	switch rapid.SampledFrom([]string{"trades", "trades", "trades", "correction", "correction", "wait", "wait", "long", "flush", "clock"}).
		Draw(t, "event") {
	case "trades":
		var b market.Batch
		for range rapid.IntRange(1, 4).Draw(t, "trades") {
			id := market.SymbolID(rapid.IntRange(0, len(w.truth)-1).Draw(t, "symbol"))
			late := rapid.OneOf(rapid.Int64Range(0, 300_000), rapid.Int64Range(0, 60e6), rapid.Int64Range(0, 30*3600e6)).Draw(t, "late")
			b.Ticks = append(b.Ticks, w.trade(id, time.Duration(late)*time.Microsecond))
			if rapid.IntRange(0, 9).Draw(t, "repeated") == 0 {
				b.Ticks = append(b.Ticks, b.Ticks[len(b.Ticks)-1])
			}
		}
		w.say(b)
	case "correction":
		id := market.SymbolID(rapid.IntRange(0, len(w.truth)-1).Draw(t, "symbol"))
		if n := len(w.truth[id]); n > 0 {
			if k := w.truth[id][rapid.IntRange(0, n-1).Draw(t, "which")]; k.flags != 0 {
				w.say(market.Batch{Corrections: []market.Correction{w.correct(id, k)}})
			}
		}
	case "wait":
		w.pass(time.Duration(rapid.Int64Range(1, 5e6).Draw(t, "wait")) * time.Microsecond)
	case "long":
		w.pass(time.Duration(rapid.Int64Range(60e6, 26*3600e6).Draw(t, "long")) * time.Microsecond)
	case "flush":
		w.flush()
	case "clock":
		w.wall += rapid.SampledFrom([]time.Duration{-24 * time.Hour, -time.Hour, -time.Second, time.Second, time.Hour, 24 * time.Hour}).
			Draw(t, "step")
	}
}
