package broadcast

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/broadcast/board"
	"tickertape/broadcast/conn"
	"tickertape/broadcast/history"
	"tickertape/feed/market"
)

// BenchmarkFlush is what a flush costs that 50 symbols changed in, without the kernel's part: with
// a watchlist that all share; with one of 20 symbols for each; when everyone asked for a tenth of the rate; with the
// bars of ten symbols, which 200 of 10,000 share; with ten for each; and with quotes, bars and trades of one symbol.
func BenchmarkFlush(b *testing.B) {
	for _, kind := range []string{"shared", "personal", "slower", "series", "personal series", "mixed"} {
		for _, subscribers := range []int{1, 100, 10_000} {
			b.Run(fmt.Sprintf("%s/subscribers=%d", kind, subscribers), func(b *testing.B) {
				f := newFlushing(kind, subscribers)
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					f.flush(i)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(subscribers), "ns/subscriber")
			})
		}
	}
}

// flushing is a hub that is flushed by hand.
type flushing struct {
	hub    *Hub
	ticks  []market.Tick
	moves  bool // time goes on from flush to flush, by an interval
	out    flush
	frames int // taken by the subscribers
}

func newFlushing(kind string, subscribers int) *flushing {
	f := &flushing{hub: quietHub(5000), ticks: trades(50, 50), moves: kind == "series" || kind == "personal series" || kind == "mixed"}
	f.flush(0)
	for i := range subscribers {
		wanted := follows{fields: market.AllFields}
		list := board.List{}
		random := rand.New(rand.NewPCG(1, uint64(i)))
		switch kind {
		case "personal":
			for _, id := range random.Perm(5000)[:20] {
				list.IDs = append(list.IDs, market.SymbolID(id))
			}
			slices.Sort(list.IDs)
		case "series":
			for j := range 10 {
				wanted.series = append(wanted.series, seriesOf(market.SymbolID((i+j)%50), oneSecond))
			}
			slices.Sort(wanted.series)
		case "personal series":
			for _, id := range random.Perm(50)[:10] {
				wanted.series = append(wanted.series, seriesOf(market.SymbolID(id), oneSecond))
			}
			slices.Sort(wanted.series)
		case "mixed":
			id := market.SymbolID(i % 50)
			list.IDs = append(list.IDs, id)
			wanted.series = append(wanted.series, seriesOf(id, oneSecond), seriesOf(id, history.Trades))
		default:
			for j := range 50 {
				list.IDs = append(list.IDs, market.SymbolID(j))
			}
		}
		s := newSubscriber(f.hub, WebSocket, f.hub.placed())
		discarding(s, &f.frames)
		s.begin(nil)
		s.setList(s.shard.lists.hold(list, 5000, f.hub.admission.Memory.Reserve))
		s.setSeries(wanted.series)
		if kind == "slower" {
			s.follows.rate = 1
		}
		s.rejoin()
		s.sendPending()
	}
	if kind == "personal" {
		f.ticks = trades(5000, 5000)
	}
	return f
}

// oneSecond is the interval of the bars that a quiet hub keeps.
var oneSecond = intervalOf("1s")

func (f *flushing) flush(i int) {
	for j := range f.ticks {
		f.ticks[j].Price = market.Price(i%1000+1) * market.Scale
		if f.moves {
			f.ticks[j].Time = morning + market.Time(i)*100_000
		}
	}
	f.hub.Apply(market.Batch{Ticks: f.ticks})
	f.hub.commit(context.Background(), &f.out)
	f.out.encode(f.hub.board)
	for _, sh := range f.hub.shards {
		sh.now = sh.now.Add(100 * time.Millisecond)
		sh.publish(&f.out)
		sh.tally.report(f.hub.metrics)
	}
	f.out.Published()
}

// discard takes everything, and counts the frames.
type discard struct{ frames *int }

func (d *discard) Write([]byte, bool) bool {
	*d.frames++
	return true
}
func (*discard) Listen() {}
func (*discard) Close()  {}

// discarding gives a subscriber a connection that takes everything.
func discarding(s *subscriber, frames *int) {
	s.conn = conn.NewSink(&discard{frames}, s, conn.Text, s.shard.hub.connLimits())
}

// The clock of a bubble stands still, so that no flush takes long enough to leave some of them to the backlog.
func TestFlushAllocatesNothing(t *testing.T) {
	for _, kind := range []string{"shared", "personal", "series", "personal series", "mixed"} {
		t.Run(kind, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { flushAllocatesNothing(t, kind) }) })
	}
}

func flushAllocatesNothing(t *testing.T, kind string) {
	f := newFlushing(kind, 100)
	i := 1
	for ; i < 50; i++ { // until the buffers are large enough
		f.flush(i)
	}
	before := f.frames
	allocs := testing.AllocsPerRun(50, func() {
		i++
		f.flush(i)
	})
	if allocs != 0 {
		t.Errorf("%v allocations a flush, want none", allocs)
	}
	if told := f.frames - before; told < 50*90 {
		t.Errorf("%d frames told in 51 flushes to 100 subscribers", told)
	}
}

// BenchmarkDeflate is what compressing an update of 50 symbols costs, once for all who share it.
func BenchmarkDeflate(b *testing.B) {
	f := newFlushing("shared", 1)
	f.flush(1)
	json := slices.Clone(f.hub.shards[0].frame.list()[0].json())
	b.SetBytes(int64(len(json)))
	b.ReportAllocs()
	out := 0
	for b.Loop() {
		out = len(conn.Deflate(json))
	}
	b.ReportMetric(float64(out)/float64(len(json)), "of-size")
}
