package massive

import (
	"bufio"
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tickertape/feed/market"
	"tickertape/feed/vendors/vendortest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorded is a file of what the vendor sent. Its folder has the vendor's old name.
func recorded(t testing.TB, name string) []byte {
	t.Helper()
	return vendortest.Recorded(t, "polygon/"+name)
}

// bench is a decoder with all that it needs.
type bench struct {
	*Decoder
	*vendortest.Notes
}

func newBench(t testing.TB, symbols ...string) *bench {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Symbols = symbols
	d, _, notes := vendortest.NewDecoder(t, cfg, NewDecoder)
	return &bench{d.(*Decoder), notes}
}

func (x *bench) frame(t testing.TB, text string) market.Batch {
	t.Helper()
	return vendortest.Frame(t, x, text, 1_000_000)
}

// show writes a tick for people.
func show(k *market.Tick) string {
	switch k.Kind {
	case market.KindTrade:
		return fmt.Sprintf("trade %v × %v at %d flags %d", k.Price, k.Size, k.Time, k.Flags)
	case market.KindQuote:
		return fmt.Sprintf("quote %v × %v / %v × %v at %d", k.Bid, k.BidSize, k.Ask, k.AskSize, k.Time)
	}
	return fmt.Sprintf("%v at %d", k.State, k.Time)
}

func all(b *market.Batch) string {
	var lines []string
	for i := range b.Ticks {
		lines = append(lines, show(&b.Ticks[i]))
	}
	return strings.Join(lines, "; ")
}

const (
	volumeOnly   = market.SetsVolume
	outOfSession = market.SetsExtended | market.SetsVolume
)

// TestDocumentedExamplesAreDecoded takes in each example that the vendor gives, of stocks and of all else.
func TestDocumentedExamplesAreDecoded(t *testing.T) {
	x := newBench(t, "MSFT", "AAPL")
	said := map[string]string{}
	lines, unknown := 0, 0
	for in := bufio.NewScanner(bytes.NewReader(recorded(t, "ws-examples.ndjson"))); in.Scan(); lines++ {
		path, example, found := strings.Cut(in.Text(), `","example":`)
		if !found {
			t.Fatalf("line %s", in.Text())
		}
		b := x.frame(t, "["+strings.TrimSuffix(example, "}")+"]")
		if path = strings.TrimPrefix(path, `{"path":"`); len(b.Ticks) > 0 {
			said[path] = all(&b)
		} else {
			unknown++
		}
	}
	want := map[string]string{
		"/stocks/T": fmt.Sprintf("trade 114.125 × 100 at 1536036818784000 flags %d", outOfSession), // 00:53 in New York
		"/stocks/Q": "quote 114.125 × 100 / 114.128 × 160 at 1536036818784000",
	}
	if !maps.Equal(said, want) {
		t.Errorf("said %v, want %v", said, want)
	}
	// LULD of MSFT has an indicator that is neither a halt nor its end; trades and quotes of options are of others.
	if got := x.Faults(t); lines != 33 || unknown != 31 || fmt.Sprint(got) != "map[symbol:2 unknown:28]" {
		t.Errorf("%d lines, %d say nothing, %v", lines, unknown, got)
	}
}

func TestRecordedTradesAreDecoded(t *testing.T) {
	x := newBench(t, "AAPL", "AMZN")
	var said []string
	for in := bufio.NewScanner(bytes.NewReader(recorded(t, "ws-trades.ndjson"))); in.Scan(); {
		b := x.frame(t, in.Text())
		for i := range b.Ticks {
			said = append(said, show(&b.Ticks[i]))
		}
		for a, there := x.replies.Next(); there; a, there = x.replies.Next() {
			said = append(said, a.status)
		}
	}
	want := []string{"connected", "auth_success",
		fmt.Sprintf("trade 161.87 × 300 at 1651684192462000 flags %d", market.Regular),
		fmt.Sprintf("trade 161.87 × 1 at 1651684192536000 flags %d", volumeOnly), // an odd lot
		fmt.Sprintf("trade 161.87 × 100 at 1651684192717000 flags %d", market.Regular)}
	if !slices.Equal(said, want) || len(x.Faults(t)) > 0 {
		t.Errorf("said\n%s\nwant\n%s\nfaults %v", strings.Join(said, "\n"), strings.Join(want, "\n"), x.Faults(t))
	}
}

func TestRecordedSnapshotsAreRead(t *testing.T) {
	x := newBench(t, "AAPL", "BCAT")
	for file, want := range map[string]string{
		"v2-snapshot-AAPL.json": "o 161.84 h 166.2 l 159.8 pc 163.64 v 68840127 vw 162.7124 p 159.99 at 1651251948294080",
	} {
		var b market.Batch
		if err := x.Response(pathSnapshots+"?tickers=AAPL", recorded(t, file), 1, &b); err != nil || len(b.Images) != 1 {
			t.Fatalf("%s: %v, %d images, faults %v", file, err, len(b.Images), x.Faults(t))
		}
		q := b.Images[0]
		got := fmt.Sprintf("o %v h %v l %v pc %v v %v vw %v p %v at %d", q.Open, q.High, q.Low, q.PreviousClose, q.Volume,
			q.VWAP, q.Price, q.Time)
		if got != want {
			t.Errorf("%s: %s, want %s", file, got, want)
		}
	}
	var b market.Batch
	if err := x.Response(pathSnapshots+"?tickers=BCAT", recorded(t, "v2-snapshot-all.json"), 1, &b); err != nil || len(b.Images) != 1 ||
		b.Images[0].PreviousClose != 20_630_000_000 {
		t.Errorf("%v, %+v, faults %v", err, b.Images, x.Faults(t))
	}
}

func TestRecordedGainersAreRead(t *testing.T) {
	x := newBench(t, "NVCN", "BIOL")
	var b market.Batch
	if err := x.Response(pathSnapshots, recorded(t, "v2-snapshot-gainers.json"), 1, &b); err != nil || len(b.Images) != 2 ||
		len(x.Faults(t)) > 0 {
		t.Errorf("%v, %d images, faults %v", err, len(b.Images), x.Faults(t))
	}
}

// The recorded day is Tuesday, 26 April 2022: on Wednesday it is the one before, and on its own evening it is not.
func TestRecordedPreviousDayIsRead(t *testing.T) {
	for at, want := range map[string]string{
		"2022-04-27T14:00:00Z": "pc 156.8 p 156.8 o 0 v 0",
		"2022-04-27T01:00:00Z": "pc 0 p 156.8 o 162.25 v 95595226",
	} {
		received, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		x := newBench(t, "AAPL")
		var b market.Batch
		if err := x.Response(previousPath("AAPL"), recorded(t, "v2-aggs-AAPL-prev.json"), market.TimeOf(received), &b); err != nil ||
			len(b.Images) != 1 {
			t.Fatalf("%v, %d images, faults %v", err, len(b.Images), x.Faults(t))
		}
		q := b.Images[0]
		if got := fmt.Sprintf("pc %v p %v o %v v %v", q.PreviousClose, q.Price, q.Open, q.Volume); got != want {
			t.Errorf("at %s: %s, want %s", at, got, want)
		}
	}
}

func TestRecordedConditionsAgreeWithWhatIsBuiltIn(t *testing.T) {
	r, err := readRules(recorded(t, "v3-reference-conditions-stocks.json"))
	if err != nil {
		t.Fatal(err)
	}
	for code := range r {
		if r[code] != built[code] {
			t.Errorf("condition %d: the vendor says %b, built in is %b", code, r[code], built[code])
		}
	}
}

func TestConditionsSayWhatATradeSets(t *testing.T) {
	const noon, evening = 1_651_684_192_000, 1_651_704_192_000 // 13:09 and 18:43 in New York
	for _, tc := range []struct {
		name, codes string
		at          int64
		want        market.Flags
	}{
		{"none at all", "null", noon, market.Regular},
		{"an ordinary trade", "[0]", noon, market.Regular},
		{"a sweep", "[14,41]", noon, market.Regular},
		{"an odd lot", "[37]", noon, volumeOnly},
		{"an average price", "[2]", noon, volumeOnly},
		{"bunched", "[5]", noon, market.SetsFirst | market.SetsHighLow | market.SetsVolume},
		{"out of sequence", "[32]", noon, market.SetsFirst | market.SetsHighLow | market.SetsVolume},
		{"the official close", "[15]", noon, 0},
		{"the corrected close", "[38]", noon, market.SetsLast | market.SetsHighLow},
		{"Form T", "[12]", noon, outOfSession},
		{"Form T, an odd lot", "[12,37]", evening, volumeOnly},
		{"in the evening", "[0]", evening, outOfSession},
		{"in the evening, without a word", "null", evening, outOfSession},
		{"late in the evening, out of sequence", "[13]", evening, volumeOnly},
		{"the closing print, told in the evening", "[8]", evening, market.Regular},
		{"one that is not known", "[999]", noon, market.Regular},
		{"one that is too high", "[99999]", noon, market.Regular},
	} {
		t.Run(tc.name, func(t *testing.T) {
			x := newBench(t, "A")
			b := x.frame(t, fmt.Sprintf(`[{"ev":"T","sym":"A","i":"1","x":4,"p":1,"s":100,"c":%s,"t":%d,"q":1}]`, tc.codes, tc.at))
			var got market.Flags
			if len(b.Ticks) > 0 {
				got = b.Ticks[0].Flags
			}
			if got != tc.want || len(x.Faults(t)) > 0 {
				t.Errorf("flags %b, want %b; faults %v", got, tc.want, x.Faults(t))
			}
		})
	}
}

func TestMessages(t *testing.T) {
	const trade = `{"ev":"T","sym":"A","x":4,"i":"12345","z":3,"p":114.125,"s":100,"t":1651684192000,"q":7}`
	const told = "trade 114.125 × 100 at 1651684192000000 flags 7"
	for name, tc := range map[string]struct{ text, want, faults string }{
		"a trade": {`[` + trade + `]`, told, ""},
		"fractions of a share": {`[` + strings.Replace(trade, `"s":100`, `"s":0,"ds":"0.25"`, 1) + `]`,
			"trade 114.125 × 0.25 at 1651684192000000 flags 7", ""},
		"a size of nothing": {`[` + strings.Replace(trade, `"s":100`, `"s":0`, 1) + `]`,
			"trade 114.125 × 0 at 1651684192000000 flags 3", ""},
		"two at once": {`[` + trade + `,` + strings.Replace(strings.Replace(trade, `"q":7`, `"q":9`, 1), "114.125", "115", 1) + `]`,
			told + "; trade 115 × 100 at 1651684192000000 flags 7", ""},
		"one twice": {`[` + trade + `,` + trade + `]`, told, "value"},
		"one late": {`[` + trade + `,` + strings.Replace(trade, `"q":7`, `"q":5`, 1) + `]`,
			told + "; trade 114.125 × 100 at 1651684192000000 flags 70", ""},
		"numbers of another day": {`[` + trade + `,` +
			strings.Replace(strings.Replace(trade, `"q":7`, `"q":5`, 1), "1651684192000", "1651770592000", 1) + `]`,
			told + "; trade 114.125 × 100 at 1651770592000000 flags 7", ""},
		"a quote": {`[{"ev":"Q","sym":"A","bp":1.5,"bs":2,"ap":1.6,"as":3,"t":1651684192000,"q":1}]`,
			"quote 1.5 × 2 / 1.6 × 3 at 1651684192000000", ""},
		"nobody bids": {`[{"ev":"Q","sym":"A","bp":0,"bs":0,"ap":1.6,"as":3,"t":1651684192000}]`,
			"quote 0 × 0 / 1.6 × 3 at 1651684192000000", ""},
		"a quote that comes late": {`[{"ev":"Q","sym":"A","ap":1,"t":1651684192000,"q":5},{"ev":"Q","sym":"A","ap":2,"t":1651684192000,"q":4}]`,
			"quote 0 × 0 / 1 × 0 at 1651684192000000", "value"},
		"a halt in microseconds":    {`[{"ev":"LULD","T":"A","h":1,"l":1,"i":[17],"t":1601316752683746}]`, "halted at 1601316752683746", ""},
		"a halt in nanoseconds":     {`[{"ev":"LULD","T":"A","h":1,"l":1,"i":[17],"t":1601316752683746123}]`, "halted at 1601316752683746", ""},
		"its end in milliseconds":   {`[{"ev":"LULD","T":"A","i":[21,18],"t":1601316752683}]`, "live at 1601316752683000", ""},
		"bands":                     {`[{"ev":"LULD","T":"A","h":218.96,"l":198.11,"i":[21],"t":1601316752683}]`, "", ""},
		"bars":                      {`[{"ev":"A","sym":"A"}]`, "", "unknown"},
		"another stock":             {`[` + strings.Replace(trade, `"sym":"A"`, `"sym":"B"`, 1) + `]`, "", "symbol"},
		"a price that is text":      {`[` + strings.Replace(trade, `114.125`, `"x"`, 1) + `]`, "", "number"},
		"no time":                   {`[` + strings.Replace(trade, `"t":1651684192000,`, ``, 1) + `]`, "", "time"},
		"a condition that is text":  {`[` + strings.Replace(trade, `"q":7`, `"c":["x"]`, 1) + `]`, "", "number"},
		"conditions that are none":  {`[` + strings.Replace(trade, `"q":7`, `"c":5`, 1) + `]`, "", "json"},
		"no list":                   {trade, "", "json"},
		"a list of something else":  {`[1,"x",null]`, "", "value"},
		"no event":                  {`[{"sym":"A"}]`, "", "value"},
		"half of it":                {`[{"ev":"T"`, "", "json"},
		"one good, one bad":         {`[{"ev":"T","sym":"A"},` + trade + `]`, told, "time"},
		"an exponent":               {`[` + strings.Replace(trade, `114.125`, `1.14125e2`, 1) + `]`, told, ""},
		"a size beyond all":         {`[{"ev":"Q","sym":"A","ap":1,"as":99999999999999,"t":1651684192000}]`, "", "number"},
		"a status that is a number": {`[{"ev":"status","status":5}]`, "", "value"},
	} {
		t.Run(name, func(t *testing.T) {
			x := newBench(t, "A")
			b := x.frame(t, tc.text)
			if got := all(&b); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
			if got := strings.Join(slices.Sorted(maps.Keys(x.Faults(t))), " "); got != tc.faults {
				t.Errorf("faults %q, want %q", got, tc.faults)
			}
		})
	}
}

func TestIDsAreOfTheirExchange(t *testing.T) {
	seen := map[uint64]string{}
	x := newBench(t, "A")
	for i, id := range []string{`"i":"1","x":4`, `"i":"1","x":5`, `"i":"2","x":4`, `"i":"1","x":4,"trfi":201`, `"i":"11","x":4`,
		`"i":"1","x":41`} {
		b := x.frame(t, fmt.Sprintf(`[{"ev":"T","sym":"A",%s,"p":1,"s":1,"t":1651684192000,"q":%d}]`, id, i+1))
		if other := seen[b.Ticks[0].ID]; other != "" || b.Ticks[0].ID == 0 {
			t.Errorf("%s has the id of %s", id, other)
		}
		seen[b.Ticks[0].ID] = id
	}
}

func TestAnswersThatMakeNoSenseAreCounted(t *testing.T) {
	for path, bodies := range map[string]map[string]string{
		pathConditions: {`{}`: "json", `[]`: "json",
			`{"results":[{"id":"x","update_rules":{"consolidated":{"updates_open_close":true,"updates_high_low":true,"updates_volume":true}}}]}`:   "number",
			`{"results":[{"id":1,"update_rules":{"consolidated":{"updates_open_close":5,"updates_high_low":true,"updates_volume":true}}}]}`:        "value",
			`{"results":[{"id":99999,"update_rules":{"consolidated":{"updates_open_close":true,"updates_high_low":true,"updates_volume":true}}}]}`: "value"},
		pathSnapshots: {`{}`: "json", `{"tickers":[{"ticker":"B"}]}`: "symbol", `{"tickers":[{"ticker":"A","day":{"o":"x"}}]}`: "number",
			`{"tickers":[5]}`: "json",
			`{"tickers":[{"ticker":"A","lastTrade":{"p":1,"t":"x"}}]}`: "time"},
		previousPath("A"): {`{}`: "json", `{"status":"OK","results":[{"t":"x","c":1}]}`: "time",
			`{"status":"OK","results":[{"c":"x"}]}`: "number", `[]`: "json"},
		previousPath("B"):               {`{"status":"OK"}`: "symbol"},
		rangePath("A", time.Unix(0, 0)): {`{}`: "json", `{"status":"OK","results":[{"t":"x","c":1}]}`: "time"},
		"/v9/else":                      {`{}`: "unknown"},
	} {
		for body, want := range bodies {
			x := newBench(t, "A")
			var b market.Batch
			if err := x.Response(path, []byte(body), 1, &b); err != nil {
				t.Error(err)
			}
			if got := strings.Join(slices.Sorted(maps.Keys(x.Faults(t))), " "); got != want || len(b.Images) > 0 {
				t.Errorf("GET %s %s: faults %q, %+v; want %q and nothing", path, body, got, b, want)
			}
		}
	}
}
