package broadcast

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/broadcast/board"
	"tickertape/broadcast/history"
	"tickertape/broadcast/wire"
)

func TestSlowReaderOfManySymbolsGetsAllInParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const symbols = 3000
		w := newWorld(symbols)
		random := rand.New(rand.NewPCG(1, 2))
		for i := range symbols {
			w.trade(i, int64(1000+i))
		}
		time.Sleep(time.Second)
		slow := newProtocolClient(w.hub, 0)
		slow.stalled = true
		slow.follows["*"] = true // connects with a query
		slow.connect("")
		for range 200 { // the board moves on between any two parts
			for range 50 {
				w.trade(random.IntN(symbols), random.Int64N(5000)+1)
			}
			time.Sleep(100 * time.Millisecond)
			slow.conn.step()
		}
		slow.conn.flow()
		time.Sleep(time.Second)
		synctest.Wait()
		if err := w.end(slow); err != nil {
			t.Error(err)
		}
		if slow.parts < 4 {
			t.Errorf("got %d messages with more to come, want 4 or more", slow.parts)
		}
		if slow.largest > partLimit {
			t.Errorf("largest message has %d bytes, want at most %d", slow.largest, partLimit)
		}
	})
}

func TestSharedUpdateInPartsIsLeftWhenItIsHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const symbols = 3000
		w := newWorld(symbols)
		slow := newProtocolClient(w.hub, 0)
		slow.follows["*"] = true
		slow.connect("")
		for round := range 5 {
			slow.conn.stall()
			for i := range symbols {
				w.trade(i, int64(1000+i+round))
			}
			time.Sleep(100 * time.Millisecond)
			slow.conn.step() // the first part is shared, then the board moves on
			for i := range symbols / 2 {
				w.trade(2*i, int64(9000+i))
			}
			time.Sleep(100 * time.Millisecond)
			slow.conn.step()
			slow.conn.flow()
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if err := w.end(slow); err != nil {
			t.Error(err)
		}
	})
}

func TestNewsWhileASubscribeIsHeldUpIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(2)
		c := newProtocolClient(w.hub, 0)
		c.connect("")
		rate := 1.0
		c.ask(wire.Request{Type: wire.Subscribe, Symbols: []string{"S0"}, Rate: rate})
		w.trade(0, 100)
		time.Sleep(200 * time.Millisecond)
		w.trade(0, 101) // waits for its second
		time.Sleep(200 * time.Millisecond)
		c.conn.stall()
		c.ask(wire.Request{Type: wire.Subscribe, Symbols: []string{"S1"}}) // tells S0 first, and is held up there
		w.trade(0, 102)
		time.Sleep(200 * time.Millisecond)
		c.conn.flow()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if err := w.end(c); err != nil {
			t.Error(err)
		}
	})
}

func TestMemoryOfStalledReadersDoesNotGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const symbols, readers = 500, 200
		w := newWorld(symbols)
		var stalled []*protocolClient
		for i := range readers {
			c := newProtocolClient(w.hub, i)
			c.follows["*"] = true
			c.connect("")
			c.conn.stall()
			stalled = append(stalled, c)
		}
		flushes := func(n int) uint64 {
			for round := range n {
				for i := range symbols {
					w.trade(i, int64(1+(round*31+i)%999))
				}
				time.Sleep(100 * time.Millisecond)
				synctest.Wait()
				clear(w.observer.history)
				w.observer.seen = nil
			}
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			return m.HeapAlloc
		}
		before := flushes(2 * history.TradesAtOnce) // until as many trades are kept as can be
		after := flushes(100)
		if grown := int64(after) - int64(before); grown > readers*1024 {
			t.Errorf("heap grew by %d bytes over 100 flushes that %d stalled readers missed", grown, readers)
		}
		for _, c := range stalled {
			c.leave()
		}
		w.observer.leave()
		w.stop()
		<-w.done
	})
}

func TestSubscribeDuringAPauseIsToldWithOnePosition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(2)
		for i := range 2 {
			w.trade(i, 100)
		}
		time.Sleep(time.Second)
		c := newProtocolClient(w.hub, 0)
		c.connect("")
		c.ask(wire.Request{Type: wire.Subscribe, Symbols: []string{"S0"}})
		c.ask(wire.Request{Type: wire.Pause})
		w.trade(0, 101)
		time.Sleep(time.Second)
		c.ask(wire.Request{Type: wire.Subscribe, Symbols: []string{"S1"}})
		time.Sleep(time.Minute) // heartbeats go on from the same position
		c.leave()
		c.connect(c.position()) // and whoever comes back with it has missed nothing
		time.Sleep(time.Second)
		if err := w.end(c); err != nil {
			t.Error(err)
		}
	})
}

// A stream that is never in step has its position all the same: what was read of its bars is older than its quotes.
func TestSlowEventsOfSeriesMoveOn(t *testing.T) {
	for name, query := range map[string]struct {
		quotes bool
		series []string
	}{
		"bars": {false, []string{"S0 1s", "S1 1s"}}, "trades": {false, []string{"S0 trades", "S1 trades"}},
		"quotes and series": {true, []string{"S0 1s", "S1 trades"}},
	} {
		for number := range 4 { // in chunks or not, free at once or not
			t.Run(fmt.Sprintf("%s %d", name, number), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(2)
					w.trade(0, 100)
					w.trade(1, 100)
					time.Sleep(time.Second)
					c := newProtocolClient(w.hub, number)
					c.events = true
					if query.quotes {
						c.follows["*"] = true
					}
					for _, key := range query.series {
						c.series[key] = true
					}
					c.connect("")
					synctest.Wait()
					c.conn.stall()
					ids, last := 0, c.pos
					for i := range 200 {
						w.trade(0, int64(101+i%7))
						w.trade(1, int64(101+i%5))
						time.Sleep(100 * time.Millisecond)
						c.conn.step()
						synctest.Wait()
						if c.pos > last {
							ids, last = ids+1, c.pos
						}
					}
					if ids < 30 {
						t.Errorf("%d positions in 200 messages, want one in four or so", ids)
					}
					c.conn.flow()
					c.leave()
					c.connect(c.position())
					time.Sleep(time.Second)
					if err := w.end(c); err != nil {
						t.Error(err)
					}
				})
			})
		}
	}
}

// Whoever reads slowly what never stands still is told of everything in turn.
func TestSlowReaderOfManySeriesAndQuotesGetsBoth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const symbols, rounds = 30, 600
		w := newWorld(symbols)
		c := newProtocolClient(w.hub, 0)
		c.follows["*"] = true
		for i := range symbols {
			c.series[fmt.Sprintf("S%d 1s", i)], c.series[fmt.Sprintf("S%d trades", i)] = true, true
		}
		c.connect("")
		synctest.Wait()
		c.conn.stall()
		quotes := c.updates
		for range rounds {
			for i := range symbols {
				w.trade(i, time.Now().UnixMilli()%997+1)
			}
			time.Sleep(100 * time.Millisecond)
			c.conn.step()
			synctest.Wait()
		}
		if n := c.updates - quotes; n < rounds/(2*symbols+1)-2 {
			t.Errorf("quotes were told %d times in %d messages, want one in %d", n, rounds, 2*symbols+1)
		}
		for key := range c.series {
			seqs := map[board.Seq]bool{}
			for _, all := range c.traded.times[key] {
				for _, x := range all {
					seqs[x.seq] = true
				}
			}
			if n := len(seqs); n < rounds/(2*symbols+1)-2 {
				t.Errorf("%s was told %d times in %d messages, want one in %d", key, n, rounds, 2*symbols+1)
			}
		}
		c.conn.flow()
		time.Sleep(time.Second)
		if err := w.end(c); err != nil {
			t.Error(err)
		}
	})
}
