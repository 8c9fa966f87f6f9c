package board

import (
	"tickertape/broadcast/history"
	"tickertape/feed/market"
)

// Seq is the newest flush.
func (b *Board) Seq() Seq {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.seq
}

// Position is the newest flush.
func (b *Board) Position() Position { return Position{Epoch: b.epoch, Seq: b.Seq()} }

// SourceStates is the state of the sources as of the newest commit.
func (b *Board) SourceStates() *SourceStates {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.sources
}

// Quoted reports whether a first quote of the feed has been published: a bid, an ask or a trade.
func (b *Board) Quoted() bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.hasQuote
}

// perLock is how many symbols are looked at under one lock.
const perLock = 8 * 256

// Read copies the next quotes that a cursor is after, in the order of its list, and returns how many. There may be none
// although it is not over.
func (b *Board) Read(c *Cursor, into []Picked) (n int) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if !c.Begun {
		c.Begun, c.At, c.Places = true, b.seq, c.Len(len(b.versions))
	}
	if c.Sources == nil {
		c.Sources = b.sources
	}
	for stop := min(c.Places, c.Done+perLock); c.Done < stop && n < len(into); c.Done++ {
		place := c.Start + c.Done
		if place >= c.Places {
			place -= c.Places
		}
		id := int(c.List.At(place))
		if id >= len(b.versions) || b.versions[id].Last <= c.From {
			continue
		}
		v := &b.versions[id]
		if v.Last > c.At && !c.Newest {
			if !c.LeftOut {
				c.LeftOut, c.First = true, place
			}
			continue
		}
		if f, wanted := c.pick(v); wanted {
			into[n] = Picked{*v, f}
			n++
		}
	}
	return n
}

// Versions copies the newest versions of some symbols, which have been published. into has room for all of them.
func (b *Board) Versions(ids []market.SymbolID, into []Version) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for i, id := range ids {
		into[i] = b.versions[id]
	}
}

// Turnovers copies what some symbols have been traded for in their session, each in its currency: the volume at the VWAP or,
// where that is not known, at the last price. It is zero where neither is known. into has room for all of them.
func (b *Board) Turnovers(ids []market.SymbolID, into []market.Turnover) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for i, id := range ids {
		into[i] = market.Turnover{}
		if int(id) < len(b.versions) {
			into[i] = b.versions[id].Quote.Traded()
		}
	}
}

// Size is how many symbols have a place: ids below it.
func (b *Board) Size() int {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return len(b.versions)
}

// ChangedSince reports whether any of the symbols changed after a flush in one of the fields, or in its state.
func (b *Board) ChangedSince(seq Seq, list List, fields market.Fields) bool {
	for i, more := 0, true; more; i += perLock {
		var found bool
		if found, more = b.changedIn(i, seq, list, fields|market.FieldState); found {
			return true
		}
	}
	return false
}

// changedIn looks at the next perLock places from i on, and reports whether there are more behind them.
func (b *Board) changedIn(i int, seq Seq, list List, fields market.Fields) (found, more bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	places := list.Len(len(b.versions))
	for stop := min(places, i+perLock); i < stop; i++ {
		if id := int(list.At(i)); id < len(b.versions) && b.versions[id].Since(seq)&fields != 0 {
			return true, false
		}
	}
	return false, i < places
}

// CountSince counts the symbols of a list, and those of them that changed after a flush.
func (b *Board) CountSince(seq Seq, list List) (places, changed int) {
	for i, more := 0, true; more; i += perLock {
		var n int
		places, n, more = b.countIn(i, seq, list)
		changed += n
	}
	return places, changed
}

func (b *Board) countIn(i int, seq Seq, list List) (places, changed int, more bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	places = list.Len(len(b.versions))
	for stop := min(places, i+perLock); i < stop; i++ {
		if id := int(list.At(i)); id < len(b.versions) && b.versions[id].Last > seq {
			changed++
		}
	}
	return places, changed, i < places
}

// States counts the symbols by the state of their quote, by [market.State].
func (b *Board) States() []int {
	counts := make([]int, len(market.States()))
	b.mu.RLock()
	defer b.mu.RUnlock()
	for i := range b.versions {
		if b.versions[i].Last > 0 {
			counts[b.versions[i].Quote.State]++
		}
	}
	return counts
}

// HasChanges reports whether there is anything for a reader of a symbol's bars or trades. It may err on the side of yes.
func (b *Board) HasChanges(id market.SymbolID, r *history.Reader) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.historyOf(id).HasChanges(r)
}

// ReadBars copies the next bars of a symbol for a reader, as [history.Symbol.ReadBars] has it.
func (b *Board) ReadBars(id market.SymbolID, r *history.Reader, into []history.Bar) (n int, more bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.historyOf(id).ReadBars(r, b.seq, into)
}

// ReadTrades copies the trades of a symbol for a reader, as [history.Symbol.ReadTrades] has it.
func (b *Board) ReadTrades(id market.SymbolID, r *history.Reader, into *[2 * history.TradesAtOnce]history.NumberedTrade) (
	out history.TradesRead) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.historyOf(id).ReadTrades(r, b.seq, into)
}

// Cost is how many bars or trades of a symbol a reader still has to read, at most.
func (b *Board) Cost(id market.SymbolID, r *history.Reader) int {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.historyOf(id).Cost(r)
}

// SelectBars copies the bars of a symbol in a range, as [history.Symbol.Select] has it.
func (b *Board) SelectBars(id market.SymbolID, r *history.Range, next uint32, into []history.Bar) (n int, then uint32) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.historyOf(id).Select(r, next, into)
}

// CountBars is how many bars of these symbols are in a range, at most. They are counted under one lock.
func (b *Board) CountBars(ids []market.SymbolID, r *history.Range) (n int) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, id := range ids {
		n += b.historyOf(id).CountRange(r)
	}
	return n
}

// Kept counts the bars by interval, and the trades.
func (b *Board) Kept() (bars history.Counts, trades int) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, h := range b.histories {
		for k := range bars {
			bars[k] += h.Bars(history.Interval(k))
		}
		n, _ := h.CountTrades()
		trades += n
	}
	return bars, trades
}

// NewestTrade is the number of a symbol's newest trade as of a flush.
func (b *Board) NewestTrade(id market.SymbolID, at Seq) uint64 {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.historyOf(id).NewestTrade(at)
}

// NextTraded is the first symbol from one on whose bars or trades changed after a flush. It looks at some symbols under one
// lock: if there is none among them, found is false, and the next look begins at next; over says that there are no more.
func (b *Board) NextTraded(from market.SymbolID, after Seq) (next market.SymbolID, found, over bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	id := int(from)
	for stop := min(len(b.histories), id+perLock); id < stop; id++ {
		if b.histories[id].TradesChanged(after) {
			return market.SymbolID(id), true, false
		}
	}
	return market.SymbolID(id), false, id >= len(b.histories)
}

// CostOf is how many bars or trades of these symbols readers still have to read, at most, each of whom is at r.
func (b *Board) CostOf(list List, r history.Reader) (n int) {
	for i, more := 0, true; more; i += perLock {
		var some int
		some, more = b.costIn(i, list, &r)
		n += some
	}
	return n
}

func (b *Board) costIn(i int, list List, r *history.Reader) (n int, more bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	places := list.Len(len(b.histories))
	for stop := min(places, i+perLock); i < stop; i++ {
		h := b.historyOf(list.At(i))
		switch {
		case !h.TradesChanged(r.After):
		case r.Interval == history.Trades:
			n += h.CostOfTrades(r)
		default:
			n += h.Cost(r)
		}
	}
	return n, i < places
}
