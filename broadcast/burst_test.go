package broadcast

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

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
