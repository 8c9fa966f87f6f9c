package board

import (
	"testing"

	"tickertape/feed/market"
)

// A quote that is left out since it changed again is read whole the next time, even if what changed is not wanted.
func TestQuotesThatAreLeftOutComeWhole(t *testing.T) {
	b := newBoard(1, small())
	var changes Changes
	commit := func(k market.Tick) {
		b.Gather(market.Batch{Ticks: []market.Tick{k}})
		b.Commit(b.Take(), &changes)
	}
	commit(trade(0, 1))
	at := b.Seq()
	commit(market.Tick{Kind: market.KindQuote, Flags: market.HasBid, Bid: market.Scale, Time: morning + 5000})
	c := Cursor{List: List{All: true}, Mode: Snapshot, Fields: market.FieldPrice, Begun: true, At: at, Places: 1}
	var picked [1]Picked
	if n := b.Read(&c, picked[:]); n != 0 || !c.LeftOut {
		t.Errorf("%d quotes as of %d, owed %t; want it left out", n, at, c.LeftOut)
	}
	for name, mode := range map[string]Mode{"whole": AllFields, "resumed": Resumed} {
		c = Cursor{List: List{All: true}, Mode: mode, Fields: market.FieldPrice, From: at}
		if n := b.Read(&c, picked[:]); n != 1 || picked[0].Fields&market.FieldPrice == 0 {
			t.Errorf("%s: %d quotes, fields %#x; want it whole", name, n, picked[0].Fields)
		}
	}
}
