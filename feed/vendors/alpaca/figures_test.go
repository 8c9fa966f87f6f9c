package alpaca

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors/vendortest"
)

// The recording's line 31 is a snapshot of two stocks and of one that there is not.
func TestARecordedSnapshotIsRead(t *testing.T) {
	n := newBench(t, "AAPL", "MSFT")
	line := vendortest.RecordedLines(t, "alpaca/rest-responses.ndjson")[30]
	received := market.TimeOf(time.Date(2021, time.May, 3, 14, 48, 10, 0, time.UTC))
	if err := n.Response("/v2/stocks/snapshots?symbols=AAPL", line, received, &n.b); err != nil {
		t.Fatal(err)
	}
	known, err := n.readSnapshots(line, received)
	if err != nil || len(known) != 2 || len(n.b.Images) != 2 {
		t.Fatalf("%d snapshots, %d images, %v", len(known), len(n.b.Images), err)
	}
	a, m := known["AAPL"], known["MSFT"]
	q := a.image
	if q.Price.String() != "133.4201" || q.PreviousClose.String() != "131.46" || q.Open.String() != "132.04" || q.High.String() != "134.07" ||
		q.Low.String() != "131.83" ||
		q.Volume.String() != "25846800" || q.Count != 254678 || q.VWAP.String() != "132.568" {
		t.Errorf("got %+v", q)
	}
	if want := market.TimeOf(time.Date(2021, time.May, 3, 14, 48, 0, 0, time.UTC)); a.asOf != want {
		t.Errorf("as of %d, want %d", a.asOf, want)
	}
	if m.image.Set&market.FieldPreviousClose != 0 || m.image.Price.String() != "253.8738" {
		t.Errorf("without a day before: %+v", m.image)
	}
	if got := n.Faults(t); len(got) != 0 {
		t.Errorf("faults %v", got)
	}
}

// On the next morning the day's bar is still the one of the day before.
func TestYesterdaysBarIsThePreviousClose(t *testing.T) {
	n := newBench(t, "AAPL")
	body := []byte(`{"AAPL":` + shot(time.Date(2026, time.November, 18, 20, 59, 59, 0, time.UTC), "104", "99") + `}`)
	known, err := n.readSnapshots(body, market.TimeOf(time.Date(2026, time.November, 19, 9, 30, 0, 0, time.UTC)))
	q := known["AAPL"].image
	if err != nil || q.PreviousClose.String() != "104" || q.Price.String() != "104" ||
		q.Set&(market.FieldOpen|market.FieldHigh|market.FieldLow|market.FieldVolume|market.FieldVWAP) != 0 {
		t.Errorf("got %+v, %v", q, err)
	}
}

func TestATradeAfterHoursIsExtended(t *testing.T) {
	n := newBench(t, "AAPL")
	at := time.Date(2026, time.November, 18, 22, 0, 0, 0, time.UTC)
	known,
		err := n.readSnapshots([]byte(`{"AAPL":{"latestTrade":{"t":"2026-11-18T21:59:00Z","x":"V","p":101,"s":10,"c":["@","T"],"i":1,"z":"C"},
		"dailyBar":{"t":"2026-11-18T05:00:00Z","o":95,"h":105,"l":90,"c":100,"v":1000,"n":20,"vw":99}}}`), market.TimeOf(at))
	q := known["AAPL"].image
	if err != nil || q.Price.String() != "100" || q.Extended.String() != "101" || q.ExtendedTime != market.TimeOf(at.Add(-time.Minute)) {
		t.Errorf("got %+v, %v", q, err)
	}
}

func TestBadAnswersAreCounted(t *testing.T) {
	for name, test := range map[string]struct{ path, body, fault string }{
		"another path":  {"/v2/stocks/trades", "{}", "unknown"},
		"no bars":       {daysPath, "{}", "json"},
		"a list":        {daysPath, `{"bars":{"AAPL":5},"next_page_token":null}`, "symbol"},
		"a bad day":     {daysPath, `{"bars":{"AAPL":[{"t":"x","c":1}]}}`, "time"},
		"no JSON":       {snapshotsPath, "<html>", "json"},
		"a wrong price": {snapshotsPath, `{"AAPL":{"dailyBar":{"t":"2026-11-18T05:00:00Z","o":"x"}}}`, "number"},
		"no time":       {snapshotsPath, `{"AAPL":{"dailyBar":{"o":1}}}`, "time"},
		"another stock": {snapshotsPath, `{"IBM":{}}`, "symbol"},
		"another coin":  {"/v1beta3/crypto/us/bars?symbols=X", `{"bars":{"X/USD":[]}}`, "symbol"},
		"a wrong bar":   {"/v1beta3/crypto/us/bars", `{"bars":{"BTC/USD":[{"t":"x"}]}}`, "time"},
	} {
		n := newBench(t, "AAPL", "BTC/USD")
		if err := n.Response(test.path, []byte(test.body), now, &n.b); err != nil {
			t.Fatal(err)
		}
		if got := n.Faults(t); !reflect.DeepEqual(got, map[string]int{test.fault: 1}) || len(n.b.Images) != 0 {
			t.Errorf("%s: faults %v, want one of %s; %d images", name, got, test.fault, len(n.b.Images))
		}
	}
}

// A trade with one of these conditions sets the last price only as the first of its day. The daily bar knows whether it was.
func TestTheDailyBarSaysWhetherTheFirstTradeSetTheLastPrice(t *testing.T) {
	for _, code := range []string{"4", "G", "P", "Z"} {
		for name, test := range map[string]struct{ open, close, want string }{
			"it was not the first":         {"99", "100", "100"},
			"it was the first":             {"101", "101", "101"},
			"it was, and others have come": {"101", "102", "102"},
		} {
			n := newBench(t, "AAPL")
			body := fmt.Sprintf(`{"AAPL":{"latestTrade":{"t":"2026-11-18T15:59:00Z","x":"D","p":101,"s":10,"c":["@",%q],"i":1,"z":"C"},
				"dailyBar":{"t":"2026-11-18T05:00:00Z","o":%s,"h":105,"l":90,"c":%s,"v":1000,"n":20,"vw":99}}}`, code, test.open, test.close)
			known, err := n.readSnapshots([]byte(body), now)
			if q := known["AAPL"].image; err != nil || q.Price.String() != test.want || q.Open.String() != test.open {
				t.Errorf("%s, %s: price %v, open %v, %v; want %s, %s", code, name, q.Price, q.Open, err, test.want, test.open)
			}
		}
	}
}
