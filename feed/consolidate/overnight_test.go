package consolidate

import (
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed"
	"tickertape/feed/market"
)

// overnightTest runs a feed of one share from Tuesday, 4 January 2000, 09:30 in New York. Its previous close is 1000.
func overnightTest(t *testing.T, cfg Config, info feed.Info, venue string, test func(w *fixture)) {
	synctest.Test(t, func(t *testing.T) { // the bubble begins on Saturday, 1 January 2000
		time.Sleep(3*24*time.Hour + 14*time.Hour + 30*time.Minute)
		w := newFixture(t, cfg, []market.Symbol{{Symbol: "A", Decimals: 2, Market: venue, PreviousClose: 1000 * market.Scale}}, info)
		w.live("market")
		test(w)
	})
}

// trades has the share traded at a price until that is believed.
func trades(w *fixture, price string) {
	for range 3 {
		w.says("market", ticks(trade(0, price)))
		time.Sleep(200 * time.Millisecond)
	}
	synctest.Wait()
}

// wantDoubt compares the state of the share.
func wantDoubt(t *testing.T, when string, w *fixture, doubt bool) {
	t.Helper()
	q := w.quote(0)
	if (q.State == market.Stale && q.Reason == market.InDoubt) != doubt || !doubt && q.State != market.Live {
		t.Errorf("%s: %v at %v after %v is %v, %q", when, q.State, q.Price, q.PreviousClose, q.State, q.Reason)
	}
}

func TestAMoveThatLooksLikeASplitIsInDoubt(t *testing.T) {
	for price, doubt := range map[string]bool{
		"100": true, "100.9": true, "101.1": false, "99.05": true, "98.9": false, "500": true, "666.67": true, "672": true, "674": false,
		"333": true, "10": true, "9.8": false, "800": false, "750": false, "700": false, "550": false, "1500": true, "1520": false,
		"2000": true, "2500": false,
		"10000": true, "100000": true, "102000": false, "995": false, "1250": false,
	} {
		overnightTest(t, DefaultConfig(), remote, "us", func(w *fixture) {
			trades(w, price)
			wantDoubt(t, price, w, doubt)
			if got := w.price(0); got != price {
				t.Errorf("%s is shown as %s: prices go on", price, got)
			}
		})
	}
}

func TestDoubtStaysForTheDayOrUntilItIsExplained(t *testing.T) {
	date := func(day int) time.Time { return time.Date(2000, 1, day, 0, 0, 0, 0, time.UTC) }
	split := &market.Actions{Symbols: []market.SymbolID{0}, From: date(1), To: date(31),
		All: []market.Action{{Date: date(4), Adjustment: market.Adjustment{New: 10, Old: 1}}}}
	overnightTest(t, DefaultConfig(), remote, "us", func(w *fixture) {
		trades(w, "100")
		for _, price := range []string{"120", "150", "400", "1000", "100"} { // whatever follows
			trades(w, price)
			wantDoubt(t, "later at "+price, w, true)
		}
		w.says("market", market.Batch{Actions: split})
		wantDoubt(t, "explained", w, false)
		if q := w.quote(0); q.PreviousClose != 100*market.Scale || q.Adjusted != "split 10:1" {
			t.Errorf("explained: %v by %q", q.PreviousClose, q.Adjusted)
		}
		w.says("market", market.Batch{Actions: &market.Actions{Symbols: split.Symbols, From: split.From, To: split.To}})
		wantDoubt(t, "taken back", w, true)
		if q := w.quote(0); q.PreviousClose != 1000*market.Scale || q.Adjusted != "" {
			t.Errorf("taken back: %v by %q", q.PreviousClose, q.Adjusted)
		}
		time.Sleep(18*time.Hour + 31*time.Minute) // 04:01 on Wednesday
		trades(w, "101")
		wantDoubt(t, "the next day", w, false)
	})
}

func TestWhatAPersonSaysEndsTheDoubt(t *testing.T) {
	for _, c := range []struct {
		says     Adjustment
		doubt    bool
		previous string
	}{
		{Adjustment{None: true}, false, "1000"},
		{Adjustment{Split: "10:1"}, false, "100"},
		{Adjustment{Dividend: "900"}, false, "100"},
		{Adjustment{Dividend: "1"}, true, "999"},        // 100 after 999 is within 1 % of 10:1, too
		{Adjustment{Split: "2:1"}, true, "500"},         // as is 100 after 500 of 5:1
		{Adjustment{Split: "1:1000"}, false, "1000000"}, // and 100 after that of nothing
	} {
		cfg := DefaultConfig()
		c.says.Symbol, c.says.Date = "A", "2000-01-04"
		cfg.Adjustments = []Adjustment{c.says}
		overnightTest(t, cfg, remote, "us", func(w *fixture) {
			trades(w, "100")
			if q := w.quote(0); q.PreviousClose.String() != c.previous {
				t.Errorf("%+v: the previous close is %v, want %s", c.says, q.PreviousClose, c.previous)
			}
			wantDoubt(t, "as configured", w, c.doubt)
			w.says("market", market.Batch{Actions: &market.Actions{Symbols: []market.SymbolID{0}, From: time.Unix(0, 0), To: time.Unix(2e9, 0),
				All: []market.Action{{Date: time.Date(2000, 1, 4, 0, 0, 0, 0, time.UTC), Adjustment: market.Adjustment{New: 7, Old: 1}}}}})
			if q := w.quote(0); q.PreviousClose.String() != c.previous {
				t.Errorf("%+v: a source overrides it: %v", c.says, q.PreviousClose)
			}
		})
	}
}

// A trade that compares with the adjusted close is no move that has to be confirmed.
func TestTheFirstTradeAfterASplitIsShownAtOnce(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Adjustments = []Adjustment{{Symbol: "A", Date: "2000-01-05", Split: "10:1"}}
	overnightTest(t, cfg, remote, "us", func(w *fixture) {
		trades(w, "1000")
		time.Sleep(24 * time.Hour)
		w.says("market", ticks(trade(0, "101")))
		if q := w.quote(0); q.Price.String() != "101" || q.PreviousClose.String() != "100" || q.Adjusted != "split 10:1" {
			t.Errorf("%v after %v by %q", q.Price, q.PreviousClose, q.Adjusted)
		}
		wantDoubt(t, "a split that is known", w, false)
		w.says("market", ticks(trade(0, "1010")))
		if got := w.price(0); got != "101" {
			t.Errorf("a price of before is shown: %s", got)
		}
	})
}

// A clock that was wrong has begun a day too early: what adjusts the day that goes on holds again.
func TestADayThatGoesOnIsAdjustedByItsOwnSplit(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Adjustments = []Adjustment{{Symbol: "A", Date: "2000-01-04", Split: "10:1"}, {Symbol: "A", Date: "2000-01-05", Split: "4:1"}}
	overnightTest(t, cfg, remote, "us", func(w *fixture) {
		time.Sleep(20 * time.Hour) // by this machine's clock, it is 05:30 on Wednesday
		w.says("market", market.Batch{Images: []market.Quote{{Set: market.FieldPreviousClose, PreviousClose: 1000 * market.Scale}}})
		if q := w.quote(0); q.PreviousClose.String() != "250" || q.Adjusted != "split 4:1" {
			t.Errorf("by the wrong clock: %v by %q", q.PreviousClose, q.Adjusted)
		}
		k := trade(0, "101")
		k.Time -= market.Time((14 * time.Hour).Microseconds()) // by the exchange's, 15:30 on Tuesday
		w.says("market", ticks(k))
		if q := w.quote(0); q.PreviousClose.String() != "100" || q.Adjusted != "split 10:1" {
			t.Errorf("by the exchange's: %v by %q", q.PreviousClose, q.Adjusted)
		}
	})
}

func TestOnlyMarketsThatCloseHaveNights(t *testing.T) {
	overnightTest(t, DefaultConfig(), remote, "crypto", func(w *fixture) {
		trades(w, "100")
		wantDoubt(t, "a coin", w, false)
	})
	lossless := remote
	lossless.Lossless = true
	overnightTest(t, DefaultConfig(), lossless, "us", func(w *fixture) {
		w.says("market", ticks(market.Tick{Kind: market.KindRoll, Time: now() - 1}))
		trades(w, "100")
		wantDoubt(t, "a recording", w, false)
	})
}

func TestPricesBeforeTheSessionRaiseDoubtAndTheFirstInItDecides(t *testing.T) {
	early := func(price string) market.Tick {
		k := trade(0, price)
		k.Flags = market.SetsExtended | market.SetsVolume
		return k
	}
	for price, doubt := range map[string]bool{"100": true, "990": false} {
		overnightTest(t, DefaultConfig(), remote, "us", func(w *fixture) {
			w.says("market", ticks(quote(0, "1", "1900"))) // both sides are far from each other
			wantDoubt(t, "a quote that says nothing", w, false)
			w.says("market", ticks(quote(0, "100", "100.2")))
			wantDoubt(t, "a quote as after a split", w, true)
			w.says("market", ticks(quote(0, "50", "1900")))
			wantDoubt(t, "it stays", w, true)
			trades(w, price)
			wantDoubt(t, "the first price of the session", w, doubt)
		})
	}
	overnightTest(t, DefaultConfig(), remote, "us", func(w *fixture) {
		for range 3 {
			w.says("market", ticks(early("100")))
			time.Sleep(200 * time.Millisecond)
		}
		synctest.Wait()
		wantDoubt(t, "trades before the session", w, true)
	})
}

func TestAnImageOfADayIsWeighed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(2*24*time.Hour + 20*time.Hour)
		w := newFixture(t, DefaultConfig(), []market.Symbol{{Symbol: "A", Decimals: 2, Market: "us"}}, remote)
		w.live("market")
		w.says("market", ticks(trade(0, "52"))) // far from the day's open
		im := market.Quote{Set: market.FieldOpen | market.FieldPreviousClose | market.FieldPrice | market.FieldTime, Open: 100 * market.Scale,
			PreviousClose: 1000 * market.Scale, Price: 52 * market.Scale, Time: now()}
		w.says("market", market.Batch{Images: []market.Quote{im}})
		wantDoubt(t, "its open looks like a split", w, true)
		im.Open, im.PreviousClose, im.Price = 1010*market.Scale, 1000*market.Scale, 500*market.Scale
		w.says("market", market.Batch{Images: []market.Quote{im}})
		wantDoubt(t, "it fell in the day", w, false)
	})
}

// A correction is as if the trade had been right from the beginning.
func TestACorrectionOfTheFirstTradeOrOfTheCloseIsWeighed(t *testing.T) {
	correct := func(w *fixture, k market.Tick, price string) {
		c := market.Correction{ID: k.ID, Old: market.Print{Price: k.Price, Size: k.Size, Flags: k.Flags}, Traded: k.Time, Time: now()}
		if price != "" {
			c.New = market.Print{Price: parse(price), Size: k.Size, Flags: k.Flags}
		}
		w.says("market", market.Batch{Corrections: []market.Correction{c}})
	}
	made := func(w *fixture, price string) market.Tick { // a trade that is believed at once
		w.says("market", ticks(quote(0, price, price)))
		k := trade(0, price)
		k.ID = 9
		w.says("market", ticks(k))
		time.Sleep(200 * time.Millisecond)
		return k
	}
	for _, to := range []string{"1000", ""} {
		overnightTest(t, DefaultConfig(), remote, "us", func(w *fixture) {
			k := made(w, "500")
			wantDoubt(t, "a bad first trade", w, true)
			correct(w, k, to)
			trades(w, "1000")
			wantDoubt(t, "corrected to "+to, w, false)
		})
		for name, early := range map[string]time.Duration{"on its day": time.Hour, "on the next day": 0} {
			overnightTest(t, DefaultConfig(), remote, "us", func(w *fixture) {
				trades(w, "1000")
				k := made(w, "500")
				time.Sleep(early)
				if early > 0 {
					correct(w, k, to)
				}
				time.Sleep(24*time.Hour - early) // 09:30
				if early == 0 {
					correct(w, k, to)
				}
				trades(w, "1000")
				wantDoubt(t, "a bad close, corrected "+name+" to "+to, w, false)
			})
		}
		overnightTest(t, DefaultConfig(), remote, "us", func(w *fixture) {
			k := made(w, "1000")
			time.Sleep(24 * time.Hour)
			trades(w, "500")
			wantDoubt(t, "a fall by half", w, true)
			correct(w, k, "500")
			wantDoubt(t, "from a close that was wrong", w, false)
		})
	}
}
