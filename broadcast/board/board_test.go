package board

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"tickertape/broadcast/history"
	"tickertape/feed/market"
)

// play feeds a world with so many batches, and commits now and then.
func play(w *world, d *drawn, batches int) error {
	for range batches {
		w.gather(d.batch())
		if d.one(4) {
			if err := w.commit(); err != nil {
				return err
			}
			if d.one(2) {
				w.changes.Published()
			}
		}
	}
	if err := w.commit(); err != nil {
		return err
	}
	return w.judge()
}

func TestRecordsAreWorthTheirBatches(t *testing.T) {
	const each = 1000
	synctest.Test(t, func(t *testing.T) { // for the time at which images come
		for seed := range uint64(batches / each) {
			if err := play(newWorld(), newDrawn(rand.New(rand.NewPCG(seed, 17)).IntN), each); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
	})
}

// The same with draws that shrink.
func TestSmallRecordsAreWorthTheirBatches(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		batches := rapid.IntRange(1, 20).Draw(rt, "batches")
		draws := rapid.SliceOfN(rapid.Uint16(), 0, 400).Draw(rt, "draws")
		intn := func(n int) int {
			if len(draws) == 0 {
				return 0
			}
			draw := int(draws[0])
			draws = draws[1:]
			return draw % n
		}
		var problem error
		synctest.Test(t, func(t *testing.T) { problem = play(newWorld(), newDrawn(intn), batches) })
		if problem != nil {
			rt.Fatal(problem)
		}
	})
}

func trade(id market.SymbolID, i int) market.Tick {
	return market.Tick{Symbol: id, Kind: market.KindTrade, Flags: market.Regular, Price: market.Price(i%100+1) * market.Scale,
		Size: market.Units(100), Time: morning + market.Time(i)*1000, Received: morning + market.Time(i)*1000}
}

func TestRecordsAreBounded(t *testing.T) {
	b, f := newBoard(symbols, small()), newReference(symbols, small())
	const n = 2*MaxEvents + 5000
	var ticks []market.Tick
	for i := range n {
		k := trade(market.SymbolID(i%symbols), i)
		if i/symbols%3 == 0 {
			k.Kind, k.Flags, k.Bid, k.Ask = market.KindQuote, market.BothSides, k.Price, k.Price
		}
		ticks = append(ticks, k)
	}
	f.apply(market.Batch{Ticks: ticks})
	f.flush()
	b.Gather(market.Batch{Ticks: ticks})
	if !b.Full() {
		t.Error("not full")
	}
	var changes Changes
	records, taken := 0, 0
	for r := b.Take(); r != nil; r = b.Take() {
		if records++; r.size() > MaxEvents {
			t.Errorf("a record of %d", r.size())
		}
		taken += b.Commit(r, &changes).Ticks
	}
	if records != 2 || taken != n || b.Full() {
		t.Errorf("%d records of %d ticks, full %t; want 2 of %d", records, taken, b.Full(), n)
	}
	if changes.From != 0 || changes.Seq != 2 || len(changes.Quotes) != symbols || len(changes.Traded) != symbols {
		t.Errorf("changes %+v, want those of all symbols from 0 to 2", changes)
	}
	for i := range f.versions {
		if got, want := b.versions[i].Quote, f.versions[i].Quote; got != want {
			t.Errorf("symbol %d: got %+v\nwant %+v", i, got, want)
		}
		kept, newest := b.histories[i].CountTrades()
		if wantKept, want := f.histories[i].CountTrades(); kept != wantKept || newest != want {
			t.Errorf("symbol %d: %d trades of %d, want %d of %d", i, kept, newest, wantKept, want)
		}
	}
}

func TestGatherWaitsWhileRecordsAreFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(symbols, small())
		batch := market.Batch{}
		for i := range MaxEvents {
			batch.Ticks = append(batch.Ticks, trade(market.SymbolID(i%symbols), i))
		}
		gathered := 0
		go func() {
			for range MaxFull + 3 {
				b.Gather(batch)
				gathered++
			}
		}()
		synctest.Wait()
		if gathered != MaxFull+1 {
			t.Fatalf("%d batches gathered, want %d: the full records, and the one that is being filled", gathered, MaxFull+1)
		}
		if r := b.Take(); len(r.Events) != MaxEvents {
			t.Errorf("took a record of %d events", len(r.Events))
		}
		synctest.Wait()
		if gathered != MaxFull+2 {
			t.Errorf("%d batches gathered after one was taken, want %d", gathered, MaxFull+2)
		}
		b.Close()
		synctest.Wait()
		if gathered != MaxFull+3 {
			t.Errorf("%d batches gathered after Close, want all", gathered)
		}
	})
}

// What is refused takes no news of the symbol away: a bad quote leaves the good one before it.
func TestBadQuotesDisplaceNothing(t *testing.T) {
	b := newBoard(1, small())
	quote := func(bid market.Price) market.Tick {
		return market.Tick{Kind: market.KindQuote, Flags: market.HasBid, Bid: bid, Time: morning, Received: morning}
	}
	g := b.Gather(market.Batch{Ticks: []market.Tick{quote(market.Scale), quote(-1)}})
	var changes Changes
	b.Commit(b.Take(), &changes)
	if q := b.versions[0].Quote; g.Rejected[market.RejectPrice] != 1 || q.Bid != market.Scale {
		t.Errorf("%d refused, bid %v", g.Rejected[market.RejectPrice], q.Bid)
	}
}

func TestAliveTicksAreCountedAndNoMore(t *testing.T) {
	b := newBoard(1, small())
	if g := b.Gather(market.Batch{Ticks: []market.Tick{{Kind: market.KindAlive}}}); g.Alive != 1 || g.Pending || b.Take() != nil {
		t.Errorf("%+v", g)
	}
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	kept := small()
	kept.Ledger = 2000
	b := newBoard(100, kept)
	var ticks []market.Tick
	for i := range 256 {
		k := trade(market.SymbolID(i%100), i)
		if i%2 == 0 {
			k.Kind, k.Flags, k.Bid, k.Ask = market.KindQuote, market.BothSides, k.Price, k.Price
		}
		ticks = append(ticks, k)
	}
	var changes Changes
	flush := func() {
		for range 4 {
			b.Gather(market.Batch{Ticks: ticks})
		}
		b.Commit(b.Take(), &changes)
		changes.Published()
	}
	for range 200 { // until the rings are full
		flush()
	}
	if n := testing.AllocsPerRun(100, flush); n != 0 {
		t.Errorf("%v allocations a flush, want none", n)
	}
}

// Sources gather, one commits and many read, all at once.
func TestBoardIsForManyAtOnce(t *testing.T) {
	b := newBoard(symbols, small())
	done := make(chan struct{})
	for g := range 3 {
		go func() {
			d := newDrawn(rand.New(rand.NewPCG(uint64(g), 1)).IntN)
			for range 2000 {
				b.Gather(d.batch())
			}
			done <- struct{}{}
		}()
	}
	stop, read := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(read)
		bars, quotes, trades := make([]history.Bar, 2), make([]Picked, 2), new([2 * history.TradesAtOnce]history.NumberedTrade)
		last := Seq(0)
		for {
			select {
			case <-stop:
				return
			default:
			}
			c := Cursor{List: List{All: true}, Mode: Snapshot, Fields: market.AllFields}
			for !c.Over() {
				for _, p := range quotes[:b.Read(&c, quotes)] {
					if p.Last > c.At {
						t.Errorf("a quote of %d as of %d", p.Last, c.At)
					}
				}
			}
			if c.At < last {
				t.Errorf("%d after %d", c.At, last)
			}
			last = c.At
			for id := range market.SymbolID(symbols) {
				r := history.Reader{FromStart: true}
				for more := true; more; {
					_, more = b.ReadBars(id, &r, bars)
				}
				b.ReadTrades(id, &history.Reader{Interval: history.Trades, FromStart: true}, trades)
			}
		}
	}()
	var changes Changes
	for running := 3; running > 0; {
		select {
		case <-done:
			running--
		default:
		}
		if r := b.Take(); r != nil {
			b.Commit(r, &changes)
		}
	}
	close(stop)
	<-read
}
