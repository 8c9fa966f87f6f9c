package consolidate

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed/market"
)

func TestTicksThatCannotBeTrueAreRefusedAndCounted(t *testing.T) {
	for name, tc := range map[string]struct {
		tick func() market.Tick
		why  reason
	}{
		"price of zero":      {func() market.Tick { return trade(0, "0") }, price},
		"negative price":     {func() market.Tick { return trade(0, "-37.63") }, price},
		"bid of zero":        {func() market.Tick { return quote(0, "0", "100") }, price},
		"from the future":    {func() market.Tick { k := trade(0, "101"); k.Time += 5_000_001; return k }, future},
		"quote from it":      {func() market.Tick { k := quote(0, "99", "101"); k.Time += 6_000_000; return k }, future},
		"older last price":   {func() market.Tick { k := trade(0, "101"); k.Time -= 1; k.Flags = market.SetsLast; return k }, old},
		"older quote":        {func() market.Tick { k := quote(0, "90", "91"); k.Time -= 1; return k }, old},
		"repeated":           {func() market.Tick { k := trade(0, "100"); k.ID = 7; return k }, duplicate},
		"crossed by a tenth": {func() market.Tick { return quote(0, "110", "100") }, crossed},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := one(t, DefaultConfig())
				first := trade(0, "100")
				first.ID = 7
				w.says("market", ticks(first, quote(0, "99.9", "100.1")))
				before := w.quote(0)
				w.says("market", ticks(tc.tick()))
				if tc.why == future { // which ticks that come later, and are not, show
					w.says("market", ticks(quote(0, "99.9", "100.1"), quote(0, "99.9", "100.1"), quote(0, "99.9", "100.1")))
				}
				after := w.quote(0)
				if after.Price != before.Price || after.Bid != before.Bid || after.Ask != before.Ask {
					t.Errorf("now %v, %v/%v", after.Price, after.Bid, after.Ask)
				}
				if got := w.refused("market", tc.why); got != 1 {
					t.Errorf("%v refused as %q, want 1", got, tc.why)
				}
			})
		})
	}
}

func TestWhatIsLegalIsTaken(t *testing.T) {
	for name, tc := range map[string]struct {
		tick func() market.Tick
		want func(market.Quote) bool
	}{
		"a clock a little ahead": {func() market.Tick { k := trade(0, "101"); k.Time += 1_272_000; return k },
			func(q market.Quote) bool { return q.Price == parse("101") }},
		"a locked quote": {func() market.Tick { return quote(0, "100", "100") },
			func(q market.Quote) bool { return q.Bid == q.Ask }},
		"a quote crossed a bit": {func() market.Tick { return quote(0, "100.5", "100") },
			func(q market.Quote) bool { return q.Bid == parse("100.5") }},
		"the same trade again without a number": {func() market.Tick { return trade(0, "100") },
			func(q market.Quote) bool { return q.Count == 2 }},
		"a late trade counts, but is not the last": {func() market.Tick { k := trade(0, "105"); k.Time -= 1_000_000; return k },
			func(q market.Quote) bool { return q.Price == parse("100") && q.Count == 2 && q.High == parse("105") }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := one(t, DefaultConfig())
				w.says("market", ticks(trade(0, "100")))
				w.says("market", ticks(tc.tick()))
				if q := w.quote(0); !tc.want(q) {
					t.Errorf("got %+v", q)
				}
				if why := w.refused("market", old); why != 0 {
					t.Errorf("what counts is refused as %q", old)
				}
			})
		})
	}
}

func TestFatFingerIsNotPublished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := one(t, DefaultConfig())
		for range 10 {
			w.says("market", ticks(trade(0, "100")))
			time.Sleep(100 * time.Millisecond)
		}
		w.says("market", ticks(trade(0, "105"), trade(0, "1000"), trade(0, "1010"))) // eats through the book at once
		if got := w.quote(0); got.Price != parse("105") || got.High != parse("105") {
			t.Errorf("price %v, high %v", got.Price, got.High)
		}
		time.Sleep(50 * time.Millisecond)
		w.says("market", ticks(trade(0, "104")))
		if got := w.quote(0); got.Price != parse("104") || got.High != parse("105") || got.State != market.Live {
			t.Errorf("price %v, high %v, %v", got.Price, got.High, got.State)
		}
		if got := w.refused("market", move); got != 2 {
			t.Errorf("%v refused, want 2", got)
		}
	})
}

func TestCrashGetsThroughWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := one(t, DefaultConfig())
		w.says("market", ticks(trade(0, "100")))
		began := time.Now()
		for _, p := range []string{"70", "69", "60", "45", "44", "43"} {
			time.Sleep(90 * time.Millisecond)
			w.says("market", ticks(trade(0, p)))
		}
		if got := w.quote(0); got.Price != parse("43") || got.Count != 7 || got.Low != parse("43") {
			t.Errorf("%v after the crash: %v, %d trades, low %v", time.Since(began), got.Price, got.Count, got.Low)
		}
		if got := w.refused("market", move); got != 0 {
			t.Errorf("%v refused", got)
		}
	})
}

func TestCrashThatStopsAtOnceGetsThroughWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := one(t, DefaultConfig())
		w.says("market", ticks(trade(0, "100")))
		for _, p := range []string{"80", "79", "78"} {
			time.Sleep(10 * time.Millisecond)
			w.says("market", ticks(trade(0, p)))
		}
		time.Sleep(970 * time.Millisecond)
		synctest.Wait()
		if got := w.quote(0); got.Price != parse("78") || got.State != market.Live || got.Count != 4 {
			t.Errorf("%v, %v, %d trades", got.Price, got.State, got.Count)
		}
	})
}

func TestFatFingerIsNotConfirmedByASmallerMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := one(t, DefaultConfig())
		w.says("market", ticks(trade(0, "100"), trade(0, "1000")))
		for _, p := range []string{"112", "113"} {
			time.Sleep(200 * time.Millisecond)
			w.says("market", ticks(trade(0, p)))
		}
		if got := w.quote(0); got.Price != parse("113") || got.High != parse("113") || w.refused("market", move) != 1 {
			t.Errorf("price %v, high %v, %v refused; want 113, 113, 1", got.Price, got.High, w.refused("market", move))
		}
	})
}

func TestBadPrintThatIsTakenBackTakesNothingWithIt(t *testing.T) {
	for name, between := range map[string]func(*fixture){
		"while it is held":     func(*fixture) {},
		"after it was refused": func(w *fixture) { w.says("market", ticks(trade(0, "101"))) },
	} {
		for _, mended := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, mended: %v", name, mended), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := one(t, DefaultConfig())
					w.says("market", ticks(trade(0, "100")))
					bad := trade(0, "1000")
					bad.ID = 7
					w.says("market", ticks(bad))
					between(w)
					c := market.Correction{ID: 7, Old: market.Print{Price: bad.Price, Size: bad.Size, Flags: bad.Flags}, Time: now(), Received: now()}
					if mended {
						c.New = market.Print{Price: parse("100.5"), Size: market.Units(1), Flags: market.Regular}
					}
					w.says("market", market.Batch{Corrections: []market.Correction{c}})
					w.says("market", ticks(trade(0, "102")))
					want := uint64(2)
					if name == "after it was refused" {
						want++
					}
					if mended {
						want++
					}
					q := w.quote(0)
					if q.Volume != market.Units(want) || q.High != parse("102") || q.Price != parse("102") || q.State != market.Live {
						t.Errorf("volume %v, high %v, price %v, %v; want %d, 102, 102, live", q.Volume, q.High, q.Price, q.State, want)
					}
				})
			})
		}
	}
}

func TestQuoteAndHaltSpeakForAMove(t *testing.T) {
	for name, evidence := range map[string]func() market.Tick{
		"a quote": func() market.Tick { return quote(0, "69.9", "70.1") },
		"a halt": func() market.Tick {
			return market.Tick{Kind: market.KindState, State: market.Halted, Time: now(), Received: now()}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := one(t, DefaultConfig())
				w.says("market", ticks(trade(0, "100"), trade(0, "70")))
				if w.price(0) != "100" {
					t.Fatalf("a move by %s goes through unconfirmed", w.price(0))
				}
				time.Sleep(confirmAfter)
				w.says("market", ticks(evidence()))
				if w.price(0) != "70" {
					t.Errorf("price %s, want 70", w.price(0))
				}
			})
		})
	}
}

func TestPriceInDoubtIsStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := one(t, DefaultConfig())
		w.says("market", ticks(trade(0, "100"), trade(0, "70")))
		time.Sleep(staleWhenHeld + 2*visitEvery)
		synctest.Wait()
		if q := w.quote(0); q.State != market.Stale || q.Price != parse("100") {
			t.Errorf("%v %v, want 100 and stale", q.Price, q.State)
		}
		w.says("market", ticks(trade(0, "71")))
		if q := w.quote(0); q.State != market.Live || q.Price != parse("71") || q.Low != parse("70") {
			t.Errorf("%v %v, low %v", q.Price, q.State, q.Low)
		}
	})
}
