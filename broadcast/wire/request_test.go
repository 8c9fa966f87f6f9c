package wire

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"tickertape/broadcast/history"
	"tickertape/feed/market"
)

func testLimits() *Limits {
	return &Limits{Symbols: 10_000, Series: 50, Wait: time.Minute, Bars: history.DefaultConfig().Bars}
}

func TestMessagesThatMakeNoSenseAreNamed(t *testing.T) {
	limits := testLimits()
	limits.Bars[5] = 0 // 1h
	for name, tc := range map[string]struct {
		message string
		code    Code
		names   string
	}{
		"not JSON":            {`{"type":`, BadJSON, ""},
		"twice a key":         {`{"type":"ping","type":"ping"}`, BadJSON, "type"},
		"two objects":         {`{"type":"ping"}{}`, BadJSON, ""},
		"a list":              {`[1]`, BadJSON, `it begins with "[1]"`},
		"null":                {` null`, BadJSON, "null"},
		"nothing":             {``, BadJSON, ""},
		"no type":             {`{"id":7}`, BadRequest, "type: missing"},
		"unknown type":        {`{"type":"buy","id":7}`, UnknownType, `type: "buy"`},
		"symbols a string":    {`{"type":"subscribe","id":7,"symbols":"AAPL"}`, BadRequest, `symbols: "AAPL" is not a list of strings`},
		"nothing asked for":   {`{"type":"subscribe","id":7}`, BadRequest, "symbols: missing"},
		"nothing left":        {`{"type":"unsubscribe","id":7}`, BadRequest, "symbols: missing"},
		"empty symbol":        {`{"type":"subscribe","symbols":[""]}`, BadRequest, `symbols: "" is no symbol`},
		"rate of zero":        {`{"type":"subscribe","symbols":["AAPL"],"rate":0}`, BadRate, "rate: 0 is not"},
		"rate a string":       {`{"type":"subscribe","symbols":["AAPL"],"rate":"4"}`, BadRequest, `rate: "4" is not a number`},
		"unknown field":       {`{"type":"subscribe","symbols":["AAPL"],"fields":["px"]}`, BadRequest, `fields: "px" is not one of s, p, z`},
		"id an object":        {`{"type":"ping","id":{}}`, BadRequest, "id: {}"},
		"unknown interval":    {`{"type":"subscribe","bars":["AAPL"],"interval":"2m"}`, BadRequest, `interval: "2m" is not one of 1s`},
		"interval not kept":   {`{"type":"subscribe","bars":["AAPL"],"interval":"1h"}`, BadRequest, "interval: bars of 1h are not kept here"},
		"interval of nothing": {`{"type":"subscribe","symbols":["AAPL"],"interval":"1m"}`, BadRequest, "bars: missing"},
		"limit of nothing":    {`{"type":"subscribe","symbols":["AAPL"],"limit":5}`, BadRequest, "bars: missing"},
		"limit of zero":       {`{"type":"subscribe","bars":["AAPL"],"limit":0}`, BadRequest, "limit: 0 is not between 1 and 100000"},
		"limit in parts":      {`{"type":"subscribe","bars":["AAPL"],"limit":1.5}`, BadRequest, "limit: 1.5 is not a whole number"},
		"unknown to leave":    {`{"type":"unsubscribe","bars":["AAPL"],"interval":"2m"}`, BadRequest, `interval: "2m"`},
	} {
		r, err := ParseMessage([]byte(tc.message), limits)
		var f *Fault
		if !errors.As(err, &f) || f.Code != tc.code || !strings.Contains(f.Message, tc.names) {
			t.Errorf("%s: %v, want %s naming %q", name, err, tc.code, tc.names)
		}
		if strings.Contains(tc.message, `"id":7`) && string(r.ID) != "7" {
			t.Errorf("%s: id %s, want 7", name, r.ID)
		}
	}
	if r, _ := ParseMessage([]byte(`{"type":"subscribe","symbols":{},"id":9}`), limits); string(r.ID) != "9" {
		t.Errorf("id behind what is wrong: %s, want 9", r.ID)
	}
}

func TestMessagesAreRead(t *testing.T) {
	limits := testLimits()
	minute, _ := history.ParseInterval("1m")
	for message, want := range map[string]Request{
		`{"type":"subscribe","id":1,"symbols":["AAPL"],"rate":4,"fields":["p","s"],"since":"e-1"}`: {
			Type: Subscribe, ID: ID("1"), Symbols: []string{"AAPL"}, Rate: 4, Fields: market.FieldPrice, Since: "e-1"},
		`{"type":"subscribe","fields":[]}`: {Type: Subscribe, Fields: market.AllFields},
		`{"type":"subscribe","id":"x","bars":["AAPL"],"limit":500,"trades":["MSFT"]}`: {
			Type: Subscribe, ID: ID(`"x"`), Bars: []Bars{{Names: []string{"AAPL"}, Interval: minute, Limit: 500}}, Trades: []string{"MSFT"}},
		`{"type":"unsubscribe","symbols":["*"]}`: {Type: Unsubscribe, Symbols: []string{"*"}},
		`{"type":"unsubscribe","bars":["AAPL"]}`: {Type: Unsubscribe, Bars: []Bars{{Names: []string{"AAPL"}, Interval: minute}}},
		`{"type":"unsubscribe","bars":["AAPL"],"interval":"1m"}`: {Type: Unsubscribe,
			Bars: []Bars{{Names: []string{"AAPL"}, Interval: minute}}, Of: "1m"},
		`{"type":"pause","id":null,"more":1}`: {Type: Pause},
	} {
		if got, err := ParseMessage([]byte(message), limits); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s is read as %v, %v, want %v", message, got, err, want)
		}
	}
}

func TestQueriesThatMakeNoSenseAreNamed(t *testing.T) {
	limits := testLimits()
	limits.Symbols, limits.Series = 2, 2
	for query, names := range map[string]string{
		"symbols=A,B,C":                  "symbols: 3 would be followed, more than the 2 allowed",
		"trades=A,A,A,A,A":               "trades: 5 would be followed", // so many are not split
		"symbols=A&rate=x":               `rate: "x" is not a number`,
		"symbols=A&rate=NaN":             "rate: NaN",
		"symbols=A&rate=0.001":           "rate: 0.001",
		"symbols=A&fields=p,q":           `fields: "q"`,
		"symbols=A&wait=1":               `wait: "1" is not a duration`,
		"symbols=A&wait=2m":              "wait: 2m0s is not between 0s and 1m0s",
		"symbols=A&wait=-1s":             "wait: -1s",
		"interval=1m":                    "bars: missing",
		"bars=A&interval=1m&interval=5m": `interval: "5m" has no bars`,
		"bars=A&limit=x":                 `limit: "x"`,
		"bars=A&limit=-1":                "limit: -1",
		"bars=A&bars=B&bars=C":           "bars: 3 would be followed, more than the 2 allowed",
		"bars=A&interval=3m":             `interval: "3m"`,
		"symbol=A":                       `"symbol" is no parameter; there are bars, fields, interval, limit, rate, since, symbols, trades, wait`,
		"symbols=A&rate=1&rate=2":        `rate: "1" and "2"; it may be there once`,
		"symbols=A&fields=p&fields=q":    `fields: "q"`,
	} {
		v, _ := url.ParseQuery(query)
		var f *Fault
		if _, err := ParseQuery(v, limits); !errors.As(err, &f) || !strings.Contains(f.Message, names) {
			t.Errorf("%s: %v, want one naming %q", query, err, names)
		}
	}
	if _, err := ParseValues("symbols=%zz"); err == nil || !strings.Contains(err.Error(), `query: "symbols=%zz"`) {
		t.Errorf("a query that is none: %v", err)
	}
}

func TestStreamsAnswerOneIntervalOfBarsAtATime(t *testing.T) {
	v, _ := url.ParseQuery("symbols=A&bars=A&bars=B&interval=1s&interval=1d&trades=C&since=e-1&fields=p")
	r, err := ParseQuery(v, testLimits())
	if err != nil {
		t.Fatal(err)
	}
	all := r.Split()
	if len(all) != 2 || len(all[0].Bars) != 1 || len(all[1].Bars) != 1 || all[1].Since != "e-1" || all[1].Symbols != nil ||
		all[1].Trades != nil || all[1].Fields != market.FieldPrice {
		t.Errorf("split into %v", all)
	}
	if nothing := (&Request{Type: Subscribe, Fields: market.AllFields}).Split(); nothing != nil {
		t.Errorf("a query of nothing becomes %v", nothing)
	}
}

func TestBarsQueriesThatMakeNoSenseAreNamed(t *testing.T) {
	for query, names := range map[string]string{
		"":                                 "symbol: missing",
		"symbol=A&symbols=B":               "symbol and symbols",
		"symbol=A&interval=x":              `interval: "x"`,
		"symbol=A&from=yesterday":          `from: "yesterday" is neither`,
		"symbol=A&to=day":                  `to: "day" is neither`,
		"symbol=A&to=1e6":                  `to: "1e6"`,
		"symbol=A&from=2000000&to=1000000": `from: "2000000" is after to, "1000000"`,
		"symbol=A&limit=-1":                "limit: -1",
		"symbol=A&symbol=B":                `symbol: "A" and "B"`,
		"symbol=A&since=e-1":               `"since" is no parameter`,
		"symbol=A&fields=t,z":              `fields: "z" is not one of t, o, h, l, c, v, n, vw, x`,
	} {
		v, _ := url.ParseQuery(query)
		var f *Fault
		if _, err := ParseBarsQuery(v, testLimits()); !errors.As(err, &f) || !strings.Contains(f.Message, names) {
			t.Errorf("%s: %v, want one naming %q", query, err, names)
		}
	}
}

func FuzzParseRequest(f *testing.F) {
	for _, s := range []string{`{"type":"subscribe","id":1,"symbols":["AAPL"],"rate":4,"fields":["p"]}`, `{"type":"ping","id":"x"}`, `{`, `[]`,
		`{"type":1}`, `{"id":{}}`, "\xff", `{"type":"ping"}{}`} {
		f.Add([]byte(s))
	}
	limits := testLimits()
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseMessage(b, limits)
		AppendJSON(nil, Error{Type: "error", ID: []byte(r.ID), Message: fmt.Sprint(err)}) // panics when the id is no JSON
		if err == nil && r.Type == "" {
			t.Errorf("%q: neither a type nor a fault", b)
		}
	})
}

func FuzzParseQuery(f *testing.F) {
	for _, s := range []string{"symbols=AAPL,MSFT&rate=4&fields=p,v&since=e-1&wait=25s", "symbols=%23tech", "symbols=*", "rate=NaN",
		"wait=1e9h", "fields=s", "%zz",
		"bars=A&bars=B&interval=1s&limit=5&trades=C", "symbol=A&from=day&to=5&limit=7&fields=t,c"} {
		f.Add(s)
	}
	limits := testLimits()
	f.Fuzz(func(t *testing.T, s string) {
		v, _ := url.ParseQuery(s)
		r, err := ParseQuery(v, limits)
		if err == nil && (r.Wait < 0 || r.Wait > limits.Wait || r.Rate != 0 && r.Rate < MinRate || len(r.Symbols) > limits.Symbols ||
			len(r.Bars) > limits.Series) {
			t.Errorf("%q: %+v is out of range", s, r)
		}
		if q, err := ParseBarsQuery(v, limits); err == nil && (q.Range.From > q.Range.To || q.Range.Limit < 0 || q.Range.Limit > MaxLimit) {
			t.Errorf("%q: %+v is out of range", s, q)
		}
	})
}
