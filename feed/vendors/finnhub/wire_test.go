package finnhub

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
	"tickertape/feed/vendors/vendortest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is a decoder with all that it needs.
type bench struct {
	*Decoder
	*vendortest.Notes
	env vendors.Env
	b   market.Batch
}

// now is in the regular session: a Wednesday, 11:00 in New York.
var now = market.TimeOf(time.Date(2026, time.November, 18, 16, 0, 0, 0, time.UTC))

func newBench(t testing.TB, symbols ...string) *bench {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Symbols, cfg.MaxSymbols = symbols, max(cfg.MaxSymbols, len(symbols))
	d, env, notes := vendortest.NewDecoder(t, cfg, NewDecoder)
	return &bench{Decoder: d.(*Decoder), Notes: notes, env: env}
}

// take has one message decoded, after those that were before.
func (n *bench) take(t testing.TB, text string) {
	t.Helper()
	if err := n.Frame([]byte(text), now, &n.b); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// told writes ticks as tests compare them.
func told(dir *market.Directory, ticks []market.Tick) (lines []string) {
	for _, k := range ticks {
		symbol := dir.Symbol(k.Symbol).Symbol
		if k.Kind == market.KindState {
			lines = append(lines, symbol+" "+k.State.String())
			continue
		}
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s @%d %s", symbol, k.Price, k.Size, k.Time, vendortest.Sets(k.Flags))))
	}
	return lines
}

func TestEveryRecordedTradeIsDecoded(t *testing.T) {
	lines := vendortest.RecordedLines(t, "finnhub/ws-messages.ndjson")
	n := newBench(t, "TSLA", "AAPL", "BINANCE:BTCUSDT")
	for _, line := range lines {
		n.take(t, string(line))
	}
	count := map[string]int{}
	for _, k := range n.b.Ticks {
		count[n.env.Dir.Symbol(k.Symbol).Symbol]++
	}
	if want := map[string]int{"TSLA": 7, "AAPL": 2, "BINANCE:BTCUSDT": 1}; len(lines) != 2 || !reflect.DeepEqual(count, want) {
		t.Errorf("%d messages with trades of %v, want 2 with %v", len(lines), count, want)
	}
	if got := n.Faults(t); len(got) != 0 {
		t.Errorf("faults %v in a recording without any", got)
	}
	got := told(n.env.Dir, n.b.Ticks)
	for i, want := range map[int]string{
		0: "TSLA 122.1 1 @1672348887195000 volume", // an odd lot after hours
		6: "TSLA 122.1 79 @1672348887198000 volume",
		8: "AAPL 129.575 1 @1672348887785000 volume",
		9: "BINANCE:BTCUSDT 7296.89 0.011467 @1575526691134000 last+range+volume",
	} {
		if got[i] != want {
			t.Errorf("trade %d: got %q, want %q", i, got[i], want)
		}
	}
}

// trades is a message of trades.
func trades(list string) string { return `{"data":[` + list + `],"type":"trade"}` }

func TestTradesSetWhatTheyMay(t *testing.T) {
	const (
		inside = "1795017600000" // 18 November 2026, 11:00 in New York
		after  = "1795039200000" // 17:00
	)
	for name, test := range map[string]struct{ list, want string }{
		"regular": {`{"c":["1"],"p":100.25,"s":"AAPL","t":` + inside + `,"v":100}`,
			"AAPL 100.25 100 @1795017600000000 last+range+volume"},
		"sweep": {`{"c":["1","8"],"p":100.25,"s":"AAPL","t":` + inside + `,"v":100}`,
			"AAPL 100.25 100 @1795017600000000 last+range+volume"},
		"odd lot": {`{"c":["1","12"],"p":100.25,"s":"AAPL","t":` + inside + `,"v":9}`, "AAPL 100.25 9 @1795017600000000 volume"},
		"extended": {`{"c":["1","24"],"p":100.25,"s":"AAPL","t":` + after + `,"v":100}`,
			"AAPL 100.25 100 @1795039200000000 extended+volume"},
		"odd lot after hours": {`{"c":["24","12"],"p":100.25,"s":"AAPL","t":` + after + `,"v":9}`, "AAPL 100.25 9 @1795039200000000 volume"},
		"late, but regular": {`{"c":["1"],"p":100.25,"s":"AAPL","t":` + after + `,"v":100}`,
			"AAPL 100.25 100 @1795039200000000 last+range+volume"},
		"no conditions": {`{"p":100.25,"s":"AAPL","t":` + inside + `,"v":100}`, "AAPL 100.25 100 @1795017600000000 last+range+volume"},
		"null conditions": {`{"c":null,"p":100.25,"s":"AAPL","t":` + inside + `,"v":100}`,
			"AAPL 100.25 100 @1795017600000000 last+range+volume"},
		"empty, after hours": {`{"c":[],"p":100.25,"s":"AAPL","t":` + after + `,"v":100}`,
			"AAPL 100.25 100 @1795039200000000 extended+volume"},
		"a price without a trade": {`{"c":["1"],"p":100.25,"s":"AAPL","t":` + inside + `,"v":0}`, "AAPL 100.25 0 @1795017600000000 last+range"},
		"without a size":          {`{"c":["1"],"p":100.25,"s":"AAPL","t":` + inside + `}`, "AAPL 100.25 0 @1795017600000000 last+range"},
		"a coin at night": {`{"p":7296.89,"s":"BINANCE:BTCUSDT","t":` + after + `,"v":1e-05}`,
			"BINANCE:BTCUSDT 7296.89 0.00001 @1795039200000000 last+range+volume"},
		"a currency": {`{"p":1.07253,"s":"OANDA:EUR_USD","t":` + after + `,"v":0}`,
			"OANDA:EUR_USD 1.07253 0 @1795039200000000 last+range"},
		"more fields": {`{"x":{"y":[1]},"c":["1"],"p":1,"s":"AAPL","t":` + inside + `,"v":1}`,
			"AAPL 1 1 @1795017600000000 last+range+volume"},
		"a fraction of a share": {`{"c":["1"],"p":1,"s":"AAPL","t":` + inside + `,"v":100.0015}`,
			"AAPL 1 100.0015 @1795017600000000 last+range+volume"},
		"zero is for who checks": {`{"c":["1"],"p":0,"s":"AAPL","t":` + inside + `,"v":1}`, "AAPL 0 1 @1795017600000000 last+range+volume"},
		"and so is less": {`{"c":["1"],"p":-1.5,"s":"AAPL","t":` + inside + `,"v":1}`,
			"AAPL -1.5 1 @1795017600000000 last+range+volume"},
	} {
		t.Run(name, func(t *testing.T) {
			n := newBench(t, "AAPL", "BINANCE:BTCUSDT", "OANDA:EUR_USD")
			n.take(t, trades(test.list))
			if got := told(n.env.Dir, n.b.Ticks); len(got) != 1 || got[0] != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if got := n.Faults(t); len(got) != 0 {
				t.Errorf("faults %v", got)
			}
			for _, k := range n.b.Ticks {
				if k.Received != now || k.ID != 0 {
					t.Errorf("received %d with id %d, want %d and none", k.Received, k.ID, now)
				}
			}
		})
	}
}

func TestConditionsAreToldAsTheVendorSpellsThem(t *testing.T) {
	n := newBench(t, "AAPL")
	n.take(t,
		trades(
			`{"c":["1","12"],"p":1,"s":"AAPL","t":1795017600000,"v":9},{"c":null,"p":1,"s":"AAPL","t":1795017600000,"v":9},{"c":["8"],"p":1,"s":"AAPL","t":1795017600000,"v":9}`))
	if len(n.b.Ticks) != 3 || n.b.Ticks[0].Conditions != "1,12" || n.b.Ticks[1].Conditions != "" || n.b.Ticks[2].Conditions != "8" {
		t.Errorf("got %+v, want conditions 1,12, none and 8", n.b.Ticks)
	}
}

func TestConditionsAreConfigured(t *testing.T) {
	n := newBench(t, "AAPL")
	cfg := DefaultConfig()
	cfg.Symbols, cfg.Conditions = []string{"AAPL"}, Conditions{VolumeOnly: []string{"31"}, Extended: []string{"7"}, Nothing: []string{"52"}}
	d, err := NewDecoder(cfg, n.env)
	if err != nil {
		t.Fatal(err)
	}
	n.Decoder = d.(*Decoder)
	for _, c := range []string{`"12","24"`, `"31"`, `"7"`, `"7","31"`, `"31","7","52"`} {
		n.take(t, trades(`{"c":[`+c+`],"p":2,"s":"AAPL","t":1795017600000,"v":3}`))
	}
	const trade = "AAPL 2 3 @1795017600000000"
	want := []string{trade + " last+range+volume", trade + " volume", trade + " extended+volume", trade + " volume", trade}
	if got := told(n.env.Dir, n.b.Ticks); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Equal trades are no mistake: the recording has some of one millisecond.
func TestEqualTradesAllCount(t *testing.T) {
	n := newBench(t, "AAPL")
	const trade = `{"c":["1"],"p":2,"s":"AAPL","t":1795017600000,"v":3}`
	n.take(t, trades(trade+","+trade))
	n.take(t, trades(trade))
	if len(n.b.Ticks) != 3 {
		t.Errorf("%d trades, want 3", len(n.b.Ticks))
	}
}

func TestWhatCannotBeUsedIsCountedAndTheRestIsKept(t *testing.T) {
	const good = `{"c":["1"],"p":2,"s":"AAPL","t":1795017600000,"v":3}`
	for name, test := range map[string]struct {
		text  string
		fault string
		ticks int
	}{
		"no JSON":            {`{"type":`, "json", 0},
		"an array":           {`[]`, "json", 0},
		"more behind":        {`{"type":"ping"}{}`, "json", 0},
		"no type":            {`{}`, "value", 0},
		"a number's type":    {`{"type":5}`, "value", 0},
		"a new type":         {`{"type":"news","data":[]}`, "unknown", 0},
		"no trades":          {`{"type":"trade"}`, "value", 0},
		"null trades":        {`{"type":"trade","data":null}`, "value", 0},
		"one object":         {`{"type":"trade","data":` + good + `}`, "json", 0},
		"no object":          {trades(good + ",null," + good), "value", 2},
		"another's symbol":   {trades(`{"p":2,"s":"IBM","t":1,"v":3},` + good), "symbol", 1},
		"no symbol":          {trades(`{"p":2,"t":1,"v":3},` + good), "value", 1},
		"no price":           {trades(`{"s":"AAPL","t":1,"v":3},` + good), "number", 1},
		"a word as price":    {trades(`{"p":"NaN","s":"AAPL","t":1,"v":3},` + good), "number", 1},
		"a price beyond all": {trades(`{"p":1e400,"s":"AAPL","t":1,"v":3},` + good), "number", 1},
		"a negative size":    {trades(`{"p":2,"s":"AAPL","t":1,"v":-3},` + good), "number", 1},
		"no time":            {trades(`{"p":2,"s":"AAPL","v":3},` + good), "time", 1},
		"a time in letters":  {trades(`{"p":2,"s":"AAPL","t":"noon","v":3},` + good), "time", 1},
		"a time beyond all":  {trades(`{"p":2,"s":"AAPL","t":18446744073709551615,"v":3},` + good), "time", 1},
		"a code as number":   {trades(`{"c":[12],"p":2,"s":"AAPL","t":1,"v":3},` + good), "value", 1},
		"codes in a string":  {trades(`{"c":"12","p":2,"s":"AAPL","t":1,"v":3},` + good), "value", 1},
		"another error":      {`{"type":"error","msg":"Out of order"}`, "request", 0},
		"an empty error":     {`{"type":"error"}`, "value", 0},
	} {
		t.Run(name, func(t *testing.T) {
			n := newBench(t, "AAPL")
			n.take(t, test.text)
			if len(n.b.Ticks) != test.ticks || n.b.Alive {
				t.Errorf("%d ticks, pulse %v; want %d and none", len(n.b.Ticks), n.b.Alive, test.ticks)
			}
			if got := n.Faults(t); !reflect.DeepEqual(got, map[string]int{test.fault: 1}) {
				t.Errorf("faults %v, want one of %s", got, test.fault)
			}
		})
	}
}

func TestPingsAreSignsOfLife(t *testing.T) {
	n := newBench(t, "AAPL")
	n.take(t, `{"type":"ping"}`)
	if !n.b.Alive || len(n.b.Ticks) != 0 || len(n.Faults(t)) != 0 {
		t.Errorf("pulse %v, ticks %d, faults %v", n.b.Alive, len(n.b.Ticks), n.Faults(t))
	}
}

// The error names no symbol. The vendor takes subscriptions in their order, so that it is the last.
func TestTooManySymbolsRefusesTheLast(t *testing.T) {
	const tooMany = `{"msg":"Subscribing to too many symbols","type":"error"}`
	n := newBench(t, "A", "B", "C", "D")
	n.take(t, trades(`{"c":["1"],"p":2,"s":"C","t":1795017600000,"v":3}`))
	n.take(t, tooMany)
	n.take(t, tooMany)
	n.take(t, trades(`{"c":["1"],"p":2,"s":"D","t":1795017600000,"v":3}`)) // it comes after all
	n.take(t, tooMany)
	n.take(t, tooMany) // nobody is left that it could be about
	want := []string{"C 2 3 @1795017600000000 last+range+volume", "D down", "B down", "D live",
		"D 2 3 @1795017600000000 last+range+volume", "A down"}
	if got := told(n.env.Dir, n.b.Ticks); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := n.Faults(t)["symbol"]; got != 4 {
		t.Errorf("%d faults, want 4", got)
	}
	for _, symbol := range []string{"A", "B", "D"} {
		if got := strings.Count(n.Log.String(), "symbol refused: the plan allows fewer\" source=finnhub symbol="+symbol+" "); got != 1 {
			t.Errorf("%s was logged %d times, want once", symbol, got)
		}
	}
}

// The vendor does not say how many decimals a symbol has.
func TestPricesSharpenTheDisplay(t *testing.T) {
	n := newBench(t, "AAPL", "PENNY", "BINANCE:SHIBUSDT", "OANDA:USD_JPY", "OANDA:EUR_USD")
	for symbol, price := range map[string]string{"AAPL": "129.5755", "PENNY": "0.123456", "BINANCE:SHIBUSDT": "0.00001234",
		"OANDA:USD_JPY": "149.123", "OANDA:EUR_USD": "1.1"} {
		n.take(t, trades(fmt.Sprintf(`{"p":%s,"s":%q,"t":1795017600000,"v":1}`, price, symbol)))
	}
	for symbol, want := range map[string]int{"AAPL": 2, "PENNY": 4, "BINANCE:SHIBUSDT": 8, "OANDA:USD_JPY": 3, "OANDA:EUR_USD": 5} {
		id, _ := n.env.Dir.ID(symbol)
		if got := n.env.Dir.Symbol(id).Decimals; got != want {
			t.Errorf("%s has %d decimals, want %d", symbol, got, want)
		}
	}
}

func TestSymbolsSayWhatTheyAre(t *testing.T) {
	for symbol, want := range map[string]market.Symbol{
		"AAPL":             {Currency: "USD", Market: "us"},
		"BRK.B":            {Currency: "USD", Market: "us"},
		"BINANCE:BTCUSDT":  {Currency: "USDT", Market: "crypto"},
		"BINANCE:ETHBTC":   {Currency: "BTC", Market: "crypto"},
		"COINBASE:BTC-USD": {Currency: "USD", Market: "crypto"},
		"OANDA:GBP_USD":    {Currency: "USD"},
		"ELSEWHERE:1":      {},
	} {
		if got := (market.Symbol{Currency: currencyOf(symbol), Market: marketOf(symbol)}); got != want {
			t.Errorf("%s: got %+v, want %+v", symbol, got, want)
		}
	}
}

// A decoder allocates nothing but what grows once.
func TestFramesDoNotAllocate(t *testing.T) {
	n := newBench(t, "AAPL")
	text := []byte(
		trades(`{"c":["1","8"],"p":189.31,"s":"AAPL","t":1795017600000,"v":100},{"c":["1","12"],"p":189.3,"s":"AAPL","t":1795017600001,"v":5}`))
	got := testing.AllocsPerRun(100, func() {
		n.b.Ticks = n.b.Ticks[:0]
		if err := n.Frame(text, now, &n.b); err != nil || len(n.b.Ticks) != 2 {
			t.Fatal(err, len(n.b.Ticks))
		}
	})
	if got != 0 {
		t.Errorf("%v allocations a message", got)
	}
}
