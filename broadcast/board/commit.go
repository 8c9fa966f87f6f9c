package board

import (
	"slices"

	"tickertape/broadcast/history"
	"tickertape/feed/market"
)

// Changes are what commits have changed since they were told last. The zero value is what a new board has told. They
// belong to whoever commits.
type Changes struct {
	From, Seq Seq               // everything up to From has been told; the changes are up to Seq
	Quotes    []market.SymbolID // whose quotes changed, in order, each once
	Traded    []market.SymbolID // whose bars or trades changed, in order, each once
	Standing  *Standing         // of the sources; nil before the first commit
}

// Told notes that the changes have been told. It keeps the memory of the lists.
func (c *Changes) Told() { c.From, c.Quotes, c.Traded = c.Seq, c.Quotes[:0], c.Traded[:0] }

// Committed is what became of a record, for metrics.
type Committed struct {
	Ticks    int                    // that were taken in
	Rejected [market.NumRejects]int // ticks and corrections that were refused, by reason
	Unmended int                    // corrections of trades that are kept no more: the bars are as they were
}

// Commit takes in a record, which changes quotes, bars, trades and the position together, and adds what has changed to
// into. It depends on the record and on what was committed before, and on nothing else: no clock, no order of a map.
// The position grows by one if anything was published. It keeps nothing of the record. One commit follows the other.
func (b *Board) Commit(r *Record, into *Changes) Committed {
	b.committing.Lock()
	defer b.committing.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	c := commit{b: b, next: b.seq + 1, changes: into, done: Committed{Ticks: r.Ticks}}
	before := b.standing.State
	for _, s := range r.Statuses {
		b.standing = b.standing.with(s)
	}
	for i := range r.Events {
		c.event(r, &r.Events[i])
	}
	for i := range r.Quotes {
		c.quote(&r.Quotes[i])
	}
	if b.standing.State != before { // that of the feed as a whole is one of every symbol that it has ever quoted
		for id := range b.cells {
			if b.cells[id].Known()&^market.FieldPreviousClose != 0 {
				c.mark(market.SymbolID(id), &b.cells[id])
			}
		}
	}
	c.publish()
	if c.published {
		b.seq = c.next
	}
	into.Seq, into.Standing = b.seq, b.standing
	slices.Sort(into.Quotes)
	slices.Sort(into.Traded)
	return c.done
}

// commit is one under way. Its board's locks are held.
type commit struct {
	b         *Board
	next      Seq // of what it publishes
	published bool
	changes   *Changes
	done      Committed
}

// event takes in one event.
func (c *commit) event(r *Record, e *Event) {
	switch e.Kind {
	case EventTrade:
		c.trade(e)
	case EventState:
		t := e.tick(market.KindState)
		c.tick(&t)
	case EventSession:
		t := e.tick(market.KindSession)
		if c.tick(&t) {
			c.session(e)
		}
	case EventQuote:
		c.quote(&r.Early[e.Index])
	case EventImage:
		x := c.b.cell(e.Symbol)
		if x.image(&r.Images[e.Index], e.Received) == market.Accepted {
			c.mark(e.Symbol, x)
		}
	case EventCorrection:
		c.correction(&r.Corrections[e.Index])
	}
}

// tick takes in a tick, and tells whether it was not refused.
func (c *commit) tick(t *market.Tick) bool {
	x := c.b.cell(t.Symbol)
	if r := x.apply(t); r != market.Accepted {
		c.done.Rejected[r]++
		c.done.Ticks--
		return false
	}
	c.mark(t.Symbol, x)
	return true
}

func (c *commit) quote(q *Quote) {
	t := q.tick()
	c.tick(&t)
}

func (c *commit) trade(e *Event) {
	t := e.tick(market.KindTrade)
	if !c.tick(&t) {
		return
	}
	h := c.b.history(e.Symbol)
	at := e.Time
	if at == 0 {
		at = e.Received
	}
	p := history.Trade{ID: e.ID, Price: e.Price, Size: e.Size, Time: at, Conditions: e.Conditions, Flags: e.Flags}
	known := h.TradesChanged(c.changes.From)
	h.Trade(&p, c.next, &c.b.kept)
	c.traded(e.Symbol, h, known)
}

// session begins a trading day of the symbol's bars, unless it says no time.
func (c *commit) session(e *Event) {
	if e.Time == 0 {
		return
	}
	h := c.b.history(e.Symbol)
	known := h.TradesChanged(c.changes.From)
	h.Session(e.Time, c.next)
	c.traded(e.Symbol, h, known)
}

func (c *commit) correction(k *market.Correction) {
	x := c.b.cell(k.Symbol)
	if r := x.Correct(k); r != market.Accepted {
		c.done.Rejected[r]++
		return
	}
	c.mark(k.Symbol, x)
	h := c.b.historyOf(k.Symbol)
	if h == nil {
		return
	}
	known := h.TradesChanged(c.changes.From)
	if !h.Correct(k, c.next, &c.b.kept) {
		c.done.Unmended++
	}
	c.traded(k.Symbol, h, known)
}

// traded notes a history that has changed, unless it is known already.
func (c *commit) traded(id market.SymbolID, h *history.Symbol, known bool) {
	if !h.TradesChanged(c.next - 1) {
		return
	}
	c.published = true
	if !known {
		c.changes.Traded = append(c.changes.Traded, id)
	}
}

// mark notes that a symbol's cell has changed.
func (c *commit) mark(id market.SymbolID, x *cell) {
	if !x.dirty {
		x.dirty = true
		c.b.dirty = append(c.b.dirty, id)
	}
}

// publish makes the quotes of the cells that have changed those that are read.
func (c *commit) publish() {
	b := c.b
	for _, id := range b.dirty {
		x := &b.cells[id]
		x.dirty = false
		for int(id) >= len(b.versions) {
			b.versions = append(b.versions, Version{})
		}
		v := &b.versions[id]
		b.fresh = x.published(b.standing.State)
		f := b.fresh.Changes(&v.Quote)
		if f == 0 {
			continue
		}
		for i := range v.Changed {
			if f&(1<<i) != 0 {
				v.Changed[i] = c.next
			}
		}
		if v.Last == 0 {
			v.Symbol = b.dir.Symbol(id).Symbol
		}
		if v.Last <= c.changes.From {
			c.changes.Quotes = append(c.changes.Quotes, id)
		}
		v.Quote, v.Received, v.Last = b.fresh, x.received, c.next
		b.quoted = b.quoted || v.Quote.Set&(market.FieldPrice|market.FieldBid|market.FieldAsk) != 0
		c.published = true
	}
	b.dirty = b.dirty[:0]
}

// cell is the symbol's, made when it is new. The caller holds committing. It is good until the next is made.
func (b *Board) cell(id market.SymbolID) *cell {
	for int(id) >= len(b.cells) {
		next := market.SymbolID(len(b.cells))
		b.cells = append(b.cells, cell{Tally: market.NewTally(next, b.dir.Symbol(next).PreviousClose)})
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
