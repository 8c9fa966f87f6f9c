package broadcast

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/broadcast/conn"
	"tickertape/feed/market"
)

// BenchmarkApply is what a tick costs to take in, its bars included, in batches of 256 over 10,000 symbols.
func BenchmarkApply(b *testing.B) {
	board := quietBoard(10_000)
	ticks := trades(10_000, 10_000)
	var f flush
	b.ReportAllocs()
	for i := 0; b.Loop(); i += 256 {
		at := i % (len(ticks) - 256)
		board.Apply(market.Batch{Ticks: ticks[at : at+256]})
		board.absorb(&f)
	}
	b.ReportMetric(float64(b.N)*256/b.Elapsed().Seconds(), "ticks/s")
}

// BenchmarkFlush is what a flush costs that 50 symbols changed in, without the kernel's part: with
// a watchlist that all share, with one of 20 symbols for each, and when everyone asked for a tenth
// of the rate.
func BenchmarkFlush(b *testing.B) {
	for _, kind := range []string{"shared", "personal", "slower"} {
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

// flushing is a board that is flushed by hand.
type flushing struct {
	board  *Board
	ticks  []market.Tick
	out    flush
	frames int // taken by the subscribers
}

func newFlushing(kind string, subscribers int) *flushing {
	f := &flushing{board: quietBoard(5000), ticks: trades(50, 50)}
	f.flush(0)
	for i := range subscribers {
		list := symbolList{}
		for j := range 50 {
			list.ids = append(list.ids, market.SymbolID(j))
		}
		if kind == "personal" {
			random := rand.New(rand.NewPCG(1, uint64(i)))
			list.ids = nil
			for _, id := range random.Perm(5000)[:20] {
				list.ids = append(list.ids, market.SymbolID(id))
			}
			slices.Sort(list.ids)
		}
		s := newSubscriber(f.board, transportWebSocket, f.board.placed())
		discarding(s, &f.frames)
		s.begin(nil)
		s.setList(s.shard.lists.hold(list, 5000, f.board.door.Memory))
		if kind == "slower" {
			s.asked = 1
		}
		s.rejoin()
		s.pump()
	}
	if kind == "personal" {
		f.ticks = trades(5000, 5000)
	}
	return f
}

func (f *flushing) flush(i int) {
	for j := range f.ticks {
		f.ticks[j].Price = market.Price(i%1000+1) * market.Scale
	}
	f.board.Apply(market.Batch{Ticks: f.ticks})
	f.board.publish(&f.out)
	for _, sh := range f.board.shards {
		sh.now = sh.now.Add(100 * time.Millisecond)
		sh.tell(&f.out.news)
		sh.tally.report(f.board.metrics)
	}
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
	s.conn = conn.NewSink(&discard{frames}, s, conn.Text, s.shard.board.limits())
}

// The clock of a bubble stands still, so that no flush takes long enough to leave some of them to the backlog.
func TestFlushAllocatesNothing(t *testing.T) {
	for _, kind := range []string{"shared", "personal"} {
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
	json := slices.Clone(f.board.shards[0].frame.parts[0].json())
	b.SetBytes(int64(len(json)))
	b.ReportAllocs()
	out := 0
	for b.Loop() {
		out = len(conn.Deflate(json))
	}
	b.ReportMetric(float64(out)/float64(len(json)), "of-size")
}
