package board

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"tickertape/broadcast/history"
	"tickertape/feed/market"
)

// The board against a plain reference that takes in batches one by one, without records, and against itself.

const symbols = 6

func newDirectory(n int) *market.Directory {
	dir := market.NewDirectory()
	for i := range n {
		if _, err := dir.Add(market.Symbol{Symbol: fmt.Sprintf("S%d", i), PreviousClose: market.Price(i%2) * market.Scale}); err != nil {
			panic(err)
		}
	}
	return dir
}

// small keeps so little that what is kept no more comes up.
func small() history.Config {
	c := history.Config{Trades: history.TradesAtOnce, Ledger: 100_000}
	for k := range c.Bars {
		c.Bars[k] = 3
	}
	c.Bars[1] = 0
	return c
}

func newBoard(n int, kept history.Config) *Board {
	return New(Config{History: kept, Directory: newDirectory(n), Source: "one,two", Started: 1})
}

// reference is what the board should be.
type reference struct {
	dir       *market.Directory
	kept      history.Config
	cells     []referenceCell
	histories []*history.Symbol
	versions  []Version
	sources   map[string]market.State
	seq       Seq
	ticks     int
	rejected  [market.NumRejects]int
	unknown   int
	unmended  int
	published bool // something was, since the last flush
}

type referenceCell struct {
	market.Tally
	own      market.State
	received market.Time
	touched  bool // since the last flush
}

func newReference(n int, kept history.Config) *reference {
	f := &reference{dir: newDirectory(n), kept: kept, sources: map[string]market.State{"one": market.Down, "two": market.Down}}
	for i := range n {
		id := market.SymbolID(i)
		f.cells = append(f.cells, referenceCell{Tally: market.NewTally(id, f.dir.Symbol(id).PreviousClose, market.NewLedgers(100_000))})
		f.histories = append(f.histories, nil)
	}
	return f
}

func (f *reference) history(id market.SymbolID) *history.Symbol {
	if f.histories[id] == nil {
		f.histories[id] = history.NewSymbol(nil)
	}
	return f.histories[id]
}

func (f *reference) state() market.State {
	state := market.Down
	for _, s := range f.sources {
		state = min(state, s)
	}
	return state
}

func (f *reference) apply(b market.Batch) {
	if b.Status != nil {
		f.sources[b.Status.Source] = b.Status.State
	}
	for i := range b.Images {
		if im := &b.Images[i]; int(im.Symbol) >= len(f.cells) {
			f.unknown++
		} else if c := &f.cells[im.Symbol]; f.accept(c.Tally.Image(im), c) {
			if im.Set&market.FieldState != 0 {
				c.own = im.State
			}
			c.received = max(c.received, market.TimeOf(time.Now()))
		}
	}
	for i := range b.Ticks {
		f.tick(&b.Ticks[i])
	}
	for i := range b.Corrections {
		k := &b.Corrections[i]
		if int(k.Symbol) >= len(f.cells) {
			f.unknown++
			continue
		}
		c := &f.cells[k.Symbol]
		touched := c.touched
		was, r := c.Tally.Correct(k)
		switch h := f.histories[k.Symbol]; {
		case !f.accept(r, c):
		case !was.Applied:
			c.touched = touched
			f.unmended++
		case h != nil && !h.Correct(k, &was, &c.Tally, f.seq+1, &f.kept):
			f.unmended++
		}
		if h := f.histories[k.Symbol]; h != nil {
			f.published = f.published || h.TradesChanged(f.seq)
		}
	}
	f.series(&b)
}

// series takes over bars and trades of another server.
func (f *reference) series(b *market.Batch) {
	for i := range b.Bars {
		x := &b.Bars[i]
		if int(x.Symbol) >= len(f.cells) {
			f.unknown++
		} else if history.ImportBars(f.history(x.Symbol), x, f.seq+1, &f.kept) {
			f.published = true
		}
	}
	for i := range b.Trades {
		x := &b.Trades[i]
		if int(x.Symbol) >= len(f.cells) {
			f.unknown++
		} else if history.ImportTrades(f.history(x.Symbol), x, f.seq+1, &f.kept) {
			f.published = true
		}
	}
}

// accept counts what became of something.
func (f *reference) accept(r market.Reject, c *referenceCell) bool {
	if r != market.Accepted {
		f.rejected[r]++
		return false
	}
	c.touched = true
	return true
}

func (f *reference) tick(t *market.Tick) {
	if int(t.Symbol) >= len(f.cells) {
		f.unknown++
		return
	}
	c := &f.cells[t.Symbol]
	touched := c.touched
	if t.Received == 0 {
		t.Received = market.TimeOf(time.Now())
	}
	if !f.accept(c.Tally.Apply(t), c) {
		return
	}
	f.ticks++
	switch t.Kind {
	case market.KindAlive:
		c.touched = touched
		return
	case market.KindState:
		c.own = t.State
	case market.KindTrade:
		p := history.Trade{ID: t.ID, Price: t.Price, Size: t.Size, Time: t.Time, Conditions: t.Conditions, Flags: t.Flags}
		if p.Time == 0 {
			p.Time = t.Received
		}
		f.history(t.Symbol).Trade(&p, f.seq+1, &f.kept)
		f.published = true
	case market.KindSession:
		if t.Time != 0 {
			h := f.history(t.Symbol)
			h.Session(t.Time, f.seq+1)
			f.published = f.published || h.TradesChanged(f.seq)
		}
	case market.KindRoll:
		f.history(t.Symbol).Roll(t.Time)
	}
	c.received = max(c.received, t.Received)
}

// flush publishes what has changed.
func (f *reference) flush() {
	state := f.state()
	for i := range f.cells {
		c := &f.cells[i]
		if !c.touched && c.Known()&^market.FieldPreviousClose == 0 {
			continue
		}
		c.touched = false
		q := c.Tally.Quote()
		if q.State = max(c.own, state); q.State != market.Live {
			q.Set |= market.FieldState
		}
		for len(f.versions) <= i {
			f.versions = append(f.versions, Version{})
		}
		v := &f.versions[i]
		changed := q.Changes(&v.Quote)
		for bit := range v.Changed {
			if changed&(1<<bit) != 0 {
				v.Changed[bit], v.Last = f.seq+1, f.seq+1
			}
		}
		if changed != 0 {
			v.Symbol, v.Quote, v.Received = f.dir.Symbol(market.SymbolID(i)).Symbol, q, c.received
			f.published = true
		}
	}
	if f.published {
		f.published = false
		f.seq++
	}
}

// world is a board, its twin and the reference, fed with the same.
type world struct {
	board, twin *Board
	reference   *reference
	changes     Changes
	ticks       int
	rejected    [market.NumRejects]int
	unknown     int
	unmended    int
}

func newWorld() *world {
	return &world{board: newBoard(symbols, small()), twin: newBoard(symbols, small()), reference: newReference(symbols, small())}
}

func (w *world) gather(b market.Batch) {
	w.reference.apply(b)
	g := w.board.Gather(b)
	w.ticks += g.Alive
	w.unknown += g.Unknown
	for r, n := range g.Rejected {
		w.rejected[r] += n
	}
}

// commit commits what was gathered, and finds the first difference in what is published.
func (w *world) commit() error {
	record := w.board.Take()
	w.reference.flush()
	if record == nil {
		if w.reference.seq != w.board.seq {
			return fmt.Errorf("nothing was gathered, but seq %d is to be published", w.reference.seq)
		}
		return nil
	}
	done := w.board.Commit(record, &w.changes)
	var told Changes
	w.twin.Commit(record, &told)
	w.ticks += done.Ticks
	w.unmended += done.Uncorrected
	for r, n := range done.Rejected {
		w.rejected[r] += n
	}
	f := w.reference
	if w.board.seq != f.seq || w.changes.Seq != f.seq {
		return fmt.Errorf("seq %d, changes up to %d, want %d", w.board.seq, w.changes.Seq, f.seq)
	}
	if len(f.versions) != len(w.board.versions) {
		return fmt.Errorf("%d versions, want %d", len(w.board.versions), len(f.versions))
	}
	var quotes, traded []market.SymbolID
	for i := range f.versions {
		if got, want := &w.board.versions[i], &f.versions[i]; *got != *want && want.Last != 0 {
			return fmt.Errorf("flush %d, symbol %d:\n got %+v\nwant %+v", f.seq, i, *got, *want)
		}
		if f.versions[i].Last > w.changes.From {
			quotes = append(quotes, market.SymbolID(i))
		}
	}
	for i, h := range f.histories {
		if h.TradesChanged(w.changes.From) {
			traded = append(traded, market.SymbolID(i))
		}
	}
	if !slices.Equal(quotes, w.changes.Quotes) || !slices.Equal(traded, w.changes.Traded) {
		return fmt.Errorf("changes from %d: quotes %v, traded %v, want %v, %v", w.changes.From, w.changes.Quotes,
			w.changes.Traded, quotes, traded)
	}
	return nil
}

// pricesOf are the prices of all trades that are kept for their corrections.
func pricesOf(y *market.Tally) string {
	regular, outside, complete := y.Between(0, 1<<62)
	return fmt.Sprint(regular, outside, complete)
}

// judge finds the first difference in hidden state.
func (w *world) judge() error {
	f, b := w.reference, w.board
	for i := range b.cells {
		got, want := &b.cells[i], &f.cells[i]
		if got.Quote() != want.Quote() || pricesOf(&got.Tally) != pricesOf(&want.Tally) || got.own != want.own || got.received != want.received {
			return fmt.Errorf("cell %d:\n got %+v %v %v\nwant %+v %v %v", i, got.Tally, got.own, got.received, want.Tally, want.own, want.received)
		}
	}
	for i, h := range f.histories {
		if got := b.historyOf(market.SymbolID(i)); !reflect.DeepEqual(got, h) {
			return fmt.Errorf("history %d:\n got %+v\nwant %+v", i, got, h)
		}
	}
	if w.ticks != f.ticks || w.rejected != f.rejected || w.unknown != f.unknown || w.unmended != f.unmended {
		return fmt.Errorf("%d ticks, %v rejected, %d unknown, %d unmended, want %d, %v, %d, %d",
			w.ticks, w.rejected, w.unknown, w.unmended, f.ticks, f.rejected, f.unknown, f.unmended)
	}
	if b.sources.State != f.state() || b.hasQuote != slices.ContainsFunc(f.versions,
		func(v Version) bool { return v.Quote.Set&(market.FieldPrice|market.FieldBid|market.FieldAsk) != 0 }) && !b.hasQuote {
		return fmt.Errorf("sources %v, want %v", b.sources.State, f.state())
	}
	return b.equal(w.twin)
}

// equal finds out whether two boards are the same but for their epochs.
func (b *Board) equal(c *Board) error {
	for name, pair := range map[string][2]any{
		"cells": {b.cells, c.cells}, "versions": {b.versions, c.versions}, "histories": {b.histories, c.histories},
		"sources": {b.sources, c.sources}, "seq": {b.seq, c.seq}, "quoted": {b.hasQuote, c.hasQuote},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			return fmt.Errorf("two boards that committed the same records differ: %s", name)
		}
	}
	return nil
}

// drawn makes batches out of draws: intn is one from 0 up to, and without, n.
type drawn struct {
	intn   func(n int) int
	start  market.Time // of the recording
	now    market.Time
	id     uint64
	trades []market.Correction // of the newest, as if they were cancelled
}

const morning = market.Time(1_795_012_200_000_000)

func newDrawn(intn func(n int) int) *drawn {
	now := market.TimeOf(time.Now())
	return &drawn{intn: intn, start: now, now: now}
}

// one is true once in n times.
func (d *drawn) one(n int) bool { return d.intn(n) == n-1 }

func (d *drawn) time() market.Time {
	d.now += market.Time(d.intn(400_000))
	switch d.intn(12) {
	case 0:
		return 0
	case 1:
		return d.now - market.Time(d.intn(5_000_000))
	default:
		return d.now
	}
}

func (d *drawn) price() market.Price { return market.Price(d.intn(40)-1) * market.Scale / 4 }

func (d *drawn) size() market.Quantity {
	if d.one(300) {
		return market.Units(1 << 62).Scaled(1 << 30)
	}
	return market.Units(uint64(d.intn(4)) * 50)
}

func (d *drawn) symbol() market.SymbolID {
	return market.SymbolID(d.intn(symbols*30+1) % (symbols + 1))
}

func (d *drawn) tick() market.Tick {
	t := market.Tick{Symbol: d.symbol(), Time: d.time(), Received: d.now + market.Time(d.intn(3)) + 1}
	switch k := d.intn(40); {
	case k < 16:
		t.Price, t.Size = d.price(), d.size()
		t.Flags = []market.Flags{market.Regular, market.Regular, market.SetsVolume, market.SetsExtended | market.SetsVolume, market.SetsLast, 0,
			market.Regular.AsOutOfOrder(), (market.SetsExtended | market.SetsVolume).AsOutOfOrder()}[d.intn(8)]
		if !d.one(4) {
			d.id++
			t.ID = d.id
		}
		d.trades = append(d.trades, market.Correction{Symbol: t.Symbol, ID: t.ID,
			Old: market.Print{Price: t.Price, Size: t.Size, Flags: t.Flags}})
		d.trades = d.trades[max(0, len(d.trades)-40):]
	case k < 33:
		t.Kind, t.Bid, t.Ask, t.BidSize, t.AskSize = market.KindQuote, d.price(), d.price(), d.size(), d.size()
		t.Flags = []market.Flags{market.BothSides, market.BothSides, market.HasBid, market.HasAsk, 0}[d.intn(5)]
	case k < 35:
		t.Kind, t.State = market.KindState, market.State(d.intn(5))
	case k < 36:
		t.Kind, t.Price = []market.Kind{market.KindSession, market.KindRoll, market.KindReopen}[d.intn(3)], d.price()
		if d.one(3) {
			t.Time = d.start // a recording begins anew
		}
	case k < 39:
		t.Kind = market.KindAlive
	default:
		t.Kind = 77
	}
	return t
}

func (d *drawn) image() market.Quote {
	im := market.Quote{Symbol: d.symbol(), State: market.State(d.intn(5)), Replaces: d.one(2), Price: d.price(),
		Bid: d.price(), Ask: d.price(),
		Open: d.price(), High: d.price(), Low: d.price(), PreviousClose: d.price(), VWAP: d.price(), Extended: d.price(),
		Size: d.size(), BidSize: d.size(), AskSize: d.size(), Volume: d.size(), Count: uint64(d.intn(9)),
		Time: d.time(), ExtendedTime: d.time(), Source: []string{"one", "two"}[d.intn(2)]}
	im.Set = market.Fields(d.intn(1 << market.NumFields))
	for f := range im.Set.All() {
		if p, isPrice := f.Value(&im).(*market.Price); isPrice && *p <= 0 && !d.one(8) {
			*p = market.Scale
		}
	}
	return im
}

func (d *drawn) correction() (k market.Correction) {
	if len(d.trades) == 0 || d.one(9) {
		return market.Correction{Symbol: d.symbol(), ID: uint64(d.intn(99)),
			Old: market.Print{Price: d.price(), Size: d.size(), Flags: market.Regular}}
	}
	k = d.trades[d.intn(len(d.trades))]
	if k.Time = d.time(); d.one(2) {
		k.New = market.Print{Price: d.price(), Size: d.size(), Flags: k.Old.Flags}
	}
	return k
}

func (d *drawn) batch() (b market.Batch) {
	if d.one(25) {
		b.Status = &market.Status{Source: []string{"one", "two"}[d.intn(2)], State: market.State(d.intn(5))}
	}
	for d.one(20) {
		b.Images = append(b.Images, d.image())
	}
	for range d.intn(8) {
		b.Ticks = append(b.Ticks, d.tick())
	}
	for d.one(8) {
		b.Corrections = append(b.Corrections, d.correction())
	}
	for d.one(30) {
		b.Bars = append(b.Bars, d.bars())
	}
	for d.one(30) {
		b.Trades = append(b.Trades, d.numberedTrades())
	}
	return b
}

// bars are those of another server.
func (d *drawn) bars() market.Bars {
	x := market.Bars{Symbol: d.symbol(), Interval: []string{"1s", "5s", "1m", "1d"}[d.intn(4)], Reset: d.one(2)}
	for start, n := market.Time(1+d.intn(5)), d.intn(6); n > 0; n-- {
		start += market.Time(1 + d.intn(3))
		p := market.Price(1 + d.intn(9))
		x.Bars = append(x.Bars, market.Bar{Start: start * 86400e6, Open: p, High: p, Low: p, Close: p, Count: uint32(d.intn(9))})
	}
	return x
}

// numberedTrades are those of another server.
func (d *drawn) numberedTrades() market.Trades {
	x := market.Trades{Symbol: d.symbol(), Reset: d.one(2)}
	for number, n := uint64(d.intn(9)), d.intn(8); n > 0; n-- {
		number += uint64(1 + d.intn(2))
		x.Trades = append(x.Trades, market.NumberedTrade{Number: number, Price: market.Price(1 + d.intn(9)), Time: market.Time(1 + d.intn(9)),
			Cancelled: d.one(4), Outside: d.one(5)})
	}
	return x
}
