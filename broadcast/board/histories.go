package board

import (
	"tickertape/broadcast/history"
	"tickertape/feed/market"
)

// News tells whether there is anything to tell a reader of a symbol's bars or trades. It may err on the side of yes.
func (b *Board) News(id market.SymbolID, r *history.Reader) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.historyOf(id).News(r)
}

// ReadBars copies the next bars of a symbol that a reader is to be told, as [history.Symbol.ReadBars] has it.
func (b *Board) ReadBars(id market.SymbolID, r *history.Reader, into []history.Bar) (n int, more bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.historyOf(id).ReadBars(r, b.seq, into)
}

// ReadTrades copies the trades of a symbol that a reader is to be told, as [history.Symbol.ReadTrades] has it.
func (b *Board) ReadTrades(id market.SymbolID, r *history.Reader, into *[2 * history.MostTold]history.Numbered) history.TradesNews {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.historyOf(id).ReadTrades(r, b.seq, into)
}

// Cost is how many bars or trades of a symbol a reader is told at most, from where it is.
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
		n, _ := h.Taped()
		trades += n
	}
	return bars, trades
}
