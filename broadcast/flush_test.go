package broadcast

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"tickertape/broadcast/board"
	"tickertape/broadcast/conn"
	"tickertape/feed/market"
)

// slowSink takes everything, but the shard needs a while for it.
type slowSink struct{ discard }

func (s *slowSink) Write(frame []byte, more bool) bool {
	time.Sleep(time.Millisecond)
	return s.discard.Write(frame, more)
}

// Personal watchlists at a rate of their own, with more frames due than can be made.
func TestLateFramesDoNotKeepTheNewsWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		symbols := 500 * runtime.GOMAXPROCS(0) // a shard would need half a second to tell all
		b := quietHub(symbols)
		run(t, b)
		frames := make([]int, symbols)
		for i := range frames {
			s := newSubscriber(b, WebSocket, b.placed())
			s.conn = conn.NewSink(&slowSink{discard{&frames[i]}}, s, conn.Text, b.connLimits())
			s.shard.post(func() {
				s.begin(nil)
				s.setList(s.shard.lists.hold(board.List{IDs: []market.SymbolID{market.SymbolID(i)}}, symbols, b.admission.Memory.Reserve))
				s.follows.rate = 5
				s.rejoin()
			})
		}
		synctest.Wait()
		time.Sleep(time.Minute)
		flushes := testutil.ToFloat64(b.metrics.flushes)
		const seconds = 20
		for i := range 20 * seconds {
			ticks := trades(symbols, symbols)
			for j := range ticks {
				ticks[j].Price = market.Price(i+1) * market.Scale
			}
			b.Apply(market.Batch{Ticks: ticks})
			time.Sleep(50 * time.Millisecond)
		}
		if got := testutil.ToFloat64(b.metrics.flushes) - flushes; got < 2.5*seconds {
			t.Errorf("%v flushes in %d s, want more than there would be if each told everyone", got, seconds)
		}
	})
}
