package alpaca

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed/calendar"
	"tickertape/feed/market"
	"tickertape/feed/vendors/alpaca/alpacatest"
	"tickertape/feed/vendors/vendortest"
)

// The close of one exchange is off by cents.
func TestThePreviousCloseIsThatOfAllExchanges(t *testing.T) {
	inSession(t, func(t *testing.T, m *venue) {
		for _, s := range []string{"AAPL", "MSFT"} {
			m.Snapshot(s, shot(time.Now(), "105", "99"))
			m.Day("sip", s, "2026-11-16", 98)
			m.Day("sip", s, "2026-11-17", 100.25)
			m.Day("sip", s, "2026-11-18", 104)
			m.Day("iex", s, "2026-11-17", 99)
		}
		m.PageDays(1)
		w := vendortest.Watch(t, m.env, m.open("AAPL", "MSFT"), silence)
		for _, when := range []string{"at first", "asked again"} {
			vendortest.Wait(2 * time.Minute)
			wantPrevious(t, when, w.Quote("AAPL"), "100.25", "")
			wantPrevious(t, when, w.Quote("MSFT"), "100.25", "")
			if q := w.Quote("AAPL"); q.Price.String() != "105" || q.Open.String() != "95" || q.Volume.String() != "1000" {
				t.Errorf("%s: %+v", when, q)
			}
		}
		u, _ := url.Parse(requests(m, daysPath)[0])
		q := u.Query()
		if q.Get("feed") != "sip" || q.Get("timeframe") != "1Day" || q.Get("end") > "2026-11-18T05:00:00Z" {
			t.Errorf("asked %v", q)
		}
	})
}

// A split of this day is applied by the consolidated feed, and once; one that is older, though later than the close, is applied here.
func TestClosesAreAdjustedOnce(t *testing.T) {
	for name, refuse := range map[string]*alpacatest.Error{"of all exchanges": nil,
		"of the feed": {Code: http.StatusForbidden, Text: "subscription does not permit querying recent SIP data"}} {
		t.Run(name, func(t *testing.T) {
			inSession(t, func(t *testing.T, m *venue) {
				m.RefuseDays(refuse)
				m.Snapshot("AAPL", shot(time.Now(), "105", "1000"))
				m.Day("sip", "AAPL", "2026-11-17", 1000)
				m.Action("AAPL", "forward_splits", "2026-11-18", `{"symbol":"AAPL","new_rate":10,"old_rate":1,"ex_date":"2026-11-18"}`)
				m.Snapshot("MSFT", strings.Replace(shot(time.Now(), "105", "500"), "2026-11-17T05:00:00Z", "2026-11-13T05:00:00Z", 1)) // a Friday
				m.Day("sip", "MSFT", "2026-11-13", 500)
				m.Action("MSFT", "forward_splits", "2026-11-16", `{"symbol":"MSFT","new_rate":5,"old_rate":1,"ex_date":"2026-11-16"}`)
				m.Action("MSFT", "forward_splits", "2026-11-13", `{"symbol":"MSFT","new_rate":7,"old_rate":1,"ex_date":"2026-11-13"}`)
				w := vendortest.Watch(t, m.env, m.open("AAPL", "MSFT"), silence)
				for _, when := range []string{"at first", "asked again"} {
					vendortest.Wait(2 * time.Minute)
					wantPrevious(t, when+", of this day", w.Quote("AAPL"), "100", "split 10:1")
					wantPrevious(t, when+", of an earlier day", w.Quote("MSFT"), "100", "")
				}
			})
		})
	}
}

func TestWithoutClosesOfAllExchangesThoseOfTheFeedCount(t *testing.T) {
	inSession(t, func(t *testing.T, m *venue) {
		m.RefuseDays(&alpacatest.Error{Code: http.StatusForbidden, Text: "subscription does not permit querying recent SIP data"})
		m.snapshots([]string{"AAPL"})
		w := vendortest.Watch(t, m.env, m.open("AAPL"), silence)
		vendortest.Wait(5 * time.Second)
		m.Break(alpacatest.SlowClient) // and again over the next connection
		vendortest.Wait(20 * time.Second)
		wantPrevious(t, "refused", w.Quote("AAPL"), "99", "")
		if n := strings.Count(m.Log.String(), `msg="daily bars refused: previous closes are those of the feed, not of all exchanges" source=alpaca feed=sip`); n != 1 {
			t.Errorf("it was logged %d times", n)
		}
		m.RefuseDays(nil) // a stock that has none
		m.Break(alpacatest.SlowClient)
		vendortest.Wait(20 * time.Second)
		m.Break(alpacatest.SlowClient)
		vendortest.Wait(20 * time.Second)
		wantPrevious(t, "absent", w.Quote("AAPL"), "99", "")
		if n := strings.Count(m.Log.String(), `symbols=[AAPL]`); n != 1 {
			t.Errorf("that there is none was logged %d times", n)
		}
	})
}

// The figures do not wait for closes for long; these come when they can be had.
func TestClosesThatFailAtFirstComeLater(t *testing.T) {
	inSession(t, func(t *testing.T, m *venue) {
		m.RefuseDays(&alpacatest.Error{Code: http.StatusInternalServerError, Text: "internal server error occurred"})
		m.snapshots([]string{"AAPL"})
		m.Day("sip", "AAPL", "2026-11-17", 100.25)
		w := vendortest.Watch(t, m.env, m.open("AAPL"), silence)
		vendortest.Wait(5 * time.Second)
		wantPrevious(t, "at first", w.Quote("AAPL"), "99", "")
		if q := w.Quote("AAPL"); q.Volume.String() != "1000" {
			t.Errorf("the figures wait: %+v", q)
		}
		m.RefuseDays(nil)
		vendortest.Wait(time.Minute)
		wantPrevious(t, "then", w.Quote("AAPL"), "100.25", "")
	})
}

func TestTheNextDayHasItsOwnPreviousClose(t *testing.T) {
	inSession(t, func(t *testing.T, m *venue) {
		roll := time.Date(2026, time.November, 19, 9, 0, 0, 0, time.UTC) // 04:00 in New York
		time.Sleep(time.Until(roll.Add(-10 * time.Minute)))
		m.Snapshot("AAPL", shot(time.Date(2026, time.November, 18, 20, 59, 59, 0, time.UTC), "104", "99"))
		m.Day("sip", "AAPL", "2026-11-17", 100.25)
		m.Day("sip", "AAPL", "2026-11-18", 104.5)
		w := vendortest.Watch(t, m.env, m.open("AAPL"), silence)
		vendortest.Wait(3 * time.Minute)
		wantPrevious(t, "before the roll", w.Quote("AAPL"), "100.25", "")
		vendortest.Wait(time.Until(roll.Add(10 * time.Minute)))
		wantPrevious(t, "after it", w.Quote("AAPL"), "104.5", "")
	})
}

// A feed that is late by contract is of the day before for as long.
func TestTheDayOfALateFeedBeginsLate(t *testing.T) {
	inSession(t, func(t *testing.T, m *venue) {
		roll := time.Date(2026, time.November, 19, 9, 0, 0, 0, time.UTC) // 04:00 in New York
		time.Sleep(time.Until(roll.Add(5 * time.Minute)))
		m.Snapshot("AAPL", shot(time.Date(2026, time.November, 18, 20, 59, 59, 0, time.UTC), "104", "99"))
		m.Day("sip", "AAPL", "2026-11-17", 100.25)
		m.Day("sip", "AAPL", "2026-11-18", 104.5)
		cfg := DefaultConfig()
		cfg.Feed, cfg.Symbols = "delayed_sip", []string{"AAPL"}
		w := vendortest.Watch(t, m.env, vendortest.Open(t, cfg, m.env, Open), silence)
		vendortest.Wait(5 * time.Minute)
		wantPrevious(t, "before its day", w.Quote("AAPL"), "100.25", "")
		if q := w.Quote("AAPL"); q.Open.String() != "95" || q.Volume.String() != "1000" {
			t.Errorf("of the day that goes on for it: %+v", q)
		}
		open := time.Date(2026, time.November, 19, 14, 30, 0, 0, time.UTC)
		vendortest.Wait(time.Until(open))
		asked := figuresAsked(m)
		vendortest.Wait(15 * time.Minute) // nothing of its session has come
		if got := figuresAsked(m); got != asked {
			t.Errorf("%d requests before its session has begun", got-asked)
		}
		vendortest.Wait(10 * time.Minute)
		wantPrevious(t, "then", w.Quote("AAPL"), "104.5", "")
		if got := figuresAsked(m); got != asked+1 {
			t.Errorf("%d requests after its session has begun, want 1", got-asked)
		}
	})
}

// overnight runs a test of a feed on Wednesday, 18 November 2026, at 21:00 in New York.
func overnight(t *testing.T, roll, feedName string, test func(t *testing.T, m *venue, w *vendortest.Watcher)) {
	t.Helper()
	keys(t)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, time.November, 19, 2, 0, 0, 0, time.UTC)))
		m := newMarket(t)
		cfg := calendar.DefaultConfig()
		if cfg.USRoll = roll; roll == "20:00" {
			cfg.USOvernight = "20:00"
		}
		var err error
		if m.env.Hours, err = calendar.New(cfg); err != nil {
			t.Fatal(err)
		}
		m.Day("sip", "AAPL", "2026-11-17", 990)
		m.Day("sip", "AAPL", "2026-11-18", 100)
		m.Day("sip", "MSFT", "2026-11-18", 200)
		// what its daily bar holds is not known
		m.Snapshot("AAPL", `{"latestTrade":{"t":"2026-11-19T01:50:00Z","x":"","p":101,"s":70,"c":["@"],"i":9,"z":"C"},
			"minuteBar":{"t":"2026-11-19T01:50:00Z","o":101,"h":101,"l":101,"c":101,"v":70,"n":1,"vw":101},
			"dailyBar":{"t":"2026-11-18T05:00:00Z","o":1,"h":999,"l":1,"c":101,"v":70,"n":1,"vw":101},
			"prevDailyBar":{"t":"2026-11-17T05:00:00Z","o":1,"h":1,"l":1,"c":1,"v":1,"n":1,"vw":1}}`)
		c := DefaultConfig()
		c.Feed, c.Symbols = feedName, []string{"AAPL", "MSFT"}
		w := vendortest.Watch(t, m.env, vendortest.Open(t, c, m.env, Open), silence)
		vendortest.Wait(10 * time.Second)
		test(t, m, w)
	})
}

// Between 20:00 and 04:00 in New York, trades are outside the regular session, of the day before or, with a trading day that begins in
// the evening, of the day to come. They count into its volume.
func TestOvernightTradesAreExtendedAndCount(t *testing.T) {
	for roll, previous := range map[string]string{"04:00": "990", "20:00": "100"} {
		for feedName, path := range map[string]string{"overnight": "/v1beta1/overnight", "boats": "/v1beta1/boats"} {
			t.Run(feedName+" "+roll, func(t *testing.T) {
				overnight(t, roll, feedName, func(t *testing.T, m *venue, w *vendortest.Watcher) {
					check := func(when, extended, volume string) {
						t.Helper()
						q := w.Quote("AAPL")
						if q.PreviousClose.String() != previous || q.Price.String() != "100" || q.Extended.String() != extended ||
							q.Volume.String() != volume || q.Set&(market.FieldOpen|market.FieldHigh|market.FieldLow) != 0 {
							t.Errorf("%s: %+v", when, q)
						}
					}
					check("from REST", "101", "0")
					if got := requests(m, snapshotsPath); len(got) == 0 || !strings.Contains(got[0], "feed="+feedName) {
						t.Errorf("asked %q", got)
					}
					if got := w.Quote("MSFT"); got.State == market.Down || got.Price.String() != "200" {
						t.Errorf("a stock that has not traded tonight: %+v", got)
					}
					m.Trade("AAPL", "102", time.Now())
					m.Trade("AAPL", "103", time.Now())
					vendortest.Wait(2 * time.Minute)
					check("traded", "103", "2")
					if got := subscriptions(m, path); len(got) < 2 {
						t.Errorf("subscribed to %q", got)
					}
					if q := w.Quote("AAPL"); q.State == market.Down {
						t.Errorf("%v", q.State)
					}
				})
			})
		}
	}
}

func TestTheNextEveningHasTheCloseOfItsDay(t *testing.T) {
	overnight(t, "20:00", "overnight", func(t *testing.T, m *venue, w *vendortest.Watcher) {
		vendortest.Wait(time.Until(time.Date(2026, time.November, 19, 8, 30, 0, 0, time.UTC))) // 03:30 in New York
		m.Trade("AAPL", "102", time.Now())
		vendortest.Wait(time.Until(time.Date(2026, time.November, 19, 22, 0, 0, 0, time.UTC))) // 17:00 in New York
		m.Day("sip", "AAPL", "2026-11-19", 107)
		vendortest.Wait(time.Until(time.Date(2026, time.November, 20, 1, 10, 0, 0, time.UTC))) // 20:10 in New York
		if q := w.Quote("AAPL"); q.PreviousClose.String() != "107" || q.Price.String() != "107" || q.Set&market.FieldVolume != 0 {
			t.Errorf("%+v", q)
		}
	})
}

// The vendor's test feed trades around the clock, and REST does not know of it.
func TestTheTestFeedHasNoHoursAndNoFigures(t *testing.T) {
	overnight(t, "04:00", "test", func(t *testing.T, m *venue, w *vendortest.Watcher) {
		m.Trade("AAPL", "102", time.Now())
		vendortest.Wait(time.Second)
		if q := w.Quote("AAPL"); q.Price.String() != "102" || q.State != market.Live || q.Volume.String() != "1" || q.High.String() != "102" {
			t.Errorf("%+v", q)
		}
		if got := m.Requests(); len(got) != 0 {
			t.Errorf("asked %q", got)
		}
	})
}
