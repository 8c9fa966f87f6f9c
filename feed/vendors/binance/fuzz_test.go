package binance

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"tickertape/feed/market"
	"tickertape/feed/vendors/vendortest"
)

// FuzzFrame reads two messages on one connection, since the second may lean on the first: no crash, no price that
// is not in them, and the same each time.
func FuzzFrame(f *testing.F) {
	seeds := []string{documented, strings.Replace(documented, "12345", "12348", 1), `{"stream":"bnbbtc@trade","data":` + documented + `}`,
		`[` + documented + `]`,
		`{"u":400900217,"s":"BNBUSDT","b":"25.35190000","B":"31.21000000","a":"25.36520000","A":"40.66000000"}`,
		`{"e":"24hrMiniTicker","E":1,"s":"BNBBTC","c":"0.0025","o":"0.0010","h":"0.0025","l":"0.0010","v":"10000","q":"18"}`,
		`{"result":null,"id":1}`, `{"error":{"code":2,"msg":"x"},"id":"3"}`, `{"e":"serverShutdown"}`, `{"data":{"data":[{}]}}`,
		`{"lastUpdateId":1,"bids":[["1","2"]]}`}
	for i, s := range seeds {
		f.Add([]byte(s), []byte(seeds[(i+1)%len(seeds)]))
		f.Add([]byte(s), []byte(s))
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		var said [2]string
		for i := range said {
			x := newBench(t, "BNBBTC", "BNBUSDT")
			for _, text := range [][]byte{first, second} {
				var b market.Batch
				err := x.Frame(text, 1, &b)
				x.check(t, &b, string(text))
				said[i] += fmt.Sprintf("%+v %v\n", b, err)
			}
			said[i] += fmt.Sprint(x.Faults(t))
		}
		if said[0] != said[1] {
			t.Errorf("first\n%s\nthen\n%s", said[0], said[1])
		}
	})
}

// FuzzResponse is the same for REST, after trades of which some are missing.
func FuzzResponse(f *testing.F) {
	for _, body := range []string{`[[1700000000000,"1","2","0.5","1.5","10",1700003599999,"12",3,"1","1","0"]]`,
		`[{"id":12346,"price":"1","qty":"1","time":1672515782136},{"id":12349,"price":"2","qty":"0.5","time":1672515782137}]`,
		`{"symbols":[{"symbol":"BNBBTC","status":"HALT","quoteAsset":"BTC","filters":[{"filterType":"PRICE_FILTER","tickSize":"0.01"}]}]}`,
		`{"code":-1121,"msg":"Invalid symbol."}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, path := range []string{pathHours + "?symbol=BNBBTC", pathTrades + "?symbol=BNBBTC", pathProducts} {
			var said [2]market.Batch
			for i := range said {
				x := newBench(t, "BNBBTC", "BNBUSDT")
				x.frame(t, documented)
				x.frame(t, strings.Replace(documented, "12345", "12348", 1))
				if err := x.Response(path, body, 1_700_000_000_000_000, &said[i]); err != nil {
					t.Errorf("GET %s: %v", path, err)
				}
				x.check(t, &said[i], string(body))
			}
			if !reflect.DeepEqual(said[0], said[1]) {
				t.Errorf("GET %s: first %+v, then %+v", path, said[0], said[1])
			}
		}
	})
}

// check looks whether a batch says only what its text does.
func (x *bench) check(t *testing.T, b *market.Batch, text string) {
	t.Helper()
	written := vendortest.Written(t, text)
	vendortest.CheckBatch(t, x.dir, b, written)
	for _, k := range b.Ticks {
		if k.Kind != market.KindTrade && k.Kind != market.KindQuote && k.Kind != market.KindState {
			t.Errorf("tick %+v", k)
		}
	}
	for _, q := range b.Images {
		for _, p := range []struct {
			field market.Fields
			key   string
			price market.Price
		}{{market.FieldOpen, "open", q.Open}, {market.FieldHigh, "high", q.High},
			{market.FieldLow, "low", q.Low}, {market.FieldPreviousClose, "previous close", q.PreviousClose}} {
			if q.Set&p.field != 0 {
				written(p.key, p.price)
			}
		}
	}
}
