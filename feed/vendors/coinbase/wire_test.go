package coinbase

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
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
}

func newBench(t testing.TB, symbols ...string) *bench {
	t.Helper()
	d, env, notes := vendortest.NewDecoder(t, Config{API: "advanced", Symbols: symbols}, NewDecoder)
	return &bench{d.(*Decoder), notes, env}
}

func (x *bench) frame(t testing.TB, text string, received market.Time) market.Batch {
	t.Helper()
	return vendortest.Frame(t, x, text, received)
}

// show writes a batch for people.
func (x *bench) show(b *market.Batch) string {
	var lines []string
	if b.Alive {
		lines = append(lines, "pulse")
	}
	if b.Lost > 0 {
		lines = append(lines, fmt.Sprintf("lost %d", b.Lost))
	}
	for i := range b.Images {
		q := &b.Images[i]
		line := "image " + x.dir.Symbol(q.Symbol).Symbol
		for _, f := range []struct {
			field market.Fields
			key   string
			value any
		}{
			{market.FieldPrice, "p", q.Price}, {market.FieldSize, "z", q.Size}, {market.FieldTime, "t", q.Time}, {market.FieldOpen, "o", q.Open},
			{market.FieldHigh, "h", q.High},
			{market.FieldLow, "l", q.Low}, {market.FieldPreviousClose, "pc", q.PreviousClose}, {market.FieldVolume, "v", q.Volume},
		} {
			if q.Set&f.field != 0 {
				line += fmt.Sprintf(" %s=%v", f.key, f.value)
			}
		}
		lines = append(lines, line)
	}
	for i := range b.Ticks {
		k := &b.Ticks[i]
		symbol := x.dir.Symbol(k.Symbol).Symbol
		switch k.Kind {
		case market.KindTrade:
			lines = append(lines, fmt.Sprintf("trade %s %v x %v #%d at %d flags %d", symbol, k.Price, k.Size, k.ID, k.Time, k.Flags))
		case market.KindQuote:
			lines = append(lines, fmt.Sprintf("quote %s %v x %v / %v x %v at %d flags %d", symbol, k.Bid, k.BidSize, k.Ask,
				k.AskSize, k.Time, k.Flags))
		case market.KindState:
			lines = append(lines, fmt.Sprintf("state %s %v", symbol, k.State))
		case market.KindAlive:
			lines = append(lines, "alive "+symbol)
		default:
			lines = append(lines, fmt.Sprintf("kind %d of %s", k.Kind, symbol))
		}
	}
	return strings.Join(lines, "\n")
}

// TestEveryRecordedMessageOfTheExchangeHasItsEffect counts by type, as the recording's own table does.
func TestEveryRecordedMessageOfTheExchangeHasItsEffect(t *testing.T) {
	symbols := []string{"SKL-USD", "SKL-BTC", "SKL-GBP", "BAND-BTC", "BAND-GBP", "NMR-EUR", "YFI-BTC", "DASH-BTC", "NU-GBP", "CRV-EUR"}
	text := vendortest.Recorded(t, "cryptofeed/COINBASE.ws.28.0.gz")
	x := newBench(t, symbols...)
	tallies := map[market.SymbolID]*market.Tally{}
	for id := range symbols {
		y := market.NewTally(market.SymbolID(id), 0, market.NewLedgers(100_000))
		tallies[market.SymbolID(id)] = &y
	}
	prices := map[string]string{} // of the newest ticker
	types, effects := map[string]int{}, map[string]int{}
	for line := range strings.Lines(string(text)) {
		clock, message, received := strings.Cut(strings.TrimSpace(line), ": ")
		if !received || strings.HasPrefix(line, "wss:") {
			continue
		}
		var head struct {
			Type    string `json:"type"`
			Product string `json:"product_id"`
			Price   string `json:"price"`
		}
		if err := json.Unmarshal([]byte(message), &head); err != nil {
			t.Fatalf("%s: %v", clock, err)
		}
		types[head.Type]++
		b := x.frame(t, message, 0)
		for i := range b.Images {
			effects["image"]++
			tallies[b.Images[i].Symbol].Image(&b.Images[i])
		}
		for i := range b.Ticks {
			effects[[]string{"trade", "quote"}[b.Ticks[i].Kind]]++
			if r := tallies[b.Ticks[i].Symbol].Apply(&b.Ticks[i]); r != market.Accepted {
				t.Errorf("%s: refused: %v", message, r)
			}
		}
		if _, there := x.replies.Next(); there {
			effects["answer"]++
		}
		effects["lost"] += b.Lost
		if head.Type == "ticker" {
			prices[head.Product] = head.Price
		}
	}
	want := map[string]int{"subscriptions": 3, "ticker": 107, "match": 97, "last_match": 10, "snapshot": 10, "l2update": 9719}
	if !maps.Equal(types, want) {
		t.Errorf("messages by type: %v, want %v", types, want)
	}
	effects["unknown"] = x.Faults(t)["unknown"]
	want = map[string]int{"answer": 3, "quote": 107, "trade": 97, "image": 107 + 10, "unknown": 9719 + 10, "lost": 0}
	if !maps.Equal(effects, want) {
		t.Errorf("effects: %v, want %v", effects, want)
	}
	if got := x.Faults(t); len(got) != 1 {
		t.Errorf("faults beside the books, which nobody asks for: %v", got)
	}
	for id, s := range symbols {
		q := tallies[market.SymbolID(id)].Quote()
		if p, err := market.ParsePrice(prices[s]); err != nil || q.Price != p {
			t.Errorf("%s: last price %v, want %s", s, q.Price, prices[s])
		}
	}
}

func TestTheListOfProductsIsRead(t *testing.T) {
	text := vendortest.Recorded(t, "cryptofeed/COINBASE.0.gz")
	first, _, _ := strings.Cut(string(text), "\n")
	_, list, _ := strings.Cut(first, ": ")
	type product struct {
		ID     string `json:"id"`
		Step   string `json:"quote_increment"`
		Status string `json:"status"`
		Post   bool   `json:"post_only"`
		Cancel bool   `json:"cancel_only"`
		Off    bool   `json:"trading_disabled"`
	}
	var products []product
	if err := json.Unmarshal([]byte(list), &products); err != nil {
		t.Fatal(err)
	}
	var symbols []string
	for _, p := range products {
		if twin(p.ID) == "" {
			symbols = append(symbols, p.ID)
		}
	}
	products = slices.DeleteFunc(products, func(p product) bool { return twin(p.ID) != "" })
	x := newBench(t, symbols...)
	b := x.frame(t, `{"type":"status","products":`+list+`}`, 0)
	if len(b.Ticks) != len(products) || len(products) < 50 {
		t.Fatalf("%d states of %d products", len(b.Ticks), len(products))
	}
	for i, p := range products {
		want := market.Live
		if p.Status != "online" || p.Post || p.Cancel || p.Off {
			want = market.Halted
		}
		if k := b.Ticks[i]; x.dir.Symbol(k.Symbol).Symbol != p.ID || k.State != want {
			t.Errorf("%s: %s", p.ID, x.show(&market.Batch{Ticks: b.Ticks[i : i+1]}))
		}
		step, _ := market.ParsePrice(p.Step)
		if got, want := x.dir.Symbol(market.SymbolID(i)).Decimals, max(2, step.Decimals()); got != want {
			t.Errorf("%s: %d decimals, want %d", p.ID, got, want)
		}
	}
	if got := x.Faults(t); len(got) != 0 {
		t.Errorf("faults: %v", got)
	}
}

// fixture is the vendor's messages in a file of Advanced Trade: the answer and what follows it.
func fixture(t *testing.T, name string) []string {
	_, text, found := strings.Cut(string(vendortest.Recorded(t, "coinbase-advanced/"+name)), "\n< ")
	if !found {
		t.Fatalf("%s: no answer", name)
	}
	answer, pushed, found := strings.Cut(text, "\n= ")
	if !found {
		t.Fatalf("%s: nothing pushed", name)
	}
	return []string{answer, pushed}
}

func TestEveryFixtureOfAdvancedTradeHasItsEffect(t *testing.T) {
	for name, want := range map[string]string{
		"Ticker.txt": "image ETH-USDT h=23011.18 l=21835.29 pc=22884.46 v=16038.28770938\n" +
			"quote ETH-USDT 21931.98 x 8000.21 / 21933.98 x 8038.07770938 at 1675974637167359 flags 24",
		"BatchTicker.txt": "image ETH-USDT h=23011.18 l=21835.29 pc=22884.46 v=16038.28770938",
		"Trades.txt": "trade ETH-USDT 2375.56 x 0.5 #22381690 at 1728026011084859 flags 7\n" +
			"trade ETH-USDT 2375.56 x 0.5 #22381691 at 1728026011088388 flags 7",
		"Heartbeat.txt": "pulse",
		"Klines.txt":    "",
	} {
		t.Run(name, func(t *testing.T) {
			x := newBench(t, "ETH-USDT")
			messages := fixture(t, name)
			x.frame(t, messages[0], 0)
			if a, there := x.replies.Next(); !there || a.refusal != "" || len(a.channels) != 1 {
				t.Errorf("%s: %+v", messages[0], a)
			}
			b := x.frame(t, messages[1], 0)
			if got := x.show(&b); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			unknown := 0
			if name == "Klines.txt" { // candles are asked for over REST
				unknown = 1
			}
			got := x.Faults(t)
			// the fixtures' numbers are those of the documentation: they do not follow on each other
			delete(got, "value")
			if got["unknown"] != unknown || len(got) != unknown {
				t.Errorf("faults: %v", got)
			}
		})
	}
}

const advancedHead = `{"channel":"%s","client_id":"","timestamp":"2026-11-23T14:00:0%d.5Z","sequence_num":%d,"events":%s}`

// Messages of the Exchange.
const lastMatch = `{"type":"last_match","trade_id":10,"side":"sell","size":"0.5","price":"100.10","product_id":"BTC-USD","sequence":9,"time":"2026-11-23T14:00:00Z"}`

func match(id int, price string) string {
	return fmt.Sprintf(
		`{"type":"match","trade_id":%d,"maker_order_id":"a","taker_order_id":"b","side":"sell","size":"0.25","price":%q,"product_id":"BTC-USD","sequence":12,"time":"2026-11-23T14:00:01.000001Z"}`, id, price)
}

func beat(id int) string {
	return fmt.Sprintf(`{"type":"heartbeat","sequence":90,"last_trade_id":%d,"product_id":"BTC-USD","time":"2026-11-23T14:00:02Z"}`, id)
}

// Messages of the Advanced Trade.
var snapshot = fmt.Sprintf(advancedHead, "market_trades", 1, 1,
	`[{"type":"snapshot","trades":[{"product_id":"BTC-USD","trade_id":"12","price":"101","size":"1","time":"2026-11-23T14:00:01Z","side":"BUY"},{"product_id":"BTC-USD","trade_id":"11","price":"100","size":"2","time":"2026-11-23T14:00:00Z","side":"SELL"}]}]`)

func update(n int, ids ...int) string {
	var list []string
	for _, id := range ids {
		list = append(list,
			fmt.Sprintf(`{"product_id":"BTC-USD","trade_id":"%d","price":"102.5","size":"0.001","time":"2026-11-23T14:00:02.%06dZ","side":"BUY"}`,
				id, id))
	}
	return fmt.Sprintf(advancedHead, "market_trades", 2, n, `[{"type":"update","trades":[`+strings.Join(list, ",")+`]}]`)
}

func pulse(n int) string {
	return fmt.Sprintf(advancedHead, "heartbeats", 3, n, `[{"current_time":"2026-11-23 14:00:03 +0000 UTC m=+1.5","heartbeat_counter":"7"}]`)
}

// framesCase is what becomes of some messages.
type framesCase struct {
	frames []string
	want   string // of the last one
	faults map[string]int
}

func checkFrames(t *testing.T, cases map[string]framesCase) {
	for name, x := range cases {
		t.Run(name, func(t *testing.T) {
			d := newBench(t, "BTC-USD", "ETH-USDC")
			var b market.Batch
			for _, f := range x.frames {
				b = d.frame(t, f, 1795442403000000)
			}
			if got := d.show(&b); got != x.want {
				t.Errorf("got\n%s\nwant\n%s", got, x.want)
			}
			if got := d.Faults(t); !maps.Equal(got, x.faults) {
				t.Errorf("faults %v, want %v", got, x.faults)
			}
		})
	}
}

func TestFramesOfTheExchange(t *testing.T) {
	checkFrames(t, map[string]framesCase{
		"a last match is what was": {[]string{lastMatch}, "image BTC-USD p=100.1 z=0.5 t=1795442400000000", nil},
		"a match is a trade": {[]string{lastMatch, match(11, "100.20")},
			"trade BTC-USD 100.2 x 0.25 #11 at 1795442401000001 flags 7", nil},
		"matches that are missing are lost": {[]string{lastMatch, match(14, "100.20")},
			"lost 3\ntrade BTC-USD 100.2 x 0.25 #14 at 1795442401000001 flags 7", nil},
		"a match that comes late still counts": {[]string{lastMatch, match(12, "100.20"), match(11, "100.3")},
			"trade BTC-USD 100.3 x 0.25 #0 at 1795442401000001 flags 6", nil},
		"a match that comes twice is counted": {[]string{lastMatch, match(11, "100.20"), match(11, "100.20")}, "",
			map[string]int{"value": 1}},
		"a heartbeat confirms the last match":       {[]string{lastMatch, beat(10)}, "pulse\nalive BTC-USD", nil},
		"a heartbeat may be ahead of a match":       {[]string{lastMatch, beat(11), match(11, "1"), beat(11)}, "pulse\nalive BTC-USD", nil},
		"one heartbeat that is ahead shows nothing": {[]string{lastMatch, beat(11)}, "pulse", nil},
		"two heartbeats show what is missing":       {[]string{lastMatch, beat(11), beat(12)}, "pulse\nlost 1", nil},
		"a heartbeat behind the last match":         {[]string{lastMatch, match(11, "1"), beat(10)}, "pulse\nalive BTC-USD", nil},
		"a book without bids": {
			[]string{
				`{"type":"ticker","product_id":"BTC-USD","price":"1","best_bid":"0","best_bid_size":"0","best_ask":"2.5","best_ask_size":"3","time":"2026-11-23T14:00:00Z"}`}, "quote BTC-USD 0 x 0 / 2.5 x 3 at 1795442400000000 flags 16", nil},
		"the last 24 hours of the Exchange": {
			[]string{
				`{"type":"ticker","product_id":"BTC-USD","price":"1","open_24h":"0.9","volume_24h":"30000000000.5","low_24h":"0.8","high_24h":"1.1","volume_30d":"9","time":"2026-11-23T14:00:00Z"}`}, "image BTC-USD h=1.1 l=0.8 pc=0.9 v=30000000000.5", nil},
		"a product that is halted": {
			[]string{`{"type":"status","products":[{"id":"BTC-USD","status":"offline","quote_increment":"0.01"}]}`}, "state BTC-USD halted", nil},
		"a product that may only be cancelled": {
			[]string{`{"type":"status","products":[{"id":"BTC-USD","status":"online","cancel_only":true}]}`}, "state BTC-USD halted", nil},
		"a state is told once": {[]string{`{"type":"status","products":[{"id":"BTC-USD","status":"online"}]}`,
			`{"type":"status","products":[{"id":"BTC-USD","status":"online"}]}`}, "", nil},
		"other products in a status are nobody's": {
			[]string{`{"type":"status","products":[{"id":"X-USD","status":"online"}],"currencies":[{"id":"BTC"}]}`}, "", nil},
		"a product in USDC is told by its twin": {[]string{strings.ReplaceAll(lastMatch, "BTC-USD", "ETH-USD")},
			"image ETH-USDC p=100.1 z=0.5 t=1795442400000000", nil},
		"a product that nobody asked for": {[]string{strings.ReplaceAll(lastMatch, "BTC-USD", "X-USD")}, "", map[string]int{"symbol": 1}},
		"a price that is none":            {[]string{match(11, "NaN")}, "", map[string]int{"number": 1}},
		"a size that is none":             {[]string{strings.Replace(lastMatch, `"0.5"`, `"-1"`, 1)}, "", map[string]int{"number": 1}},
		"a trade without a number":        {[]string{match(0, "1")}, "", map[string]int{"value": 1}},
		"a time that is none": {[]string{strings.Replace(lastMatch, "14:00:00Z", "26:00:00Z", 1)}, "",
			map[string]int{"time": 1}},
		"a price of zero is for others to refuse": {[]string{match(11, "0")}, "trade BTC-USD 0 x 0.25 #11 at 1795442401000001 flags 7", nil},
		"a bad quote": {
			[]string{`{"type":"ticker","product_id":"BTC-USD","best_bid":"x","best_ask":"2.5","time":"2026-11-23T14:00:00Z"}`}, "",
			map[string]int{"number": 1}},
		"a type that is new": {[]string{`{"type":"rfq_match","price":"1"}`}, "", map[string]int{"unknown": 1}},
		"an error": {
			[]string{`{"type":"error","message":"Failed to subscribe","reason":"X is not a valid product"}`}, "", map[string]int{"request": 1}},
		"no JSON":   {[]string{`{"type":`}, "", map[string]int{"json": 1}},
		"no object": {[]string{`[]`}, "", map[string]int{"json": 1}},
		"no type":   {[]string{`{}`}, "", map[string]int{"value": 1}},
	})
}

func TestFramesOfTheAdvancedTrade(t *testing.T) {
	checkFrames(t, map[string]framesCase{
		"a snapshot is what was": {[]string{snapshot}, "image BTC-USD p=101 z=1 t=1795442401000000", nil},
		"trades come newest first": {[]string{snapshot, update(2, 14, 13)},
			"trade BTC-USD 102.5 x 0.001 #13 at 1795442402000013 flags 7\ntrade BTC-USD 102.5 x 0.001 #14 at 1795442402000014 flags 7", nil},
		"a second snapshot has what is missing": {[]string{update(0, 10), update(1, 13), snapshot},
			"trade BTC-USD 100 x 2 #0 at 1795442400000000 flags 6\ntrade BTC-USD 101 x 1 #0 at 1795442401000000 flags 6",
			map[string]int{"value": 1}},
		"messages that are missing are lost": {[]string{snapshot, update(5, 13)},
			"lost 3\ntrade BTC-USD 102.5 x 0.001 #13 at 1795442402000013 flags 7", nil},
		"a heartbeat confirms trades":           {[]string{snapshot, pulse(2)}, "pulse\nalive BTC-USD", nil},
		"but not where messages are missing":    {[]string{snapshot, pulse(3)}, "pulse\nlost 1", nil},
		"until a trade follows on the last one": {[]string{snapshot, pulse(3), update(4, 13), pulse(5)}, "pulse\nalive BTC-USD", nil},
		"nor where trades are":                  {[]string{snapshot, update(2, 14), pulse(3)}, "pulse", nil},
		"a product that trades": {[]string{fmt.Sprintf(advancedHead, "status", 1, 0,
			`[{"type":"snapshot","products":[{"product_type":"SPOT","id":"BTC-USD","quote_increment":"0.01","status":"online"}]}]`)},
			"state BTC-USD live", nil},
		"one bad trade of two": {[]string{strings.Replace(update(0, 11, 10), `"102.5"`, `"1.2.3"`, 1)},
			"trade BTC-USD 102.5 x 0.001 #10 at 1795442402000010 flags 7", map[string]int{"number": 1}},
		"a channel that is new": {[]string{fmt.Sprintf(advancedHead, "futures_balance_summary", 1, 0, `[]`)}, "",
			map[string]int{"unknown": 1}},
		"a number that goes back": {[]string{pulse(5), pulse(3)}, "pulse", map[string]int{"value": 1}},
		"a number that cannot be": {[]string{pulse(5), pulse(2_000_000)}, "pulse", map[string]int{"value": 1}},
		"events that are none": {[]string{fmt.Sprintf(advancedHead, "market_trades", 1, 0, `7`)}, "",
			map[string]int{"json": 1}},
		"trades that are none": {[]string{fmt.Sprintf(advancedHead, "market_trades", 1, 0,
			`[{"type":"update","trades":{}}]`)}, "", map[string]int{"json": 1}},
		"a message of the Advanced Trade without time": {[]string{`{"channel":"heartbeats","events":[]}`}, "", map[string]int{"time": 1}},
	})
}

const (
	candlesPath = "/products/BTC-USD/candles?granularity=3600"
	tickerPath  = "/products/BTC-USD/ticker?limit=100"
)

// noon is a time within a day whose first hours are in the answers below: 2026-11-23 02:30 UTC.
const noon = market.Time(1795401000 * 1_000_000)

func TestTheDayIsTheHoursSinceItBegan(t *testing.T) {
	const midnight = 1795392000
	objects := func(c [][6]string) string { // as Advanced Trade has them
		var list []string
		for _, c := range c {
			list = append(list, fmt.Sprintf(`{"start":%q,"low":%q,"high":%q,"open":%q,"close":%q,"volume":%q}`, c[0], c[1], c[2], c[3], c[4], c[5]))
		}
		return `{"candles":[` + strings.Join(list, ",") + `]}`
	}
	arrays := func(c [][6]string) string { // as the Exchange has them
		var list []string
		for _, c := range c {
			list = append(list, "["+strings.Join(c[:], ",")+"]")
		}
		return "[" + strings.Join(list, ",") + "]"
	}
	at := func(hours int) string { return fmt.Sprint(midnight + hours*3600) }
	for name, x := range map[string]struct {
		candles [][6]string // start, low, high, open, close, volume
		want    string
		faults  map[string]int
	}{
		"some hours": {[][6]string{{at(2), "90", "111", "100", "105", "3.5"}, {at(1), "95", "120", "99", "100", "1"},
			{at(0), "97", "101", "98", "99", "2.25"}, {at(-1), "1", "1000", "50", "97.5", "9"}, {at(-2), "1", "1000", "50", "96", "9"}},
			"image BTC-USD o=98 h=120 l=90 pc=97.5 v=6.75", nil},
		"in another order": {[][6]string{{at(-2), "1", "1000", "50", "96", "9"}, {at(-1), "1", "1000", "50", "97.5", "9"},
			{at(0), "97", "101", "98", "99", "2.25"}, {at(1), "95", "120", "99", "100", "1"}}, "image BTC-USD o=98 h=120 l=95 pc=97.5 v=3.25", nil},
		"no trade yet today":        {[][6]string{{at(-3), "1", "1000", "50", "96.25", "9"}}, "image BTC-USD pc=96.25 v=0", nil},
		"traded for the first time": {[][6]string{{at(1), "95", "120", "99", "100", "1"}}, "image BTC-USD o=99 h=120 l=95 v=1", nil},
		"more coins than an int64": {[][6]string{{at(1), "0.00001", "0.00002", "0.000011", "0.000012", "98765432109.876543210000001"}},
			"image BTC-USD o=0.000011 h=0.00002 l=0.00001 v=98765432109.87654321", nil},
		"none at all":         {nil, "", map[string]int{"value": 1}},
		"a price of zero":     {[][6]string{{at(1), "0", "120", "99", "100", "1"}}, "", map[string]int{"number": 1}},
		"a time that is none": {[][6]string{{"-1", "95", "120", "99", "100", "1"}}, "", map[string]int{"time": 1}},
	} {
		for form, body := range map[string]string{"objects": objects(x.candles), "arrays": arrays(x.candles)} {
			t.Run(name+" "+form, func(t *testing.T) {
				d := newBench(t, "BTC-USD")
				var b market.Batch
				if err := d.Response(candlesPath, []byte(body), noon, &b); err != nil {
					t.Fatal(err)
				}
				if got := d.show(&b); got != x.want {
					t.Errorf("got\n%s\nwant\n%s", got, x.want)
				}
				if got := d.Faults(t); !maps.Equal(got, x.faults) {
					t.Errorf("faults %v, want %v", got, x.faults)
				}
			})
		}
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	for name, x := range map[string]struct{ path, body, kind string }{
		"another product":      {"/products/X-USD/candles", `[]`, "unknown"},
		"another resource":     {"/products/BTC-USD/book", `{}`, "unknown"},
		"another path":         {"/time", `{}`, "unknown"},
		"candles as an object": {candlesPath, `{"message":"x"}`, "json"},
		"candles cut off":      {candlesPath, `[[1,2,3`, "json"},
		"trades cut off":       {tickerPath, `{"trades":[`, "json"},
		"no trades":            {tickerPath, `{"best_bid":"1"}`, "json"},
		"trades of nonsense":   {tickerPath, `{"trades":[{"trade_id":"x"}]}`, "number"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newBench(t, "BTC-USD")
			var b market.Batch
			if err := d.Response(x.path, []byte(x.body), noon, &b); err != nil {
				t.Fatal(err)
			}
			if got := d.show(&b); got != "" {
				t.Errorf("it said %s", got)
			}
			if got := d.Faults(t); got[x.kind] != 1 || len(got) != 1 {
				t.Errorf("faults %v, want one of %s", got, x.kind)
			}
		})
	}
}

// TestMissingTradesAreFound loses 11, and 13, which only the answer knows; 14 and 15 have just happened
// and are left to the stream.
func TestMissingTradesAreFound(t *testing.T) {
	for path, form := range map[string]struct{ list, id string }{
		tickerPath:                            {`{"trades":[%s],"best_bid":"1","best_ask":"2"}`, `"%d"`},
		"/products/BTC-USD/trades?limit=1000": {`[%s]`, `%d`},
	} {
		d := newBench(t, "BTC-USD")
		at := func(ago time.Duration) string {
			return (noon - market.Time(ago.Microseconds())).Std().Format(time.RFC3339Nano)
		}
		one := func(id int, ago time.Duration) string {
			return fmt.Sprintf(`{"trade_id":`+form.id+`,"product_id":"BTC-USD","price":"10%d.5","size":"1","time":%q,"side":"BUY"}`, id, id, at(ago))
		}
		ago := func(id int) time.Duration { return time.Duration(31-2*id) * time.Second / 2 } // 15 happened half a second ago
		for _, id := range []int{10, 12} {
			d.frame(t, `{"type":"match",`+one(id, ago(id))[1:], 0)
		}
		var list []string
		for id := 15; id >= 8; id-- {
			list = append(list, one(id, ago(id)))
		}
		var b market.Batch
		if err := d.Response(path, fmt.Appendf(nil, form.list, strings.Join(list, ",")), noon, &b); err != nil {
			t.Fatal(err)
		}
		var got []string
		for i := range b.Ticks {
			got = append(got, fmt.Sprintf("%v:%d", b.Ticks[i].Price, b.Ticks[i].Flags))
		}
		if want := []string{"1011.5:6", "1013.5:7"}; !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
		if d.all[0].Missing() {
			t.Errorf("%s: something is still missing", path)
		}
	}
}

// TestATradeThatTheDayHasIsNotCountedAgain has trade 11 come late, when the hours that it was made in are known.
func TestATradeThatTheDayHasIsNotCountedAgain(t *testing.T) {
	match := func(id int, at market.Time) string {
		return fmt.Sprintf(`{"type":"match","trade_id":%d,"size":"1","price":"100","product_id":"BTC-USD","time":%q}`, id,
			at.Std().Format(time.RFC3339Nano))
	}
	d := newBench(t, "BTC-USD")
	d.frame(t, match(10, noon-3), noon)
	d.frame(t, match(13, noon), noon)
	var b market.Batch
	if err := d.Response(candlesPath, []byte(`[[1795395600,95,120,99,100,7]]`), noon, &b); err != nil || len(b.Images) != 1 {
		t.Fatalf("%s, error %v", d.show(&b), err)
	}
	b = d.frame(t, match(11, noon-2), noon)
	if got := d.show(&b); got != "" {
		t.Errorf("of before the answer: %s", got)
	}
	b = d.frame(t, match(12, noon+1), noon+1)
	if got, want := d.show(&b), "trade BTC-USD 100 x 1 #0 at 1795401000000001 flags 6"; got != want {
		t.Errorf("of after it: %s, want %s", got, want)
	}
}

func TestBefore(t *testing.T) {
	for _, x := range []struct {
		price, percent string
		decimals       int
		want           string
	}{
		{"21932.98", "-4.155", 2, "22883.8"},
		{"110", "10", 2, "100"},
		{"0.00001234", "-50", 8, "0.00002468"},
		{"100", "-100", 2, "0"},
		{"100", "-101", 2, "0"},
		{"-1", "3", 2, "0"},
		{"9000000000", "-99.9", 2, "0"},
		{"5", "0", 0, "5"},
	} {
		price, _ := market.ParsePrice(x.price)
		percent, _ := market.ParsePrice(x.percent)
		if got := before(price, percent, x.decimals); got.String() != x.want {
			t.Errorf("before %s%% to %s: %v, want %s", x.percent, x.price, got, x.want)
		}
	}
}
