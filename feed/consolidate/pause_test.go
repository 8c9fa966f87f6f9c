package consolidate

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"tickertape/feed"
	"tickertape/feed/market"
)

// status is the newest of a source, and how many came of it.
func (w *fixture) status(source string) (newest market.Status, n int) {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.statuses {
		if s.Source == source {
			newest, n = s, n+1
		}
	}
	return newest, n
}

// trades has a source trade symbols, each at its interval, for a while.
func (w *fixture) trades(source string, lasting time.Duration, intervals ...time.Duration) {
	const step = 50 * time.Millisecond
	for at := time.Duration(0); at < lasting; at += step {
		for id, every := range intervals {
			if every > 0 && at%every == 0 {
				w.says(source, ticks(trade(market.SymbolID(id), "100")))
			}
		}
		time.Sleep(step)
	}
}

// quietAfter returns how long after now a source is quiet; most: it is not until then.
func (w *fixture) quietAfter(source string, most time.Duration) time.Duration {
	began := time.Now()
	for time.Since(began) < most {
		if s, _ := w.status(source); s.Quiet {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return time.Since(began)
}

var three = []market.Symbol{{Symbol: "A"}, {Symbol: "B"}, {Symbol: "C"}}

func TestASourceIsQuietWhileAllItsBusySymbolsPause(t *testing.T) {
	const ms, s = time.Millisecond, time.Second
	for name, c := range map[string]struct {
		intervals   []time.Duration // of the symbols; 0: it never trades
		least, most time.Duration   // when it is quiet after the last trade
	}{
		"one symbol":                    {[]time.Duration{200 * ms}, 2 * s, 2600 * ms},
		"no sooner than after a second": {[]time.Duration{50 * ms}, time.Second, 1600 * ms},
		"the slowest counts":            {[]time.Duration{50 * ms, 500 * ms}, 4500 * ms, 5600 * ms},
		"a seldom one does not count":   {[]time.Duration{50 * ms, 2 * s}, time.Second, 1600 * ms},
		"seldom ones alone":             {[]time.Duration{2 * s, 2 * s}, time.Minute, time.Hour},
		"nothing ever":                  {nil, time.Minute, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newFixture(t, DefaultConfig(), three, remote)
				w.live("market")
				w.trades("market", 20*s, c.intervals...)
				if _, n := w.status("market"); n != 1 {
					t.Errorf("%d statuses while all trade, want one", n)
				}
				if got := w.quietAfter("market", time.Minute); got < c.least || got > c.most {
					t.Errorf("quiet after %v, want %v to %v", got, c.least, c.most)
				}
			})
		})
	}
}

func TestQuietEndsWithTheNextTickAndNotBefore(t *testing.T) {
	for name, c := range map[string]struct {
		then func(w *fixture)
		ends bool
	}{
		"a trade":                      {func(w *fixture) { w.says("market", ticks(trade(0, "100"))) }, true},
		"a quote":                      {func(w *fixture) { w.says("market", ticks(quote(0, "99", "101"))) }, true},
		"a sign of life of the symbol": {func(w *fixture) { w.says("market", ticks(market.Tick{Kind: market.KindAlive})) }, true},
		"an image": {func(w *fixture) {
			w.says("market", market.Batch{Images: []market.Quote{
				{Set: market.FieldPrice | market.FieldTime, Price: parse("100"), Time: now() - 1000}}})
		}, true},
		"a seldom symbol":    {func(w *fixture) { w.says("market", ticks(trade(2, "100"))) }, false},
		"nothing, for stale": {func(*fixture) { time.Sleep(time.Hour) }, false},
		"a halt": {func(w *fixture) {
			w.says("market", ticks(market.Tick{Kind: market.KindState, State: market.Halted}))
			time.Sleep(visitEvery)
		}, true},
		"the end": {func(w *fixture) { w.down("market", "lost") }, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newFixture(t, DefaultConfig(), three, remote)
				w.live("market")
				w.trades("market", 20*time.Second, 100*time.Millisecond, 0, 5*time.Second)
				if got := w.quietAfter("market", time.Minute); got >= time.Minute {
					t.Fatal("it is not quiet")
				}
				_, before := w.status("market")
				c.then(w)
				s, n := w.status("market")
				if s.Quiet == c.ends || c.ends && n != before+1 || !c.ends && n != before {
					t.Errorf("quiet %t after %d more statuses, want quiet %t", s.Quiet, n-before, !c.ends)
				}
			})
		})
	}
}

func TestWhatCannotBeQuiet(t *testing.T) {
	lossless := remote
	lossless.Lossless = true
	for name, c := range map[string]struct {
		info   feed.Info
		symbol market.Symbol
		began  time.Time
	}{
		"a source that loses nothing": {lossless, market.Symbol{Symbol: "A"}, time.Time{}},
		"a market that closes":        {remote, market.Symbol{Symbol: "A", Market: "us"}, time.Date(2026, 11, 18, 20, 59, 50, 0, time.UTC)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if !c.began.IsZero() {
					time.Sleep(time.Until(c.began))
				}
				w := newFixture(t, DefaultConfig(), []market.Symbol{c.symbol}, c.info, feed.Info{Name: "other"}) // for whose sake all are visited
				w.live("market")
				w.trades("market", 10*time.Second, 100*time.Millisecond)
				if got := w.quietAfter("market", time.Minute); got < time.Minute {
					t.Errorf("quiet after %v", got)
				}
			})
		})
	}
}

// A relay's own symbols are those of its server, which says whether they are quiet.
func TestWhatARelaySaysIsPassedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFixture(t, DefaultConfig(), three, feed.Info{Name: "relay", Lossless: true, Remote: true})
		behind := []market.Status{{Source: "replay", Replayed: true}, {Source: "alpaca", Delay: 15 * time.Minute, Quiet: true}}
		for _, quiet := range []bool{false, true, false} {
			said := market.Status{Source: "relay", Message: "via x", Replayed: true, Delay: 15 * time.Minute, Quiet: quiet, Behind: behind}
			w.says("relay", market.Batch{Status: &said})
			got, _ := w.status("relay")
			said.Since = got.Since
			if !got.Equal(&said) {
				t.Errorf("passed on %+v, want %+v", got, said)
			}
		}
		if _, n := w.status("relay"); n != 3 {
			t.Errorf("%d statuses, want 3", n)
		}
		w.down("relay", "lost")
		if got, _ := w.status("relay"); got.Quiet || got.Behind != nil {
			t.Errorf("down: %+v", got)
		}
	})
}

// One connection of a source may be late by contract while another is not, as that of coins beside that of shares.
func TestADelayByContractIsNoSkew(t *testing.T) {
	const delay = 15 * time.Minute
	synctest.Test(t, func(t *testing.T) {
		late, current := remote, remote
		late.Name, current.Name, late.Delay = "late", "current", delay
		w := newFixture(t, DefaultConfig(), three, late, current)
		w.says("late", market.Batch{Status: &market.Status{State: market.Live, Delay: delay}})
		w.live("current")
		for range 50 {
			for id, name := range []string{"late", "current"} {
				k := trade(market.SymbolID(id), "100")
				k.Time -= 70_000 // on the way
				if name == "late" {
					k.Time -= market.Time(delay.Microseconds())
				}
				w.says(name, ticks(k))
			}
			time.Sleep(20 * time.Millisecond)
		}
		for _, name := range []string{"late", "current"} {
			if got := testutil.ToFloat64(w.feed.consolidator.metrics.skew.WithLabelValues(name)); got != -0.07 {
				t.Errorf("%s: %v s, want -0.07", name, got)
			}
		}
		if s, _ := w.status("late"); s.Delay != delay {
			t.Errorf("status %+v", s)
		}
		if info := w.feed.Info(); info.Delay != delay {
			t.Errorf("info %+v", info)
		}
	})
}

func TestASourceIsAsLateAsItsLatestConnection(t *testing.T) {
	s := &source{name: "alpaca"}
	shares, coins := &connection{source: s}, &connection{source: s}
	s.connections = []*connection{shares, coins}
	c := &consolidator{metrics: newMetrics(prometheus.NewRegistry()), out: batchBuilder{publish: func(market.Batch) {}}}
	c.sources = []*source{s}
	for _, say := range []struct {
		from  *connection
		delay time.Duration
		want  time.Duration
	}{{shares, 15 * time.Minute, 15 * time.Minute}, {coins, 0, 15 * time.Minute}, {shares, 0, 0}} {
		c.setStatus(say.from, &market.Status{Delay: say.delay})
		if s.status.Delay != say.want {
			t.Errorf("delay %v, want %v", s.status.Delay, say.want)
		}
	}
}
