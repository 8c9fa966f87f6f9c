package board

import (
	"math/bits"
	"slices"

	"tickertape/broadcast/history"
	"tickertape/feed/market"
)

// Changes are what commits have changed since they were published last. The zero value is that of a new board. They
// belong to whoever commits.
type Changes struct {
	From, Seq Seq               // everything up to From has been published; the changes are up to Seq
	Quotes    []market.SymbolID // whose quotes changed, in order, each once
	Traded    []market.SymbolID // whose bars or trades changed, in order, each once
	Sources   *SourceStates     // of the sources; nil before the first commit
}

// Published notes that the changes have been published. It keeps the memory of the lists.
func (c *Changes) Published() { c.From, c.Quotes, c.Traded = c.Seq, c.Quotes[:0], c.Traded[:0] }

// Committed is what became of a record, for metrics.
type Committed struct {
	Ticks       int                    // that were applied
	Rejected    [market.NumRejects]int // ticks and corrections that were refused, by reason
	Uncorrected int                    // corrections of trades that are not kept any more: the bars are as they were
}

// Commit applies a record, which changes quotes, bars, trades and the position together, and adds what has changed to
// into. It depends on the record and on what was committed before, and on nothing else: no clock, no order of a map.
// The position grows by one if anything was published. It keeps nothing of the record. One commit follows the other.
func (b *Board) Commit(r *Record, into *Changes) Committed {
	b.committing.Lock()
	defer b.committing.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	before := b.sources.State
	for _, s := range r.Statuses {
		b.sources = b.sources.with(s)
	}
	b.order.sort(r)
	c := commit{b: b, record: r, next: b.seq + 1, feedChanged: b.sources.State != before, changes: into, done: Committed{Ticks: r.Ticks}}
	if c.feedChanged { // the feed's state is one of every symbol that it has ever quoted
		for id := range b.cells {
			if b.cells[id].quoted() {
				b.order.add(market.SymbolID(id))
			}
		}
	}
	for word := range b.order.symbols {
		fetched := uint64(0)
		for set := b.order.symbols[word]; set != 0; set &= set - 1 {
			if set&fetched == 0 {
				fetched = c.fetch(word, set)
			}
			c.symbol(market.SymbolID(word*64 + bits.TrailingZeros64(set)))
		}
		b.order.symbols[word] = 0
	}
	if c.published {
		b.seq = c.next
	}
	into.Seq, into.Sources = b.seq, b.sources
	slices.Sort(into.Quotes) // where others were there before
	slices.Sort(into.Traded)
	return c.done
}

// order has the events of a record by symbol: one symbol after the other finds more of what it needs in the cache.
type order struct {
	symbols []uint64 // a bit for each symbol that the record has anything of
	of      []events // the index is the symbol's id
	next    []int32  // the place of the next event of the same symbol, from 1; 0 none. The index is that of the event
}

// events are those of one symbol in a record.
type events struct{ first, last, quote int32 } // places from 1; 0 none

func (o *order) sort(r *Record) {
	if len(o.next) < len(r.Events) {
		o.next = make([]int32, max(len(r.Events), 2*len(o.next)))
	}
	for i := range r.Events {
		x, at := o.add(r.Events[i].Symbol), int32(i+1)
		if o.next[i] = 0; x.first == 0 {
			x.first = at
		} else {
			o.next[x.last-1] = at
		}
		x.last = at
	}
	for i := range r.Quotes {
		o.add(r.Quotes[i].Symbol).quote = int32(i + 1)
	}
}

// add adds a symbol, of which there may be no event.
func (o *order) add(id market.SymbolID) *events {
	for int(id) >= len(o.of) {
		o.of = append(o.of, events{})
	}
	for int(id/64) >= len(o.symbols) {
		o.symbols = append(o.symbols, 0)
	}
	o.symbols[id/64] |= 1 << (id % 64)
	return &o.of[id]
}

// pop returns the events of a symbol and removes them.
func (o *order) pop(id market.SymbolID) events {
	x := o.of[id]
	o.of[id] = events{}
	return x
}

// commit is one under way. Its board's locks are held.
type commit struct {
	b           *Board
	record      *Record
	next        Seq  // of what it publishes
	feedChanged bool // the state of the feed as a whole has changed
	published   bool
	changes     *Changes
	done        Committed
}

// fetch touches what the next symbols of a word need, their events too, and returns which.
func (c *commit) fetch(word int, set uint64) (fetched uint64) {
	for range 8 {
		if set == 0 {
			break
		}
		bit := set & -set
		set, fetched = set^bit, fetched|bit
		id := market.SymbolID(word*64 + bits.TrailingZeros64(bit))
		c.b.sink += c.b.historyOf(id).Touch()
		for at := c.b.order.of[id].first; at != 0; at = c.b.order.next[at-1] {
			e := &c.record.Events[at-1]
			c.b.sink += uint64(e.Symbol) + uint64(len(e.Conditions))
		}
	}
	return fetched
}

// symbol applies the events of one symbol, and publishes its quote.
func (c *commit) symbol(id market.SymbolID) {
	b := c.b
	x, all := b.cell(id), b.order.pop(id)
	changed := c.feedChanged && x.quoted()
	known := b.historyOf(id).TradesChanged(c.changes.From)
	for at := all.first; at != 0; at = b.order.next[at-1] {
		if c.event(x, &c.record.Events[at-1]) {
			changed = true
		}
	}
	if all.quote != 0 && c.quote(x, &c.record.Quotes[all.quote-1]) {
		changed = true
	}
	if h := b.historyOf(id); h.TradesChanged(c.next - 1) {
		if c.published = true; !known {
			c.changes.Traded = append(c.changes.Traded, id)
		}
	}
	if changed {
		c.publish(id, x)
	}
}

// event applies one event, and reports whether it has changed the cell.
func (c *commit) event(x *cell, e *Event) bool {
	switch e.Kind {
	case EventTrade:
		return c.trade(x, e)
	case EventState:
		t := e.tick(market.KindState)
		return c.tick(x, &t)
	case EventSession, EventRoll, EventReopen:
		return c.session(x, e)
	case EventAdjust:
		return c.adjust(x, e)
	case EventQuote:
		return c.quote(x, &c.record.Early[e.Index])
	case EventImage:
		return x.image(&c.record.Images[e.Index], e.Received) == market.Accepted
	case EventCorrection:
		return c.correction(x, &c.record.Corrections[e.Index])
	case EventBars:
		history.ImportBars(c.b.history(e.Symbol), &c.record.Bars[e.Index], c.next, &c.b.kept)
	case EventTrades:
		history.ImportTrades(c.b.history(e.Symbol), &c.record.Trades[e.Index], c.next, &c.b.kept)
	}
	return false
}

// tick applies a tick, and reports whether it was not refused.
func (c *commit) tick(x *cell, t *market.Tick) bool {
	if r := x.apply(t); r != market.Accepted {
		c.done.Rejected[r]++
		c.done.Ticks--
		return false
	}
	return true
}

// session begins a session or a trading day, or goes back to the one before.
func (c *commit) session(x *cell, e *Event) bool {
	kind := market.KindSession
	switch e.Kind {
	case EventRoll:
		kind = market.KindRoll
	case EventReopen:
		kind = market.KindReopen
	}
	t := e.tick(kind)
	if !c.tick(x, &t) {
		return false
	}
	switch {
	case kind == market.KindSession && e.Time != 0:
		c.b.history(e.Symbol).Session(e.Time, c.next)
	case kind == market.KindRoll:
		c.b.history(e.Symbol).Roll(e.Time)
	}
	return true
}

// adjust notes what adjusts the prices of before a trading day.
func (c *commit) adjust(x *cell, e *Event) bool {
	t := e.tick(market.KindAdjust)
	if !c.tick(x, &t) {
		return false
	}
	by, _ := market.ParseAdjustment(e.Conditions) // it has been checked
	c.b.history(e.Symbol).Adjust(e.Time, by)
	return true
}

func (c *commit) quote(x *cell, q *Quote) bool {
	t := q.tick()
	return c.tick(x, &t)
}

func (c *commit) trade(x *cell, e *Event) bool {
	t := e.tick(market.KindTrade)
	if !c.tick(x, &t) {
		return false
	}
	at := e.Time
	if at == 0 {
		at = e.Received
	}
	p := history.Trade{ID: e.ID, Price: e.Price, Size: e.Size, Time: at, Conditions: e.Conditions, Flags: t.Flags}
	c.b.history(e.Symbol).Trade(&p, c.next, &c.b.kept)
	return true
}

func (c *commit) correction(x *cell, k *market.Correction) bool {
	was, r := x.Correct(k)
	if r != market.Accepted {
		c.done.Rejected[r]++
		return false
	}
	h := c.b.historyOf(k.Symbol)
	if !was.Applied || h != nil && !h.Correct(k, &was, x, c.next, &c.b.kept) {
		c.done.Uncorrected++
	}
	return was.Applied
}

// publish makes the quote of a cell the one that is read.
func (c *commit) publish(id market.SymbolID, x *cell) {
	b := c.b
	for int(id) >= len(b.versions) {
		b.versions = append(b.versions, Version{})
	}
	v := &b.versions[id]
	b.fresh = x.published(b.sources.State)
	f := b.fresh.Changes(&v.Quote)
	if f == 0 {
		return
	}
	for set := f; set != 0; set &= set - 1 {
		v.Changed[bits.TrailingZeros32(uint32(set))] = c.next
	}
	if v.Last == 0 {
		v.Symbol = b.dir.Symbol(id).Symbol
	}
	if v.Last <= c.changes.From {
		c.changes.Quotes = append(c.changes.Quotes, id)
	}
	v.Quote, v.Received, v.Last = b.fresh, x.received, c.next
	b.hasQuote = b.hasQuote || v.Quote.Set&(market.FieldPrice|market.FieldBid|market.FieldAsk) != 0
	c.published = true
}

// cell is the symbol's, made when it is new. The caller holds committing. It is good until the next is made.
func (b *Board) cell(id market.SymbolID) *cell {
	for int(id) >= len(b.cells) {
		next := market.SymbolID(len(b.cells))
		b.cells = append(b.cells, cell{Tally: market.NewTally(next, b.dir.Symbol(next).PreviousClose, b.ledgers)})
	}
	return &b.cells[id]
}

// history is the symbol's, made when it is new. The caller holds mu.
func (b *Board) history(id market.SymbolID) *history.Symbol {
	for int(id) >= len(b.histories) {
		b.histories = append(b.histories, nil)
	}
	if b.histories[id] == nil {
		var days history.Days
		if b.days != nil {
			days = b.days(b.dir.Symbol(id).Market)
		}
		b.histories[id] = history.NewSymbol(days)
	}
	return b.histories[id]
}

// historyOf is the symbol's, nil where it was never traded. The caller holds mu.
func (b *Board) historyOf(id market.SymbolID) *history.Symbol {
	if int(id) >= len(b.histories) {
		return nil
	}
	return b.histories[id]
}
