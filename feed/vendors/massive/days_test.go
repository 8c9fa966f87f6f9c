package massive

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed"
	"tickertape/feed/calendar"
	"tickertape/feed/market"
	"tickertape/feed/vendors/vendortest"
)

// week has a holiday on its Monday, 19 January 2026.
var week = []session{
	{"2026-01-15", "97", "99", "96", "98", 900},
	{"2026-01-16", "99", "103", "95", "100", 1000},
	{"2026-01-20", "101", "104", "98", "102", 1100},
	{"2026-01-21", "102", "105", "101", "103", 1200},
	{"2026-01-23", "103", "106", "102", "104", 1300}, // on Thursday nobody traded it
}

// at runs a test in a bubble from an instant in New York on, with a vendor that knows week.
func at(t *testing.T, when string, test func(t *testing.T, v *vendor)) {
	t.Setenv("MASSIVE_API_KEY", key)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(newYork(when)))
		v := newVendor(t)
		v.sessions["AAPL"] = week
		test(t, v)
	})
}

// patient is the configuration of tests in which nobody trades.
var patient = feed.Config{Source: []string{name}, Silence: 1000 * time.Hour}

// shown writes what is shown of a stock's day.
func shown(q market.Quote) string {
	return fmt.Sprintf("p %v pc %v o %v h %v l %v v %v", q.Price, q.PreviousClose, q.Open, q.High, q.Low, q.Volume)
}

const (
	friday    = "p 100 pc 98 o 99 h 103 l 95 v 1000"
	tuesday   = "p 102 pc 100 o 101 h 104 l 98 v 1100"
	wednesday = "p 103 pc 102 o 102 h 105 l 101 v 1200"
)

// The trading day goes on until 04:00, or until the evening before where there is an overnight session. The vendor's goes on until
// 03:30, and begins on each date.
func TestAStartAtAnyTimeShowsTheDayThatGoesOn(t *testing.T) {
	overnight := calendar.DefaultConfig()
	overnight.USRoll, overnight.USOvernight = "20:00", "20:00"
	late := calendar.DefaultConfig()
	late.USRoll = "09:30"
	for when, test := range map[string]struct {
		calendar calendar.Config
		want     string
	}{
		"2026-01-16 18:00": {calendar.DefaultConfig(), friday},
		"2026-01-17 02:00": {calendar.DefaultConfig(), friday},
		"2026-01-17 03:45": {calendar.DefaultConfig(), friday},
		"2026-01-17 12:00": {calendar.DefaultConfig(), friday},
		"2026-01-18 21:00": {calendar.DefaultConfig(), friday},
		"2026-01-19 03:00": {calendar.DefaultConfig(), friday},
		"2026-01-19 12:00": {calendar.DefaultConfig(), friday}, // the holiday
		"2026-01-20 02:00": {calendar.DefaultConfig(), friday},
		"2026-01-20 03:45": {calendar.DefaultConfig(), friday},
		"2026-01-20 08:00": {calendar.DefaultConfig(), "p 100 pc 100 o 0 h 0 l 0 v 0"},
		"2026-01-20 12:00": {calendar.DefaultConfig(), tuesday},
		"2026-01-21 02:00": {calendar.DefaultConfig(), tuesday},
		"2026-01-21 03:45": {calendar.DefaultConfig(), tuesday},
		"2026-01-21 08:00": {calendar.DefaultConfig(), "p 102 pc 102 o 0 h 0 l 0 v 0"},
		"2026-01-22 17:00": {calendar.DefaultConfig(), "p 103 pc 103 o 0 h 0 l 0 v 0"}, // nobody traded it
		"2026-01-23 02:00": {calendar.DefaultConfig(), "p 103 pc 103 o 0 h 0 l 0 v 0"},
		"2026-01-23 12:00": {calendar.DefaultConfig(), "p 104 pc 103 o 103 h 106 l 102 v 1300"},
		"2026-01-20 21:00": {overnight, "p 102 pc 102 o 0 h 0 l 0 v 0"},
		"2026-01-21 01:00": {overnight, "p 102 pc 102 o 0 h 0 l 0 v 0"},
		"2026-01-25 21:00": {overnight, "p 104 pc 104 o 0 h 0 l 0 v 0"},
		"2026-01-21 08:30": {late, tuesday},
		"2026-01-21 19:59": {overnight, wednesday},
	} {
		for _, absent := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, zeros are left out %v", when, absent), func(t *testing.T) {
				at(t, when, func(t *testing.T, v *vendor) {
					v.absent = absent
					env := v.Env(t)
					hours, err := calendar.New(test.calendar)
					if err != nil {
						t.Fatal(err)
					}
					env.Hours = hours
					w := vendortest.Watch(t, env, follow(t, env, "AAPL"), patient)
					vendortest.Wait(time.Minute)
					if got := shown(w.Quote("AAPL")); got != test.want {
						t.Errorf("got  %s\nwant %s\nasked for %q", got, test.want, v.Requests())
					}
				})
			})
		}
	}
}

// The figures of a Saturday are those of Friday: what was shown stays, however often the connection breaks.
func TestAReconnectOnASaturdayChangesNothing(t *testing.T) {
	at(t, "2026-01-16 15:00", func(t *testing.T, v *vendor) {
		env := v.Env(t)
		w := vendortest.Watch(t, env, follow(t, env, "AAPL"), patient)
		vendortest.Wait(time.Minute)
		v.trade("AAPL", "100", time.Now())
		vendortest.Wait(time.Second)
		const want = "p 100 pc 98 o 99 h 103 l 95 v 1001"
		if got := shown(w.Quote("AAPL")); got != want {
			t.Fatalf("on Friday %s, want %s", got, want)
		}
		v.set(func() {
			v.sessions["AAPL"] = append([]session{}, week...)
			v.sessions["AAPL"][1].volume = 1001
		})
		for _, when := range []string{"2026-01-17 00:30", "2026-01-17 03:40", "2026-01-17 12:00", "2026-01-19 12:00", "2026-01-20 03:40"} {
			time.Sleep(time.Until(newYork(when)))
			before := v.count(pathSnapshots)
			v.Sockets()[0].Drop()
			vendortest.Wait(5 * time.Minute)
			if got := shown(w.Quote("AAPL")); got != want || v.count(pathSnapshots) == before {
				t.Errorf("after a reconnect at %s: %s, want %s; %d requests", when, got, want, v.count(pathSnapshots)-before)
			}
		}
	})
}

// The vendor's day is empty until the opening, though shares were traded before.
func TestVolumeBeforeAStartInThePreMarketComesAfterTheOpening(t *testing.T) {
	for _, late := range []time.Duration{0, clusterDelay} {
		t.Run(late.String()+" late", func(t *testing.T) {
			at(t, "2026-01-21 08:00", func(t *testing.T, v *vendor) {
				env := v.Env(t)
				cfg := DefaultConfig()
				cfg.Symbols = []string{"AAPL"}
				if late > 0 {
					cfg.URL = "wss://delayed.massive.com/stocks"
				}
				v.late = late
				w := vendortest.Watch(t, env, vendortest.Open(t, cfg, env, Open), patient)
				vendortest.Wait(time.Minute)
				v.trade("AAPL", "101.5", time.Now().Add(-late))
				vendortest.Wait(time.Second)
				if q := w.Quote("AAPL"); q.Volume.String() != "1" || q.Extended.String() != "101.5" || q.PreviousClose.String() != "102" {
					t.Errorf("before the opening: volume %v, extended %v, previous close %v", q.Volume, q.Extended, q.PreviousClose)
				}
				opening := newYork("2026-01-21 09:30").Add(late)
				time.Sleep(time.Until(opening.Add(30 * time.Second)))
				v.trade("AAPL", "102", time.Now().Add(-late)) // the vendor's sums have it
				v.Delay(5 * time.Second)
				before := v.count(pathSnapshots)
				vendortest.Within(t, 5*time.Minute, "it asks again", func() bool { return v.count(pathSnapshots) > before })
				v.trade("AAPL", "103.5", time.Now().Add(-late)) // the answer to come has it
				time.Sleep(5500 * time.Millisecond)
				v.trade("AAPL", "103.25", time.Now().Add(-late)) // and not this one
				vendortest.Wait(time.Second)
				if got, want := shown(w.Quote("AAPL")), "p 103.25 pc 102 o 102 h 105 l 101 v 1201"; got != want {
					t.Errorf("got  %s\nwant %s", got, want)
				}
			})
		})
	}
}

// While it asks for each stock by itself, the next trading day may begin.
func TestANewDayEndsTheQuestionsAboutTheLastOne(t *testing.T) {
	at(t, "2026-01-20 03:30", func(t *testing.T, v *vendor) {
		symbols := []string{}
		for i := range 400 { // at 5 requests a minute, 80 minutes
			s := fmt.Sprintf("S%d", i)
			symbols = append(symbols, s)
			v.sessions[s] = week
		}
		env := v.Env(t)
		w := vendortest.Watch(t, env, follow(t, env, symbols...), patient)
		time.Sleep(time.Until(newYork("2026-01-20 03:59")))
		before := v.count(pathSnapshots)
		if n := v.count(rangePath("S0", time.Date(2026, time.January, 16, 0, 0, 0, 0, time.UTC))); before != 4 || n != 1 {
			t.Errorf("%d snapshots and %d closes were asked for, want 4 and 1", before, n)
		}
		time.Sleep(15 * time.Minute)
		synctest.Wait()
		if n := v.count(pathSnapshots) - before; n != 4 {
			t.Errorf("%d snapshots of the new day were asked for, want 4", n)
		}
		if got, want := shown(w.Quote("S399")), "p 100 pc 100 o 0 h 0 l 0 v 0"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

// A symbol that the vendor does not allow must not cost the others their figures.
func TestASymbolThatSpoilsTheRequestIsFound(t *testing.T) {
	at(t, "2026-01-21 12:00", func(t *testing.T, v *vendor) {
		symbols := []string{"AAPL", "BAD", "C", "D", "E"}
		for _, s := range symbols {
			v.sessions[s] = week
		}
		v.sessions["BAD"] = nil
		v.malformed = "BAD"
		env := v.Env(t)
		w := vendortest.Watch(t, env, follow(t, env, symbols...), patient)
		time.Sleep(5 * time.Second)
		v.trade("E", "103", time.Now())
		vendortest.Wait(5 * time.Minute)
		for _, s := range symbols {
			want := wednesday
			if s == "BAD" {
				want = "p 0 pc 0 o 0 h 0 l 0 v 0"
			}
			if got := shown(w.Quote(s)); got != want {
				t.Errorf("%s: got %s, want %s", s, got, want)
			}
			if got := w.Quote(s).State; (got == market.Down) != (s == "BAD") {
				t.Errorf("%s is %v", s, got)
			}
		}
		before := len(v.Requests())
		vendortest.Wait(10 * time.Minute)
		if n := len(v.Requests()) - before; n > 0 {
			t.Errorf("%d more requests", n)
		}
		v.trade("BAD", "7", time.Now())
		vendortest.Wait(time.Second)
		if q := w.Quote("BAD"); q.State != market.Live || q.Volume.String() != "1" {
			t.Errorf("it trades, and is %v with a volume of %v", q.State, q.Volume)
		}
	})
}

// A stock that was delisted or has another symbol now has neither a snapshot nor days.
func TestAStockThatIsNotFoundIsDownAlone(t *testing.T) {
	at(t, "2026-01-21 12:00", func(t *testing.T, v *vendor) {
		v.sessions["C"], v.gone = week, "GONE"
		env := v.Env(t)
		w := vendortest.Watch(t, env, follow(t, env, "AAPL", "GONE", "C"), patient)
		vendortest.Wait(5 * time.Minute)
		for s, want := range map[string]string{"AAPL": wednesday, "GONE": "p 0 pc 0 o 0 h 0 l 0 v 0", "C": wednesday} {
			if got := shown(w.Quote(s)); got != want {
				t.Errorf("%s: got %s, want %s", s, got, want)
			}
			if got := w.Quote(s).State; (got == market.Down) != (s == "GONE") {
				t.Errorf("%s is %v", s, got)
			}
		}
		if n := v.count(previousPath("GONE")); n != 1 {
			t.Errorf("it was asked for %d times", n)
		}
	})
}

// What always fails is asked for again behind all else.
func TestAStockWhoseDaysFailHoldsUpNoOther(t *testing.T) {
	at(t, "2026-01-21 08:00", func(t *testing.T, v *vendor) {
		v.absent, v.failing = true, previousPath("BAD")
		v.sessions["C"] = week
		env := v.Env(t)
		w := vendortest.Watch(t, env, follow(t, env, "BAD", "AAPL", "C"), patient)
		vendortest.Wait(2 * time.Minute)
		for _, s := range []string{"AAPL", "C"} {
			if got, want := shown(w.Quote(s)), "p 102 pc 102 o 0 h 0 l 0 v 0"; got != want {
				t.Errorf("%s: got %s, want %s", s, got, want)
			}
		}
		if n := v.count(previousPath("BAD")); n < 2 {
			t.Errorf("the other was asked for %d times", n)
		}
		for _, after := range []struct{ when, want string }{
			{"2026-01-21 09:40", wednesday},
			{"2026-01-24 12:00", "p 104 pc 103 o 103 h 106 l 102 v 1300"},
		} {
			time.Sleep(time.Until(newYork(after.when)))
			v.Sockets()[0].Drop()
			vendortest.Wait(5 * time.Minute)
			if got := shown(w.Quote("C")); got != after.want {
				t.Errorf("%s: got %s, want %s", after.when, got, after.want)
			}
		}
	})
}

// Figures that come at the second attempt are the vendor's of that time; trades that came before and since count on top of them.
func TestTradesCountWithFiguresThatComeLate(t *testing.T) {
	bubble(t, func(t *testing.T, v *vendor) {
		v.failing = pathSnapshots
		env := v.Env(t)
		w := vendortest.Watch(t, env, follow(t, env, "AAPL"), feed.DefaultConfig())
		vendortest.Within(t, 3*time.Second, "it counts without figures", func() bool {
			v.trade("AAPL", "100", time.Now())
			return !w.Quote("AAPL").Volume.IsZero()
		})
		v.set(func() {
			v.failing = ""
			v.snapshots["AAPL"] = fmt.Sprintf(shot, time.Now().UnixNano(), time.Now().UnixNano())
		})
		v.Delay(3 * time.Second)
		before := v.count(pathSnapshots)
		vendortest.Within(t, time.Minute, "it asks again", func() bool { return v.count(pathSnapshots) > before })
		v.trade("AAPL", "100.5", time.Now()) // after what the answer knows
		time.Sleep(4 * time.Second)
		synctest.Wait()
		if got, want := shown(w.Quote("AAPL")), "p 100.5 pc 99.5 o 101 h 120 l 90 v 1001"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

// The last price of the day before, which is shown until then, is not one of this day: its first trade opens it, whatever it is.
func TestTheFirstTradeAfterAStartInThePreMarketOpensTheDay(t *testing.T) {
	at(t, "2026-01-21 08:00", func(t *testing.T, v *vendor) {
		env := v.Env(t)
		w := vendortest.Watch(t, env, follow(t, env, "AAPL"), patient)
		time.Sleep(time.Until(newYork("2026-01-21 09:30")))
		for i, k := range []string{`"p":101.5,"c":[10]`, `"p":101,"c":[10]`} { // derivatively priced
			v.tell("T.AAPL", fmt.Sprintf(`{"ev":"T","sym":"AAPL","x":4,"i":"%d","z":3,%s,"s":5,"t":%d,"q":%d}`, i, k, time.Now().UnixMilli(), i+1))
			vendortest.Wait(time.Second)
		}
		if got, want := shown(w.Quote("AAPL")), "p 101.5 pc 102 o 101.5 h 101.5 l 101 v 10"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if got := w.Quote("AAPL").State; got != market.Live {
			t.Errorf("it is %v", got)
		}
	})
}
