package alpaca

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors/alpaca/alpacatest"
	"tickertape/feed/vendors/vendortest"
)

// requests are those for a path.
func requests(m *venue, path string) (asked []string) {
	for _, r := range m.Requests() {
		if strings.HasPrefix(r, path+"?") {
			asked = append(asked, r)
		}
	}
	return asked
}

// Alpaca writes BRK.B. It answers a request with BRK-B among others with 400, and no figures of any.
func TestASymbolThatRESTRefusesIsDownAndTheOthersHaveFigures(t *testing.T) {
	inSession(t, func(t *testing.T, m *venue) {
		symbols := []string{"AAPL", "BRK-B", "MSFT", "NVDA", "AMZN", "PBR-A", "META", "TSLA", "AVGO", "JPM", "BRK.B"}
		good := slices.DeleteFunc(slices.Clone(symbols), func(s string) bool { return strings.Contains(s, "-") })
		for _, s := range good {
			m.Snapshot(s, shot(time.Now(), "105", "990"))
			m.Day("sip", s, "2026-11-17", 991)
		}
		m.Action("TSLA", "forward_splits", "2026-11-18", `{"symbol":"TSLA","new_rate":10,"old_rate":1,"ex_date":"2026-11-18"}`)
		w := vendortest.Watch(t, m.env, m.open(symbols...), silence)
		vendortest.Wait(30 * time.Second)
		for _, s := range good {
			m.Trade(s, "106", time.Now())
		}
		vendortest.Wait(time.Second)
		for _, s := range good {
			previous, by := "991", ""
			if s == "TSLA" {
				previous, by = "99.1", "split 10:1"
			}
			q := w.Quote(s)
			wantPrevious(t, s, q, previous, by)
			if q.State != market.Live || q.Volume.String() != "1001" || q.Open.String() != "95" {
				t.Errorf("%s is %v, volume %v, open %v", s, q.State, q.Volume, q.Open)
			}
		}
		for _, s := range []string{"BRK-B", "PBR-A"} {
			if q := w.Quote(s); q.State != market.Down {
				t.Errorf("%s is %v", s, q.State)
			}
			want := fmt.Sprintf(`msg="symbol refused" source=alpaca symbol=%s reason="code=400, message=invalid symbol: %[1]s"`, s)
			if strings.Count(m.Log.String(), want) != 1 {
				t.Errorf("not in the log once: %s", want)
			}
		}
		asked := len(m.Requests())
		if asked > 40 {
			t.Errorf("%d requests", asked)
		}
		vendortest.Wait(2 * time.Minute) // the figures come again
		if got := len(m.Requests()) - asked; got != 1 {
			t.Errorf("%d requests more: those that were refused are asked for again", got)
		}
		m.Trade("BRK-B", "5", time.Now()) // the stream has it after all
		vendortest.Wait(time.Second)
		if q := w.Quote("BRK-B"); q.State != market.Live || q.Volume.String() != "1" {
			t.Errorf("it trades, and is %v with a volume of %v", q.State, q.Volume)
		}
	})
}

// A 400 that is not of a symbol is of all, and a later answer may be better.
func TestARequestThatIsWrongAsAWholeMarksNoSymbol(t *testing.T) {
	inSession(t, func(t *testing.T, m *venue) {
		m.snapshots([]string{"AAPL", "MSFT"})
		m.RefuseREST(&alpacatest.Error{Code: http.StatusBadRequest, Text: "invalid limit"})
		w := vendortest.Watch(t, m.env, m.open("AAPL", "MSFT"), silence)
		vendortest.Wait(10 * time.Second)
		m.Trade("AAPL", "101", time.Now())
		vendortest.Wait(time.Second)
		if a, b := w.Quote("AAPL"), w.Quote("MSFT").State; a.State != market.Live || a.Volume.String() != "1" || b == market.Down {
			t.Errorf("%+v, %v", a, b)
		}
		m.RefuseREST(nil)
		vendortest.Wait(3 * time.Minute)
		wantPrevious(t, "in the end", w.Quote("MSFT"), "99", "")
	})
}

func TestABadCoinTakesNoFiguresFromOthers(t *testing.T) {
	inSession(t, func(t *testing.T, m *venue) {
		m.Bars("BTC/USD", `[{"t":"2026-11-17T23:00:00Z","o":1,"h":9,"l":1,"c":50,"v":4,"n":2,"vw":5}]`)
		w := vendortest.Watch(t, m.env, m.open("BTC/USD", "BTC-2/USD"), silence)
		vendortest.Wait(10 * time.Second)
		wantPrevious(t, "the other", w.Quote("BTC/USD"), "50", "")
		if got := w.Quote("BTC-2/USD").State; got != market.Down {
			t.Errorf("%v, want down", got)
		}
	})
}

// Someone who starts before the session begins is without the volume before that, until the daily bar has it.
func TestVolumeBeforeASessionIsAskedForOnceItHasBegun(t *testing.T) {
	inSession(t, func(t *testing.T, m *venue) {
		time.Sleep(22 * time.Hour) // Thursday, 09:00 in New York
		day := func(hour, minute int) time.Time {
			return time.Date(2026, time.November, 19, hour, minute, 0, 0, time.UTC)
		}
		// the daily bar is yesterday's: no trade of this day was a regular one
		m.Snapshot("AAPL", strings.Replace(shot(time.Date(2026, time.November, 18, 20, 59, 59, 0, time.UTC), "104", "99"),
			`"latestTrade":{`, `"latestTrade":{"t":"2026-11-19T13:55:00Z","x":"V","p":103,"s":70,"c":["@","T"],"i":9,"z":"C"},"ignored":{`, 1))
		w := vendortest.Watch(t, m.env, m.open("AAPL"), feed.DefaultConfig())
		vendortest.Wait(5 * time.Second)
		q := w.Quote("AAPL")
		const none = market.FieldOpen | market.FieldVolume | market.FieldHigh
		if q.PreviousClose.String() != "104" || q.Extended.String() != "103" || q.Set&none != 0 {
			t.Errorf("before the session: %+v", q)
		}
		m.Send("trades", "AAPL", `{"T":"t","S":"AAPL","i":10,"x":"V","p":103.5,"s":30,"c":["@","T"],"z":"C","t":"2026-11-19T14:00:05Z"}`)
		vendortest.Wait(time.Second)
		if q := w.Quote("AAPL"); q.Volume.String() != "30" || q.Extended.String() != "103.5" {
			t.Errorf("what came over the stream: %+v", q)
		}
		for minute := 30; minute < 44; minute++ { // one share a minute, and snapshots that have those of whole minutes
			vendortest.Wait(time.Until(day(14, minute).Add(5 * time.Second)))
			n := minute - 30 // whole minutes
			m.Snapshot("AAPL", fmt.Sprintf(`{"latestTrade":{"t":%q,"x":"V","p":105,"s":1,"c":["@"],"i":%d,"z":"C"},
				"minuteBar":{"t":%q,"o":105,"h":105,"l":105,"c":105,"v":1,"n":1,"vw":105},
				"dailyBar":{"t":"2026-11-19T05:00:00Z","o":105,"h":105,"l":105,"c":105,"v":%d,"n":%d,"vw":104},
				"prevDailyBar":{"t":"2026-11-18T05:00:00Z","o":1,"h":1,"l":1,"c":104,"v":1,"n":1,"vw":1}}`,
				time.Now().UTC().Format(time.RFC3339), minute, day(14, minute-1).Format(time.RFC3339), 5000+n, 40+n))
			vendortest.Wait(25 * time.Second)
			m.Trade("AAPL", "105", time.Now())
		}
		vendortest.Wait(30 * time.Second)
		if q := w.Quote("AAPL"); q.Volume.String() != "5014" || q.Count != 54 || q.Open.String() != "105" || q.PreviousClose.String() != "104" {
			t.Errorf("after it has begun: volume %v of %d trades, open %v, previous close %v; want 5014 of 54, 105, 104",
				q.Volume, q.Count, q.Open, q.PreviousClose)
		}
	})
}
