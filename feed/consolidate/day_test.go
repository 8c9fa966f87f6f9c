package consolidate

import (
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed/market"
)

const ofSession = market.FieldVolume | market.FieldOpen | market.FieldHigh | market.FieldLow | market.FieldCount | market.FieldVWAP |
	market.FieldExtended

// coins is a feed of two coins, a minute before midnight UTC.
func coins(t *testing.T) *fixture {
	time.Sleep(24*time.Hour - time.Minute)
	w := newFixture(t, DefaultConfig(), []market.Symbol{{Symbol: "BTC-USD", Market: "crypto"}, {Symbol: "ETH-USD", Market: "crypto"}}, remote)
	w.live("market")
	w.says("market", ticks(at(trade(0, "99"), now()-1), at(trade(0, "100"), now()), trade(1, "10")))
	return w
}

// midnight is the end of the coins' day.
var midnight = market.TimeOf(time.Date(2000, time.January, 2, 0, 0, 0, 0, time.UTC))

// at is a trade at an instant of the exchange's clock.
func at(k market.Tick, when market.Time) market.Tick {
	k.Time, k.ID = when, uint64(when)
	return k
}

func TestALateTradeCountsInTheDayOfItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := coins(t)
		time.Sleep(time.Minute + 3*time.Second)
		synctest.Wait()
		if q := w.quote(0); q.PreviousClose != parse("100") || q.Set&ofSession != 0 {
			t.Fatalf("the day has not begun: %+v", q)
		}
		w.says("market", ticks(at(trade(0, "101"), midnight-50_000)))
		if q := w.quote(0); q.PreviousClose != parse("101") || q.Price != parse("101") || q.Set&ofSession != 0 {
			t.Errorf("after a trade of the day before, late by 3 s: %+v", q)
		}
		w.says("market", ticks(at(trade(0, "102"), midnight+3_000_000), at(trade(0, "103"), midnight-20_000),
			at(trade(0, "98"), midnight-70_000)))
		q := w.quote(0)
		if q.PreviousClose != parse("103") || q.Price != parse("102") || q.Open != parse("102") || q.High != parse("102") || q.Count != 1 {
			t.Errorf("after the first of the day and two of the day before: %+v", q)
		}
		if n := w.refused("market", old); n != 0 {
			t.Errorf("%v refused as old", n)
		}
	})
}

func TestTheFirstTradeOfADayBeginsThatOfItsSymbolAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := coins(t)
		time.Sleep(time.Minute + time.Second)
		w.says("market", ticks(at(trade(0, "101"), midnight+100_000), at(trade(1, "11"), midnight-200_000)))
		if q := w.quote(0); q.PreviousClose != parse("100") || q.Count != 1 || q.Open != parse("101") {
			t.Errorf("traded after midnight: %+v", q)
		}
		if q := w.quote(1); q.Count != 2 || q.Price != parse("11") || q.PreviousClose != 0 {
			t.Errorf("traded before midnight: %+v", q)
		}
	})
}

func TestATradeThatIsConfirmedAfterMidnightCountsInItsDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := coins(t)
		time.Sleep(time.Minute - 200*time.Millisecond)
		w.says("market", ticks(at(trade(0, "150"), now())))
		if q := w.quote(0); q.Price != parse("100") {
			t.Fatalf("a jump by half is not held back: %v", q.Price)
		}
		time.Sleep(500 * time.Millisecond)
		w.says("market", ticks(at(trade(0, "151"), now())))
		q := w.quote(0)
		if q.PreviousClose != parse("150") || q.Price != parse("151") || q.Open != parse("151") || q.Low != parse("151") || q.Count != 1 {
			t.Errorf("today has the trade of yesterday: %+v", q)
		}
	})
}

func TestACorrectionMendsTheDayOfItsTrade(t *testing.T) {
	for name, traded := range map[string]bool{"with the time of the trade": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := coins(t)
				last := at(trade(0, "105"), now()+1)
				w.says("market", ticks(last))
				time.Sleep(time.Minute + time.Second)
				w.says("market", ticks(at(trade(0, "106"), now()), at(trade(0, "104"), now()+1)))
				before := w.quote(0)
				if before.PreviousClose != parse("105") {
					t.Fatalf("previous close %v", before.PreviousClose)
				}
				c := market.Correction{Symbol: 0, ID: last.ID, Old: market.Print{Price: last.Price, Size: last.Size, Flags: last.Flags}, Time: now()}
				if traded {
					c.Traded = last.Time
				}
				w.says("market", market.Batch{Corrections: []market.Correction{c}})
				want := before
				want.PreviousClose, want.Time = parse("100"), now()
				got := w.quote(0)
				if got.Time = now(); got != want {
					t.Errorf("got %+v\nwant %+v", got, want)
				}
			})
		})
	}
}

// The trade was held back as implausible, so it has counted nowhere when it is corrected.
func TestACorrectionOfATradeThatWasNotBelievedCountsAsATrade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := coins(t)
		bad := at(trade(0, "900"), now()+1)
		w.says("market", ticks(bad))
		c := market.Correction{ID: bad.ID, NewID: 77, Old: market.Print{Price: bad.Price, Size: bad.Size, Flags: bad.Flags},
			New: market.Print{Price: parse("90"), Size: bad.Size, Flags: bad.Flags}, Traded: bad.Time, Time: now() + 2}
		w.says("market", market.Batch{Corrections: []market.Correction{c}})
		if q := w.quote(0); q.Count != 3 || q.Price != parse("90") || q.Low != parse("90") || q.High != parse("100") {
			t.Errorf("got %+v", q)
		}
	})
}

// A trade that was refused counts once it is corrected, and only once.
func TestATradeThatWasRefusedCountsOnceHoweverOftenItIsCorrected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := coins(t)
		bad := at(trade(0, "900"), now()+1)
		bad.ID = 500
		w.says("market", ticks(bad))
		time.Sleep(200 * time.Millisecond)
		w.says("market", ticks(at(trade(0, "100"), now())))
		if n := w.refused("market", move); n != 1 {
			t.Fatalf("%v trades are refused", n)
		}
		before := w.quote(0).Count
		old := market.Print{Price: bad.Price, Size: bad.Size, Flags: bad.Flags}
		for _, price := range []string{"101", "102", ""} {
			c := market.Correction{ID: bad.ID, Old: old, Traded: bad.Time, Time: now()}
			want, high := before, parse("100")
			if price != "" {
				c.New = market.Print{Price: parse(price), Size: bad.Size, Flags: bad.Flags}
				want, high = before+1, c.New.Price
			}
			w.says("market", market.Batch{Corrections: []market.Correction{c}})
			if q := w.quote(0); q.Count != want || q.High != high {
				t.Errorf("corrected to %q: %d trades up to %v, want %d up to %v", price, q.Count, q.High, want, high)
			}
			old = c.New
		}
	})
}

// A trade that was refused for its price or its time begins its day once it is corrected, but its time is not believed then either.
func TestACorrectionOfARefusedTradeGoesByItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := coins(t)
		correct := func(bad market.Tick) {
			c := market.Correction{ID: bad.ID, Old: market.Print{Price: 1, Size: bad.Size, Flags: bad.Flags},
				New: market.Print{Price: parse("101"), Size: bad.Size, Flags: bad.Flags}, Traded: bad.Time, Time: now()}
			w.says("market", market.Batch{Corrections: []market.Correction{c}})
		}
		early := at(trade(0, "100"), now()+3600e6)
		early.ID = 700
		w.says("market", ticks(early))
		correct(early)
		if q := w.quote(0); q.Count != 2 || q.Price != parse("100") || q.Time > now() {
			t.Errorf("of the future: %+v", q)
		}
		time.Sleep(time.Minute + 100*time.Millisecond) // the first of its day
		bad := at(trade(0, "100"), now())
		bad.Price, bad.ID = 0, 701
		w.says("market", ticks(bad))
		correct(bad)
		if q := w.quote(0); q.Count != 1 || q.Open != parse("101") || q.PreviousClose != parse("100") {
			t.Errorf("of today: %+v", q)
		}
	})
}

// A trade that becomes the last by its correction is later than one that was made before it and comes afterwards.
func TestATradeBeforeOneThatACorrectionHasMadeTheLastIsLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := coins(t)
		lot := at(trade(0, "103"), now()+50)
		lot.Flags, lot.ID = market.SetsVolume, 600
		w.says("market", ticks(lot))
		w.says("market", market.Batch{Corrections: []market.Correction{{ID: lot.ID, Old: market.Print{Price: lot.Price, Size: lot.Size,
			Flags: lot.Flags}, New: market.Print{Price: parse("101"), Size: lot.Size, Flags: market.Regular}, Traded: lot.Time, Time: now()}}})
		w.says("market", ticks(at(trade(0, "102"), now()+40)))
		if q := w.quote(0); q.Price != parse("101") || q.High != parse("102") {
			t.Errorf("last %v, high %v, want 101 and 102", q.Price, q.High)
		}
	})
}

func TestADayThatAWrongClockHasBegunEndsWithTheNextTrade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(12 * time.Hour)
		w := newFixture(t, DefaultConfig(), []market.Symbol{{Symbol: "BTC-USD", Market: "crypto"}}, remote)
		ahead := market.Time(24 * 3600e6)
		w.feed.consolidator.wall = func(time.Time) market.Time { return now() + ahead } // from the beginning
		w.live("market")
		w.says("market", market.Batch{Images: []market.Quote{{Set: market.FieldPrice | market.FieldVolume | market.FieldTime,
			Price: parse("100"), Volume: market.Units(50), Time: now()}}})
		time.Sleep(time.Second)
		synctest.Wait()
		ahead = 0
		w.says("market", ticks(at(trade(0, "101"), now())))
		if q := w.quote(0); q.Price != parse("101") || q.Volume != market.Units(51) {
			t.Errorf("after one trade: %+v", q)
		}
		time.Sleep(12*time.Hour + 3*time.Second)
		synctest.Wait()
		if q := w.quote(0); q.PreviousClose != parse("101") || q.Set&ofSession != 0 {
			t.Errorf("after midnight: %+v", q)
		}
	})
}

// What comes 15 minutes late by contract has its market opened and its day begun so much later, too.
func TestADelayedFeedGoesByItsOwnClock(t *testing.T) {
	const late = 15 * time.Minute
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(2*24*time.Hour + 14*time.Hour + 31*time.Minute) // Monday 09:31 in New York
		info := remote
		info.Delay = late
		w := newFixture(t, DefaultConfig(), []market.Symbol{{Symbol: "AAPL", Market: "us"}}, info)
		w.says("market", market.Batch{Status: &market.Status{State: market.Live, Delay: late}})
		before := market.Tick{Flags: market.SetsExtended | market.SetsVolume, Price: parse("100"), Size: market.Units(1)}
		w.says("market", ticks(at(before, now()-market.Time(late.Microseconds()))))
		time.Sleep(time.Minute)
		synctest.Wait()
		if q := w.quote(0); q.State != market.Closed {
			t.Errorf("at 09:17 by its clock: %v, want closed", q.State)
		}
		time.Sleep(14 * time.Minute)
		synctest.Wait()
		if q := w.quote(0); q.State != market.Stale {
			t.Errorf("at 09:31 by its clock: %v, want stale", q.State)
		}
		time.Sleep(18*time.Hour + 27*time.Minute) // 04:13
		synctest.Wait()
		if q := w.quote(0); q.Set&market.FieldVolume == 0 {
			t.Errorf("its day has begun at 03:58 by its clock: %+v", q)
		}
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		if q := w.quote(0); q.Set&market.FieldVolume != 0 {
			t.Errorf("its day has not begun at 04:01 by its clock: %+v", q)
		}
	})
}

// The vendor's figures of the new day come before its first trade, and before the calendar's grace is over.
func TestFiguresOfANewDayBeginIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := coins(t)
		time.Sleep(time.Minute + time.Second)
		w.says("market", market.Batch{Images: []market.Quote{{Set: market.FieldPrice | market.FieldTime | market.FieldOpen | market.FieldVolume,
			Price: parse("101"), Open: parse("101"), Volume: market.Units(7), Time: midnight + 500_000}}})
		for range 2 {
			q := w.quote(0)
			if q.PreviousClose != parse("100") || q.Open != parse("101") || q.Volume != market.Units(7) || q.Price != parse("101") {
				t.Errorf("%v after midnight: %+v", now()-midnight, q)
			}
			time.Sleep(3 * time.Second)
			synctest.Wait()
		}
	})
}

// Figures that are asked for when a day has begun, or while trades stream in, can have an older price of the hours outside the session.
func TestAnExtendedPriceOfAnImageIsNeitherOfADayBeforeNorOlderThanTheNewestTrade(t *testing.T) {
	figures := func(price string, at time.Time) market.Batch {
		return market.Batch{Images: []market.Quote{{Set: market.FieldExtended | market.FieldExtendedTime | market.FieldPreviousClose,
			Extended: parse(price), ExtendedTime: market.TimeOf(at), PreviousClose: parse("1000")}}}
	}
	early := func(price string) market.Tick {
		k := trade(0, price)
		k.Flags = market.SetsExtended | market.SetsVolume
		return k
	}
	overnightTest(t, DefaultConfig(), remote, "us", func(w *fixture) { // from Tuesday, 09:30
		trades(w, "1000")
		time.Sleep(18*time.Hour + 31*time.Minute) // 04:01 on Wednesday
		synctest.Wait()
		want := func(when, extended string) {
			t.Helper()
			if q := w.quote(0); q.Extended.String() != extended || q.PreviousClose.String() != "1000" {
				t.Errorf("%s: extended %v, previous close %v; want %s and 1000", when, q.Extended, q.PreviousClose, extended)
			}
		}
		w.says("market", figures("990", time.Now().Add(-9*time.Hour)))
		want("of the evening before", "0")
		w.says("market", figures("991", time.Now().Add(-30*time.Second)))
		want("of this morning", "991")
		time.Sleep(time.Minute)
		w.says("market", ticks(early("992")))
		w.says("market", figures("993", time.Now().Add(-time.Second)))
		want("older than the newest trade", "992")
		time.Sleep(time.Minute)
		w.says("market", figures("994", time.Now().Add(-time.Second)))
		want("newer than the newest trade", "994")
	})
}

// A program that begins before or after the session has trades outside of it at once, and the figures with the session's last price
// some moments later.
func TestTheSessionsLastPriceIsTakenThoughTradesOutsideOfItCameBefore(t *testing.T) {
	for _, c := range []struct {
		name      string
		wait      time.Duration // from Tuesday, 09:30
		traded    time.Duration // before that
		price, pc string
	}{
		{"of the day before", 22 * time.Hour, 15 * time.Hour, "500", "500"},
		{"of the day", 8 * time.Hour, 90 * time.Minute, "1010", "1000"},
	} {
		cfg := DefaultConfig()
		cfg.Adjustments = []Adjustment{{Symbol: "A", Date: "2000-01-05", Split: "2:1"}}
		overnightTest(t, cfg, remote, "us", func(w *fixture) {
			time.Sleep(c.wait)
			early := trade(0, c.pc)
			early.Flags = market.SetsExtended | market.SetsVolume
			w.says("market", ticks(early))
			before := w.quote(0)
			figures := func(price string, ago time.Duration) market.Batch {
				return market.Batch{Images: []market.Quote{{Set: market.FieldPrice | market.FieldTime | market.FieldPreviousClose,
					Price: parse(price), Time: market.TimeOf(time.Now().Add(-ago)), PreviousClose: parse("1000")}}}
			}
			raw := map[string]string{"500": "1000", "1010": "1010"}[c.price] // as it was traded
			w.says("market", figures(raw, c.traded))
			w.says("market", figures("1", c.traded+time.Hour))
			time.Sleep(time.Second)
			synctest.Wait()
			q := w.quote(0)
			if q.Price.String() != c.price || q.PreviousClose.String() != c.pc || q.Extended.String() != c.pc || q.Time != before.Time {
				t.Errorf("%s: %v after %v, outside %v at %v; want %s after %s, outside %s at %v", c.name, q.Price, q.PreviousClose, q.Extended,
					q.Time.Std(), c.price, c.pc, c.pc, before.Time.Std())
			}
			regular := trade(0, c.price)
			w.says("market", ticks(regular))
			w.says("market", figures("2", time.Second))
			if q := w.quote(0); q.Price.String() != c.price {
				t.Errorf("%s: %v, want %s: a trade of the session is newer", c.name, q.Price, c.price)
			}
		})
	}
}

// A stock that has not been traded since the program began has no price, but its market closes all the same.
func TestAStockWithoutAPriceIsClosedWhileItsMarketIs(t *testing.T) {
	overnightTest(t, DefaultConfig(), remote, "us", func(w *fixture) { // from Tuesday, 09:30
		w.says("market", market.Batch{Images: []market.Quote{{Set: market.FieldPreviousClose, PreviousClose: parse("1000")}}})
		for _, at := range []struct {
			after time.Duration
			want  market.State
		}{{time.Minute, market.Live}, {390 * time.Minute, market.Closed}, {5 * time.Hour, market.Closed}, {750 * time.Minute, market.Live}} {
			time.Sleep(at.after)
			synctest.Wait()
			if got := w.quote(0).State; got != at.want {
				t.Errorf("%v: %v, want %v", time.Now().UTC(), got, at.want)
			}
		}
	})
}
