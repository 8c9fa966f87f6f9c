package broadcast

import (
	"fmt"
	"net/url"
	"testing"
)

func FuzzParseRequest(f *testing.F) {
	for _, s := range []string{`{"type":"subscribe","id":1,"symbols":["AAPL"],"rate":4,"fields":["p"]}`, `{"type":"ping","id":"x"}`, `{`, `[]`, `{"type":1}`, `{"id":{}}`, "\xff", `{"type":"ping"}{}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r := parseRequest(b)
		appendMessage(nil, errorMessage{Type: "error", ID: raw(r.ID), Message: fmt.Sprint(r.fault)}) // panics when the id is no JSON
		if r.fault == nil && r.Type == "" {
			t.Errorf("%q: neither a type nor a fault", b)
		}
	})
}

func FuzzParseQuery(f *testing.F) {
	for _, s := range []string{"symbols=AAPL,MSFT&rate=4&fields=p,v&since=e-1&wait=25s", "symbols=%23tech", "symbols=*", "rate=NaN", "wait=1e9h", "fields=s", "%zz"} {
		f.Add(s)
	}
	cfg := DefaultConfig()
	f.Fuzz(func(t *testing.T, s string) {
		v, _ := url.ParseQuery(s)
		q, err := parseQuery(v, cfg)
		if err == nil && (q.wait < 0 || q.wait > cfg.MaxWait || q.rate != 0 && q.rate < minRate || len(q.symbols) > cfg.MaxSymbols) {
			t.Errorf("%q: %+v is out of range", s, q)
		}
	})
}

func FuzzParsePosition(f *testing.F) {
	for _, s := range []string{"abc-1", "abc-0", "-1", "abc-", "a-b-1", "abc-01", "abc-18446744073709551616", "abc--1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePosition(s)
		if err == nil && p.String() != s {
			t.Errorf("%q is read as %q", s, p)
		}
	})
}
