package broadcast

import (
	"testing"
	"testing/synctest"
	"time"

	"tickertape/broadcast/board"
	"tickertape/broadcast/wire"
	"tickertape/feed/market"
)

// What is made for one alone waits for another turn when it is long; what many share is told first.
func TestLongSnapshotsTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := quietHub(5000)
		ticks := trades(5000, 5000)
		b.Apply(market.Batch{Ticks: ticks})
		run(t, b)
		synctest.Wait()
		time.Sleep(time.Second)
		frames := 0
		s := newSubscriber(b, WebSocket, b.placed())
		discarding(s, &frames)
		turns := make(chan int, 100)
		s.shard.post(func() {
			s.begin(s.wanted(wire.Request{Symbols: []string{"*"}, Fields: market.AllFields}))
			turns <- frames
		})
		if got := <-turns; got > 4 {
			t.Errorf("%d messages of a snapshot of 5000 quotes in the first turn, want a few", got)
		}
		synctest.Wait()
		time.Sleep(time.Second)
		counted := make(chan int)
		s.shard.post(func() { counted <- frames })
		if got := <-counted; got < 10 {
			t.Errorf("%d messages in all, want the whole snapshot", got)
		}
	})
}

// A shard that is at one thing for long, or has a flush that it does not tell, says so.
func TestLateShardsAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := quietHub(10)
		run(t, b)
		synctest.Wait()
		if late := b.Late(); late != 0 {
			t.Errorf("a board with nothing to do is late by %v", late)
		}
		go b.shards[0].post(func() { time.Sleep(3 * time.Second) })
		time.Sleep(time.Second)
		b.Apply(market.Batch{Ticks: trades(10, 10)})
		time.Sleep(time.Second)
		if late := b.Late(); late < 1900*time.Millisecond || late > 2100*time.Millisecond {
			t.Errorf("two seconds into a job a shard is late by %v", late)
		}
		time.Sleep(2 * time.Second)
		if late := b.Late(); late != 0 {
			t.Errorf("afterwards it is late by %v", late)
		}
	})
}

// newsOf is a flush of one quote, of the first symbol.
func newsOf(sh *shard, seq board.Seq) *flush {
	return &flush{Changes: board.Changes{From: seq - 1, Seq: seq, Quotes: []market.SymbolID{0}, Sources: sh.sources},
		text: []byte(`{"s":"AAPL"}`), ends: []int{12}, oldest: []market.Time{1}}
}

// everyone is the list of all symbols.
func everyone() *list { return &list{List: board.List{All: true}, key: listKey{length: -1}} }

// When a flush takes long, what many share is told in it; who is alone with what it follows is told in turns.
func TestManyWhoAreAloneDoNotHoldUpTheFlush(t *testing.T) {
	sh := newShard(newFlushing("shared", 1).hub)
	sh.hub.cfg.Interval = 0 // each flush takes longer than that
	all := everyone()
	join := func(fields market.Fields) *subscriber {
		s := &subscriber{shard: sh}
		s.follows.list = all
		s.watch = sh.watches.join(s, interest{list: all, fields: fields}, 0)
		return s
	}
	shared := join(market.AllFields).watch
	join(market.AllFields)
	for _, s := range shared.members {
		s.behind = true // it is offered the frame, and takes a turn
	}
	lone := []*subscriber{join(market.FieldBid), join(market.FieldAsk), join(market.FieldVolume)}
	for seq := board.Seq(1); seq <= 2; seq++ {
		sh.publish(newsOf(sh, seq))
		if shared.frames != uint64(seq) {
			t.Errorf("flush %d: %d frames of what many share", seq, shared.frames)
		}
		for i, s := range lone {
			if s.watch.seq != seq || s.watch.frames != 0 || !s.queued || len(s.watch.quotes) > 0 {
				t.Errorf("flush %d, %d: told up to %d in %d frames, queued %t", seq, i, s.watch.seq, s.watch.frames, s.queued)
			}
		}
	}
}

// A watch whose members all have to read first is told nothing, which costs nothing.
func TestNoFrameIsMadeForWhoTakesNone(t *testing.T) {
	sh := newShard(serve(t, nil).Hub)
	for name, every := range map[string]time.Duration{"each flush": 0, "a rate": time.Second} {
		s := &subscriber{shard: sh, busy: true}
		s.watch = sh.watches.join(s, interest{list: everyone(), fields: market.AllFields, every: every}, 0)
		sh.frame.used = 0
		sh.publish(newsOf(sh, 1))
		if x := s.watch; !sh.frame.empty() || x.frames != 1 || len(x.quotes) > 0 || !s.stallCounted {
			t.Errorf("%s: %d parts were made, %d frames are counted, %d changes wait, missed %t", name, sh.frame.used, x.frames,
				len(x.quotes), s.stallCounted)
		}
		sh.watches.leave(s, s.watch)
	}
}
