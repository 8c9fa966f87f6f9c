package binance

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tickertape/feed/market"
	"tickertape/feed/vendors/vendortest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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

// TestRecordingIsDecodedToTheDigit counts each message by its type, and sums up the trades.
func TestRecordingIsDecodedToTheDigit(t *testing.T) {
	for _, tc := range []struct {
		file, symbol                  string
		books, trades, depths, others int
		want                          string // open, high, low, last, volume
	}{
		{"btcusdt_20240808.gz", "BTCUSDT", 28_040, 9_757, 3_451, 1, "61837.63 61860.8 61583.22 61685.99 212.03315"},
		{"ethusdt_20240808.gz", "ETHUSDT", 24_077, 6_106, 3_434, 1, "2683.8 2685.37 2679 2682.51 2261.3149"},
	} {
		t.Run(tc.symbol, func(t *testing.T) {
			x := newBench(t, tc.symbol)
			y := market.NewTally(0, 0, market.NewLedgers(100_000))
			books, trades, lost, ahead := 0, 0, 0, market.Time(0)
			for _, line := range vendortest.RecordedLines(t, "binance-spot-2024/"+tc.file) {
				at, text, found := bytes.Cut(line, []byte(" "))
				received, err := strconv.ParseInt(string(at), 10, 64)
				if !found || err != nil {
					t.Fatalf("line %.60q", line)
				}
				var b market.Batch
				if err := x.Frame(text, market.Time(received/1000), &b); err != nil {
					t.Fatal(err)
				}
				lost += b.Lost
				for i := range b.Ticks {
					k := &b.Ticks[i]
					switch {
					case k.Kind == market.KindQuote && bytes.Contains(text, []byte("@bookTicker")):
						books++
					case k.Kind == market.KindTrade && bytes.Contains(text, []byte("@trade")):
						trades++
						ahead = max(ahead, k.Time-k.Received)
					default:
						t.Errorf("%.100s says %+v", text, k)
					}
					if r := y.Apply(k); r != market.Accepted {
						t.Errorf("%.100s: %v", text, r)
					}
				}
			}
			if ahead < 1_250_000 || ahead > 1_280_000 {
				t.Errorf("the exchange's clock is %d µs ahead of the recorder's", ahead)
			}
			if books != tc.books || trades != tc.trades || lost != 0 {
				t.Errorf("%d best prices, %d trades, %d lost; want %d, %d, 0", books, trades, lost, tc.books, tc.trades)
			}
			if got, want := fmt.Sprint(x.Faults(t)), fmt.Sprintf("map[unknown:%d]", tc.depths+tc.others); got != want {
				t.Errorf("not used: %s, want %s", got, want)
			}
			q := y.Quote()
			if got := fmt.Sprint(q.Open, q.High, q.Low, q.Price, q.Volume); got != tc.want || int(q.Count) != tc.trades {
				t.Errorf("%s, %d trades; want %s, %d", got, q.Count, tc.want, tc.trades)
			}
			if _, any := x.symbols[tc.symbol].Trades.Missing(); any {
				t.Error("trades are missing")
			}
		})
	}
}

// TestOlderRecordingsAreDecoded has streams that are not followed here, too.
func TestOlderRecordingsAreDecoded(t *testing.T) {
	for _, tc := range []struct {
		file    string
		symbols []string
		books   int
		others  int // depth, aggTrade and kline
	}{
		{"BINANCE.ws.1.0.gz", []string{"NKNUSDT", "BLZETH", "LRCBTC", "RUNEEUR"}, 84, 177 + 2 + 2},
		{"BINANCE_US.ws.1.0.gz", []string{"CRVUSDT", "COMPUSDT", "OMGBUSD", "ZRXUSDT"}, 128, 336 + 11 + 5},
	} {
		t.Run(tc.file, func(t *testing.T) {
			x := newBench(t, tc.symbols...)
			books := 0
			for _, line := range vendortest.RecordedLines(t, "cryptofeed/"+tc.file) {
				_, text, found := bytes.Cut(line, []byte(": "))
				if !found || text[0] != '{' {
					continue // what the recorder says of itself
				}
				b := x.frame(t, string(text))
				for i := range b.Ticks {
					if k := &b.Ticks[i]; k.Kind == market.KindQuote && k.Bid > 0 && k.Ask > k.Bid {
						books++
					}
				}
			}
			if got, want := fmt.Sprint(x.Faults(t)), fmt.Sprintf("map[unknown:%d]", tc.others); books != tc.books || got != want {
				t.Errorf("%d best prices, not used: %s; want %d and %s", books, got, tc.books, want)
			}
		})
	}
}

// TestRecordedListOfSymbolsIsRead takes the decimals from what the vendor said in 2021.
func TestRecordedListOfSymbolsIsRead(t *testing.T) {
	x := newBench(t, "NKNUSDT", "BLZETH", "LRCBTC", "RUNEEUR", "BTCUSDT")
	for _, line := range vendortest.RecordedLines(t, "cryptofeed/BINANCE.0.gz") {
		at := bytes.Index(line, []byte(`: {"timezone"`))
		if at < 0 {
			continue
		}
		var b market.Batch
		if err := x.Response("/api/v3/exchangeInfo", line[at+2:], 1, &b); err != nil {
			t.Fatal(err)
		}
		if len(b.Ticks) != 5 {
			t.Errorf("%d states, want 5", len(b.Ticks))
		}
		if c := x.dir.Symbol(x.symbols["RUNEEUR"].ID).Currency; c != "EUR" {
			t.Errorf("RUNEEUR is in %s", c)
		}
		for name, want := range map[string]int{"NKNUSDT": 4, "BLZETH": 8, "LRCBTC": 8, "RUNEEUR": 3, "BTCUSDT": 2} {
			if got := x.dir.Symbol(x.symbols[name].ID).Decimals; got != want {
				t.Errorf("%s has %d decimals, want %d", name, got, want)
			}
		}
		if got := x.Faults(t); len(got) > 0 {
			t.Errorf("faults: %v", got)
		}
		return
	}
	t.Error("there is no such answer")
}

const documented = `{"e":"trade","E":1672515782136,"s":"BNBBTC","t":12345,"p":"0.001","q":"100","T":1672515782136,"m":true,"M":true}`

func TestMessages(t *testing.T) {
	const trade = "trade 0.001 × 100 #12345 at 1672515782136000 flags 7"
	for name, tc := range map[string]struct{ text, want, faults string }{
		"a trade, as documented": {documented, trade, ""},
		"in an envelope":         {`{"stream":"bnbbtc@trade","data":` + documented + `}`, trade, ""},
		"data before its stream": {`{"data":` + documented + `,"stream":"bnbbtc@trade"}`, trade, ""},
		"times in microseconds": {strings.Replace(documented, `"T":1672515782136`, `"T":1672515782136789`, 1),
			strings.Replace(trade, "136000", "136789", 1), ""},
		"a list of messages":      {`[` + documented + `]`, trade, ""},
		"a list in an envelope":   {`{"stream":"!x@arr","data":[` + documented + `]}`, trade, ""},
		"a price of zero goes on": {strings.Replace(documented, `"0.001"`, `"0"`, 1), strings.Replace(trade, "0.001", "0", 1), ""},
		"numbers without quotes":  {strings.Replace(documented, `"0.001"`, `1e-3`, 1), trade, ""},
		"best prices": {`{"u":400900217,"s":"BNBUSDT","b":"25.35190000","B":"31.21000000","a":"25.36520000","A":"40.66000000"}`,
			"quote 25.3519 × 31.21 / 25.3652 × 40.66", ""},
		"nobody asks": {`{"u":2,"s":"BNBUSDT","b":"25","B":"1","a":"0.00000000","A":"0.00000000"}`, "quote 25 × 1 / none", ""},
		"the last 24 hours": {
			`{"e":"24hrMiniTicker","E":1,"s":"BNBBTC","c":"0.0025","o":"0.0010","h":"0.0025","l":"0.0010","v":"10000","q":"18"}`,
			"pulse; image pc 0.001 h 0.0025 l 0.001 v 10000 vw 0.0018", ""},
		"an answer": {`{"result":null,"id":1}`, "answer 1", ""},
		"an error": {`{"code":2,"msg":"Invalid request: unknown variant"}`,
			`answer 0: Invalid request: unknown variant`, "request"},
		"an error with its request":   {`{"error":{"code":2,"msg":"Invalid request"},"id":3}`, `answer 3: Invalid request`, "request"},
		"an error without a word":     {`{"code":0,"id":3}`, `answer 3: error 0 without a message`, "request"},
		"no JSON":                     {`{"e":"trade"`, "", "json"},
		"nothing":                     {``, "", "json"},
		"another symbol":              {strings.Replace(documented, "BNBBTC", "XYZ", 1), "", "symbol"},
		"a price that is text":        {strings.Replace(documented, `"0.001"`, `"abc"`, 1), "", "number"},
		"a size below zero":           {strings.Replace(documented, `"100"`, `"-100"`, 1), "", "number"},
		"no number of the trade":      {strings.Replace(documented, `"t":12345,`, ``, 1), "", "number"},
		"a time in the year 30000":    {strings.Replace(documented, `"T":1672515782136`, `"T":884541600000000000000`, 1), "", "time"},
		"another stream":              {`{"e":"aggTrade","s":"BNBBTC"}`, "", "unknown"},
		"nothing that is known":       {`{"x":1}`, "", "unknown"},
		"an event that is a number":   {`{"e":5}`, "", "value"},
		"a list of something else":    {`[1,2]`, "", "json"},
		"best prices, half of it":     {`{"u":1,"s":"BNBUSDT","b":"1","B":"1"}`, "", "number"},
		"an envelope in an envelope":  {`{"data":{"data":` + documented + `}}`, "", "unknown"},
		"text":                        {`"trade"`, "", "json"},
		"the last 24 hours, half":     {`{"e":"24hrMiniTicker","s":"BNBBTC","o":"1"}`, "pulse", "number"},
		"a symbol that is a number":   {`{"e":"trade","s":5}`, "", "value"},
		"an answer of strange number": {`{"result":null,"id":"x"}`, "", "number"},
	} {
		t.Run(name, func(t *testing.T) {
			x := newBench(t, "BNBBTC", "BNBUSDT")
			b := x.frame(t, tc.text)
			if got := x.show(&b); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
			if got := strings.Join(slices.Sorted(maps.Keys(x.Faults(t))), " "); got != tc.faults {
				t.Errorf("faults %q, want %q", got, tc.faults)
			}
		})
	}
}

// show writes what a message said for people.
func (x *bench) show(b *market.Batch) string {
	var said []string
	if b.Alive {
		said = append(said, "pulse")
	}
	for _, q := range b.Images {
		said = append(said, fmt.Sprintf("image pc %v h %v l %v v %v vw %v", q.PreviousClose, q.High, q.Low, q.Volume, q.VWAP))
	}
	for _, k := range b.Ticks {
		if k.Kind == market.KindTrade {
			said = append(said, fmt.Sprintf("trade %v × %v #%d at %d flags %d", k.Price, k.Size, k.ID, k.Time, k.Flags))
			continue
		}
		ask := "none"
		if k.Flags&market.HasAsk != 0 {
			ask = fmt.Sprintf("%v × %v", k.Ask, k.AskSize)
		}
		said = append(said, fmt.Sprintf("quote %v × %v / %s", k.Bid, k.BidSize, ask))
	}
	if a, there := x.replies.Next(); there {
		text := fmt.Sprintf("answer %d", a.id)
		if a.refusal != "" {
			text += ": " + a.refusal
		}
		said = append(said, text)
	}
	return strings.Join(said, "; ")
}

func TestShutdownAsksForAnotherConnection(t *testing.T) {
	for _, text := range []string{`{"e":"serverShutdown","E":1770123456789}`,
		`{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}}`} {
		x := newBench(t, "BNBBTC")
		if b := x.frame(t, text); !b.Ending || len(b.Ticks)+len(b.Images) > 0 {
			t.Errorf("%s: %+v", text, b)
		}
		if b := x.frame(t, documented); b.Ending || len(b.Ticks) != 1 {
			t.Errorf("a trade after it: %+v", b)
		}
	}
}

// The vendor is said to number the best prices upwards. If it begins anew, the symbol must not be without any for a day.
func TestBestPricesWithLowerNumbersAreRefusedForAWhile(t *testing.T) {
	x := newBench(t, "BNBUSDT")
	book := func(number int) int {
		b := x.frame(t, fmt.Sprintf(`{"u":%d,"s":"BNBUSDT","b":"25","B":"31","a":"26","A":"40"}`, number))
		return len(b.Ticks)
	}
	if book(1000) != 1 || book(999) != 0 || book(1001) != 1 {
		t.Error("one that comes late is not refused, or one after it is")
	}
	got := 0
	for i := range 100 {
		got += book(1 + i)
	}
	if got != 101-mostBehind {
		t.Errorf("%d of 100 after a new beginning, want all but %d", got, mostBehind-1)
	}
}

func TestBestPricesMayNameTheirEvent(t *testing.T) {
	x := newBench(t, "BNBUSDT")
	b := x.frame(t, `{"e":"bookTicker","u":1,"s":"BNBUSDT","b":"25","B":"31","a":"26","A":"40"}`)
	if len(b.Ticks) != 1 || b.Ticks[0].Bid.String() != "25" || b.Ticks[0].Ask.String() != "26" {
		t.Errorf("%+v", b)
	}
}

// Symbols of any script come as they are, or escaped as JSON may have them.
func TestSymbolOfAnyScriptIsDecoded(t *testing.T) {
	const symbol = "币安人生USDT"
	for _, spelt := range []string{symbol, `\u5e01\u5b89\u4eba\u751fUSDT`} {
		x := newBench(t, symbol)
		if b := x.frame(t, `{"stream":"币安人生usdt@trade","data":`+strings.Replace(documented, "BNBBTC", spelt, 1)+`}`); len(b.Ticks) != 1 {
			t.Errorf("%s: %+v", spelt, b)
		}
		if b := x.frame(t, `{"u":1,"s":"`+spelt+`","b":"25","B":"31","a":"26","A":"40"}`); len(b.Ticks) != 1 {
			t.Errorf("%s: %+v", spelt, b)
		}
		var b market.Batch
		there, err := x.products([]byte(`{"symbols":[{"symbol":"`+spelt+`","status":"TRADING","quoteAsset":"测试币"}]}`), 1, &b)
		if err != nil || len(there) != 1 || x.dir.Symbol(there[0].ID).Currency != "测试币" {
			t.Errorf("%s: %v, %d symbols", spelt, err, len(there))
		}
		if len(x.Faults(t)) > 0 {
			t.Errorf("%s: faults %v", spelt, x.Faults(t))
		}
	}
}

func TestMissingTradesAreFoundByTheirNumbers(t *testing.T) {
	x := newBench(t, "BTCUSDT")
	trade := func(id int) string {
		return fmt.Sprintf(`{"e":"trade","s":"BTCUSDT","t":%d,"p":"%d","q":"1","T":%d}`, id, id, 1_700_000_000_000+id)
	}
	if b := x.frame(t, trade(100)); b.Lost != 0 || len(b.Ticks) != 1 {
		t.Errorf("the first: %+v", b)
	}
	if b := x.frame(t, trade(104)); b.Lost != 3 || len(b.Ticks) != 1 {
		t.Errorf("three are missing: %+v", b)
	}
	if len(x.symbols["BTCUSDT"].Gap) != 1 {
		t.Error("they are not asked for")
	}
	if b := x.frame(t, trade(102)); b.Lost != 0 || len(b.Ticks) != 1 || b.Ticks[0].Flags != market.SetsHighLow|market.SetsVolume {
		t.Errorf("one comes late: %+v", b)
	}
	if b := x.frame(t, trade(102)); len(b.Ticks) != 0 {
		t.Errorf("one comes twice: %+v", b)
	}
	var b market.Batch
	body := `[{"id":101,"price":"101","qty":"1","time":1700000000101,"isBestMatch":true},{"id":103,"price":"103.5","qty":"2","time":1700000000103},{"id":104,"price":"104","qty":"1","time":1700000000104},{"id":106,"price":"9","qty":"1","time":1700000000106}]`
	if err := x.Response("/api/v3/trades?limit=1000&symbol=BTCUSDT", []byte(body), 1_700_000_090_000_000, &b); err != nil {
		t.Fatal(err)
	}
	if len(b.Ticks) != 3 || b.Ticks[0].ID != 101 || b.Ticks[1].ID != 103 || b.Ticks[2].ID != 106 || b.Lost != 2 {
		t.Errorf("over REST: %+v, want 101, 103 and 106", b)
	}
	if first, any := x.symbols["BTCUSDT"].Trades.Missing(); !any || first != 105 {
		t.Errorf("missing from %d: %v, want 105", first, any)
	}
}

func TestHoursAddUpToTheDay(t *testing.T) {
	x := newBench(t, "BTCUSDT")
	now := time.Date(2024, 8, 8, 2, 30, 0, 0, time.UTC)
	hour := func(at time.Time, o, h, l, c, v, cost string, n int) string {
		return fmt.Sprintf(`[%d,"%s","%s","%s","%s","%s",%d,"%s",%d,"1","1","0"]`, at.UnixMilli(), o, h, l, c, v,
			at.Add(time.Hour).UnixMilli()-1, cost, n)
	}
	midnight := now.Truncate(24 * time.Hour)
	body := "[" + strings.Join([]string{
		hour(midnight.Add(-time.Hour), "90", "110", "80", "99.5", "7", "700", 9),
		hour(midnight, "100", "105", "95", "101", "2", "200", 3),
		hour(midnight.Add(time.Hour), "101", "101", "101", "101", "0", "0", 0),
		hour(midnight.Add(2*time.Hour), "102", "108", "99", "107", "1", "106", 2),
	}, ",") + "]"
	var b market.Batch
	if err := x.Response("/api/v3/klines?interval=1h&symbol=BTCUSDT", []byte(body), market.TimeOf(now), &b); err != nil || len(b.Images) != 1 {
		t.Fatalf("%v, %+v", err, b)
	}
	q := b.Images[0]
	if got := fmt.Sprint(q.PreviousClose, q.Open, q.High, q.Low, q.Volume, q.Count, q.VWAP); got != "99.5 100 108 95 3 5 102" {
		t.Errorf("previous close, open, high, low, volume, count, vwap: %s", got)
	}
	if q.Set&market.FieldPrice != 0 {
		t.Error("a close is no trade")
	}
	if b := x.frame(t, `{"e":"24hrMiniTicker","s":"BTCUSDT","c":"1","o":"1","h":"1","l":"1","v":"1","q":"1"}`); len(b.Images) > 0 {
		t.Error("the last 24 hours replace the day")
	}
}

func TestAnswersThatMakeNoSenseAreCounted(t *testing.T) {
	for path, bodies := range map[string]map[string]string{
		"/api/v3/klines?symbol=BTCUSDT": {`[]`: "value", `{}`: "json", `[[]]`: "time", `[[1,"x"]]`: "number", `[[1]`: "number", "": "json",
			`[[1700000000000,"1","1","1","0","1",2,"1",1]]`: "number", `[[1700000000000,"1","1","1","1","-1",2,"1",1]]`: "number"},
		"/api/v3/trades?symbol=BTCUSDT": {`{}`: "json", `[{"id":"x"}]`: "number", `[1]`: "json"},
		"/api/v3/exchangeInfo": {`{}`: "json", `{"symbols":[{"symbol":5}]}`: "value",
			`{"symbols":[{"symbol":"BTCUSDT","status":5}]}`: "value"},
		"/api/v3/klines?symbol=XYZ": {`[]`: "unknown"},
		"/api/v9/else":              {`[]`: "unknown"},
	} {
		for body, want := range bodies {
			x := newBench(t, "BTCUSDT")
			var b market.Batch
			if err := x.Response(path, []byte(body), 1_700_000_090_000_000, &b); err != nil {
				t.Error(err)
			}
			if got := strings.Join(slices.Sorted(maps.Keys(x.Faults(t))), " "); got != want || len(b.Images)+len(b.Ticks) > 0 {
				t.Errorf("GET %s %s: faults %q, %+v; want %q and nothing", path, body, got, b, want)
			}
		}
	}
}

func TestSymbolsThatDoNotTradeAreHalted(t *testing.T) {
	x := newBench(t, "BTCUSDT", "ETHUSDT")
	ask := func(btc string) (b market.Batch) {
		body := fmt.Sprintf(
			`{"timezone":"UTC","symbols":[{"symbol":"BTCUSDT","status":%q,"filters":[{"filterType":"PRICE_FILTER","minPrice":"0.01","tickSize":"0.01000000"},{"filterType":"LOT_SIZE","stepSize":"0.00001"}]},{"symbol":"ETHUSDT","status":"TRADING","filters":[]},{"symbol":"XYZ","status":"HALT"}]}`, btc)
		if err := x.Response("/api/v3/exchangeInfo?symbols=x", []byte(body), 1, &b); err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, tc := range []struct {
		status string
		want   string
	}{{"TRADING", "[live live]"}, {"TRADING", "[]"}, {"HALT", "[halted]"}, {"BREAK", "[]"}, {"TRADING", "[live]"}} {
		var got []market.State
		for _, k := range ask(tc.status).Ticks {
			got = append(got, k.State)
		}
		if fmt.Sprint(got) != tc.want {
			t.Errorf("%s: %v, want %s", tc.status, got, tc.want)
		}
	}
}

func TestSymbolWithABadRecordIsThere(t *testing.T) {
	for record, want := range map[string]string{
		`"filters":[{"tickSize":"x"}]`: "number",
		`"filters":[1]`:                "json",
		`"quoteAsset":5`:               "value",
		`"quoteAsset":"<b>"`:           "value",
	} {
		x := newBench(t, "BTCUSDT")
		var b market.Batch
		there, err := x.products([]byte(`{"symbols":[{"symbol":"BTCUSDT","status":"TRADING",`+record+`}]}`), 1, &b)
		if err != nil || len(there) != 1 || len(b.Ticks) != 1 || b.Ticks[0].State != market.Live {
			t.Errorf("%s: %v, %d symbols, %+v", record, err, len(there), b)
		}
		if got := strings.Join(slices.Sorted(maps.Keys(x.Faults(t))), " "); got != want {
			t.Errorf("%s: faults %q, want %q", record, got, want)
		}
	}
}

// TestLongListIsDecoded has the size of what all symbols together were.
func TestLongListIsDecoded(t *testing.T) {
	x := newBench(t, "BNBBTC")
	var list []string
	for i := range 2500 {
		list = append(list,
			fmt.Sprintf(
				`{"e":"24hrMiniTicker","E":1672515782136,"s":"X%dUSDT","c":"0.00250000","o":"0.00100000","h":"0.00250000","l":"0.00100000","v":"10000.00000000","q":"18.00000000"}`, i))
	}
	list = append(list, documented)
	text := `{"stream":"!miniTicker@arr","data":[` + strings.Join(list, ",") + `]}`
	if len(text) < 300_000 {
		t.Fatalf("%d bytes", len(text))
	}
	if b := x.frame(t, text); len(b.Ticks) != 1 {
		t.Errorf("%d ticks, want the trade behind all the others", len(b.Ticks))
	}
	if got := x.Faults(t); got["symbol"] != 2500 || len(got) != 1 {
		t.Errorf("faults %v", got)
	}
}

func TestPricesWithMoreThanNineDecimalsAreMarked(t *testing.T) {
	for step, want := range map[string]string{"0.01000000": "2 false", "0.0000000001": "9 true"} {
		x := newBench(t, "BTCUSDT")
		var b market.Batch
		_, err := x.products([]byte(`{"symbols":[{"symbol":"BTCUSDT","status":"TRADING","filters":[{"tickSize":"`+step+`"}]}]}`), 1, &b)
		r := x.dir.Symbol(x.symbols["BTCUSDT"].ID)
		if got := fmt.Sprint(r.Decimals, r.Rounded); got != want || err != nil {
			t.Errorf("a step of %s: %s, error %v, want %s", step, got, err, want)
		}
		if got := x.Faults(t); len(got) != 0 {
			t.Errorf("a step of %s: faults %v", step, got)
		}
	}
}
