package broadcast

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"pgregory.net/rapid"

	"tickertape/broadcast/wire"
)

func TestWheelLooksAtEveryoneOnceInTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const span = 64 * 10 * time.Millisecond
		w := newWheel(span)
		now := time.Now()
		w.at = now.Add(w.step)
		type due struct{ early, late time.Time }
		seated := map[*subscriber]due{}
		var all []*subscriber
		for range rapid.IntRange(1, 20).Draw(t, "subscribers") {
			all = append(all, &subscriber{})
		}
		put := func(s *subscriber, after time.Duration) {
			w.put(s, now, after)
			early := now.Add(after)
			if cut := w.at.Add(61 * w.step); cut.Before(early) { // a longer while is cut, as one is while the wheel is late
				early = cut
			}
			seated[s] = due{early, now.Add(after + w.step)}
		}
		turns := now
		for range rapid.IntRange(1, 100).Draw(t, "things") {
			s := rapid.SampledFrom(all).Draw(t, "one")
			switch rapid.SampledFrom([]string{"put", "put", "remove", "turn", "turn", "turn", "sleep"}).Draw(t, "what") {
			case "put":
				put(s, time.Duration(rapid.IntRange(0, 700).Draw(t, "after"))*time.Millisecond)
			case "remove":
				w.remove(s)
				delete(seated, s)
			case "sleep":
				now = now.Add(time.Duration(rapid.IntRange(0, 2000).Draw(t, "ms")) * time.Millisecond)
				fallthrough
			case "turn":
				now = now.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "ms")) * time.Millisecond)
				victim := rapid.SampledFrom(all).Draw(t, "another")
				again := rapid.Bool().Draw(t, "again")
				w.advance(now, func(s *subscriber) {
					d, there := seated[s]
					if !there {
						t.Fatal("looked at one that is not seated")
					}
					delete(seated, s)
					if now.Before(d.early) {
						t.Fatalf("looked at %v early", d.early.Sub(now))
					}
					if turns.After(d.late) {
						t.Fatalf("passed over %v late", turns.Sub(d.late))
					}
					if victim != s { // leaves when another is looked at
						w.remove(victim)
						delete(seated, victim)
					}
					if again {
						put(s, 20*time.Millisecond)
					}
				})
				turns = now
			}
			if w.count != len(seated) {
				t.Fatalf("%d are counted, want %d", w.count, len(seated))
			}
			for _, s := range all {
				if d, there := seated[s]; there != s.seat.taken {
					t.Fatalf("seat taken: %v, want %v", s.seat.taken, there)
				} else if there && turns.After(d.late) {
					t.Fatalf("not looked at %v after its time", turns.Sub(d.late))
				}
			}
		}
	})
}

func TestHeartbeatsComeToEveryoneInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const subscribers, beats = 1000, 12
		w := newWorld(1)
		heartbeat := w.hub.cfg.Heartbeat
		var all []*protocolClient
		for i := range subscribers {
			c := newProtocolClient(w.hub, i)
			c.connect("")
			all = append(all, c)
			time.Sleep(7 * time.Millisecond)
		}
		joined := time.Now()
		time.Sleep(beats * heartbeat)
		half, left := all[:subscribers/2], all[subscribers/2:]
		for _, c := range half {
			c.leave()
			c.judgeBeats(t, heartbeat, beats-1)
			c.beats = nil
		}
		for i, sh := range w.hub.shards {
			seated := make(chan int)
			sh.post(func() { seated <- sh.wheel.count - len(sh.all) })
			if more := <-seated; more != 0 {
				t.Errorf("the wheel of shard %d seats %d more than there are", i, more)
			}
		}
		time.Sleep(beats * heartbeat)
		if err := w.end(left...); err != nil {
			t.Error(err)
		}
		for _, c := range left {
			c.judgeBeats(t, heartbeat, int(time.Since(joined)/heartbeat)-1)
		}
		for _, c := range half {
			if len(c.beats) > 0 {
				t.Errorf("client %d got a heartbeat after it had left", c.number)
			}
		}
	})
}

// judgeBeats fails unless heartbeats came in time. The client has left.
func (c *protocolClient) judgeBeats(t *testing.T, every time.Duration, want int) {
	t.Helper()
	if len(c.beats) < want {
		t.Errorf("client %d got %d heartbeats, want %d", c.number, len(c.beats), want)
	}
	for i, at := range c.beats {
		if i == 0 {
			continue
		}
		if after := at.Sub(c.beats[i-1]); after < every || after > every+every/64+time.Millisecond {
			t.Errorf("client %d got a heartbeat %v after the one before, want %v", c.number, after, every)
		}
	}
}

func TestHeartbeatIsOnlyForSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1)
		var all []*protocolClient
		for i := range 4 { // both kinds of connection
			c := newProtocolClient(w.hub, i)
			c.follows["S0"] = true
			c.connect("")
			all = append(all, c)
		}
		for i := range 600 { // a minute of a busy market
			w.trade(0, int64(i+1))
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(time.Second)
		if err := w.end(all...); err != nil {
			t.Error(err)
		}
		for _, c := range all {
			if len(c.beats) > 0 {
				t.Errorf("client %d got %d heartbeats among updates, want none", c.number, len(c.beats))
			}
		}
	})
}

func TestEachTierGetsItsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(2)
		const minute = 60
		type tier struct {
			rate  float64
			label string
			want  int
		}
		tiers := []tier{{0, "full", 10 * minute}, {1, "1", minute}, {4, "2", 4 * minute}, {0.5, "below 1", minute / 2}, {20, "5", 10 * minute},
			{5, "5", 5 * minute}, {7.5, "5", 7.5 * minute}}
		var all []*protocolClient
		for i, tier := range tiers {
			for j := range 2 { // on both kinds of connection; whoever is second joins the first's watch
				c := newProtocolClient(w.hub, 4*i+j)
				c.connect("")
				c.ask(wire.Request{Type: wire.Subscribe, Symbols: []string{"S0", "S1"}, Rate: tier.rate})
				all = append(all, c)
			}
		}
		counted := map[string]float64{"full": 1, "5": 6, "2": 2, "1": 2, "below 1": 2} // the observer is one
		counted["full"] += 2
		check := func(when string, want map[string]float64) {
			for i, t2 := range w.hub.metrics.tiers {
				if got := testutil.ToFloat64(t2); got != want[tierLabel(i)] {
					t.Errorf("%s: %v subscribers in tier %q, want %v", when, got, tierLabel(i), want[tierLabel(i)])
				}
			}
		}
		check("subscribed", counted)
		for i := range 20 * minute {
			w.trade(i%2, int64(i%500+1))
			time.Sleep(50 * time.Millisecond)
		}
		time.Sleep(3 * time.Second)
		if err := w.end(all...); err != nil {
			t.Error(err)
		}
		for i, c := range all {
			tier := tiers[i/2]
			if slack := max(2, tier.want/20); c.updates < tier.want-slack || c.updates > tier.want+slack {
				t.Errorf("client %d at rate %v got %d updates in a minute, want %d", c.number, tier.rate, c.updates, tier.want)
			}
		}
		check("all have left", map[string]float64{})
	})
}

func tierLabel(i int) string { return tiers[i].label }

func TestSlowReaderIsToldItsRateOnBothKindsOfConnection(t *testing.T) {
	for number, kind := range []string{"one that never waits", "one that waits", "one that never waits, compressed",
		"one that waits, compressed"} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(1)
				c := newProtocolClient(w.hub, number)
				c.follows["S0"] = true
				c.connect("")
				synctest.Wait() // until it has taken the snapshot
				trades := func(seconds int, each func()) {
					for i := range seconds * 10 {
						w.trade(0, int64(i%300+1))
						time.Sleep(100 * time.Millisecond)
						if i%5 == 0 {
							each()
						}
					}
				}
				m := w.hub.metrics
				merged, stalls, catchUps := testutil.ToFloat64(m.merged), testutil.ToFloat64(m.stalls), testutil.ToFloat64(m.catchUps)
				trades(10, func() {})
				c.look(func() {
					if len(c.rates) > 0 || testutil.ToFloat64(m.merged) != merged || testutil.ToFloat64(m.stalls) != stalls ||
						testutil.ToFloat64(m.catchUps) != catchUps {
						t.Errorf("keeping up: told %+v, %v merged, %v stalls, %v catch-ups; want nothing of these",
							c.rates, testutil.ToFloat64(m.merged), testutil.ToFloat64(m.stalls), testutil.ToFloat64(m.catchUps))
					}
					c.updates = 0
				})
				flushes := testutil.ToFloat64(m.flushes)
				c.conn.stall()
				trades(20, c.conn.step)
				c.look(func() {
					if len(c.rates) != 1 || c.rates[0].Reason != "slow_consumer" || c.rates[0].Rate < 1 || c.rates[0].Rate > 3 || c.rates[0].Asked != 10 {
						t.Errorf("reading twice a second: told %+v, want slow_consumer of about 2 once", c.rates)
					}
					if got := testutil.ToFloat64(m.slow); got != 1 {
						t.Errorf("%v slow subscribers are counted, want 1", got)
					}
					flushes, took := testutil.ToFloat64(m.flushes)-flushes, float64(c.updates)
					if got := testutil.ToFloat64(m.merged) - merged; got < flushes-took-5 || got > flushes {
						t.Errorf("%v updates merged, want most of %v flushes, of which it took %v", got, flushes, took)
					}
					if got := testutil.ToFloat64(m.stalls) - stalls; got < took-3 || got > took+3 {
						t.Errorf("%v stalls, want one for each of the %v updates that it took", got, took)
					}
					if got := testutil.ToFloat64(m.catchUps) - catchUps; got < took-3 || got > took+3 {
						t.Errorf("%v catch-ups, want one for each of the %v updates that it took", got, took)
					}
				})
				c.conn.flow()
				trades(16, func() {})
				c.look(func() {
					last := c.rates[len(c.rates)-1] // there may be a better rate before: that of the two seconds in which it caught up
					if len(c.rates) > 3 || last.Reason != "recovered" || last.Rate != 10 {
						t.Errorf("reading again: told %+v, want recovered last", c.rates)
					}
				})
				if got := testutil.ToFloat64(m.slow); got != 0 {
					t.Errorf("%v slow subscribers are counted, want none", got)
				}
				if err := w.end(c); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestSlowReaderThatLeavesIsSlowNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1)
		var all []*protocolClient
		for i := range 4 {
			c := newProtocolClient(w.hub, i)
			c.follows["S0"] = true
			c.connect("")
			c.conn.stall()
			all = append(all, c)
		}
		for i := range 100 {
			w.trade(0, int64(i+1))
			time.Sleep(100 * time.Millisecond)
			if i%10 == 0 {
				for _, c := range all {
					c.conn.step()
				}
			}
		}
		if got := testutil.ToFloat64(w.hub.metrics.slow); got != 4 {
			t.Errorf("%v slow subscribers are counted, want 4", got)
		}
		for i, c := range all {
			c.leave()
			if got := testutil.ToFloat64(w.hub.metrics.slow); got != float64(3-i) {
				t.Errorf("%v slow subscribers are counted after %d have left", got, i+1)
			}
		}
		time.Sleep(time.Second) // the last trade is told
		if err := w.end(); err != nil {
			t.Error(err)
		}
	})
}
