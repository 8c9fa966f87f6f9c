package replay

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"tickertape/feed/market"
	"tickertape/feed/recording"
)

// taq is a mapping with everything.
func taq() Mapping {
	m := defaultMapping()
	m.Symbol, m.Time, m.TimeFormat, m.Zone = "sym", []string{"day", "time"}, "02-Jan-2006 15:04:05.000", "America/New_York"
	m.Kind, m.Trade, m.Quote = "kind", []string{"T"}, []string{"Q", "q"}
	m.Price, m.Size, m.Bid, m.BidSize, m.Ask, m.AskSize, m.Lot = "price", "size", "bid", "bid size", "ask", "6", 100
	return m
}

const taqHeader = "\ufeff# sym ,day,time,kind,bid,\"ask size\",ask,bid size,price,size\r\n"

func readTable(t testing.TB, m Mapping, text string) (dir *market.Directory, entries []recording.Entry, bad []*recording.RowError) {
	t.Helper()
	dir = market.NewDirectory()
	r, err := newTable(recording.NewLineReader(strings.NewReader(text)), &m, dir)
	if err != nil {
		t.Fatal(err)
	}
	for {
		var e recording.Entry
		err := r.Next(&e)
		var row *recording.RowError
		switch {
		case err == io.EOF:
			return dir, entries, bad
		case errors.As(err, &row):
			bad = append(bad, row)
		case err != nil:
			t.Fatal(err)
		default:
			entries = append(entries, e)
		}
	}
}

func ticksOf(entries []recording.Entry) (ticks []market.Tick) {
	for _, e := range entries {
		ticks = append(ticks, e.Tick)
	}
	return ticks
}

func TestTableMapsColumns(t *testing.T) {
	const at = 1135693807521000 // 27 Dec 2005, 14:30:07.521 GMT
	text := taqHeader +
		"BRK.B,27-DEC-2005,09:30:07.521,T,,,,,189.30,100\n" +
		"\n" +
		"BRK.B, 27-dec-2005 ,09:30:07.521,Q, 189.29 ,3,189.31,,,\r\n" +
		`"IBM","27-Jul-2005","09:30:00.000",q,,,"83.5",,,` // no end of line
	dir, entries, bad := readTable(t, taq(), text)
	if len(bad) > 0 {
		t.Fatalf("bad rows: %v", bad)
	}
	want := []market.Tick{
		{Symbol: 0, Kind: market.KindTrade, Flags: market.Regular, Price: 189_300_000_000, Size: market.Units(100), Time: at, Received: at},
		{Symbol: 0, Kind: market.KindQuote, Flags: market.BothSides, Bid: 189_290_000_000, Ask: 189_310_000_000, AskSize: market.Units(300),
			Time: at, Received: at},
		// summer time
		{Symbol: 1, Kind: market.KindQuote, Flags: market.HasAsk, Ask: 83_500_000_000, Time: 1122471000000000, Received: 1122471000000000},
	}
	if got := ticksOf(entries); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if dir.Len() != 2 || dir.Symbol(0).Symbol != "BRK.B" {
		t.Errorf("symbols: %v", dir.All())
	}
}

func TestTableWithoutKindTellsRowsByTheirPrices(t *testing.T) {
	m := defaultMapping()
	m.Header, m.Comma, m.TimeFormat, m.Currency = false, "\t", "unix_ms", "EUR"
	m.Symbol, m.Time, m.Price, m.Bid, m.Ask = "1", []string{"2"}, "3", "4", "5"
	dir, entries, bad := readTable(t, m, "A\t1000.5\t2\t\t\nA\t1001\t\t1.9\t2.1\nA\t1002\t3\t1.9\nB\t1003\t\t\t\n")
	want := []market.Tick{
		{Kind: market.KindTrade, Flags: market.Regular, Price: 2_000_000_000, Time: 1_000_500, Received: 1_000_500},
		{Kind: market.KindQuote, Flags: market.BothSides, Bid: 1_900_000_000, Ask: 2_100_000_000, Time: 1_001_000, Received: 1_001_000},
	}
	if got := ticksOf(entries); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if len(bad) != 2 || bad[0].Reason != recording.BadRow || bad[1].Reason != recording.NoPrice {
		t.Errorf("bad rows: %v", bad)
	}
	if got := dir.All(); len(got) != 1 || got[0].Currency != "EUR" {
		t.Errorf("symbols: %v", got)
	}
	_, entries, bad = readTable(t, m, "A\t1002\t3\t1.9\t2.1\n")
	if len(entries) != 2 || entries[0].Tick.Kind != market.KindQuote || entries[1].Tick.Kind != market.KindTrade ||
		entries[1].Tick.Price != 3_000_000_000 || len(bad) > 0 {
		t.Errorf("a quote and a trade in one row: got %v, %v", ticksOf(entries), bad)
	}
}

// badRows are rows that cannot be used, and what is said of them.
var badRows = map[string]struct {
	row    string
	reason recording.Reason
	says   []string
}{
	"no price":        {"A,27-DEC-2005,09:30:00.000,T,,,,,,5", recording.NoPrice, []string{"price"}},
	"no side":         {"A,27-DEC-2005,09:30:00.000,Q,,1,,1,,", recording.NoSide, []string{"neither bid nor ask"}},
	"an unknown kind": {"A,27-DEC-2005,09:30:00.000,X,,,,,1,5", recording.BadKind, []string{"kind", `"X"`}},
	"no kind":         {"A,27-DEC-2005,09:30:00.000,,,,,,1,5", recording.BadKind, []string{"kind", `""`}},
	"too short":       {"A,27-DEC-2005,09:30:00.000,T,,,", recording.BadRow, []string{"price", "7 columns"}},
	"no symbol":       {",27-DEC-2005,09:30:00.000,T,,,,,1,5", recording.BadSymbol, []string{"sym", `""`}},
	"a bad symbol":    {"A B,27-DEC-2005,09:30:00.000,T,,,,,1,5", recording.BadSymbol, []string{"sym", `"A B"`}},
	"a bad time":      {"A,27-DEC-2005,lunch,T,,,,,1,5", recording.BadTime, []string{"day time", `"27-DEC-2005 lunch"`}},
	"a day too many":  {"A,31-NOV-2005,09:30:00.000,T,,,,,1,5", recording.BadTime, []string{"31-NOV-2005", "out of range"}},
	"before 1970":     {"A,27-DEC-1905,09:30:00.000,T,,,,,1,5", recording.BadTime, []string{"1905", "1970"}},
	"no number":       {"A,27-DEC-2005,09:30:00.000,T,,,,,abc,5", recording.BadPrice, []string{"price", `"abc"`}},
	"a thousand":      {`A,27-DEC-2005,09:30:00.000,T,,,,,"1,000",5`, recording.BadPrice, []string{"price", `"1,000"`}},
	"an exponent":     {"A,27-DEC-2005,09:30:00.000,T,,,,,1e5,5", recording.BadPrice, []string{"price", `"1e5"`}},
	"zero":            {"A,27-DEC-2005,09:30:00.000,T,,,,,0.00,5", recording.BadPrice, []string{"price", `"0.00"`, "above zero"}},
	"negative":        {"A,27-DEC-2005,09:30:00.000,T,,,,,-1,5", recording.BadPrice, []string{"price", `"-1"`}},
	"a bad bid":       {"A,27-DEC-2005,09:30:00.000,Q,x,,1,,,", recording.BadPrice, []string{"bid", `"x"`}},
	"a negative size": {"A,27-DEC-2005,09:30:00.000,T,,,,,1,-5", recording.BadSize, []string{"size", `"-5"`}},
	"too many lots": {"A,27-DEC-2005,09:30:00.000,Q,1,,,340282366920938463463374607431,,", recording.BadSize,
		[]string{"bid size", "lots of 100"}},
	"an open quote":  {`A,27-DEC-2005,09:30:00.000,T,,,,,"1,5`, recording.BadRow, []string{"quote"}},
	"a quote inside": {`A,27-DEC-2005,09:30:00.000,T,,,,,1"2,5`, recording.BadRow, []string{"quote"}},
	"a very long line": {strings.Repeat("A", recording.MaxLine) + ",27-DEC-2005,09:30:00.000,T,,,,,1,5", recording.TooLong,
		[]string{"longer than"}},
}

func TestTableNamesABadRowAndGoesOn(t *testing.T) {
	const good = "GOOD,27-DEC-2005,09:30:00.000,T,,,,,1,5\n"
	for name, c := range badRows {
		t.Run(name, func(t *testing.T) {
			_, entries, bad := readTable(t, taq(), taqHeader+good+c.row+"\n"+good+good)
			if len(entries) != 3 || len(bad) != 1 {
				t.Fatalf("%d good and %d bad rows, want 3 and 1: %v", len(entries), len(bad), bad)
			}
			if bad[0].Line != 3 || bad[0].Reason != c.reason {
				t.Errorf("got %s at line %d, want %s at line 3 (%v)", bad[0].Reason, bad[0].Line, c.reason, bad[0])
			}
			for _, says := range append(c.says, "line 3: ") {
				if !strings.Contains(bad[0].Error(), says) {
					t.Errorf("%q does not say %q", bad[0], says)
				}
			}
		})
	}
}

func TestClockReadsUnixTimes(t *testing.T) {
	const micro = 1135693807521042
	for name, c := range map[string]struct {
		format, text string
		want         market.Time // 0: an error
	}{
		"seconds":             {"unix_s", "1135693807", 1135693807000000},
		"seconds, fraction":   {"unix_s", "1135693807.521042", micro},
		"more than micro":     {"unix_s", "1135693807.521042999", micro},
		"milliseconds":        {"unix_ms", "1135693807521", 1135693807521000},
		"with a fraction":     {"unix_ms", "1135693807521.042", micro},
		"microseconds":        {"unix_us", "1135693807521042", micro},
		"micro and more":      {"unix_us", "1135693807521042.9", micro},
		"nanoseconds":         {"unix_ns", "1135693807521042999", micro},
		"a few nanoseconds":   {"unix_ns", "12", 0},
		"nothing":             {"unix_s", "", 0},
		"a point":             {"unix_s", ".", 0},
		"no whole":            {"unix_s", ".5", 0},
		"no fraction":         {"unix_s", "5.", 0},
		"negative":            {"unix_s", "-5", 0},
		"an exponent":         {"unix_s", "1e9", 0},
		"far too late":        {"unix_s", "99999999999999999999", 0},
		"after the year 9999": {"unix_s", "253402300800", 0},
	} {
		t.Run(name, func(t *testing.T) {
			clock, err := newClock(c.format, "UTC")
			if err != nil {
				t.Fatal(err)
			}
			got, err := clock.read([]byte(c.text))
			if got != c.want || (err == nil) != (c.want != 0) {
				t.Errorf("got %d, %v; want %d", got, err, c.want)
			}
			if err != nil && !strings.Contains(err.Error(), c.text) {
				t.Errorf("%q does not name %q", err, c.text)
			}
		})
	}
}

// FuzzCSVRow reads one row. What is good is written again, and reads the same.
func FuzzCSVRow(f *testing.F) {
	f.Add("BRK.B,27-DEC-2005,09:30:07.521,T,,,,,189.30,100")
	f.Add("BRK.B, 27-dec-2005 ,09:30:07.521,Q, 189.29 ,3,189.31,,,")
	for _, c := range badRows {
		if len(c.row) < 1000 {
			f.Add(c.row)
		}
	}
	m := taq()
	m.Zone = "UTC" // a time that happens twice when clocks go back is not told apart
	f.Fuzz(func(t *testing.T, row string) {
		dir, first, bad := readTable(t, m, taqHeader+row)
		for _, b := range bad {
			if b.Line < 2 || b.Reason == "" || b.Err == nil || len(b.Error()) > 1000 {
				t.Errorf("bad row %+v", b)
			}
		}
		var again bytes.Buffer
		again.WriteString(taqHeader)
		for _, e := range first {
			k := e.Tick
			if err := market.CheckSymbol(dir.Symbol(e.Symbol).Symbol); err != nil || e.At <= 0 {
				t.Fatalf("%q gave %+v: %v", row, e, err)
			}
			optional := func(p market.Price) string {
				if p == 0 {
					return ""
				}
				return p.String()
			}
			lots := func(q market.Quantity) string { // of 100
				whole, _ := market.ParseQuantity(q.String())
				return shift(whole.String())
			}
			at := k.Time.Std()
			if k.Time%1000 != 0 {
				return // the layout has milliseconds
			}
			kind := "T"
			if k.Kind == market.KindQuote {
				kind = "Q"
			}
			fmt.Fprintf(&again, "%s,%s,%s,%s,%s,%s,%s,%s,%s,%s\n", dir.Symbol(e.Symbol).Symbol, at.Format("02-Jan-2006"),
				at.Format("15:04:05.000"), kind,
				optional(k.Bid), lots(k.AskSize), optional(k.Ask), lots(k.BidSize), optional(k.Price), k.Size)
		}
		_, second, bad := readTable(t, m, again.String())
		if len(bad) > 0 || fmt.Sprint(second) != fmt.Sprint(first) {
			t.Fatalf("%q was written as %q, which reads\n%v %v, want\n%v", row, &again, second, bad, first)
		}
	})
}

// shift is a plain decimal divided by 100.
func shift(s string) string {
	whole, fraction, _ := strings.Cut(s, ".")
	whole = strings.Repeat("0", max(0, 3-len(whole))) + whole
	return whole[:len(whole)-2] + "." + whole[len(whole)-2:] + fraction
}
