package consolidate

import (
	"fmt"
	"log/slog"
	"math/big"
	"strings"
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

// The property of splits and dividends: whatever happens to shares, whoever knows it, and whenever that becomes known (before the
// day, at its beginning, in its course, after it, again after a restart), previous close, last price, mark, doubt and bars are those
// of a plain model that computes them anew from all that was said, with fractions of its own.

// splitDay is one trading day of the model.
type splitDay struct {
	date       time.Time
	roll       time.Time
	configured string // what the configuration says: a split, a dividend, "none", or "" nothing
	said       [2]string
	held       string // what held of it when it was over, or holds now, if the program ran then; "" nothing
	seen       bool   // the program ran on that day
	late       bool   // a trade of it came after its end
	prices     []int64
}

func (d *splitDay) last() int64 { return d.prices[len(d.prices)-1] }

// effective is what holds of the day, and whether anything is known.
func (d *splitDay) effective() (what string, known bool) {
	switch {
	case d.configured == "none":
		return "", true
	case d.configured != "":
		return d.configured, true
	case d.said[0] != "":
		return d.said[0], true
	}
	return d.said[1], d.said[1] != ""
}

// fraction is the factor of prices of what happened, and the dividend before it.
func fraction(what string) (factor *big.Rat, dividend *big.Int) {
	factor, dividend = big.NewRat(1, 1), new(big.Int)
	for part := range strings.SplitSeq(what, ", ") {
		var new, old, cash int64
		if n, _ := fmt.Sscanf(part, "split %d:%d", &new, &old); n == 2 {
			factor = big.NewRat(old, new)
		} else if n, _ := fmt.Sscanf(part, "dividend %d", &cash); n == 1 {
			dividend.SetInt64(cash * market.Scale)
		}
	}
	return factor, dividend
}

// half rounds half up.
func half(r *big.Rat) *big.Int {
	n := new(big.Int).Lsh(r.Num(), 1)
	return n.Add(n, r.Denom()).Quo(n, new(big.Int).Lsh(r.Denom(), 1))
}

// after is a price of before what happened.
func after(p *big.Int, what string) *big.Int {
	factor, dividend := fraction(what)
	if dividend.Cmp(p) < 0 {
		p = new(big.Int).Sub(p, dividend)
	}
	return half(factor.Mul(factor, new(big.Rat).SetInt(p)))
}

// resembles reports whether a move is within 1 % of one that a split of a whole number or of 3:2 makes.
func resembles(from, to *big.Int) bool {
	candidates := []*big.Rat{big.NewRat(3, 2), big.NewRat(2, 3)}
	for n := int64(2); n <= 100; n++ {
		candidates = append(candidates, big.NewRat(n, 1), big.NewRat(1, n))
	}
	for _, c := range candidates {
		want := new(big.Rat).Mul(c, new(big.Rat).SetInt(from))
		off := new(big.Rat).Sub(new(big.Rat).SetInt(to), want)
		if off.Abs(off).Mul(off, big.NewRat(100, 1)).Cmp(want) <= 0 {
			return true
		}
	}
	return false
}

// splitWorld is a vendor or two of one stock, the consolidated feed and a board.
type splitWorld struct {
	t     *rapid.T
	hours *calendar.Calendar
	days  []*splitDay
	today int
	now   time.Time
	id    uint64

	// of the run of the program
	c        *consolidator
	conns    []*connection
	board    *board.Board
	began    int  // the day
	down     bool // the first source is
	tookOver bool // a source did on this day: then the previous close does not follow late trades
	trace    []string
}

func (w *splitWorld) note(format string, args ...any) {
	w.trace = append(w.trace, fmt.Sprintf(format, args...))
}

// start starts the program, which asks the vendors.
func (w *splitWorld) start(sources int) {
	cfg := DefaultConfig()
	cfg.MaxMove = 0
	for _, d := range w.days {
		for part := range strings.SplitSeq(d.configured, ", ") {
			a := Adjustment{Symbol: "AAPL", Date: d.date.Format(time.DateOnly), None: part == "none"}
			a.Split, _ = strings.CutPrefix(part, "split ")
			a.Dividend, _ = strings.CutPrefix(part, "dividend ")
			switch {
			case a.None || part == "":
				a.Split, a.Dividend = "", ""
			case a.Split == part:
				a.Split = ""
			default:
				a.Dividend = ""
			}
			if part != "" {
				cfg.Adjustments = append(cfg.Adjustments, a)
			}
		}
	}
	if err := cfg.Validate(); err != nil {
		w.t.Fatal(err)
	}
	dir := market.NewDirectory()
	dir.Add(market.Symbol{Symbol: "AAPL", Market: "us"})
	var all []feed.Source
	for i := range sources {
		all = append(all, &fakeSource{info: feed.Info{Name: string(rune('a' + i)), Remote: true}})
	}
	f := New(cfg, 15*time.Second, all, dir, w.hours, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	f.KeepTrades(1000)
	w.c, w.conns, w.began, w.down = f.consolidator, f.connections, w.today, false
	w.c.wall = func(time.Time) market.Time { return market.TimeOf(w.now) }
	kept := history.Config{Trades: history.TradesAtOnce, Ledger: 1000}
	for k := range kept.Bars {
		kept.Bars[k] = 1000
	}
	w.board = board.New(board.Config{History: kept, Directory: dir, Source: f.Info().Name})
	us, _ := w.hours.Market("us")
	w.board.TradingDays(func(string) history.Days {
		return func(at market.Time) (from, to market.Time) {
			return market.TimeOf(us.Rolled(at.Std())), market.TimeOf(us.NextRoll(at.Std()))
		}
	})
	w.c.out.publish = func(b market.Batch) { w.board.Gather(b) }
	for _, conn := range w.conns {
		w.c.receive(conn, market.Batch{Status: &market.Status{State: market.Live}}, w.now)
	}
	w.tick()
	for i := range w.days {
		w.days[i].seen = i >= w.today
	}
	w.note("start on %d", w.today)
	asks := []func(){w.figures, func() { w.ask(0) }, func() { w.ask(1) }}
	for _, i := range rapid.Permutation([]int{0, 1, 2}).Draw(w.t, "order") {
		asks[i]()
	}
}

// tick has all sources send half a quote, which shows the exchange's clock, and nothing of the price.
func (w *splitWorld) tick() {
	k := market.Tick{Kind: market.KindQuote, Flags: market.HasBid, Bid: 1, Time: market.TimeOf(w.now)}
	for _, conn := range w.conns {
		w.c.receive(conn, market.Batch{Ticks: []market.Tick{k}}, w.now)
	}
}

// failOver has the first source break or come back, so that the other takes over, or it takes over again.
func (w *splitWorld) failOver() {
	if len(w.conns) < 2 {
		return
	}
	w.down, w.tookOver = !w.down, true
	state := map[bool]market.State{true: market.Down, false: market.Live}[w.down]
	w.c.receive(w.conns[0], market.Batch{Status: &market.Status{State: state}}, w.now)
	w.note("the first source is %v", state)
	for range 40 { // longer than feed.failback_after
		w.now = w.now.Add(time.Second)
		w.tick()
		w.c.visitSlice(w.now)
	}
	want := w.conns[0].source
	if w.down {
		want = w.conns[1].source
	}
	if got := w.c.symbols[0].source; got != want {
		w.t.Fatalf("the source is %v, want %v", got.name, want.name)
	}
}

// ask has a vendor say all that it knows.
func (w *splitWorld) ask(source int) {
	if source >= len(w.conns) {
		return
	}
	all := market.Actions{Symbols: []market.SymbolID{0}, From: w.days[0].date, To: w.days[len(w.days)-1].date}
	for _, d := range w.days {
		if a, err := market.ParseAdjustment(d.said[source]); err != nil {
			w.t.Fatal(err)
		} else if d.said[source] != "" {
			all.All = append(all.All, market.Action{Date: d.date, Adjustment: a})
		}
	}
	w.c.receive(w.conns[source], market.Batch{Actions: &all}, w.now)
}

// figures has all vendors say what they know of the day over REST, as traded.
func (w *splitWorld) figures() {
	im := market.Quote{}
	if d := w.days[w.today]; len(d.prices) > 0 {
		im.Price, im.Time, im.Open = market.Price(d.last()), market.TimeOf(w.now), market.Price(d.prices[0])
		im.Set |= market.FieldPrice | market.FieldTime | market.FieldOpen
	}
	for i := w.today - 1; i >= 0; i-- {
		if d := w.days[i]; len(d.prices) > 0 {
			if im.PreviousClose = market.Price(d.last()); im.Set == 0 {
				im.Price, im.Time = im.PreviousClose, market.TimeOf(d.roll.Add(12*time.Hour))
				im.Set |= market.FieldPrice | market.FieldTime
			}
			im.Set |= market.FieldPreviousClose
			break
		}
	}
	for _, conn := range w.conns {
		w.c.receive(conn, market.Batch{Images: []market.Quote{im}}, w.now)
	}
}

// trade makes a trade, at a price above which it is not refused.
func (w *splitWorld) trade(price int64, at time.Time) {
	w.id++
	for _, conn := range w.conns {
		w.c.receive(conn, market.Batch{Ticks: []market.Tick{{Kind: market.KindTrade, Flags: market.Regular, Price: market.Price(price),
			Size: market.Units(7), Time: market.TimeOf(at), ID: w.id}}}, w.now)
	}
}

// base is where the day whose last price is the previous close stands; -1: there is none.
func (w *splitWorld) base() int {
	for i := w.today - 1; i >= 0; i-- {
		if len(w.days[i].prices) > 0 {
			return i
		}
	}
	return -1
}

// check compares what is published with the model.
func (w *splitWorld) check(when string) {
	w.note("%s on %d", when, w.today)
	w.tick()
	for range 3 {
		w.now = w.now.Add(w.c.rounds.every)
		w.c.visitSlice(w.now)
	}
	var changes board.Changes
	for r := w.board.Take(); r != nil; r = w.board.Take() {
		w.board.Commit(r, &changes)
	}
	today := w.days[w.today]
	what, known := today.effective()
	today.held = what
	var picked [1]board.Version
	w.board.Versions([]market.SymbolID{0}, picked[:])
	q := picked[0].Quote
	base, last := w.base(), w.today
	if len(today.prices) == 0 {
		last = base
	}
	if base < 0 {
		return
	}
	pc := big.NewInt(w.days[base].last())
	for i := base + 1; i <= w.today; i++ {
		if w.days[i].seen {
			pc = after(pc, w.days[i].held)
		}
	}
	p := pc
	if last == w.today {
		p = big.NewInt(today.last())
	}
	fail := func(format string, args ...any) {
		w.t.Helper()
		w.t.Fatalf("%s: %s\n%s", when, fmt.Sprintf(format, args...), strings.Join(w.trace, "\n"))
	}
	if int64(q.PreviousClose) != pc.Int64() || q.Adjusted != what {
		fail("the previous close is %d by %q, want %v by %q", q.PreviousClose, q.Adjusted, pc, what)
	}
	if int64(q.Price) != p.Int64() {
		fail("the last price is %d, want %v", q.Price, p)
	}
	doubt := len(today.prices) > 0 && !(known && what == "") && resembles(pc, big.NewInt(today.prices[0]))
	if got := q.Reason == market.InDoubt; got != doubt && !w.days[base].late {
		fail("in doubt is %v, want %v: %d after %v", got, doubt, today.prices, pc)
	}
	w.checkBars(fail)
}

// checkBars compares the bars of the days since the program began.
func (w *splitWorld) checkBars(fail func(string, ...any)) {
	var bars [64]history.Bar
	n, _ := w.board.SelectBars(0, &history.Range{Interval: history.Day, To: 1 << 31, Fields: history.AllBarFields, Adjusted: true}, 0, bars[:])
	for _, b := range bars[:n] {
		for i, d := range w.days {
			if d.roll.Unix() != int64(b.Start) {
				continue
			}
			factor := big.NewRat(1, 1)
			for _, later := range w.days[i+1 : w.today+1] {
				what, _ := later.effective()
				by, _ := fraction(what)
				factor.Mul(factor, by)
			}
			want := half(new(big.Rat).Mul(factor, new(big.Rat).SetInt64(d.last())))
			if int64(b.Close) != want.Int64() {
				fail("the bar of day %d closes at %d, want %v: %d by %v", i, b.Close, want, d.last(), factor)
			}
			volume := half(new(big.Rat).Quo(new(big.Rat).SetInt64(int64(b.Count())*7*market.Scale), factor))
			if got := b.Volume.String(); got != decimal(volume) {
				fail("the volume of day %d is %s, want %s", i, got, decimal(volume))
			}
		}
	}
}

// decimal writes a count of 1e-9.
func decimal(n *big.Int) string {
	text := new(big.Rat).SetFrac(n, big.NewInt(market.Scale)).FloatString(9)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

func TestSplitsAndDividendsAreThoseOfAPlainModel(t *testing.T) {
	hours, err := calendar.New(calendar.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	us, _ := hours.Market("us")
	happened := rapid.SampledFrom([]string{"", "", "split 10:1", "split 1:10", "split 3:2", "split 7:1", "dividend 2",
		"dividend 3, split 2:1"})
	rapid.Check(t, func(t *rapid.T) {
		w := &splitWorld{t: t, hours: hours}
		at := time.Date(2026, time.November, 18, 9, 0, 0, 0, time.UTC)
		for range 7 { // with a weekend, Thanksgiving and a half day
			w.days = append(w.days, &splitDay{date: time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC), roll: at,
				configured: rapid.OneOf(rapid.Just(""), rapid.Just(""), rapid.Just("none"), happened).Draw(t, "configured")})
			at = us.NextRoll(at).UTC()
		}
		sources := rapid.IntRange(1, 2).Draw(t, "sources")
		// learn has a vendor learn, or unlearn, what happened before a day.
		learn := func() {
			d, s := w.days[rapid.IntRange(0, len(w.days)-1).Draw(t, "of")], rapid.IntRange(0, sources-1).Draw(t, "who")
			d.said[s] = happened.Draw(t, "what")
			w.note("%d says %q of %v", s, d.said[s], d.date)
			w.ask(s)
		}
		price := int64(1000 * market.Scale)
		for w.today = range w.days {
			d := w.days[w.today]
			w.tookOver = false
			w.now = d.roll.Add(time.Duration(rapid.IntRange(3, 600).Draw(t, "seconds")) * time.Second)
			if w.c == nil || rapid.IntRange(0, 4).Draw(t, "restart") == 0 {
				w.start(sources)
			}
			w.check("after the roll")
			if rapid.IntRange(0, 3).Draw(t, "fails") == 0 {
				w.failOver()
				w.check("after another source took over before the session")
			}
			for range rapid.IntRange(0, 2).Draw(t, "news") {
				learn()
				w.check("after news before the session")
			}
			if base := w.base(); !w.tookOver && base >= w.began && base == w.today-1 && rapid.IntRange(0, 4).Draw(t, "late") == 0 {
				b := w.days[base]
				b.late = true
				b.prices = append(b.prices, b.last()+7)
				w.tick()
				w.trade(b.last(), b.roll.Add(11*time.Hour+59*time.Minute))
				w.check("after a late trade")
			}
			w.now = d.roll.Add(6 * time.Hour)
			for range rapid.IntRange(0, 3).Draw(t, "trades") {
				if len(d.prices) == 0 {
					factor, _ := fraction(happened.Draw(t, "truth"))
					price = max(half(factor.Mul(factor, big.NewRat(price, 1))).Int64(), market.Scale)
				}
				price += price / 1000 * rapid.Int64Range(-5, 5).Draw(t, "move")
				price = min(price, 1e6*market.Scale)
				d.prices = append(d.prices, price)
				w.now = w.now.Add(time.Minute)
				w.trade(price, w.now)
				w.check("after a trade")
			}
			switch rapid.IntRange(0, 7).Draw(t, "then") {
			case 0:
				w.start(sources)
				w.check("after a restart in the day")
			case 1:
				learn()
				w.check("after news in the day")
			case 2, 3:
				w.failOver()
				w.check("after another source took over")
			}
		}
	})
}
