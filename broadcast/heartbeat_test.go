package broadcast

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/broadcast/conn"
	"tickertape/broadcast/wire"
	"tickertape/feed/market"
)

// beats notes when an event stream said that it lives.
type beats struct {
	sub    *subscriber
	waits  bool // it is never free at once
	writes int

	comments, messages, updates []time.Time
}

func (b *beats) Write(f []byte, more bool) bool {
	switch now := time.Now(); {
	case bytes.Equal(f, conn.Comment(conn.Event)):
		b.comments = append(b.comments, now)
	case bytes.HasPrefix(f, []byte("event: heartbeat\n")):
		b.messages = append(b.messages, now)
	case bytes.HasPrefix(f, []byte("event: update\n")):
		b.updates = append(b.updates, now)
	}
	if more {
		return !b.waits
	}
	b.writes++
	if b.waits {
		go b.sub.shard.post(b.sub.conn.Resume)
	}
	return !b.waits
}
func (*beats) Listen() {}
func (*beats) Close()  {}

// An event stream has one comment every heartbeat, and a heartbeat event when nothing else was said for as long. All
// comes in time, and what is due together comes in one write.
func TestEventStreamHasOneCommentEachHeartbeat(t *testing.T) {
	const most = 20
	for name, tc := range map[string]struct {
		waits  bool
		trades []time.Duration // after the beginning
		writes int             // at most, beside the updates
	}{
		"idle":                            {false, nil, most},
		"idle, written by a goroutine":    {true, nil, most},
		"one trade":                       {false, []time.Duration{12 * time.Second}, 2 * most},
		"one trade, by a goroutine":       {true, []time.Duration{12 * time.Second}, 2 * most},
		"a trade just before a heartbeat": {false, []time.Duration{9900 * time.Millisecond}, most + 2},
		"trades now and then":             {false, []time.Duration{2e9, 9e9, 31e9, 38e9}, 2 * most},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := quietHub(1)
				every := b.cfg.Heartbeat
				run(t, b)
				s := newSubscriber(b, EventStream, b.placed())
				sink := &beats{sub: s, waits: tc.waits}
				s.conn = conn.NewSink(sink, s, conn.Event, b.connLimits())
				began := time.Now()
				s.enter(s.wanted(wire.Request{Type: wire.Subscribe, Symbols: []string{"*"}, Fields: market.AllFields}))
				seen := func() beats {
					synctest.Wait()
					said := make(chan beats)
					s.shard.post(func() { said <- *sink })
					return <-said
				}
				first := seen().writes
				for i, at := range tc.trades {
					time.Sleep(time.Until(began.Add(at)))
					ticks := trades(1, 1)
					ticks[0].Price = market.Price(i+1) * market.Scale
					b.Apply(market.Batch{Ticks: ticks})
				}
				time.Sleep(time.Until(began.Add(most*every + every/2)))
				got := seen()
				late := every/64 + every/32 + 10*time.Millisecond
				inTime := func(what string, last time.Time, all []time.Time) {
					for _, at := range all {
						if after := at.Sub(last); after < every || after > every+late {
							t.Errorf("%s %v after the beginning, %v after the one before; want %v", what, at.Sub(began), after, every)
						}
						last = at
					}
				}
				inTime("comment", began, got.comments)
				if n := len(got.comments); n < most-1 || n > most {
					t.Errorf("%d comments in %d heartbeats", n, most)
				}
				said := began
				for i := 0; len(got.messages) > 0; i++ { // each run of heartbeats begins with what was said before
					n := len(got.messages)
					next := time.Now()
					if i < len(got.updates) {
						for n = 0; n < len(got.messages) && got.messages[n].Before(got.updates[i]); n++ {
						}
						next = got.updates[i]
					}
					inTime("heartbeat", said, got.messages[:n])
					if n > 0 {
						said = got.messages[n-1]
					}
					if quiet := next.Sub(said); quiet > every+late {
						t.Errorf("nothing was said for %v", quiet)
					}
					got.messages, said = got.messages[n:], next
				}
				if len(got.updates) != len(tc.trades) {
					t.Errorf("%d updates, want %d", len(got.updates), len(tc.trades))
				}
				if n := got.writes - first - len(got.updates); n > tc.writes {
					t.Errorf("%d writes, want at most %d", n, tc.writes)
				}
			})
		})
	}
}
