package alpaca

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
	"tickertape/feed/vendors/alpaca/alpacatest"
	"tickertape/feed/vendors/vendortest"
)

// wantPrevious compares previous close and what adjusts it.
func wantPrevious(t *testing.T, when string, q market.Quote, previous, by string) {
	t.Helper()
	if q.PreviousClose.String() != previous || q.Adjusted != by {
		t.Errorf("%s: the previous close is %v by %q, want %s by %q", when, q.PreviousClose, q.Adjusted, previous, by)
	}
}

func TestSplitsAndSpecialDividendsAdjustThePreviousClose(t *testing.T) {
	inSession(t, func(t *testing.T, m *venue) {
		symbols := []string{"AAPL", "MSFT", "NVDA", "TSLA", "META"}
		for _, s := range symbols {
			m.Snapshot(s, shot(time.Now(), "105", "990"))
		}
		const today = "2026-11-18"
		m.Action("AAPL", "forward_splits", today, `{"symbol":"AAPL","new_rate":10,"old_rate":1,"ex_date":"2026-11-18","process_date":"2026-11-18"}`)
		m.Action("AAPL", "forward_splits", "2026-11-12", `{"symbol":"AAPL","new_rate":7,"old_rate":1,"ex_date":"2026-11-12","process_date":"2026-11-12"}`)
		m.Action("MSFT", "reverse_splits", today, `{"symbol":"MSFT","new_rate":1,"old_rate":10,"ex_date":"2026-11-18"}`)
		m.Action("NVDA", "cash_dividends", "2027-01-05", `{"symbol":"NVDA","rate":1.25,"special":true,"foreign":false,"ex_date":"2026-11-18"}`)
		m.Action("TSLA", "cash_dividends", "2026-12-01", `{"symbol":"TSLA","rate":1.25,"special":false,"foreign":false,"ex_date":"2026-11-18"}`)
		m.Action("META", "stock_dividends", today, `{"symbol":"META","rate":0.1,"ex_date":"2026-11-18"}`)
		m.Action("META", "forward_splits", "2026-11-19", `{"symbol":"META","new_rate":3,"old_rate":2,"ex_date":"2026-11-19"}`)
		w := vendortest.Watch(t, m.env, m.open(symbols...), silence)
		vendortest.Wait(5 * time.Second)
		wantPrevious(t, "a split", w.Quote("AAPL"), "99", "split 10:1")
		wantPrevious(t, "a reverse split", w.Quote("MSFT"), "9900", "split 1:10")
		wantPrevious(t, "a special dividend", w.Quote("NVDA"), "988.75", "dividend 1.25")
		wantPrevious(t, "an ordinary dividend", w.Quote("TSLA"), "990", "")
		wantPrevious(t, "a dividend in shares", w.Quote("META"), "900", "split 11:10")
		vendortest.Wait(2 * time.Minute) // the figures come again
		wantPrevious(t, "after figures", w.Quote("AAPL"), "99", "split 10:1")
		for _, s := range symbols { // of the evening, asked for after the next roll
			m.Snapshot(s, shot(time.Date(2026, time.November, 18, 20, 59, 59, 0, time.UTC), "105", "990"))
		}
		vendortest.Wait(time.Until(time.Date(2026, time.November, 19, 9, 15, 0, 0, time.UTC))) // 04:15 in New York
		wantPrevious(t, "the day after", w.Quote("AAPL"), "105", "")
		wantPrevious(t, "on the day of a split that was known before", w.Quote("META"), "70", "split 3:2")
		if q := w.Quote("META"); q.Price.String() != "70" {
			t.Errorf("before the first trade of the day, the last price is %v", q.Price)
		}
	})
}

// The bar of a day has its midnight, which is before the trading day begins: its close is a price of the day all the same.
func TestTheCloseOfADayBarIsOfItsDay(t *testing.T) {
	inSession(t, func(t *testing.T, m *venue) {
		text := shot(time.Now(), "101", "1000")
		_, rest, _ := strings.Cut(text, `"latestQuote"`)
		m.Snapshot("AAPL", `{"latestTrade":null,"latestQuote"`+rest)
		m.Action("AAPL", "forward_splits", "2026-11-18", `{"symbol":"AAPL","new_rate":10,"old_rate":1,"ex_date":"2026-11-18"}`)
		w := vendortest.Watch(t, m.env, m.open("AAPL"), silence)
		vendortest.Wait(5 * time.Second)
		wantPrevious(t, "the close", w.Quote("AAPL"), "100", "split 10:1")
		if got := w.Quote("AAPL").Price.String(); got != "101" {
			t.Errorf("the last price is %s, want that of the day as it is", got)
		}
	})
}

func TestASplitThatBecomesKnownLateEndsTheDoubt(t *testing.T) {
	inSession(t, func(t *testing.T, m *venue) {
		time.Sleep(22 * time.Hour) // 09:00 in New York
		m.Snapshot("AAPL", shot(time.Date(2026, time.November, 18, 20, 59, 59, 0, time.UTC), "1000", "990"))
		w := vendortest.Watch(t, m.env, m.open("AAPL"), silence)
		vendortest.Wait(31 * time.Minute) // the session has begun
		for range 3 {
			m.Trade("AAPL", "100.5", time.Now())
			vendortest.Wait(time.Second)
		}
		q := w.Quote("AAPL")
		wantPrevious(t, "a split that nobody knows of", q, "1000", "")
		if q.Price.String() != "100.5" || q.State != market.Stale || q.Reason != market.InDoubt {
			t.Errorf("%v is %v, %q; want a price in doubt", q.Price, q.State, q.Reason)
		}
		m.Action("AAPL", "forward_splits", "2026-11-19", `{"symbol":"AAPL","new_rate":10,"old_rate":1,"ex_date":"2026-11-19"}`)
		m.Break(alpacatest.SlowClient) // the next connection asks again
		vendortest.Wait(30 * time.Second)
		m.Trade("AAPL", "100.6", time.Now())
		synctest.Wait()
		q = w.Quote("AAPL")
		wantPrevious(t, "the vendor knows it", q, "100", "split 10:1")
		if q.Price.String() != "100.6" || q.State != market.Live || q.Reason != "" {
			t.Errorf("%v is %v, %q; want it live", q.Price, q.State, q.Reason)
		}
	})
}

func TestActionsThatAreMoreThanAnAnswerAreAskedForInHalves(t *testing.T) {
	inSession(t, func(t *testing.T, m *venue) {
		for i := range 700 {
			for _, s := range []string{"AAPL", "MSFT"} {
				m.Action(s, "cash_dividends", fmt.Sprintf("2026-11-%02d", 10+i%15), fmt.Sprintf(`{"symbol":%q,"rate":0.1,"special":false,"ex_date":"2026-11-18"}`, s))
			}
		}
		m.Action("MSFT", "forward_splits", "2026-11-18", `{"symbol":"MSFT","new_rate":2,"old_rate":1,"ex_date":"2026-11-18"}`)
		m.Snapshot("AAPL", shot(time.Now(), "100", "99"))
		m.Snapshot("MSFT", shot(time.Now(), "100", "198"))
		w := vendortest.Watch(t, m.env, m.open("AAPL", "MSFT"), silence)
		vendortest.Wait(10 * time.Second)
		wantPrevious(t, "a split in the second half", w.Quote("MSFT"), "99", "split 2:1")
		wantPrevious(t, "none", w.Quote("AAPL"), "99", "")
	})
}

func TestActionsThatMakeNoSenseAreCounted(t *testing.T) {
	const query = "?end=2027-02-26&start=2026-11-08&symbols=AAPL"
	for name, text := range map[string]string{
		"no split":    `{"corporate_actions":{"forward_splits":[{"symbol":"AAPL","new_rate":1,"old_rate":1,"ex_date":"2026-11-18"}]},"next_page_token":null}`,
		"no shares":   `{"corporate_actions":{"forward_splits":[{"symbol":"AAPL","new_rate":0,"old_rate":1,"ex_date":"2026-11-18"}]},"next_page_token":null}`,
		"no date":     `{"corporate_actions":{"forward_splits":[{"symbol":"AAPL","new_rate":2,"old_rate":1,"ex_date":"soon"}]},"next_page_token":null}`,
		"no cash":     `{"corporate_actions":{"cash_dividends":[{"symbol":"AAPL","rate":-1,"special":true,"ex_date":"2026-11-18"}]},"next_page_token":null}`,
		"special, so": `{"corporate_actions":{"cash_dividends":[{"symbol":"AAPL","rate":1,"special":"yes","ex_date":"2026-11-18"}]},"next_page_token":null}`,
	} {
		x := newBench(t, "AAPL")
		var b market.Batch
		if err := x.Response(actionsPath+query, []byte(text), now, &b); err != nil {
			t.Fatal(err)
		}
		if b.Actions == nil || len(b.Actions.All) != 0 || faults(t, x) != 1 {
			t.Errorf("%s: %+v, %d faults", name, b.Actions, faults(t, x))
		}
	}
	for name, text := range map[string]string{"nothing": `{}`, "no list": `{"corporate_actions":[]}`, "half": `{"corporate_actions":{`} {
		x := newBench(t, "AAPL")
		var b market.Batch
		x.Response(actionsPath+query, []byte(text), now, &b)
		if b.Actions != nil || faults(t, x) != 1 {
			t.Errorf("%s: %+v, %d faults", name, b.Actions, faults(t, x))
		}
	}
	x := newBench(t, "AAPL")
	var b market.Batch
	x.Response(actionsPath+query, []byte(`{"corporate_actions":{"unit_splits":[{"old_symbol":"AAPL"}],"spin_offs":[{"source_symbol":"AAPL"}],
		"forward_splits":[{"symbol":"AAPL","new_rate":1.5,"old_rate":1,"ex_date":"2026-11-18"},{"symbol":"MSFT","new_rate":2,"old_rate":1,"ex_date":"2026-11-18"}]},
		"next_page_token":null}`), now, &b)
	if b.Actions == nil || len(b.Actions.All) != 1 || b.Actions.All[0].String() != "split 3:2" ||
		vendors.Date(b.Actions.All[0].Date) != "2026-11-18" {
		t.Errorf("%+v", b.Actions)
	}
}

// faults is how many there were.
func faults(t *testing.T, x *bench) (n int) {
	t.Helper()
	for _, count := range x.Faults(t) {
		n += count
	}
	return n
}
