package broadcast

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/broadcast/board"
	"tickertape/broadcast/wire"
	"tickertape/feed/market"
)

// The worst that the US tape has seen: 525,000 ticks in a second, 5,000 of them in a millisecond.
func TestBurstLosesNoHighLowOrVolume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const symbols, batch = 200, 250
		w := newWorld(symbols)
		reader := newProtocolClient(w.hub, 0)
		reader.connect("")
		reader.ask(wire.Request{Type: wire.Subscribe, Symbols: []string{"*"}})

		type session struct{ high, low, volume, count int64 }
		want := make([]session, symbols)
		random := rand.New(rand.NewPCG(1, 2))
		burst := func(n int) {
			for range n / batch {
				ticks := make([]market.Tick, batch)
				for i := range ticks {
					id, cents, size := random.IntN(symbols), 1+random.Int64N(1_000_000), 1+random.Int64N(900)
					s := &want[id]
					s.count++
					s.volume += size
					s.high = max(s.high, cents)
					if s.low == 0 || cents < s.low {
						s.low = cents
					}
					ticks[i] = stamped(market.Tick{Symbol: market.SymbolID(id), Kind: market.KindTrade, Flags: market.Regular,
						Price: market.Price(cents) * market.Scale / 100, Size: market.Units(uint64(size))})
				}
				w.hub.Apply(market.Batch{Ticks: ticks})
			}
		}
		for range 1000 {
			burst(500)
			time.Sleep(time.Millisecond)
		}
		for range 5 {
			burst(5000)
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Second)
		synctest.Wait()

		for id, s := range want {
			got := reader.state[fmt.Sprintf("S%d", id)]
			expect := map[string]string{
				"h": (market.Price(s.high) * market.Scale / 100).String(), "l": (market.Price(s.low) * market.Scale / 100).String(),
				"v": fmt.Sprint(s.volume), "n": fmt.Sprint(s.count),
			}
			for key, value := range expect {
				if got[key] != value {
					t.Fatalf("S%d.%s is %s after the burst, want %s", id, key, got[key], value)
				}
			}
		}
		reader.leave()
		w.observer.leave()
		w.stop()
		<-w.done
	})
}

// More than a record holds is committed before it is told, so that seq grows by several from one flush to the next.
func TestBurstsOfSeveralRecordsLoseNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(3)
		var all []*protocolClient
		for i := range 6 {
			c := newProtocolClient(w.hub, i)
			c.events = i >= 4
			c.follows["*"] = true
			for _, key := range []string{"S0 1s", "S0 trades", "S1 trades", "S2 1d"} {
				c.series[key] = true
			}
			c.connect("")
			all = append(all, c)
		}
		w.observeSeries()
		random := rand.New(rand.NewPCG(5, 6))
		most := board.Seq(0)
		for round := range 6 {
			for i, c := range all {
				switch (round + i) % 3 {
				case 0:
					c.conn.stall()
				case 1:
					c.conn.step()
				default:
					c.conn.flow()
				}
			}
			told := w.observer.seq
			for range 20 { // 160,000 within an interval
				ticks := make([]market.Tick, 8000)
				for i := range ticks {
					ticks[i] = market.Tick{Symbol: market.SymbolID(random.IntN(3)), Kind: market.KindTrade, Flags: market.Regular,
						Price: market.Price(1+random.IntN(1000)) * market.Scale / 100, Size: market.Units(1)}
				}
				w.ticks(ticks...)
				time.Sleep(time.Millisecond)
				synctest.Wait()
				for _, c := range all {
					c.conn.step() // some catch up with what is committed and not told yet
				}
			}
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
			most = max(most, w.observer.seq-told)
		}
		if most < 3 {
			t.Errorf("seq grew by %d at most, want several at once", most)
		}
		for _, c := range all {
			c.conn.flow()
			synctest.Wait()
			c.seen, c.traded.times = nil, map[string]map[string][]moment{} // of flushes that the observer was not told
		}
		time.Sleep(time.Second)
		if err := w.end(all...); err != nil {
			t.Error(err)
		}
	})
}
