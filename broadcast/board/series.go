package board

import (
	"slices"

	"tickertape/feed/market"
)

// series gathers what a source has of bars and trades. The caller holds mu.
func (g *gatherer) series(batch *market.Batch, known int, out *Gathered) {
	for i := range batch.Bars {
		x := batch.Bars[i]
		if int(x.Symbol) >= known {
			out.Unknown++
			continue
		}
		x.Bars = slices.Clone(x.Bars)
		r := g.room()
		g.touch(x.Symbol)
		r.Events = append(r.Events, Event{Symbol: x.Symbol, Kind: EventBars, Index: uint32(len(r.Bars))})
		r.Bars = append(r.Bars, x)
		r.rows += len(x.Bars)
	}
	for i := range batch.Trades {
		x := batch.Trades[i]
		if int(x.Symbol) >= known {
			out.Unknown++
			continue
		}
		x.Trades = slices.Clone(x.Trades)
		r := g.room()
		g.touch(x.Symbol)
		r.Events = append(r.Events, Event{Symbol: x.Symbol, Kind: EventTrades, Index: uint32(len(r.Trades))})
		r.Trades = append(r.Trades, x)
		r.rows += len(x.Trades)
	}
}
