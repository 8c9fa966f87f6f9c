package kraken

import (
	"bytes"
	"encoding/json"
	"fmt"
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

// faults is how much could not be used, by kind.
func (x *bench) faults(t testing.TB) string {
	t.Helper()
	return strings.TrimPrefix(fmt.Sprint(x.Faults(t)), "map")
}

func (x *bench) frame(t testing.TB, text string) market.Batch {
	t.Helper()
	return vendortest.Frame(t, x, text, at("2026-11-23T12:00:00Z"))
}

// at is an instant as it is written.
func at(text string) market.Time {
	v, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		panic(err)
	}
	return market.TimeOf(v)
}

// shown is what a batch says, in words.
func shown(x *bench, b market.Batch) string {
	var all []string
	say := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	if b.Status != nil {
		say("status %v %q", b.Status.State, b.Status.Message)
	}
	for _, q := range b.Images {
		s := "image " + x.dir.Symbol(q.Symbol).Symbol
		for _, v := range []struct {
			field market.Fields
			key   string
			value any
		}{{market.FieldPrice, "p", q.Price}, {market.FieldSize, "z", q.Size}, {market.FieldOpen, "o", q.Open}, {market.FieldHigh, "h", q.High},
			{market.FieldLow, "l", q.Low},
			{market.FieldPreviousClose, "pc", q.PreviousClose}, {market.FieldVolume, "v", q.Volume}, {market.FieldCount, "n", q.Count},
			{market.FieldVWAP, "vw", q.VWAP}} {
			if q.Set&v.field != 0 {
				s += fmt.Sprintf(" %s %v", v.key, v.value)
			}
		}
		say("%s", s)
	}
	for _, k := range b.Ticks {
		symbol := x.dir.Symbol(k.Symbol).Symbol
		when := ""
		if k.Time != 0 {
			when = k.Time.Std().Format(" 15:04:05.000000")
		}
		switch k.Kind {
		case market.KindTrade:
			say("trade %s %v x %v #%d flags %d%s", symbol, k.Price, k.Size, k.ID, k.Flags, when)
		case market.KindQuote:
			s := "quote " + symbol
			if k.Flags&market.HasBid != 0 {
				s += fmt.Sprintf(" %v x %v", k.Bid, k.BidSize)
			}
			s += " /"
			if k.Flags&market.HasAsk != 0 {
				s += fmt.Sprintf(" %v x %v", k.Ask, k.AskSize)
			}
			say("%s%s", s, when)
		case market.KindState:
			say("state %s %v", symbol, k.State)
		default:
			say("kind %d", k.Kind)
		}
	}
	if b.Alive {
		say("pulse")
	}
	if b.Lost > 0 {
		say("lost %d", b.Lost)
	}
	return strings.Join(all, "; ")
}

// tradeText is a message of one trade.
func tradeText(kind, symbol string, id int, price string) string {
	return fmt.Sprintf(`{"channel":"trade","type":%q,"data":[%s]}`, kind, tradeItem(symbol, id, price, "2026-11-23T11:59:59.123456Z"))
}

func tradeItem(symbol string, id int, price, at string) string {
	return fmt.Sprintf(`{"symbol":%q,"side":"sell","price":%s,"qty":2.50,"ord_type":"market","trade_id":%d,"timestamp":%q}`,
		symbol, price, id, at)
}

// tickerText is a message of one best bid and ask.
func tickerText(symbol, bid, bidSize, ask, askSize, rest string) string {
	return fmt.Sprintf(`{"channel":"ticker","type":"update","data":[{"symbol":%q,"bid":%s,"bid_qty":%s,"ask":%s,"ask_qty":%s%s}]}`, symbol,
		bid, bidSize, ask, askSize, rest)
}

// lastDayText are figures of the last 24 hours.
const lastDayText = `,"last":0.10035,"volume":997038.98383185,"vwap":0.10148,"low":0.09979,"high":0.10285,"change":-0.00017,"change_pct":-0.17`

func TestMessagesSayWhatIsDocumented(t *testing.T) {
	const lastDay = "image ETH/USD h 0.10285 l 0.09979 pc 0.10052 v 997038.98383185 vw 0.10148"
	for name, tc := range map[string]struct{ text, want, faults string }{
		"a trade": {tradeText("update", "ETH/USD", 7, "0.5117"), "trade ETH/USD 0.5117 x 2.5 #7 flags 7 11:59:59.123456", "[]"},
		"two trades of two pairs": {`{"channel":"trade","type":"update","data":[` + tradeItem("ETH/USD", 7, "10", "2026-11-23T11:59:59Z") + "," +
			tradeItem("BTC/USD", 9, "20", "2026-11-23T11:59:59Z") + `]}`,
			"trade ETH/USD 10 x 2.5 #7 flags 7 11:59:59.000000; trade BTC/USD 20 x 2.5 #9 flags 7 11:59:59.000000", "[]"},
		"the last trades": {`{"channel":"trade","type":"snapshot","data":[` + tradeItem("ETH/USD", 8, "11", "2026-11-23T11:59:59Z") + "," +
			tradeItem("ETH/USD", 7, "10", "2026-11-23T11:59:58Z") + `]}`,
			"image ETH/USD p 11 z 2.5", "[]"},
		"a price with an exponent": {tradeText("update", "ETH/USD", 7, "1.25e-05"),
			"trade ETH/USD 0.0000125 x 2.5 #7 flags 7 11:59:59.123456", "[]"},
		"a price that is zero":     {tradeText("update", "ETH/USD", 7, "0.0"), "trade ETH/USD 0 x 2.5 #7 flags 7 11:59:59.123456", "[]"},
		"a price that is none":     {tradeText("update", "ETH/USD", 7, `"x"`), "", "[number:1]"},
		"a price that is too fine": {tradeText("update", "ETH/USD", 7, "0.0000000001"), "", "[number:1]"},
		"one bad trade and a good one": {`{"channel":"trade","type":"update","data":[` +
			tradeItem("ETH/USD", 7, "null", "2026-11-23T11:59:59Z") + "," + tradeItem("BTC/USD", 9, "20", "2026-11-23T11:59:59Z") + `]}`,
			"trade BTC/USD 20 x 2.5 #9 flags 7 11:59:59.000000", "[number:1]"},
		"a trade without a number": {tradeText("update", "ETH/USD", 0, "1"), "", "[value:1]"},
		"a trade without an instant": {`{"channel":"trade","type":"update","data":[` +
			tradeItem("ETH/USD", 7, "10", "yesterday") + `]}`, "", "[time:1]"},
		"a trade of another pair": {tradeText("update", "SOL/USD", 7, "1"), "", "[symbol:1]"},
		"trades without a type":   {`{"channel":"trade","data":[]}`, "", "[value:1]"},
		"a ticker": {tickerText("ETH/USD", "0.10025", "740.0", "0.10035", "741", lastDayText+`,"timestamp":"2023-09-25T09:04:31.742648Z"`),
			lastDay + "; quote ETH/USD 0.10025 x 740 / 0.10035 x 741 09:04:31.742648", "[]"},
		"a ticker without an instant": {tickerText("ETH/USD", "0.10025", "740.0", "0.10035", "741", lastDayText),
			lastDay + "; quote ETH/USD 0.10025 x 740 / 0.10035 x 741", "[]"},
		"a ticker without bids": {tickerText("ETH/USD", "null", "null", "0.10035", "741", lastDayText),
			lastDay + "; quote ETH/USD / 0.10035 x 741", "[]"},
		"a ticker with empty asks":     {tickerText("ETH/USD", "0.1", "1", "0.0", "0", lastDayText), lastDay + "; quote ETH/USD 0.1 x 1 /", "[]"},
		"a ticker with a bad bid":      {tickerText("ETH/USD", `"x"`, "1", "0.2", "0", lastDayText), "", "[number:1]"},
		"a ticker with a bad last day": {tickerText("ETH/USD", "1", "1", "2", "1", `,"last":"x"`), "quote ETH/USD 1 x 1 / 2 x 1", "[number:1]"},
		"a heartbeat":                  {`{"channel":"heartbeat"}`, "pulse", "[]"},
		"a pong": {
			`{"method":"pong","req_id":7,"time_in":"2023-09-25T09:04:31.742599Z","time_out":"2023-09-25T09:04:31.742648Z"}`, "pulse", "[]"},
		"it is online": {
			`{"channel":"status","type":"update","data":[{"api_version":"v2","connection_id":15564437896659189083,"system":"online","version":"2.0.10"}]}`, "pulse", "[]"},
		"it is maintained": {`{"channel":"status","type":"update","data":[{"system":"maintenance"}]}`,
			`status halted "kraken says that it is in maintenance"; pulse`, "[]"},
		"it takes no orders": {`{"channel":"status","type":"update","data":[{"system":"cancel_only"}]}`,
			`status halted "kraken says that it is in cancel_only"; pulse`, "[]"},
		"it is in an unknown state": {`{"channel":"status","type":"update","data":[{"system":"dreaming"}]}`, "", "[unknown:1]"},
		"pairs": {
			`{"channel":"instrument","type":"snapshot","data":{"assets":[{"id":"USD"}],"pairs":[{"symbol":"BTC/USD","status":"online","price_precision":1},{"symbol":"SOL/USD","status":"online"},{"symbol":"ETH/USD","status":"cancel_only","price_precision":2}]}}`,
			"state BTC/USD live; state ETH/USD halted", "[]"},
		"coins only": {`{"channel":"instrument","type":"update","data":{"assets":[{"id":"USD"}]}}`, "", "[]"},
		"a pair in a new state": {
			`{"channel":"instrument","type":"update","data":{"pairs":[{"symbol":"BTC/USD","status":"dreaming"},{"symbol":"ETH/USD","status":"delisted"}]}}`, "state ETH/USD down", "[unknown:1]"},
		"a channel of another":   {`{"channel":"executions","data":[]}`, "", "[unknown:1]"},
		"another method":         {`{"method":"unsubscribe","success":true}`, "", "[unknown:1]"},
		"another message":        {`{"event":"heartbeat"}`, "", "[unknown:1]"},
		"a message of version 1": {`[993,[["354.11000000","0.89594024","1618678142.557535","s","l",""]],"trade","ETH/USD"]`, "", "[unknown:1]"},
		"half a list":            {`[993,[`, "", "[json:1]"},
		"half a message":         {`{"channel":"trade","type":"update","data":[{"symbol":"ETH/USD"`, "", "[json:1]"},
		"a message of two":       {`{"channel":"heartbeat"}{}`, "", "[json:1]"},
		"data that is no list":   {`{"channel":"ticker","type":"update","data":5}`, "", "[json:1]"},
		"no data":                {`{"channel":"ticker","type":"update"}`, "", "[value:1]"},
		"a time that is none":    {`{"method":"pong","time_out":"noon"}`, "pulse", "[time:1]"},
		"a subscription": {
			`{"method":"subscribe","req_id":1,"success":true,"result":{"channel":"trade","symbol":"ETH/USD","warnings":["slow"]},"time_out":"2023-09-25T09:04:31.742648Z"}`, "", "[]"},
		"a subscription refused": {
			`{"method":"subscribe","req_id":1,"success":false,"error":"Currency pair not supported SOL/USD","symbol":"SOL/USD"}`, "", "[request:1]"},
		"one of ours refused": {`{"method":"subscribe","req_id":1,"success":false,"error":"Currency pair not supported ETH/USD"}`, "",
			"[symbol:1]"},
		"an error without a cause": {`{"error":"Malformed request","success":false}`, "", "[request:1]"},
	} {
		t.Run(name, func(t *testing.T) {
			x := newBench(t, "BTC/USD", "ETH/USD")
			if got := shown(x, x.frame(t, tc.text)); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
			if got := x.faults(t); got != tc.faults {
				t.Errorf("not used: %s, want %s", got, tc.faults)
			}
		})
	}
}

func TestAnswersAreToldApart(t *testing.T) {
	for text, want := range map[string]string{
		`{"method":"subscribe","req_id":3,"success":true,"result":{"channel":"trade","symbol":"ETH/USD"}}`:     `{3 ETH/USD }`,
		`{"method":"subscribe","req_id":3,"success":true,"result":{"channel":"instrument"}}`:                   `{3  }`,
		`{"method":"subscribe","req_id":3,"success":false,"error":"no","symbol":"SOL/USD"}`:                    `{3 SOL/USD no}`,
		`{"method":"subscribe","req_id":3,"success":false,"error":"Currency pair not supported: \"ETH/USD\""}`: `{3 ETH/USD Currency pair not supported: "ETH/USD"}`,
		`{"method":"subscribe","success":false}`:                                                               `{0  an error without a message}`,
		`{"error":"Exceeded msg rate","req_id":3}`:                                                             `{3  Exceeded msg rate}`,
		`{"channel":"heartbeat"}`:                                                `none`,
		`{"method":"subscribe","req_id":"x","success":true}`:                     `none`,
		`{"method":"subscribe","req_id":3,"success":true,"result":{"symbol":5}}`: `none`,
		`{"method":"subscribe","req_id":18446744073709551615,"success":true,"result":{"channel":"trade","symbol":"A/USD"}}`: `{18446744073709551615 A/USD }`,
	} {
		x := newBench(t, "BTC/USD", "ETH/USD")
		x.frame(t, text)
		got := "none"
		if a, there := x.replies.Next(); there {
			got = fmt.Sprint(a)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestTradesAreToldOnceAndTheMissingAreCounted(t *testing.T) {
	x := newBench(t, "ETH/USD")
	for _, step := range []struct{ text, want string }{
		{tradeText("snapshot", "ETH/USD", 10, "100"), "image ETH/USD p 100 z 2.5"},
		{tradeText("update", "ETH/USD", 11, "101"), "trade ETH/USD 101 x 2.5 #11 flags 7 11:59:59.123456"},
		{tradeText("update", "ETH/USD", 11, "101"), ""},
		{tradeText("snapshot", "ETH/USD", 11, "101"), ""},
		{tradeText("update", "ETH/USD", 14, "104"), "trade ETH/USD 104 x 2.5 #14 flags 7 11:59:59.123456; lost 2"},
		{tradeText("update", "ETH/USD", 12, "102"), "trade ETH/USD 102 x 2.5 #0 flags 6 11:59:59.123456"}, // counts, but is not the last
	} {
		if got := shown(x, x.frame(t, step.text)); got != step.want {
			t.Errorf("%s\ngot  %s\nwant %s", step.text, got, step.want)
		}
	}
	if got := x.faults(t); got != "[value:1]" {
		t.Errorf("not used: %s", got)
	}
	p := x.pairs["ETH/USD"]
	if !p.Missing() || len(p.Gap) != 1 {
		t.Error("nobody is asked for what is missing")
	}
	p.Trades.Forget()
	if p.Missing() {
		t.Error("what was given up is missing")
	}
}

func TestSnapshotOfAPriceThatIsNoneIsNotShown(t *testing.T) {
	x := newBench(t, "ETH/USD")
	if got := shown(x, x.frame(t, tradeText("snapshot", "ETH/USD", 10, "0"))); got != "" || x.faults(t) != "[number:1]" {
		t.Errorf("got %q, not used: %s", got, x.faults(t))
	}
}

func TestStatesAreToldWhenTheyChange(t *testing.T) {
	x := newBench(t, "ETH/USD")
	status := func(word string) string {
		return fmt.Sprintf(`{"channel":"instrument","type":"update","data":{"pairs":[{"symbol":"ETH/USD","status":%q,"price_precision":4}]}}`,
			word)
	}
	for _, step := range []struct{ text, want string }{
		{status("online"), "state ETH/USD live"},
		{status("limit_only"), ""},
		{status("post_only"), "state ETH/USD halted"},
		{status("maintenance"), ""},
		{status("reduce_only"), "state ETH/USD live"},
		{`{"channel":"status","data":[{"system":"post_only"}]}`, `status halted "kraken says that it is in post_only"; pulse`},
		{`{"channel":"status","data":[{"system":"post_only"}]}`, "pulse"},
		{`{"channel":"status","data":[{"system":"online"}]}`, `status live ""; pulse`},
	} {
		if got := shown(x, x.frame(t, step.text)); got != step.want {
			t.Errorf("%s\ngot  %s\nwant %s", step.text, got, step.want)
		}
	}
	if got := x.dir.Symbol(0).Decimals; got != 4 {
		t.Errorf("%d decimals, want 4", got)
	}
}

// hoursText is an answer with candles of one pair.
func hoursText(rows ...string) string {
	return `{"error":[],"result":{"XETHZUSD":[` + strings.Join(rows, ",") + `],"last":1700000000}}`
}

func TestHoursAddUpToTheDay(t *testing.T) {
	midnight := at("2026-11-23T00:00:00Z")
	row := func(hour int, ohlc string, vwap, volume string, count int) string {
		return fmt.Sprintf(`[%d,%s,%q,%q,%d]`, int64(midnight)/1_000_000+int64(hour)*3600, ohlc, vwap, volume, count)
	}
	before := []string{row(-2, `"90","91","89","90"`, "90", "5", 3), row(-1, `"90","99","80","95.5"`, "90", "5", 3)}
	for name, tc := range map[string]struct{ body, want, faults string }{
		"a day": {hoursText(append(before, row(0, `"100","120","99","110"`, "110", "2", 4),
			row(1, `"110","110","110","110"`, "0.0", "0.00000000", 0), row(2, `"111","115","85","90"`, "100", "8", 6))...),
			"image ETH/USD o 100 h 120 l 85 pc 95.5 v 10 n 10 vw 102", "[]"},
		"no trade yet": {hoursText(append(before, row(0, `"95.5","95.5","95.5","95.5"`, "0.0", "0", 0))...),
			"image ETH/USD pc 95.5 v 0 n 0", "[]"},
		"none before": {hoursText(row(0, `"100","120","99","110"`, "110", "2", 4)),
			"image ETH/USD o 100 h 120 l 99 v 2 n 4 vw 110", "[]"},
		"none at all":          {hoursText(), "", "[value:1]"},
		"an error":             {`{"error":["EQuery:Unknown asset pair"]}`, "", "[request:1]"},
		"a price that is none": {hoursText(row(0, `"100","x","99","110"`, "110", "2", 4)), "", "[number:1]"},
		"a price that is zero": {hoursText(row(0, `"100","120","0","110"`, "110", "2", 4)), "", "[number:1]"},
		"half a row":           {hoursText(`[1700000000,"1"]`), "", "[number:1]"},
		"too much": {hoursText(row(0, `"9000000000","9000000000","9000000000","9000000000"`, "9000000000", "90000000000000000000", 4),
			row(1, `"9000000000","9000000000","9000000000","9000000000"`, "9000000000", "90000000000000000000", 4)), "", "[number:1]"},
		"no list": {`{"error":[],"result":{"last":5}}`, "", "[json:1]"},
		"no JSON": {`<html>`, "", "[json:1]"},
	} {
		t.Run(name, func(t *testing.T) {
			x := newBench(t, "ETH/USD")
			var b market.Batch
			if err := x.Response(pathHours+"?interval=60&pair=ETHUSD&since=5", []byte(tc.body), at("2026-11-23T12:00:00Z"), &b); err != nil {
				t.Fatal(err)
			}
			if got := shown(x, b); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
			if got := x.faults(t); got != tc.faults {
				t.Errorf("not used: %s, want %s", got, tc.faults)
			}
		})
	}
	x := newBench(t, "ETH/USD")
	var b market.Batch
	x.Response("/0/public/Depth?pair=ETHUSD", []byte("{}"), 0, &b)
	x.Response(pathHours+"?pair=SOLUSD", []byte("{}"), 0, &b)
	if got := x.faults(t); got != "[symbol:1 unknown:1]" {
		t.Errorf("answers to other questions: %s", got)
	}
}

func TestLateTradeThatTheDayHasIsNotCountedAgain(t *testing.T) {
	x := newBench(t, "ETH/USD")
	x.frame(t, tradeText("update", "ETH/USD", 10, "100"))
	x.frame(t, tradeText("update", "ETH/USD", 12, "102"))
	var b market.Batch
	body := hoursText(fmt.Sprintf(`[%d,"100","105","100","102","102","7.5",3]`, int64(at("2026-11-23T11:00:00Z"))/1_000_000))
	if err := x.Response(pathHours+"?pair=ETHUSD", []byte(body), at("2026-11-23T12:00:00Z"), &b); err != nil || len(b.Images) != 1 {
		t.Fatalf("%d images, error %v", len(b.Images), err)
	}
	if got := shown(x, x.frame(t, tradeText("update", "ETH/USD", 11, "105"))); got != "" {
		t.Errorf("a trade from before the figures: %s", got)
	}
}

// TestDayIsTheVendors has this machine's clock a day ahead: the answers tell when it is there.
func TestDayIsTheVendors(t *testing.T) {
	x := newBench(t, "ETH/USD")
	var b market.Batch
	ahead := at("2026-11-24T12:00:00Z")
	if err := x.Frame([]byte(`{"method":"pong","time_out":"2026-11-23T12:00:00Z"}`), ahead, &b); err != nil {
		t.Fatal(err)
	}
	body := hoursText(fmt.Sprintf(`[%d,"1","2","1","2","1.5","1",1]`, int64(at("2026-11-23T01:00:00Z"))/1_000_000))
	q, asOf, err := x.today(x.all[0], []byte(body), ahead+1_000_000)
	if err != nil || q.Open.String() != "1" || asOf != at("2026-11-23T12:00:01Z") {
		t.Errorf("open %v as of %v, error %v", q.Open, asOf.Std(), err)
	}
}

// TestFixturesAreDecoded reads each exchange of messages that is documented: what is not followed here is unknown.
func TestFixturesAreDecoded(t *testing.T) {
	for name, tc := range map[string]struct{ want, faults string }{
		"Ticker.txt": {
			"image ETH/USDT h 0.10285 l 0.09979 pc 0.10052 v 997038.98383185 vw 0.10148; quote ETH/USDT 0.10025 x 740 / 0.10035 x 740", "[]"},
		"Trades.txt":  {"trade ETH/USDT 0.5117 x 40 #4665906 flags 7 07:49:37.708706", "[]"},
		"Kline.txt":   {"", "[unknown:1]"},
		"AggBook.txt": {"", "[unknown:1]"},
	} {
		t.Run(name, func(t *testing.T) {
			x := newBench(t, "ETH/USDT")
			text := strings.ReplaceAll(string(vendortest.Recorded(t, "kraken-v2/"+name)), `|1|`, "1")
			_, text, sent := strings.Cut(text, "\n< ")
			first, pushed, found := strings.Cut(text, "\n= ")
			if !sent || !found {
				t.Fatal("the file has another shape")
			}
			if got := shown(x, x.frame(t, first)); got != "" {
				t.Errorf("the answer says %s", got)
			}
			if a, _ := x.replies.Next(); a != (reply{request: 1, pair: "ETH/USDT"}) {
				t.Errorf("answer %+v", a)
			}
			if got := shown(x, x.frame(t, pushed)); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
			if got := x.faults(t); got != tc.faults {
				t.Errorf("not used: %s, want %s", got, tc.faults)
			}
		})
	}
}

// TestRecordingsOfVersion1AreCountedAsUnknown counts each message by its type, and wants nothing of any.
func TestRecordingsOfVersion1AreCountedAsUnknown(t *testing.T) {
	for name, tc := range map[string]struct {
		channel string
		told    int // messages of the channel
		total   int // lines, those of the recorder among them
	}{
		"KRAKEN.ws.48.0.gz": {"trade", 8, 53},
		"KRAKEN.ws.49.0.gz": {"ticker", 18, 64},
		"KRAKEN.ws.50.0.gz": {"book", 4279, 4325},
	} {
		t.Run(name, func(t *testing.T) {
			x := newBench(t, "XMR/USD", "SC/EUR", "ADA/BTC")
			lines := bytes.Split(bytes.TrimSuffix(vendortest.Recorded(t, "cryptofeed/"+name), []byte("\n")), []byte("\n"))
			received, told, pairs := 0, 0, map[string]bool{}
			for _, line := range lines {
				_, text, found := bytes.Cut(line, []byte(": "))
				if !found || bytes.Contains(line[:len(line)-len(text)], []byte("<")) {
					continue // what the recorder says of itself
				}
				received++
				if text[0] == '[' {
					var items []json.RawMessage
					if err := json.Unmarshal(text, &items); err != nil {
						t.Fatal(err)
					}
					if strings.HasPrefix(string(items[len(items)-2]), `"`+tc.channel) {
						told++
						pairs[string(items[len(items)-1])] = true
					}
				}
				if got := shown(x, x.frame(t, string(text))); got != "" {
					t.Errorf("%.100s says %s", text, got)
				}
			}
			if len(lines) != tc.total || told != tc.told {
				t.Errorf("%d lines, %d messages of %s; want %d, %d", len(lines), told, tc.channel, tc.total, tc.told)
			}
			if got, want := x.faults(t), fmt.Sprintf("[unknown:%d]", received); got != want {
				t.Errorf("not used: %s, want %s", got, want)
			}
		})
	}
}

// TestPairsAreSpeltAsRESTHasThem compares with all that the vendor had in 2021.
func TestPairsAreSpeltAsRESTHasThem(t *testing.T) {
	first, _, _ := bytes.Cut(vendortest.Recorded(t, "cryptofeed/KRAKEN.0.gz"), []byte("\n"))
	_, body, found := bytes.Cut(first, []byte(": "))
	var answer struct {
		Result map[string]struct{ Altname, WSName string }
	}
	if err := json.Unmarshal(body, &answer); !found || err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, p := range answer.Result {
		if p.WSName == "" {
			continue // a dark pool's
		}
		n++
		if pair := current(p.WSName); !isPair(pair) || restName(pair) != p.Altname {
			t.Errorf("%s is %s here and %s at REST, want %s", p.WSName, pair, restName(pair), p.Altname)
		}
	}
	if n < 250 {
		t.Errorf("%d pairs in the file", n)
	}
}

func TestHotMessagesAllocateNothing(t *testing.T) {
	x := newBench(t, "ETH/USD")
	var b market.Batch
	id := 0
	var trades [][]byte
	for range 300 {
		id++
		trades = append(trades, []byte(tradeText("update", "ETH/USD", id, "100.25")))
	}
	ticker := []byte(tickerText("ETH/USD", "0.10025", "740.0", "0.10035", "741", lastDayText+`,"timestamp":"2026-11-23T11:59:59.742648Z"`))
	next := 0
	if n := testing.AllocsPerRun(200, func() {
		b.Ticks, b.Images = b.Ticks[:0], b.Images[:0]
		x.Frame(trades[next], 1, &b)
		x.Frame(ticker, 1, &b)
		next++
	}); n > 0 {
		t.Errorf("%v allocations for a trade and a ticker", n)
	}
	if len(b.Ticks) != 2 || x.faults(t) != "[]" {
		t.Errorf("%d ticks, not used: %s", len(b.Ticks), x.faults(t))
	}
}
