package massive

import (
	"testing"
	"time"

	"tickertape/feed/market"
)

// FuzzFrame wants no crash, and nothing of stocks that there are not, whatever comes.
func FuzzFrame(f *testing.F) {
	for _, text := range []string{
		`[{"ev":"status","status":"connected","message":"Connected Successfully"}]`,
		`[{"ev":"T","sym":"A","x":4,"i":"12345","z":3,"p":114.125,"s":100,"ds":"100.0","c":[0,12],"t":1536036818784,"q":3681328}]`,
		`[{"ev":"Q","sym":"A","bx":4,"bp":114.125,"bs":100,"ax":7,"ap":114.128,"as":160,"c":0,"i":[604],"t":1536036818784,"q":50385480,"z":3}]`,
		`[{"ev":"LULD","T":"A","h":218.96,"l":198.11,"i":[17,18],"z":3,"t":1601316752683746,"q":290317}]`, `[1,null,{}]`, `{"ev":"T"}`,
	} {
		f.Add([]byte(text))
	}
	x := newBench(f, "A", "B")
	f.Fuzz(func(t *testing.T, text []byte) {
		var b market.Batch
		x.Frame(text, 1, &b)
		for _, k := range b.Ticks {
			if int(k.Symbol) > 1 || k.Time < 0 || k.Kind == market.KindTrade && k.Flags&market.SetsLast != 0 && k.Flags&market.SetsExtended != 0 {
				t.Errorf("%s says %+v", text, k)
			}
		}
	})
}

// FuzzResponse is the same for REST.
func FuzzResponse(f *testing.F) {
	for _, body := range []string{
		`{"results":[{"id":2,"update_rules":{"consolidated":{"updates_high_low":false,"updates_open_close":false,"updates_volume":true}}}]}`,
		`{"tickers":[{"ticker":"A","updated":1651251948294080343,"day":{"o":1,"h":2,"l":1,"c":2,"v":3,"vw":1.5},"prevDay":{"c":1},"lastTrade":{"c":[14],"p":1,"t":1651251948294080343}}]}`,
		`{"ticker":{"ticker":"B","day":null}}`,
		`{"status":"OK","results":[{"T":"A","v":95595226.0,"vw":158.6,"o":162.25,"c":156.8,"h":162.3,"l":156.7,"t":1651003200000}]}`,
		`{"status":"ERROR"}`,
		`{"results":[{"ticker":"A","execution_date":"1970-01-02","split_from":1,"split_to":10},{"ticker":"B","ex_dividend_date":"1970-01-02","cash_amount":1.5,"distribution_type":"special"}],"next_url":"https://a/b?cursor=1"}`,
	} {
		f.Add([]byte(body))
	}
	x := newBench(f, "A", "B")
	f.Fuzz(func(t *testing.T, body []byte) {
		var b market.Batch
		x.Response(pathConditions, body, 1, &b)
		x.Response(pathSnapshots, body, 1, &b)
		x.Response(previousPath("A"), body, 1, &b)
		x.Response(rangePath("B", time.Unix(0, 0)), body, 1, &b)
		x.Response(pathSplits+"?limit=1", body, 1, &b)
		x.Response(pathDividends+"?limit=1", body, 1, &b)
		if b.Actions != nil {
			for _, a := range b.Actions.All {
				if by, err := market.ParseAdjustment(a.String()); err != nil || by != a.Adjustment || a.Adjustment == (market.Adjustment{}) {
					t.Errorf("%s says %+v", body, a)
				}
			}
		}
		for _, q := range b.Images {
			if int(q.Symbol) > 1 || q.Set&market.FieldHigh != 0 && q.High <= 0 || q.Set&market.FieldPrice != 0 && q.Price <= 0 {
				t.Errorf("%s says %+v", body, q)
			}
		}
	})
}
