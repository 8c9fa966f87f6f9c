package massive

import (
	"fmt"
	"testing"
	"time"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors/vendortest"
)

// quick is the configuration of a plan whose requests wait for nothing.
func quick(t *testing.T, v *vendor, symbols ...string) *vendortest.Watcher {
	cfg := DefaultConfig()
	cfg.Symbols, cfg.RESTPerMinute = symbols, 6000
	env := v.Env(t)
	return vendortest.Watch(t, env, vendortest.Open(t, cfg, env, Open), feed.Config{Source: []string{name}, Silence: time.Hour})
}

// wantPrevious compares previous close and what adjusts it.
func wantPrevious(t *testing.T, when string, q market.Quote, previous, by string) {
	t.Helper()
	if q.PreviousClose.String() != previous || q.Adjusted != by {
		t.Errorf("%s: the previous close is %v by %q, want %s by %q", when, q.PreviousClose, q.Adjusted, previous, by)
	}
}

// The vendor does not say whether the close in a snapshot is adjusted for a split of today: the one of the whole day is asked for as
// it was traded.
func TestAPreviousCloseIsAdjustedOnceWhateverTheSnapshotHas(t *testing.T) {
	for _, snapshot := range []string{"990", "99"} {
		bubble(t, func(t *testing.T, v *vendor) { // on Wednesday, 31 December 2025
			now := time.Now().UnixNano()
			const yesterday = 1767128400000 // Tuesday, 16:00
			for _, s := range []string{"AAPL", "MSFT", "NVDA", "TSLA", "META"} {
				v.snapshots[s] = fmt.Sprintf(`{"ticker":%q,"updated":%d,"day":{"o":100,"h":101,"l":99,"c":100,"v":10,"vw":100},"prevDay":{"c":%s},`+
					`"lastTrade":{"c":[14],"i":"1","p":100,"s":1,"t":%d,"x":4}}`, s, now, snapshot, now)
				v.days[s] = fmt.Sprintf(`{"v":5.0,"o":98,"c":990,"h":100,"l":97,"t":%d,"n":5}`, int64(yesterday))
			}
			v.actions = map[string][]string{pathSplits: {
				`{"ticker":"AAPL","execution_date":"2025-12-31","split_from":1,"split_to":10,"adjustment_type":"forward_split","historical_adjustment_factor":0.1}`,
				`{"ticker":"OTHER","execution_date":"2025-12-31","split_from":1,"split_to":3,"adjustment_type":"forward_split"}`,
				`{"ticker":"AAPL","execution_date":"2025-12-29","split_from":1,"split_to":2,"adjustment_type":"forward_split"}`,
				`{"ticker":"MSFT","execution_date":"2025-12-31","split_from":20,"split_to":1,"adjustment_type":"reverse_split"}`,
				`{"ticker":"NVDA","execution_date":"2026-01-02","split_from":2,"split_to":3,"adjustment_type":"stock_dividend"}`,
			}, pathDividends: {
				`{"ticker":"META","ex_dividend_date":"2025-12-31","cash_amount":2.5,"currency":"USD","distribution_type":"special","frequency":0}`,
				`{"ticker":"TSLA","ex_dividend_date":"2025-12-31","cash_amount":2.5,"currency":"USD","distribution_type":"recurring","frequency":4}`,
				`{"ticker":"AAPL","ex_dividend_date":"2025-12-31","cash_amount":10,"currency":"USD","distribution_type":"special","frequency":0}`,
			}}
			w := quick(t, v, "AAPL", "MSFT", "NVDA", "TSLA", "META")
			vendortest.Wait(5 * time.Second)
			wantPrevious(t, "split and dividend", w.Quote("AAPL"), "98", "dividend 10, split 10:1")
			wantPrevious(t, "a reverse split", w.Quote("MSFT"), "19800", "split 1:20")
			wantPrevious(t, "a split to come", w.Quote("NVDA"), snapshot, "")
			wantPrevious(t, "an ordinary dividend", w.Quote("TSLA"), snapshot, "")
			dividend := map[string]string{"990": "987.5", "99": "96.5"}[snapshot]
			wantPrevious(t, "a special dividend", w.Quote("META"), dividend, "dividend 2.5")
			if v.count(pathSplits) != 2 || v.count(previousPath("AAPL")) != 1 || v.count(previousPath("TSLA")) != 0 {
				t.Errorf("asked for %v", v.Requests())
			}
			v.set(func() { v.failing = pathSplits }) // the next connection has a snapshot, and nothing else yet
			v.Sockets()[0].Drop()
			vendortest.Within(t, time.Minute, "the next connection asks", func() bool { return v.count(pathSnapshots) == 2 })
			vendortest.Wait(2 * time.Second)
			wantPrevious(t, "after another snapshot", w.Quote("AAPL"), "98", "dividend 10, split 10:1")
			v.set(func() { v.failing = "" })
			vendortest.Within(t, time.Minute, "it asks for the day before", func() bool { return v.count(previousPath("AAPL")) == 2 })
			wantPrevious(t, "after another connection", w.Quote("AAPL"), "98", "dividend 10, split 10:1")
		})
	}
}

func TestActionsThatThePlanDoesNotHaveAreDoneWithout(t *testing.T) {
	bubble(t, func(t *testing.T, v *vendor) {
		v.failing = pathSplits
		v.snapshots["AAPL"] = `{"ticker":"AAPL","updated":0,"day":{"v":0},"prevDay":{"c":99.5}}`
		w := quick(t, v, "AAPL")
		vendortest.Wait(5 * time.Second)
		wantPrevious(t, "without splits", w.Quote("AAPL"), "99.5", "")
		v.set(func() { v.snapshots["AAPL"] = `{"ticker":"AAPL","updated":0,"day":{"v":0},"prevDay":{"c":101}}` })
		vendortest.Wait(42*time.Hour + 10*time.Minute) // until 04:10 on Friday: the next day's figures come all the same
		wantPrevious(t, "on the next day", w.Quote("AAPL"), "101", "")
	})
}

func TestPagesOfActionsWithoutAnEndAreGivenUp(t *testing.T) {
	bubble(t, func(t *testing.T, v *vendor) {
		v.endless = true
		v.snapshots["AAPL"] = `{"ticker":"AAPL","updated":0,"day":{"v":0},"prevDay":{"c":99.5}}`
		w := quick(t, v, "AAPL")
		vendortest.Wait(2 * time.Minute)
		wantPrevious(t, "without an end", w.Quote("AAPL"), "99.5", "")
		if n := v.count(pathSplits); n != mostPages {
			t.Errorf("%d pages, want %d", n, mostPages)
		}
	})
}

func TestActionsThatMakeNoSenseAreCounted(t *testing.T) {
	for name, c := range map[string]struct{ path, text string }{
		"no split":   {pathSplits, `{"results":[{"ticker":"AAPL","execution_date":"2025-12-31","split_from":1,"split_to":1}]}`},
		"no shares":  {pathSplits, `{"results":[{"ticker":"AAPL","execution_date":"2025-12-31","split_from":0,"split_to":1}]}`},
		"no date":    {pathSplits, `{"results":[{"ticker":"AAPL","execution_date":"soon","split_from":1,"split_to":2}]}`},
		"no cash":    {pathDividends, `{"results":[{"ticker":"AAPL","ex_dividend_date":"2025-12-31","cash_amount":0,"distribution_type":"special"}]}`},
		"no type":    {pathDividends, `{"results":[{"ticker":"AAPL","ex_dividend_date":"2025-12-31","cash_amount":1}]}`},
		"no results": {pathSplits, `{"status":"OK"}`},
		"half":       {pathSplits, `{"results":[`},
		"no cursor":  {pathSplits, `{"results":[],"next_url":"https://api.massive.com/stocks/v1/splits"}`},
	} {
		x := newBench(t, "AAPL")
		var b market.Batch
		if err := x.Response(c.path+"?limit=5000", []byte(c.text), market.TimeOf(time.Now()), &b); err != nil {
			t.Fatal(err)
		}
		if n := faults(t, x); b.Actions != nil && len(b.Actions.All) != 0 || n != 1 {
			t.Errorf("%s: %+v, %d faults", name, b.Actions, n)
		}
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
