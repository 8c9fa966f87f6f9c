package board

import (
	"reflect"
	"slices"
	"testing"

	"tickertape/broadcast/history"
	"tickertape/feed/market"
)

// seriesBatch is bars and trades of a symbol as another server has them.
func seriesBatch(id market.SymbolID, n int) market.Batch {
	bars := market.Bars{Symbol: id, Interval: "1m", Reset: true}
	for i := range n {
		bars.Bars = append(bars.Bars, market.Bar{Start: market.Time(i+1) * 60e6, Open: 1, High: 1, Low: 1, Close: 1, Count: 1})
	}
	return market.Batch{Bars: []market.Bars{bars},
		Trades: []market.Trades{{Symbol: id, Trades: []market.NumberedTrade{{Number: 7, Price: 5, Time: 60e6}}}}}
}

func TestRecordsOfBarsAndTradesAreEnoughForAnotherBoard(t *testing.T) {
	one, other := newBoard(symbols, history.DefaultConfig()), newBoard(symbols, history.DefaultConfig())
	batch := seriesBatch(1, 3)
	out := one.Gather(batch)
	if unknown := one.Gather(seriesBatch(symbols, 1)); !out.Pending || unknown.Unknown != 2 {
		t.Errorf("gathered %+v, %+v", out, unknown)
	}
	batch.Bars[0].Bars[2].Close = 9 // whoever published goes on with its slices
	batch.Trades[0].Trades[0].Price = 9
	var changes, others Changes
	r := one.Take()
	one.Commit(r, &changes)
	other.Commit(r, &others)
	if !reflect.DeepEqual(changes, others) || !slices.Equal(changes.Traded, []market.SymbolID{1}) || len(changes.Quotes) != 0 ||
		one.Seq() != 1 {
		t.Errorf("changes %+v, %+v", changes, others)
	}
	if !reflect.DeepEqual(one.histories, other.histories) {
		t.Error("the boards differ")
	}
	var bars [10]history.Bar
	n, _ := one.ReadBars(1, &history.Reader{Interval: 2, FromStart: true}, bars[:])
	if n != 3 || bars[2].Close != 1 {
		t.Errorf("%d bars, %+v", n, bars[:n])
	}
	one.Gather(seriesBatch(1, 3)) // the same again
	one.Commit(one.Take(), &changes)
	if one.Seq() != 1 {
		t.Errorf("what changes nothing is published as %d", one.Seq())
	}
}

// A record with many bars is full, so that whoever publishes more of them waits.
func TestARecordHoldsSoManyBars(t *testing.T) {
	b := newBoard(symbols, history.DefaultConfig())
	for range 70 {
		if b.Full() {
			t.Fatal("full too early")
		}
		b.Gather(seriesBatch(2, MaxEvents/70))
	}
	if !b.Full() {
		t.Error("not full")
	}
	b.Gather(seriesBatch(2, 1))
	if r := b.Take(); len(r.Bars) != 70 || r.size() < MaxEvents {
		t.Errorf("%d bars, size %d", len(r.Bars), r.size())
	}
	if r := b.Take(); len(r.Bars) != 1 {
		t.Errorf("then %d", len(r.Bars))
	}
}
