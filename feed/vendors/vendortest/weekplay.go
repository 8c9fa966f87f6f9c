package vendortest

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/broadcast/board"
	"tickertape/broadcast/history"
	"tickertape/feed"
	"tickertape/feed/calendar"
	"tickertape/feed/consolidate"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// WeekVendor is a feed of stocks, and the server that it speaks to, which tells it of a [Week].
type WeekVendor struct {
	Server *Server
	// Open makes the sources of a program. Each program has its own.
	Open func(env vendors.Env) []feed.Source
	// Tell sends a trade to those who have subscribed, and reports whether there is anybody.
	Tell func(k *WeekTrade) bool

	Silence time.Duration // as [feed.Config.Silence]; 0: the default

	// What the vendor cannot know.
	NoSplits bool // what happens to shares: the configuration says it
	NoVolume bool // its figures have no volume: only what was streamed counts
	NoEarly  bool // its figures have nothing of a day until the regular session begins
	Own      bool // it has only what was traded on one exchange, but the closes of all
}

// settled is how long after its beginning, or that of a connection, a program may take to know the day's figures: those of a
// connection are complete after 90 seconds, and rest_per_minute can be five.
const settled = 6 * time.Minute

// asked is how long after a trading day or its regular session has begun figures of before may be missing: they are asked for within
// five minutes.
const asked = 6 * time.Minute

// answerTime is how long the vendor takes to answer: trades stream in meanwhile.
const answerTime = 700 * time.Millisecond

// program is all that stands between a vendor and a viewer, from start to stop.
type program struct {
	dir    *market.Directory
	board  *board.Board
	began  time.Time
	cancel context.CancelFunc
	done   chan error
}

// start begins a program that knows nothing.
func (p *play) start() {
	t, v := p.t, &p.v
	t.Helper()
	log, reg := slog.New(slog.DiscardHandler), prometheus.NewRegistry()
	env := v.Server.Env(t)
	env.Dir, env.Hours, env.Log = market.NewDirectory(), p.w.All, log
	env.Faults = vendors.NewFaults(slog.New(slog.NewTextHandler(p, nil)), reg)
	cfg := feed.DefaultConfig()
	if v.Silence > 0 {
		cfg.Silence = v.Silence
	}
	supervisor := feed.NewSupervisor(cfg, log, reg)
	var sources []feed.Source
	for _, s := range v.Open(env) {
		hours, _ := p.w.All.Market(s.Info().Market)
		sources = append(sources, supervisor.Supervise(Joined(t, s), hours.Open))
	}
	rules := consolidate.DefaultConfig()
	if v.NoSplits {
		rules.Adjustments = []consolidate.Adjustment{{Symbol: Divided, Date: vendors.Date(SplitDate), Split: fmt.Sprintf("%d:1", SplitNew)}}
	}
	f := consolidate.New(rules, cfg.Silence, sources, env.Dir, env.Hours, log, reg)
	f.KeepTrades(100_000)
	kept := history.DefaultConfig()
	kept.Ledger = 100_000
	b := board.New(board.Config{History: kept, Directory: env.Dir, Source: f.Info().Name, Started: market.TimeOf(time.Now())})
	b.TradingDays(func(string) history.Days {
		return func(at market.Time) (from, to market.Time) {
			return market.TimeOf(p.w.Hours.Rolled(at.Std())), market.TimeOf(p.w.Hours.NextRoll(at.Std()))
		}
	})
	ctx, cancel := context.WithCancel(context.Background())
	p.program = &program{dir: env.Dir, board: b, began: time.Now(), cancel: cancel, done: make(chan error, 1)}
	go func() {
		p.program.done <- f.Run(ctx, func(batch market.Batch) { b.Gather(batch) })
	}()
}

// stop ends the program.
func (p *play) stop() {
	p.program.cancel()
	if err := <-p.program.done; err != nil {
		p.t.Errorf("the feed ended with %v", err)
	}
	p.program = nil
}

// flush commits what was gathered.
func (q *program) flush() {
	var changes board.Changes
	for r := q.board.Take(); r != nil; r = q.board.Take() {
		q.board.Commit(r, &changes)
		changes.Published()
	}
}

// quote is what a viewer sees of a symbol; known is false where there is nothing.
func (q *program) quote(symbol string) (quote market.Quote, known bool) {
	id, listed := q.dir.ID(symbol)
	if !listed || int(id) >= q.board.Size() {
		return quote, false
	}
	var v [1]board.Version
	q.board.Versions([]market.SymbolID{id}, v[:])
	return v[0].Quote, v[0].Last > 0
}

// play has a vendor tell a program of a week, and a viewer look at it.
type play struct {
	t       *testing.T
	w       *Week
	v       WeekVendor
	program *program // nil while none runs

	broken bool      // the vendor cannot be reached
	since  time.Time // when it could be reached again; zero: always
	looks  int
	faults map[string]int // that differ, by day, symbol and field
}

// event is something that happens at a time of a week.
type event struct {
	at time.Time
	do func()
}

// PlayWeek plays a week in a synctest bubble from one time to another: a program follows the vendor, and what a viewer of it sees is
// compared with what is true at each hour, and at the edges between sessions. Meanwhile the program is started anew, and the vendor
// cannot be reached, as the week has it.
func PlayWeek(t *testing.T, w *Week, from, to time.Time, v WeekVendor) {
	if testing.Short() {
		t.Skip("a week takes some seconds")
	}
	p := &play{t: t, w: w, v: v, faults: map[string]int{}}
	var events []event
	add := func(at time.Time, do func()) {
		if at.After(from) && at.Before(to) {
			events = append(events, event{at, do})
		}
	}
	sent := 0
	for _, k := range w.Trades {
		if k.Own || !v.Own {
			add(k.At, func() {
				if k.Seen = v.Tell(k); k.Seen {
					sent++
				}
			})
		}
	}
	trades := len(events)
	for _, restart := range w.restarts() {
		add(restart[0], p.stop)
		add(restart[1], p.start)
	}
	for _, outage := range w.outages() {
		add(outage[0], p.fail)
		add(outage[1], p.mend)
	}
	for _, at := range looks(w) {
		add(at, p.look)
	}
	slices.SortStableFunc(events, func(a, b event) int { return a.at.Compare(b.at) })
	time.Sleep(time.Until(from))
	v.Server.Delay(answerTime)
	p.start()
	for _, e := range events {
		time.Sleep(time.Until(e.at))
		e.do()
	}
	p.stop()
	t.Logf("%d looks, %d of %d trades were sent", p.looks, sent, trades)
	for _, what := range slices.Sorted(maps.Keys(p.faults)) {
		t.Logf("%s differs %d times", what, p.faults[what])
	}
	if hours := int(to.Sub(from).Hours()); p.looks < hours || sent < trades*9/10 {
		t.Errorf("%d looks within %d hours, and %d of %d trades were sent: that is no week", p.looks, hours, sent, trades)
	}
}

// fail has the vendor unreachable.
func (p *play) fail() {
	p.broken = true
	p.v.Server.Vanish()
	for _, s := range p.v.Server.Sockets() {
		s.Drop()
	}
}

// mend ends fail.
func (p *play) mend() {
	p.broken, p.since = false, time.Now()
	p.v.Server.Accept()
	p.v.Server.Delay(answerTime)
}

// looks are when a viewer looks: at each hour, some seconds after it, and at the edges, before and after.
func looks(w *Week) (all []time.Time) {
	for day := Friday; !day.After(LastDay); day = day.AddDate(0, 0, 1) {
		for hour := range 24 {
			all = append(all, w.Clock(day, hour, 0, 4))
		}
		for _, edge := range [][2]int{{3, 29}, {3, 31}, {3, 59}, {4, 1}, {4, 7}, {9, 29}, {9, 31}, {9, 37}, {11, 22}, {11, 31}, {12, 59}, {13, 1},
			{13, 12}, {15, 59}, {16, 1}, {16, 59}, {17, 1}, {19, 59}, {20, 1}, {20, 7}} {
			all = append(all, w.Clock(day, edge[0], edge[1], 0))
		}
	}
	return all
}

// truth is what a viewer should see of a symbol. 0 is a price that there is not.
type truth struct {
	price, previous, open, high, low, extended market.Price
	own                                        market.Price // as price, by the trades of one exchange
	volume                                     int64
	states                                     []market.State
}

// truth is what is true of a symbol now, as far as the vendor can know it.
func (p *play) truth(symbol string, now time.Time) (is truth) {
	trades := p.w.Of(symbol, now, symbol == After)
	today := p.w.Hours.Date(now)
	for _, b := range Bars(trades) {
		closed := Comparable(symbol, b.Close, b.Date, today)
		if closed == 0 {
			continue
		}
		if is.price = closed; !b.Date.Equal(today) {
			is.previous = closed
		}
	}
	if p.v.Own {
		trades = Own(trades)
	}
	for _, b := range Bars(trades) {
		if b.Close != 0 {
			is.own = Comparable(symbol, b.Close, b.Date, today)
		}
		if b.Date.Equal(today) {
			is.open, is.high, is.low, is.extended, is.volume = b.Open, b.High, b.Low, b.Extended, b.Volume
		}
	}
	rolled, open := p.w.Hours.Rolled(now), p.w.Clock(today, 9, 30, 0)
	late := p.program.began.After(rolled) // it has missed what was traded before
	early := p.v.NoEarly || rolled.Hour() == 20 && p.program.began.Before(p.w.Clock(today, 4, 0, 0))
	if p.v.NoVolume || early && late && now.Before(open.Add(asked)) {
		is.volume = 0
		for _, k := range trades {
			if k.Seen && k.Sale.Counts() && k.Date.Equal(today) && k.At.After(p.program.began) {
				is.volume += k.Size
			}
		}
	}
	is.states = p.states(symbol, now, trades)
	return is
}

// states are those that a symbol may have now.
func (p *play) states(symbol string, now time.Time, trades []*WeekTrade) []market.State {
	const slack = time.Second
	renamed := !now.Before(p.w.Hours.Begins(RenameDate))
	seen := 0
	var age time.Duration
	for _, k := range trades {
		if age = now.Sub(k.At); k.Seen && k.At.After(p.program.began) {
			seen++
		}
	}
	switch {
	case p.broken:
		return []market.State{market.Down}
	case symbol == Before && renamed:
		return []market.State{market.Closed, market.Stale, market.Down}
	case symbol == After && !renamed:
		return []market.State{market.Down}
	case symbol == After && trades[len(trades)-1].Symbol != After:
		return []market.State{market.Down, market.Closed, market.Stale}
	case age < 15*time.Second-slack:
		return []market.State{market.Live}
	case p.w.Hours.Phase(now) != calendar.Regular && age > 15*time.Second+slack:
		return []market.State{market.Closed}
	case p.w.Hours.Phase(now) != calendar.Regular:
		return []market.State{market.Closed, market.Live}
	case age > 10*time.Minute+slack:
		return []market.State{market.Stale}
	case seen > 1 && age < 10*time.Minute-slack:
		return []market.State{market.Live}
	}
	return []market.State{market.Live, market.Stale}
}

// look compares what a viewer sees with what is true.
func (p *play) look() {
	synctest.Wait()
	if p.program == nil {
		return
	}
	p.looks++
	p.program.flush()
	now := time.Now()
	p.compareSource(now)
	for _, symbol := range WeekStocks {
		got, _ := p.program.quote(symbol)
		p.compare(symbol, now, &got)
	}
}

// unsettled reports whether the vendor cannot be reached, or a program or connection has not yet had the time to ask for the figures.
func (p *play) unsettled(now time.Time) bool {
	return p.broken || now.Before(p.program.began.Add(settled)) || !p.since.IsZero() && now.Before(p.since.Add(settled))
}

// compareSource reports a source whose state is wrong: it is never down while the vendor can be reached, and live in the session.
func (p *play) compareSource(now time.Time) {
	if p.unsettled(now) && !p.broken {
		return
	}
	phase := p.w.Hours.Phase(now)
	for _, s := range p.program.board.SourceStates().Sources {
		if (s.State == market.Down) != p.broken || phase == calendar.Regular && !p.broken && s.State != market.Live {
			p.differs(now, "the source", "state", s.State.String()+" "+s.Message, fmt.Sprintf("down: %t, in the %v session", p.broken, phase))
		}
	}
}

// compare reports what differs. While it is unsettled, values may be missing or old, but the previous close is never wrong.
func (p *play) compare(symbol string, now time.Time, got *market.Quote) {
	is := p.truth(symbol, now)
	unsettled := p.unsettled(now)
	price := func(field string, bit market.Fields, got market.Price, set market.Fields, wanted ...market.Price) {
		if set&bit == 0 {
			got = 0
		}
		if !slices.Contains(wanted, got) {
			p.differs(now, symbol, field, got.String(), fmt.Sprint(wanted))
		}
	}
	gone := symbol == Before && !now.Before(p.w.Hours.Begins(RenameDate)) ||
		symbol == After && now.Before(p.w.Hours.Begins(HalfDay)) // history may not go with the name
	prices, closes := []market.Price{is.price}, []market.Price{is.previous}
	if p.v.Own {
		prices = append(prices, is.own)
		if p.w.Hours.Phase(now) == calendar.Regular {
			prices = prices[1:]
		}
		if now.Before(p.w.Hours.Rolled(now).Add(asked)) || gone {
			closes = append(closes, is.own)
		}
	}
	if gone {
		prices = append(prices, 0)
	}
	if gone || unsettled {
		closes = append(closes, 0)
	}
	price("pc", market.FieldPreviousClose, got.PreviousClose, got.Set, closes...)
	if (!unsettled || p.broken) && !slices.Contains(is.states, got.State) {
		p.differs(now, symbol, "state", got.State.String()+" "+got.Reason, fmt.Sprint(is.states))
	}
	if unsettled {
		return
	}
	price("price", market.FieldPrice, got.Price, got.Set, prices...)
	if want, is := is.price-is.previous, got.Price-got.PreviousClose; !gone && !p.v.Own && want != is {
		p.differs(now, symbol, "change", is.String(), want.String())
	}
	price("open", market.FieldOpen, got.Open, got.Set, is.open)
	price("high", market.FieldHigh, got.High, got.Set, is.high)
	price("low", market.FieldLow, got.Low, got.Set, is.low)
	extended := []market.Price{is.extended}
	if !p.hasSeen(symbol, now) {
		extended = append(extended, 0)
	}
	price("extended", market.FieldExtended, got.Extended, got.Set, extended...)
	volume := got.Volume
	if got.Set&market.FieldVolume == 0 {
		volume = market.Quantity{}
	}
	if want := market.Units(uint64(is.volume)); volume != want {
		p.differs(now, symbol, "volume", volume.String(), want.String())
	}
}

// hasSeen reports whether the program has been sent the newest trade of a symbol that sets a last price.
func (p *play) hasSeen(symbol string, now time.Time) bool {
	for _, k := range slices.Backward(p.w.Of(symbol, now, false)) {
		if k.Sale.Last() || k.Sale == Outside {
			return k.Seen && k.At.After(p.program.began)
		}
	}
	return true
}

// each is how many differences of a day, symbol and field are reported one by one.
const each = 3

func (p *play) differs(now time.Time, symbol, field, got, want string) {
	at := now.In(p.w.Hours.Zone())
	what := at.Format("Mon 2 Jan") + ": " + symbol + ": " + field
	p.faults[what]++
	if p.faults[what] <= each {
		p.t.Errorf("%s: %s: %s is %s, want %s", at.Format("Mon 2 Jan 15:04:05"), symbol, field, got, want)
	}
}

// Write takes the log of faults: a fault of the vendor's messages is one of this test.
func (p *play) Write(line []byte) (int, error) {
	if !strings.Contains(string(line), "kind=symbol") { // the ticker that is not known yet, or no more
		p.t.Errorf("%s: %s", time.Now().In(p.w.Hours.Zone()).Format("Mon 2 Jan 15:04:05"), strings.TrimSpace(string(line)))
	}
	return len(line), nil
}
