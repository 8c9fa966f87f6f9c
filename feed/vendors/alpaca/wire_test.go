package alpaca

import (
	"bytes"
	"encoding/json"
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
	cfg.Symbols = symbols
	d, env, notes := vendortest.NewDecoder(t, cfg, NewDecoder)
	return &bench{Decoder: d.(*Decoder), Notes: notes, env: env}
}

// take has one frame decoded, after those that were before.
func (n *bench) take(t testing.TB, text string) {
	t.Helper()
	if err := n.Frame([]byte(text), now, &n.b); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// told writes what a batch says as tests compare it.
func (n *bench) told() (lines []string) {
	for _, k := range n.b.Ticks {
		symbol := n.env.Dir.Symbol(k.Symbol).Symbol
		switch k.Kind {
		case market.KindState:
			lines = append(lines, symbol+" "+k.State.String())
		case market.KindQuote:
			line := symbol + " quote"
			if k.Flags&market.HasBid != 0 {
				line += fmt.Sprintf(" bid %s×%s", k.Bid, k.BidSize)
			}
			if k.Flags&market.HasAsk != 0 {
				line += fmt.Sprintf(" ask %s×%s", k.Ask, k.AskSize)
			}
			lines = append(lines, line)
		default:
			lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s×%s %s", symbol, k.Price, k.Size, vendortest.Sets(k.Flags))))
		}
	}
	for _, c := range n.b.Corrections {
		line := fmt.Sprintf("%s was %s×%s %s", n.env.Dir.Symbol(c.Symbol).Symbol, c.Old.Price, c.Old.Size, vendortest.Sets(c.Old.Flags))
		if c.New.Flags != 0 {
			line += fmt.Sprintf(" is %s×%s %s", c.New.Price, c.New.Size, vendortest.Sets(c.New.Flags))
		}
		lines = append(lines, line)
	}
	return lines
}

func TestEveryRecordedFrameIsDecoded(t *testing.T) {
	n := newBench(t, "AAPL")
	for _, line := range vendortest.RecordedLines(t, "alpaca/stream-messages.ndjson") {
		n.take(t, string(line))
	}
	want := []string{"AAPL 144.6×25 volume", "AAPL quote bid 139.74×3 ask 139.77×1"}
	if got := n.told(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := n.Faults(t), (map[string]int{"unknown": 2}); !reflect.DeepEqual(got, want) { // two bars
		t.Errorf("faults %v, want %v", got, want)
	}
}

// Answers over REST hold the same objects as the stream, but for type and symbol: lines 2 to 10 of the recording
// are trades and quotes as the exchanges had them.
func TestEveryRecordedTradeAndQuoteIsDecoded(t *testing.T) {
	counts := map[string]int{}
	lines := vendortest.RecordedLines(t, "alpaca/rest-responses.ndjson")[1:10]
	for i, line := range append(lines, vendortest.RecordedLines(t, "alpaca/trades.json.gz")...) {
		var answer map[string]json.RawMessage
		if err := json.Unmarshal(line, &answer); err != nil {
			t.Fatalf("line %d: %v", i+2, err)
		}
		for list, kind := range map[string]string{"trades": "t", "quotes": "q"} {
			var all map[string][]json.RawMessage
			if json.Unmarshal(answer[list], &all) != nil {
				continue
			}
			for symbol, events := range all {
				n := newBench(t, symbol)
				for _, event := range events {
					n.take(t, fmt.Sprintf(`[{"T":%q,"S":%q,%s]`, kind, symbol, bytes.TrimSpace(event)[1:]))
				}
				if got := n.Faults(t); len(got) != 0 || len(n.b.Ticks) != len(events) {
					t.Errorf("line %d: %d ticks of %d events, faults %v: %s", i+2, len(n.b.Ticks), len(events), got, &n.Log)
				}
				counts[kind] += len(n.b.Ticks)
			}
		}
	}
	if counts["t"] != 13 || counts["q"] != 20 {
		t.Errorf("%v, want 13 trades and 20 quotes", counts)
	}
}

const (
	inside = `"t":"2026-11-18T16:00:00.123456789Z"`
	after  = `"t":"2026-11-18T21:30:00Z"`
	night  = `"t":"2026-11-19T03:00:00Z"`
)

func TestTrades(t *testing.T) {
	for name, test := range map[string]struct{ fields, want string }{
		"regular":                  {`"c":["@"],"z":"C",` + inside, "last+range+volume"},
		"sweep":                    {`"c":["@","F"],"z":"C",` + inside, "last+range+volume"},
		"no conditions":            {`"z":"C",` + inside, "last+range+volume"},
		"null conditions":          {`"c":null,"z":"C",` + inside, "last+range+volume"},
		"odd lot":                  {`"c":["@","I"],"z":"C",` + inside, "volume"},
		"average on tape A":        {`"c":["B"],"z":"A",` + inside, "volume"},
		"bunched on tape C":        {`"c":["B"],"z":"C",` + inside, "last+range+volume"},
		"average on tape C":        {`"c":["W"],"z":"C",` + inside, "volume"},
		"derivative":               {`"c":[" ","4"],"z":"B",` + inside, "range+volume"},
		"sold out of sequence":     {`"c":["Z"],"z":"A",` + inside, "range+volume"},
		"contingent":               {`"c":["@","7","V"],"z":"C",` + inside, "volume"},
		"official close":           {`"c":["@","M"],"z":"C",` + after, ""},
		"official open":            {`"c":["@","Q"],"z":"C",` + inside, ""},
		"corrected close":          {`"c":["9"],"z":"C",` + after, "last+range"},
		"closing auction":          {`"c":["@","6","X"],"z":"C","t":"2026-11-18T21:00:01Z"`, "last+range+volume"},
		"extended":                 {`"c":["@","T"],"z":"C",` + after, "extended+volume"},
		"extended by the clock":    {`"c":["@"],"z":"C",` + after, "extended+volume"},
		"odd lot after hours":      {`"c":["@","T","I"],"z":"C",` + after, "volume"},
		"extended and sold":        {`"c":["@","U"],"z":"C",` + after, "volume"},
		"overnight":                {`"c":["@"],"z":"C",` + night, "extended+volume"},
		"a condition nobody knows": {`"c":["é"],"z":"C",` + inside, "last+range+volume"},
	} {
		t.Run(name, func(t *testing.T) {
			n := newBench(t, "AAPL")
			n.take(t, `[{"T":"t","S":"AAPL","i":7,"x":"D","p":189.25,"s":100,`+test.fields+`}]`)
			if got, want := n.told(), []string{strings.TrimSpace("AAPL 189.25×100 " + test.want)}; !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
			if got := n.Faults(t); len(got) != 0 {
				t.Errorf("faults %v", got)
			}
		})
	}
}

func TestConditionsAreToldAsTheVendorSpellsThem(t *testing.T) {
	n := newBench(t, "AAPL")
	n.take(t, `[{"T":"t","S":"AAPL","i":7,"x":"D","p":189.25,"s":5,"c":["@", "I"],"z":"C",`+inside+`}]`)
	if len(n.b.Ticks) != 1 || n.b.Ticks[0].Conditions != "@,I" {
		t.Errorf("got %+v, want conditions @,I", n.b.Ticks)
	}
}

func TestCoinsTradeAllTheTime(t *testing.T) {
	n := newBench(t, "BTC/USD")
	n.take(t, `[{"T":"t","S":"BTC/USD","i":1,"p":60123.456789,"s":1e-05,"tks":"B",`+
		night+`},{"T":"q","S":"BTC/USD","bp":60123,"bs":0.5,"ap":0,"as":0,`+night+`}]`)
	want := []string{"BTC/USD 60123.456789×0.00001 last+range+volume", "BTC/USD quote bid 60123×0.5"}
	if got := n.told(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	id, _ := n.env.Dir.ID("BTC/USD")
	if got, want := n.env.Dir.Symbol(id), (market.Symbol{Symbol: "BTC/USD", Currency: "USD", Decimals: 6, Market: "crypto"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestTimesAreTheExchanges(t *testing.T) {
	n := newBench(t, "AAPL")
	n.take(t, `[{"T":"t","S":"AAPL","i":7,"x":"D","p":1.5,"s":1,"c":["@"],"z":"C",`+inside+`}]`)
	if k := n.b.Ticks[0]; k.Time != 1795017600123456 || k.Received != now {
		t.Errorf("time %d, received %d", k.Time, k.Received)
	}
}

// Ids are unique for an exchange, and must be so for the symbol.
func TestIDsHaveTheirExchange(t *testing.T) {
	n := newBench(t, "AAPL")
	for _, trade := range []string{`"i":7,"x":"D"`, `"i":7,"x":"V"`, `"i":8,"x":"D"`, `"i":71697353758036,"x":"D"`,
		`"i":0,"x":"D"`, `"x":"D"`} {
		n.take(t, `[{"T":"t","S":"AAPL",`+trade+`,"p":1,"s":1,"z":"C",`+inside+`}]`)
	}
	seen := map[uint64]bool{}
	for _, k := range n.b.Ticks[:4] {
		if k.ID == 0 || seen[k.ID] {
			t.Errorf("id %d", k.ID)
		}
		seen[k.ID] = true
	}
	if n.b.Ticks[4].ID != 0 || n.b.Ticks[5].ID != 0 {
		t.Error("a trade without an id has one")
	}
}

func TestCorrectionsAndCancels(t *testing.T) {
	n := newBench(t, "AAPL")
	n.take(t, `[{"T":"t","S":"AAPL","i":1,"x":"V","p":100,"s":200,"c":["@"],"z":"C",`+
		inside+`},{"T":"t","S":"AAPL","i":2,"x":"V","p":101,"s":5,"c":["@","I"],"z":"C",`+
		inside+`},{"T":"t","S":"AAPL","i":3,"x":"V","p":102,"s":100,"c":["@"],"z":"C",`+after+`}]`)
	first, late := n.b.Ticks[0], n.b.Ticks[2]
	n.b = market.Batch{}
	n.take(t, `[{"T":"c","S":"AAPL","x":"V","oi":1,"op":100,"os":200,"oc":["@"],"ci":4,"cp":99.5,"cs":150,"cc":["@"],"z":"C",`+after+`}]`)
	n.take(t, `[{"T":"x","S":"AAPL","i":4,"x":"V","p":99.5,"s":150,"a":"C","z":"C",`+after+`}]`)
	n.take(t, `[{"T":"x","S":"AAPL","i":2,"x":"V","p":101,"s":5,"a":"E","z":"C",`+after+`}]`)
	n.take(t, `[{"T":"c","S":"AAPL","x":"V","oi":3,"op":102,"os":100,"oc":["@"],"ci":5,"cp":103,"cs":100,"cc":["@"],"z":"C",`+after+`}]`)
	n.take(t, `[{"T":"x","S":"AAPL","i":99,"x":"V","p":105,"s":7,"a":"C","z":"C",`+after+`}]`)
	n.take(t, `[{"T":"c","S":"AAPL","x":"V","oi":98,"op":102,"os":100,"oc":["@","I"],"ci":6,"cp":103,"cs":100,"cc":["@"],"z":"C",`+after+`}]`)
	want := []string{
		"AAPL was 100×200 last+range+volume is 99.5×150 last+range+volume",
		"AAPL was 99.5×150 last+range+volume",
		"AAPL was 101×5 volume",
		"AAPL was 102×100 extended+volume is 103×100 extended+volume",
		"AAPL was 105×7 volume", // nothing tells what else it set
		"AAPL was 102×100 volume is 103×100 last+range+volume",
	}
	if got := n.told(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	c := n.b.Corrections
	if c[0].ID != first.ID || c[1].ID != c[0].NewID || c[3].ID != late.ID || c[3].NewID == 0 || c[3].NewID == late.ID {
		t.Error("the ids are others than those of the trades")
	}
	if c[0].Traded != first.Time || c[1].Traded != first.Time || c[3].Traded != late.Time || c[4].Traded != 0 {
		t.Error("the times are others than those of the trades")
	}
}

func TestHalts(t *testing.T) {
	for code, want := range map[string]string{"H": "halted", "P": "halted", "2": "halted", "T": "live", "3": "live", "Q": "",
		"5": "", "E": ""} {
		n := newBench(t, "AAPL")
		n.take(t, `[{"T":"s","S":"AAPL","sc":"`+code+`","sm":"…","rc":"T12","rm":"…",`+inside+`,"z":"C"}]`)
		if got := strings.TrimPrefix(strings.Join(n.told(), ""), "AAPL "); got != want || len(n.Faults(t)) != 0 {
			t.Errorf("%s: got %q, want %q; faults %v", code, got, want, n.Faults(t))
		}
	}
}

func TestWhatCannotBeUsedIsCountedAndTheRestIsKept(t *testing.T) {
	const good = `{"T":"t","S":"AAPL","i":7,"x":"D","p":2,"s":3,"c":["@"],"z":"C",` + inside + `}`
	for name, test := range map[string]struct {
		text  string
		fault string
		ticks int
	}{
		"no JSON":           {`[{"T":`, "json", 0},
		"an object":         {`{}`, "json", 0},
		"more behind":       {`[` + good + `][]`, "json", 1},
		"no object":         {`[null,` + good + `]`, "value", 1},
		"no type":           {`[{},` + good + `]`, "value", 1},
		"a number's type":   {`[{"T":5},` + good + `]`, "value", 1},
		"a new type":        {`[{"T":"z"},` + good + `]`, "unknown", 1},
		"bands":             {`[{"T":"l","S":"AAPL","u":3,"d":1,"i":"B",` + inside + `},` + good + `]`, "unknown", 1},
		"another's symbol":  {`[{"T":"t","S":"IBM"},` + good + `]`, "symbol", 1},
		"no time":           {`[{"T":"t","S":"AAPL","p":1,"s":1},` + good + `]`, "time", 1},
		"no price":          {`[{"T":"t","S":"AAPL","s":1,` + inside + `},` + good + `]`, "number", 1},
		"a word as price":   {`[{"T":"t","S":"AAPL","p":"NaN","s":1,` + inside + `},` + good + `]`, "number", 1},
		"a negative size":   {`[{"T":"t","S":"AAPL","p":1,"s":-1,` + inside + `},` + good + `]`, "number", 1},
		"a word as id":      {`[{"T":"t","S":"AAPL","i":"a","p":1,"s":1,` + inside + `},` + good + `]`, "number", 1},
		"codes in a string": {`[{"T":"t","S":"AAPL","p":1,"s":1,"c":"@",` + inside + `},` + good + `]`, "json", 1},
		"a code as number":  {`[{"T":"t","S":"AAPL","p":1,"s":1,"c":[1],` + inside + `},` + good + `]`, "value", 1},
		"half a quote":      {`[{"T":"q","S":"AAPL","bp":1,"bs":1,` + inside + `},` + good + `]`, "number", 1},
		"an unknown status": {`[{"T":"s","S":"AAPL","sc":"#",` + inside + `},` + good + `]`, "unknown", 1},
		"an empty cancel":   {`[{"T":"x","S":"AAPL",` + inside + `},` + good + `]`, "number", 1},
		"an odd error":      {`[{"T":"error","code":"x","msg":"y"},` + good + `]`, "number", 1},
	} {
		t.Run(name, func(t *testing.T) {
			n := newBench(t, "AAPL")
			n.take(t, test.text)
			if len(n.b.Ticks) != test.ticks || len(n.b.Corrections) != 0 {
				t.Errorf("%d ticks, want %d", len(n.b.Ticks), test.ticks)
			}
			if got := n.Faults(t); !reflect.DeepEqual(got, map[string]int{test.fault: 1}) {
				t.Errorf("faults %v, want one of %s", got, test.fault)
			}
		})
	}
}

// A decoder allocates nothing but what grows once.
func TestFramesDoNotAllocate(t *testing.T) {
	n := newBench(t, "AAPL")
	text := []byte(`[{"T":"t","S":"AAPL","i":7,"x":"D","p":189.25,"s":100,"c":["@","F"],"z":"C",` +
		inside + `},{"T":"q","S":"AAPL","bx":"V","bp":189.2,"bs":100,"ax":"V","ap":189.3,"as":200,"c":["R"],"z":"C",` + inside + `}]`)
	got := testing.AllocsPerRun(100, func() {
		n.b.Ticks = n.b.Ticks[:0]
		if err := n.Frame(text, now, &n.b); err != nil || len(n.b.Ticks) != 2 {
			t.Fatal(err, len(n.b.Ticks))
		}
	})
	if got != 0 {
		t.Errorf("%v allocations a frame", got)
	}
}

// What a cancelled trade has set is looked up by more than its id.
func TestACancellationTakesBackWhatItsOwnTradeHasSet(t *testing.T) {
	n := newBench(t, "AAPL")
	n.take(t, `[{"T":"t","S":"AAPL","i":5,"x":"D","p":100,"s":100,"c":["@"],"z":"C","t":"2026-11-18T15:59:58Z"},
		{"T":"t","S":"AAPL","i":5,"x":"D","p":101,"s":7,"c":["@","I"],"z":"C","t":"2026-11-18T15:59:59Z"}]`)
	n.b = market.Batch{}
	n.take(t, `[{"T":"x","S":"AAPL","i":5,"x":"D","p":101,"s":7,"a":"C","z":"C","t":"2026-11-18T16:00:00Z"},
		{"T":"x","S":"AAPL","i":5,"x":"D","p":100,"s":100,"a":"C","z":"C","t":"2026-11-18T16:00:00Z"}]`)
	want := []struct {
		flags market.Flags
		at    market.Time
	}{{market.SetsVolume, now - 1e6}, {market.Regular, now - 2e6}}
	if len(n.b.Corrections) != len(want) {
		t.Fatalf("%d corrections, want %d", len(n.b.Corrections), len(want))
	}
	for i, c := range n.b.Corrections {
		if c.Old.Flags != want[i].flags || c.Traded != want[i].at {
			t.Errorf("%d: took back %s of %d, want %s of %d", i, vendortest.Sets(c.Old.Flags), c.Traded, vendortest.Sets(want[i].flags), want[i].at)
		}
	}
}
