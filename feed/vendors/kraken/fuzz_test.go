package kraken

import (
	"testing"

	"tickertape/feed/market"
)

// FuzzFrame wants no crash, and nothing of pairs that there are not, whatever comes.
func FuzzFrame(f *testing.F) {
	for _, text := range []string{
		tradeText("update", "BTC/USD", 7, "0.5117"), tradeText("snapshot", "ETH/USD", 7, "1e-05"),
		tickerText("BTC/USD", "0.10025", "740.0", "0.10035", "741", lastDayText+`,"timestamp":"2026-11-23T11:59:59.742648Z"`),
		tickerText("BTC/USD", "null", "null", "0", "0", `,"last":1,"change":-9e9,"high":2,"low":1,"vwap":1.00000000005,"volume":1`),
		`{"channel":"instrument","type":"snapshot","data":{"assets":[],"pairs":[{"symbol":"BTC/USD","status":"online","price_precision":1}]}}`,
		`{"channel":"status","type":"update","data":[{"connection_id":15564437896659189083,"system":"maintenance"}]}`, `{"channel":"heartbeat"}`,
		`{"method":"subscribe","req_id":1,"success":true,"result":{"channel":"trade","symbol":"BTC/USD"},"time_out":"2026-11-23T11:59:59Z"}`,
		`{"method":"subscribe","success":false,"error":"Currency pair not supported: ETH/USD"}`, `{"error":"x"}`, `{"method":"pong"}`,
		`{"Error":"Exceeded msg rate"}`, `{"method":"subscribe","success":false,"error":"EService:Unavailable","symbol":"ETH/USD"}`,
		`[993,[["354.11000000","0.89594024","1618678142.557535","s","l",""]],"trade","XMR/USD"]`, `{"event":"heartbeat"}`,
	} {
		f.Add([]byte(text))
	}
	x := newBench(f, "BTC/USD", "ETH/USD")
	f.Fuzz(func(t *testing.T, text []byte) {
		var b market.Batch
		if err := x.Frame(text, 1, &b); err != nil {
			t.Errorf("%q ends the connection: %v", text, err)
		}
		x.check(t, &b)
	})
}

// FuzzResponse is the same for REST.
func FuzzResponse(f *testing.F) {
	for _, body := range []string{hoursText(`[1700000000,"1","2","0.5","1.5","1.2","10",3]`), hoursText(`[1,2,3]`), hoursText(),
		`{"error":["EGeneral:Too many requests"]}`, `{"error":["WDatabase:late"],"result":{"X":[]}}`,
		`{"error":["EGeneral:Temporary lockout"]}`, `{"result":[]}`} {
		f.Add([]byte(body))
	}
	x := newBench(f, "BTC/USD", "ETH/USD")
	f.Fuzz(func(t *testing.T, body []byte) {
		var b market.Batch
		if err := x.Response(pathHours+"?pair=XBTUSD", body, 1_700_000_000_000_000, &b); err != nil {
			t.Errorf("%q is an error: %v", body, err)
		}
		x.check(t, &b)
	})
}

// check looks at what can be looked at without the text.
func (x *bench) check(t *testing.T, b *market.Batch) {
	for _, k := range b.Ticks {
		if int(k.Symbol) >= x.dir.Len() {
			t.Errorf("a tick of symbol %d", k.Symbol)
		}
		if k.Time < 0 || k.Kind == market.KindTrade && k.Time == 0 {
			t.Errorf("a tick at %d", k.Time)
		}
		if k.Kind == market.KindQuote && (k.Flags&market.HasBid != 0) != (k.Bid != 0) {
			t.Errorf("a bid of %v with flags %d", k.Bid, k.Flags)
		}
	}
	for _, q := range b.Images {
		if int(q.Symbol) >= x.dir.Len() {
			t.Errorf("an image of symbol %d", q.Symbol)
		}
		for _, v := range []struct {
			field market.Fields
			price market.Price
		}{{market.FieldPrice, q.Price}, {market.FieldOpen, q.Open}, {market.FieldHigh, q.High}, {market.FieldLow, q.Low},
			{market.FieldPreviousClose, q.PreviousClose}, {market.FieldVWAP, q.VWAP}} {
			if q.Set&v.field != 0 && v.price <= 0 {
				t.Errorf("image %+v", q)
			}
		}
	}
	if b.Lost < 0 {
		t.Errorf("%d lost", b.Lost)
	}
}
