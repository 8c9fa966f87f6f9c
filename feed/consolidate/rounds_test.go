package consolidate

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed/calendar"
	"tickertape/feed/market"
)

func TestEverySymbolIsVisitedOnceInEveryRound(t *testing.T) {
	for _, n := range []int{0, 1, sliceSize, sliceSize + 1, 10_000, 100_000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			s := rounds{every: visitEvery}
			start := time.Now()
			now := start
			for round := range 3 {
				if early := now.Sub(start) - time.Duration(round)*visitEvery; early < 0 || early > time.Microsecond {
					t.Errorf("round %d begins after %v", round, now.Sub(start))
				}
				for next := 0; ; {
					from, to, wait := s.slice(now, n)
					if from != next || to-from > sliceSize || to > n {
						t.Fatalf("round %d visits %d to %d, want up to %d from %d", round, from, to, sliceSize, next)
					}
					if wait <= 0 || n > sliceSize && wait > 2*visitEvery/time.Duration(n/sliceSize) {
						t.Fatalf("round %d waits %v after %d of %d", round, wait, to, n)
					}
					now = now.Add(wait)
					if next = to; to == n {
						break
					}
				}
			}
		})
	}
}

func TestLateRoundHasShortPausesAndTheNextIsNoShorter(t *testing.T) {
	s := rounds{every: visitEvery}
	now := time.Now()
	s.slice(now, 1000)
	now = now.Add(time.Second)
	for s.next != 0 {
		if _, _, wait := s.slice(now, 1000); wait > 1 {
			t.Fatalf("waits %v though it is late", wait)
		}
	}
	if _, to, wait := s.slice(now, 1000); to != sliceSize || wait != visitEvery/8 {
		t.Errorf("the next round visits %d symbols and waits %v, want %d and %v", to, wait, sliceSize, visitEvery/8)
	}
}

func TestSymbolsMayComeWhileARoundLasts(t *testing.T) {
	s := rounds{every: visitEvery}
	now, seen := time.Now(), 0
	for n := 200; ; n += 50 {
		from, to, wait := s.slice(now, n)
		seen += to - from
		now = now.Add(wait)
		if s.next == 0 {
			if seen != n {
				t.Errorf("%d of %d symbols visited", seen, n)
			}
			return
		}
	}
}

// many runs a feed of one source with n symbols that never close, each of which has traded at 100.
func many(t *testing.T, n int, marketName string) *fixture {
	symbols := make([]market.Symbol, n)
	for i := range symbols {
		symbols[i] = market.Symbol{Symbol: fmt.Sprint("S", i), Decimals: 2, Market: marketName}
	}
	w := newFixture(t, DefaultConfig(), symbols, remote)
	w.live("market")
	first := make([]market.Tick, n)
	for i := range first {
		first[i] = trade(market.SymbolID(i), "100")
	}
	w.says("market", market.Batch{Ticks: first})
	return w
}

// largestSince is the largest batch that was published since the last call.
func (w *fixture) largestSince() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.largest
	w.largest = 0
	return n
}

// What time or a source's state changes in all symbols comes in slices: whatever arrives in between waits for one of them.
func TestChangesOfAllSymbolsComeInSlices(t *testing.T) {
	const n = 10_000
	for name, change := range map[string]struct {
		do   func(*fixture)
		want market.State
	}{
		"stale by time": {func(*fixture) { time.Sleep(DefaultConfig().StaleAfter + 2*visitEvery) }, market.Stale},
		"source down":   {func(w *fixture) { w.down("market", "cut") }, market.Down},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := many(t, n, "")
				w.largestSince()
				change.do(w)
				synctest.Wait()
				if got := w.largestSince(); got > sliceSize {
					t.Errorf("a batch of %d ticks, want %d at most", got, sliceSize)
				}
				for id := range market.SymbolID(n) {
					if got := w.quote(id).State; got != change.want {
						t.Fatalf("symbol %d is %v, want %v", id, got, change.want)
					}
				}
			})
		})
	}
}

func TestSessionsOfAllSymbolsBeginInSlicesAndBeforeTheirFirstTrade(t *testing.T) {
	const n = 10_000
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(24*time.Hour - 5*time.Second)
		w := many(t, n, "crypto")
		w.largestSince()
		time.Sleep(5*time.Second + time.Millisecond) // midnight UTC, and no round has begun since
		w.says("market", ticks(trade(n-1, "101")))
		if q := w.quote(n - 1); q.PreviousClose != parse("100") || q.Open != parse("101") || q.Count != 1 {
			t.Errorf("the first trade of the day: previous close %v, open %v, %d trades", q.PreviousClose, q.Open, q.Count)
		}
		time.Sleep(calendar.DefaultConfig().Grace + 2*visitEvery)
		synctest.Wait()
		if got := w.largestSince(); got > sliceSize {
			t.Errorf("a batch of %d ticks, want %d at most", got, sliceSize)
		}
		for id := range market.SymbolID(n - 1) {
			if q := w.quote(id); q.PreviousClose != parse("100") || q.Set&market.FieldVolume != 0 {
				t.Fatalf("symbol %d: %+v", id, q)
			}
		}
		if q := w.quote(n - 1); q.Count != 1 || q.PreviousClose != parse("100") {
			t.Errorf("its session began twice: %+v", q)
		}
	})
}

// While the states of all symbols change, batches of another source get their turn.
func TestStatusOfASourceDoesNotDelayAnother(t *testing.T) {
	const n = 10_000
	synctest.Test(t, func(t *testing.T) {
		w := two(t)
		batch := market.Batch{Status: &market.Status{State: market.Live}}
		for i := range n {
			id, err := w.dir.Add(market.Symbol{Symbol: fmt.Sprint("S", i)})
			if err != nil {
				t.Fatal(err)
			}
			batch.Ticks = append(batch.Ticks, trade(id, "100"))
		}
		w.says("first", batch)
		w.live("second")
		w.says("second", ticks(trade(0, "50"))) // a symbol that first does not have
		w.slow = true
		down := market.Status{State: market.Down, Message: "cut"}
		w.fakes["first"].batches <- market.Batch{Status: &down}
		time.Sleep(time.Microsecond) // the first of them are being published
		w.fakes["second"].batches <- ticks(trade(0, "51"))
		time.Sleep(time.Second)
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.changes != n || w.before == 0 || w.before > 2*sliceSize {
			t.Errorf("the tick came after %d of %d changes of state, want two slices at most", w.before, w.changes)
		}
	})
}
