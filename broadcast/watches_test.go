package broadcast

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/board"
	"tickertape/broadcast/history"
	"tickertape/feed/market"
)

// Joining and leaving take the same time however many watches there are: they touch the symbols of the one list.
func TestWatchesAreLeftInTheOrderOfTheirOwnLists(t *testing.T) {
	w := watches{board: quietHub(0).board, byKey: map[watchKey]*watch{}}
	held := lists{}
	memory := admission.NewMemory(1 << 30)
	var subscribers []*subscriber
	for i := range 300 {
		l := board.List{}
		for id := range 10 + i*3 { // short and long ones
			l.IDs = append(l.IDs, market.SymbolID(id*2+i%2))
		}
		s := &subscriber{}
		s.follows.list = held.hold(l, 5000, memory.Reserve)
		if i%3 > 0 { // bars and trades, too
			s.follows.series = []series{seriesOf(market.SymbolID(i%40), 0), seriesOf(market.SymbolID(i%40), history.Trades),
				seriesOf(500, 2)}[:i%3+1]
		}
		s.watch = w.join(s, interest{list: s.follows.list, series: s.follows.series, fields: market.Fields(1 << (i % 3)),
			every: time.Duration(i%4) * time.Second}, 0)
		subscribers = append(subscribers, s)
	}
	told := func() map[*watch]bool {
		f := &flush{Changes: board.Changes{Seq: 1, Quotes: []market.SymbolID{0, 1, 3, 500, 501}, Traded: []market.SymbolID{7, 30}}}
		all := map[*watch]bool{}
		for _, x := range w.touched(f) {
			all[x] = true
			x.forget()
		}
		for _, x := range w.waiting {
			all[x] = true
		}
		return all
	}
	for len(subscribers) > 0 {
		want := map[*watch]bool{}
		for _, s := range subscribers {
			for _, id := range []market.SymbolID{0, 1, 3, 500, 501} {
				if slices.Contains(s.follows.list.IDs, id) {
					want[s.watch] = true
				}
			}
			for _, one := range s.follows.series {
				if id := one.symbol(); id == 7 || id == 30 {
					want[s.watch] = true
				}
			}
		}
		if got := told(); len(got) != len(want) {
			t.Fatalf("%d watches are concerned, want %d", len(got), len(want))
		}
		i := len(subscribers) * 7 / 11
		s := subscribers[i]
		w.leave(s, s.watch)
		held.drop(s.follows.list, memory)
		subscribers = slices.Delete(subscribers, i, i+1)
	}
	left := 0
	for _, following := range slices.Concat(w.bySymbol, w.bySeries) {
		left += len(following)
	}
	if left+len(w.byKey)+len(w.ofLong)+len(w.waiting)+len(held) != 0 || memory.Used() != 0 {
		t.Errorf("left: %d %d %d %d %d, %d bytes", left, len(w.byKey), len(w.ofLong), len(w.waiting), len(held), memory.Used())
	}
}

// BenchmarkPauseAndResume is what leaving and joining a watch costs with many others there.
func BenchmarkPauseAndResume(b *testing.B) {
	for _, watches := range []int{1, 1000} {
		b.Run(fmt.Sprintf("watches=%d", watches), func(b *testing.B) {
			h := quietHub(10_000)
			var last *subscriber
			for i := range watches {
				s := newSubscriber(h, WebSocket, h.placed())
				discarding(s, new(int))
				s.begin(nil)
				l := board.List{}
				for id := range 10_000 {
					if id%1000 != i%1000 {
						l.IDs = append(l.IDs, market.SymbolID(id))
					}
				}
				s.setList(s.shard.lists.hold(l, 10_000, h.admission.Memory.Reserve))
				s.rejoin()
				last = s
			}
			b.ReportAllocs()
			for b.Loop() {
				last.paused = true
				last.rejoin()
				last.paused = false
				last.rejoin()
			}
		})
	}
}
