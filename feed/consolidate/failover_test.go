package consolidate

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed"
	"tickertape/feed/market"
)

// two runs a feed of a primary and a standby that have the same symbol.
func two(t *testing.T) *fixture {
	cfg := DefaultConfig()
	cfg.Symbols = []Route{{Symbol: "A", Sources: []string{"first:A", "second:A"}}}
	second, first := feed.Info{Name: "second", Remote: true}, feed.Info{Name: "first", Remote: true}
	return newFixture(t, cfg, []market.Symbol{{Symbol: "A", Decimals: 2}}, second, first)
}

func TestStandbyTakesOverAndGivesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := two(t)
		w.live("first", "second")
		w.says("second", ticks(trade(0, "100.2")))
		w.says("first", ticks(trade(0, "100.1")))
		if q := w.quote(0); q.Source != "first" || q.Price != parse("100.1") || q.Count != 1 {
			t.Fatalf("both well: %s of %s, %d trades", q.Price, q.Source, q.Count)
		}
		w.says("second", ticks(trade(0, "100.3"), trade(0, "100.4")))
		if q := w.quote(0); q.Price != parse("100.1") {
			t.Errorf("the standby's price %s is shown", q.Price)
		}
		w.down("first", "cable cut")
		time.Sleep(2 * visitEvery)
		synctest.Wait()
		if q := w.quote(0); q.Source != "second" || q.Price != parse("100.4") || q.Count != 3 || q.State != market.Live {
			t.Errorf("after the cut: %s of %s, %d trades, %v", q.Price, q.Source, q.Count, q.State)
		}
		w.live("first")
		for range 35 {
			w.says("first", ticks(trade(0, "100.5")))
			w.says("second", ticks(trade(0, "100.6")))
			if q := w.quote(0); q.Source != "second" {
				t.Fatalf("given back too early")
			}
			time.Sleep(800 * time.Millisecond)
		}
		time.Sleep(3 * time.Second)
		w.says("first", ticks(trade(0, "100.7")))
		if q := w.quote(0); q.Source != "first" || q.Price != parse("100.7") {
			t.Errorf("after it has settled: %s of %s", q.Price, q.Source)
		}
	})
}

func TestSilentPrimaryIsReplacedWithinSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := two(t)
		w.live("first", "second")
		w.says("first", ticks(trade(0, "10")))
		for i := range 40 {
			w.says("second", ticks(trade(0, "10.1")))
			if q := w.quote(0); q.Source == "second" {
				if after := time.Duration(i) * 500 * time.Millisecond; after < 15*time.Second || after > 16*time.Second {
					t.Errorf("after %v", after)
				}
				return
			}
			time.Sleep(500 * time.Millisecond)
		}
		t.Error("never")
	})
}

func TestNoPriceGoesBackInTimeWhenTheSourceChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := two(t)
		w.live("first", "second")
		w.says("first", ticks(trade(0, "10")))
		w.says("second", ticks(trade(0, "9.9"), quote(0, "9.8", "10")))
		time.Sleep(time.Second)
		w.says("first", ticks(trade(0, "10.2"), quote(0, "10.1", "10.3")))
		w.down("first", "cut")
		time.Sleep(time.Second)
		synctest.Wait()
		if q := w.quote(0); q.Source != "first" || q.State != market.Down || q.Price != parse("10.2") {
			t.Errorf("the standby's older price: %s of %s, %v", q.Price, q.Source, q.State)
		}
		w.says("second", ticks(quote(0, "10", "10.4")))
		if q := w.quote(0); q.Source != "second" || q.Bid != parse("10") || q.Price != parse("10.2") || q.State != market.Live {
			t.Errorf("with a newer quote: %s of %s, bid %s, %v", q.Price, q.Source, q.Bid, q.State)
		}
	})
}

func TestStatesOfSourcesArePublished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := two(t)
		w.live("first")
		w.down("first", "cut")
		w.live("second")
		var got []string
		for _, s := range w.statuses {
			got = append(got, s.Source+" "+s.State.String()+" "+s.Message)
		}
		if want := []string{"first live ", "first down cut", "second live "}; !slices.Equal(got, want) {
			t.Errorf("statuses %q, want %q", got, want)
		}
		if got := w.feed.Info().Name; got != "second,first" {
			t.Errorf("together they are %s", got)
		}
	})
}

// Held trades of a source may be confirmed by the same visit that has another take over. They must not overwrite its prices.
func TestPricesOfTheSourceThatTakesOverComeLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := two(t)
		w.live("first", "second")
		w.says("first", ticks(trade(0, "100")))
		time.Sleep(10 * time.Millisecond)
		w.says("first", ticks(trade(0, "80"))) // held, like the next
		time.Sleep(10 * time.Millisecond)
		w.says("first", ticks(trade(0, "79")))
		time.Sleep(10 * time.Millisecond)
		w.says("second", ticks(trade(0, "100.2"), trade(0, "100.4")))
		time.Sleep(agreeAfter - 10*time.Millisecond) // no visit yet that finds them agreed
		w.down("first", "cut")
		time.Sleep(2 * visitEvery)
		synctest.Wait()
		if q := w.quote(0); q.Source != "second" || q.Price != parse("100.4") || q.Count != 2 || q.Low != parse("100.2") {
			t.Errorf("%s of %s, low %s, %d trades; want 100.4 of second, 100.2, 2", q.Price, q.Source, q.Low, q.Count)
		}
	})
}

// What the sources of a symbol say of it before any of them is reliable is published, as it is where there is one source alone.
func TestASymbolWithoutAReliableSourceHasTheStateOfTheBest(t *testing.T) {
	unknown := func() market.Batch { return ticks(market.Tick{Kind: market.KindState, State: market.Down}) }
	stale := func() market.Batch {
		return market.Batch{Images: []market.Quote{{Set: market.FieldPrice | market.FieldState, Price: parse("7"), State: market.Stale}}}
	}
	figures := func() market.Batch {
		return market.Batch{Images: []market.Quote{{Set: market.FieldOpen | market.FieldState, Open: parse("7"), State: market.Down}}}
	}
	synctest.Test(t, func(t *testing.T) {
		for name, c := range map[string]struct {
			say    func(w *fixture)
			source string
			state  market.State
		}{
			"only the second knows that it is unknown": {func(w *fixture) {
				w.live("first", "second")
				w.says("second", unknown())
			}, "second", market.Down},
			"both do": {func(w *fixture) {
				w.live("first", "second")
				w.says("second", unknown())
				w.says("first", unknown())
			}, "first", market.Down},
			"both do, the first before the second": {func(w *fixture) {
				w.live("first", "second")
				w.says("first", unknown())
				w.says("second", unknown())
			}, "first", market.Down},
			"data over a connection that is down": {func(w *fixture) { w.says("second", ticks(trade(0, "7"))) }, "second", market.Down},
			"a stale image": {func(w *fixture) {
				w.live("second")
				w.says("second", stale())
			}, "second", market.Stale},
			"figures alone": {func(w *fixture) {
				w.live("second")
				w.says("second", figures())
			}, "second", market.Down},
		} {
			w := two(t)
			c.say(w)
			time.Sleep(2 * visitEvery)
			synctest.Wait()
			if q := w.quote(0); q.Source != c.source || q.State != c.state {
				t.Errorf("%s: %v of %q, want %v of %q", name, q.State, q.Source, c.state, c.source)
			}
			// whoever has data is the one that counts, at once, and has not failed over
			w.live("first", "second")
			w.says("second", ticks(market.Tick{Kind: market.KindState, State: market.Live}, trade(0, "7.1")))
			if q := w.quote(0); q.Source != "second" || q.Price != parse("7.1") || q.State != market.Live {
				t.Errorf("%s: then %s of %q, %v, want 7.1 of second, live", name, q.Price, q.Source, q.State)
			}
			w.says("first", ticks(market.Tick{Kind: market.KindState, State: market.Live}, trade(0, "7.2")))
			if q := w.quote(0); q.Source != "first" || q.Price != parse("7.2") || q.State != market.Live {
				t.Errorf("%s: and then %s of %q, %v, want 7.2 of first, live", name, q.Price, q.Source, q.State)
			}
		}
	})
}

// The name and the market of the configuration hold, whether a source describes the symbol when it is opened or later.
func TestTheConfigurationDescribesASymbolBetterThanItsSources(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := DefaultConfig()
		cfg.Symbols = []Route{{Symbol: "A", Name: "Mine", Market: "us", Sources: []string{"first:A"}}}
		said := market.Symbol{Symbol: "A", Name: "Theirs", Market: "crypto", Currency: "EUR"}
		w := newFixture(t, cfg, []market.Symbol{said}, feed.Info{Name: "first", Remote: true})
		for range 2 {
			if got := w.dir.Symbol(0); got.Name != "Mine" || got.Market != "us" || got.Currency != "EUR" {
				t.Errorf("%+v", got)
			}
			if _, err := w.dir.Add(said); err != nil {
				t.Fatal(err)
			}
		}
	})
}
