package replay

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"tickertape/broadcast/board"
	"tickertape/broadcast/history"
	"tickertape/feed/market"
)

// A trade comes after it was made. In a loop, each round has the quotes and bars of the first.
func TestEachRoundOfALoopAddsUpToTheSame(t *testing.T) {
	row := func(price, at int) string {
		return fmt.Sprintf(`{"k":"trade","s":"A","p":%d,"z":1,"t":%d,"r":%d}`+"\n", price, t0+at*1000, t0+at*1000+100_000)
	}
	const midnight = 6_400_000
	roll := fmt.Sprintf(`{"k":"roll","s":"A","t":%d,"r":%d}`+"\n", t0+midnight*1000, t0+midnight*1000)
	const dawn = -3_600_000 // the recording's first day begins
	began := fmt.Sprintf(`{"k":"roll","s":"A","t":%d,"r":%d}`+"\n"+`{"k":"adjust","s":"A","adj":"split 2:1","t":%d,"r":%d}`+"\n",
		t0+dawn*1000, t0, t0+dawn*1000, t0)
	for name, text := range map[string]string{
		"trades that come in order":    head + row(1, 0) + row(3, 1000) + row(2, 2000),
		"a late trade":                 head + row(1, 5000) + row(4, 3000) + row(2, 6000),
		"two days":                     head + row(1, 5000) + roll + row(3, midnight+10) + row(2, 4000),
		"a known previous close":       head + `{"k":"symbol","s":"A","pc":7}` + "\n" + row(1, 0) + roll + row(3, midnight+10),
		"a split before the first day": head + `{"k":"symbol","s":"A","pc":8}` + "\n" + began + row(5, 0) + row(3, 1000),
	} {
		t.Run(name, func(t *testing.T) {
			cfg := DefaultConfig()
			cfg.File, cfg.Loop, cfg.Speed = write(t, text), true, 3.7
			synctest.Test(t, func(t *testing.T) {
				s := openFile(t, cfg)
				kept := history.Config{Trades: history.TradesAtOnce, Ledger: 1000}
				for k := range kept.Bars {
					kept.Bars[k] = 100
				}
				b := board.New(board.Config{History: kept, Directory: s.env.Dir, Source: "replay"})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				var first, of string
				rounds := 0
				err := s.Run(ctx, func(batch market.Batch) {
					if len(batch.Ticks) > 0 && batch.Ticks[0].Kind == market.KindSession {
						if rounds++; rounds == 1 {
							first = of
						} else if of != first {
							t.Errorf("round %d:\n%s\nfirst:\n%s", rounds, of, first)
						}
						if rounds == 3 {
							cancel()
						}
					}
					of += commit(b, batch)
					if batch.Ticks != nil && batch.Ticks[0].Kind == market.KindSession {
						of = ""
					}
				})
				if err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// commit has a board take in a batch, and shows what it has of the first symbol then, if that was traded.
func commit(b *board.Board, batch market.Batch) string {
	b.Gather(batch)
	var changes board.Changes
	for r := b.Take(); r != nil; r = b.Take() {
		b.Commit(r, &changes)
	}
	var versions [1]board.Version
	b.Versions([]market.SymbolID{0}, versions[:])
	q := &versions[0].Quote
	if q.Count == 0 {
		return "" // the last price is that of the round before
	}
	text := fmt.Sprintf("p %v o %v h %v l %v v %v n %d vw %v pc %v %q\n", q.Price, q.Open, q.High, q.Low, q.Volume, q.Count, q.VWAP,
		q.PreviousClose, q.Adjusted)
	for k := range history.Interval(history.NumIntervals) {
		var bars [16]history.Bar
		n, _ := b.ReadBars(0, &history.Reader{Interval: k, FromStart: true}, bars[:])
		for i := range n {
			x := &bars[i]
			text += fmt.Sprintf("%s %d: o %v h %v l %v c %v v %v n %d\n", k, x.Start, x.Open, x.High, x.Low, x.Close, x.Volume, x.Count())
		}
	}
	return text
}
