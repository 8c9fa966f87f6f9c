package feed

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed/market"
)

// downs returns the times from a status that is live to the next, which is down, in order.
func (p *published) downs() (lasted []time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, s := range p.statuses {
		if i > 0 && s.State == market.Down && p.statuses[i-1].State == market.Live {
			lasted = append(lasted, s.Since.Std().Sub(p.statuses[i-1].Since.Std()))
		}
	}
	return lasted
}

// image is one image of a symbol, as of a time; 0: none.
func image(at market.Time) market.Batch {
	q := market.Quote{Set: market.FieldPrice, Price: 1}
	if at != 0 {
		q.Set, q.Time = q.Set|market.FieldTime, at
	}
	return market.Batch{Images: []market.Quote{q}}
}

// A source that promises heartbeats is down two of them after its last word, however often that happens and whatever the
// configured silence is, and not while it keeps its promise.
func TestPromisedHeartbeatsSayWhenASourceIsSilent(t *testing.T) {
	for _, heartbeat := range []time.Duration{100 * time.Millisecond, 5 * time.Second, time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			const rounds, beats = 10, 7
			r := &fakeRemote{connect: func(ctx context.Context, number int, publish func(market.Batch)) error {
				publish(market.Batch{Alive: true, Heartbeat: heartbeat})
				publish(image(1)) // the same on each connection
				for range beats {
					time.Sleep(heartbeat)
					publish(market.Batch{Alive: true})
				}
				<-ctx.Done()
				return context.Cause(ctx)
			}}
			p, reg := supervise(t, r, nil)
			time.Sleep(rounds * (time.Minute + (beats+2)*heartbeat))
			synctest.Wait()
			lasted := p.downs()
			if len(lasted) < rounds {
				t.Fatalf("%v: %d times down, want at least %d", heartbeat, len(lasted), rounds)
			}
			for i, d := range lasted {
				if d != (beats+heartbeatsMissed)*heartbeat {
					t.Errorf("%v: down for the %dth time %v after it was live, want %v", heartbeat, i+1, d, (beats+heartbeatsMissed)*heartbeat)
				}
			}
			if n := breaks(t, reg, Silent); int(n) != len(lasted) {
				t.Errorf("%v: %v breaks for silence, want %d", heartbeat, n, len(lasted))
			}
		})
	}
}

func TestASourceThatSendsHeartbeatsAloneIsNotDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &fakeRemote{connect: func(ctx context.Context, _ int, publish func(market.Batch)) error {
			publish(market.Batch{Alive: true, Heartbeat: time.Minute}) // longer than feed.silence
			publish(trade(1))
			for ctx.Err() == nil {
				time.Sleep(119 * time.Second) // one gets lost now and then
				publish(market.Batch{Alive: true})
			}
			return ctx.Err()
		}}
		p, _ := supervise(t, r, nil)
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if s, words := p.states(); s.State != market.Live || r.count() != 1 || len(words) != 2 {
			t.Errorf("states %v, %d connections; want one, live", words, r.count())
		}
	})
}

// The promise is that of one connection: the next may be to a server that has made none.
func TestAPromiseEndsWithItsConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &fakeRemote{connect: func(ctx context.Context, number int, publish func(market.Batch)) error {
			if number == 1 {
				publish(market.Batch{Alive: true, Heartbeat: time.Second})
			}
			publish(image(1)) // no news on the second
			<-ctx.Done()
			return context.Cause(ctx)
		}}
		p, _ := supervise(t, r, nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		if d := p.downs(); len(d) < 2 || d[0] != 2*time.Second || d[1] != DefaultConfig().Silence {
			t.Errorf("down after %v, want 2s and %v", d, DefaultConfig().Silence)
		}
	})
}

// Whoever says all in images would otherwise be given twice the time after each silence.
func TestAnImageThatIsLaterThanAllBeforeIsMarketData(t *testing.T) {
	for name, c := range map[string]struct {
		at   func(number int) market.Time
		most time.Duration // until it is cut off for the fifth time
	}{
		"later each time": {func(number int) market.Time { return market.Time(number) }, DefaultConfig().Silence},
		"always the same": {func(int) market.Time { return 1 }, 16 * DefaultConfig().Silence},
		"without a time":  {func(int) market.Time { return 0 }, 16 * DefaultConfig().Silence},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &fakeRemote{connect: func(ctx context.Context, number int, publish func(market.Batch)) error {
					publish(image(c.at(number)))
					<-ctx.Done()
					return context.Cause(ctx)
				}}
				p, _ := supervise(t, r, nil)
				time.Sleep(time.Hour)
				synctest.Wait()
				if d := p.downs(); len(d) < 5 || d[4] != c.most {
					t.Errorf("down after %v, want the fifth after %v", d, c.most)
				}
			})
		})
	}
}

// A market that is late by contract opens and closes late.
func TestADelayedSourceIsNotSilentBeforeItsMarketOpens(t *testing.T) {
	const delay = 15 * time.Minute
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		open := func(at time.Time) bool { d := at.Sub(began); return d < time.Minute || d > time.Hour }
		r := &fakeRemote{connect: func(ctx context.Context, _ int, publish func(market.Batch)) error {
			for ctx.Err() == nil {
				if open(time.Now().Add(-delay)) {
					publish(trade(1))
				}
				time.Sleep(time.Second)
			}
			return context.Cause(ctx)
		}}
		p, reg := supervise(t, fakeDelayed{r, delay}, open)
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if s, words := p.states(); s.State != market.Live || s.Delay != delay || breaks(t, reg, Silent) != 0 {
			t.Errorf("states %v, newest %+v; %v breaks for silence, want none", words, s, breaks(t, reg, Silent))
		}
	})
}

// fakeDelayed is a fakeRemote whose prices are late by contract.
type fakeDelayed struct {
	*fakeRemote
	delay time.Duration
}

func (d fakeDelayed) Info() Info { return Info{Name: "remote", Remote: true, Delay: d.delay} }

// What a source says of itself and of those behind it reaches subscribers, with what its Info says of its prices.
func TestAStatusIsPassedOnWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		behind := []market.Status{{Source: "coinbase", Quiet: true}}
		r := &fakeRemote{connect: func(ctx context.Context, _ int, publish func(market.Batch)) error {
			publish(market.Batch{Status: &market.Status{State: market.Live, Message: "via x", Behind: behind}})
			publish(trade(1))
			publish(market.Batch{Status: &market.Status{State: market.Live, Message: "via x", Quiet: true, Behind: behind}})
			publish(trade(2))
			publish(market.Batch{Status: &market.Status{State: market.Live, Message: "via x", Quiet: true, Behind: behind}}) // nothing new
			return Breakf(Lost, "gone")
		}}
		p, _ := supervise(t, fakeDelayed{r, time.Minute}, nil)
		synctest.Wait()
		p.mu.Lock()
		defer p.mu.Unlock()
		if len(p.statuses) != 4 {
			t.Fatalf("%d statuses, want 4: %+v", len(p.statuses), p.statuses)
		}
		for i, want := range []market.Status{{}, {Quiet: false, Behind: behind}, {Quiet: true, Behind: behind}, {}} {
			if s := p.statuses[i]; s.Quiet != want.Quiet || len(s.Behind) != len(want.Behind) || s.Delay != time.Minute {
				t.Errorf("status %d: %+v, want quiet %t, behind %v", i, s, want.Quiet, want.Behind)
			}
		}
	})
}
