package coinbase

import (
	"fmt"
	"reflect"
	"testing"

	"tickertape/feed/market"
	"tickertape/feed/vendors/vendortest"
)

// seeds are messages of both feeds, good and bad.
var seeds = []string{
	`{"type":"match","trade_id":11,"side":"sell","size":"0.25","price":"100.20","product_id":"BTC-USD","sequence":12,"time":"2026-11-23T14:00:01.000001Z"}`,
	`{"type":"last_match","trade_id":10,"size":"0.25","price":"100.20","product_id":"ETH-USD","sequence":12,"time":"2026-11-23T14:00:01Z"}`,
	`{"type":"ticker","sequence":1,"product_id":"ETH-USD","price":"1285.22","open_24h":"1310.79","volume_24h":"245532.79269678","low_24h":"1280.52","high_24h":"1313.8","best_bid":"1285.04","best_bid_size":"0.46688654","best_ask":"1285.27","best_ask_size":"1.56637040","time":"2022-10-19T23:28:22.061769Z","trade_id":370843401}`,
	`{"type":"heartbeat","sequence":90,"last_trade_id":20,"product_id":"BTC-USD","time":"2026-11-23T14:00:01Z"}`,
	`{"type":"subscriptions","channels":[{"name":"ticker","product_ids":["BTC-USD","ETH-USD"]},{"name":"status","product_ids":[""]}]}`,
	`{"type":"status","products":[{"id":"BTC-USD","status":"online","quote_increment":"0.01","post_only":false}],"currencies":[]}`,
	`{"type":"error","message":"Failed to subscribe","reason":"FOO-USD is not a valid product"}`,
	`{"channel":"market_trades","client_id":"","timestamp":"2026-11-23T14:00:01.158696693Z","sequence_num":2,"events":[{"type":"update","trades":[{"product_id":"BTC-USD","trade_id":"22381691","price":"2375.56","size":"0.5","time":"2026-11-23T14:00:01.088388Z","side":"BUY"},{"product_id":"BTC-USD","trade_id":"22381690","price":"2375.56","size":"0.5","time":"2026-11-23T14:00:01.084859Z","side":"BUY"}]}]}`,
	`{"channel":"market_trades","timestamp":"2026-11-23T14:00:01Z","sequence_num":3,"events":[{"type":"snapshot","trades":[{"product_id":"ETH-USD","trade_id":"1","price":"5","size":"1e-3","time":"2026-11-23T14:00:01Z"}]}]}`,
	`{"channel":"ticker","timestamp":"2026-11-23T14:00:01Z","sequence_num":0,"events":[{"type":"snapshot","tickers":[{"type":"ticker","product_id":"BTC-USD","price":"21932.98","volume_24_h":"16038.28","low_24_h":"21835.29","high_24_h":"23011.18","price_percent_chg_24_h":"-4.15775596190603","best_bid":"21931.98","best_bid_quantity":"8000.21","best_ask":"21933.98","best_ask_quantity":"8038.07"}]}]}`,
	`{"channel":"heartbeats","timestamp":"2026-11-23T14:00:01Z","sequence_num":1,"events":[{"current_time":"2024-10-04 07:04:40.82 +0000 UTC m=+66987.6","heartbeat_counter":66987}]}`,
	`{"channel":"subscriptions","timestamp":"2026-11-23T14:00:01Z","sequence_num":0,"events":[{"subscriptions":{"heartbeats":["heartbeats"]}}]}`,
	`{"channel":"status","timestamp":"2026-11-23T14:00:01Z","sequence_num":4,"events":[{"type":"snapshot","products":[{"id":"ETH-USD","quote_increment":"0.0001","status":"delisted"}]}]}`,
	bookText, changeText(1, `["buy","100.5","2"],["sell","101","0"]`), changeText(1, `["buy","101","1"]`),
	`{"type":"ticker","product_id":"BTC-USD","price":"0","best_bid":"41.5","best_bid_size":"1.5","best_ask":"42.5","best_ask_size":"2.5"}`,
	`{"type":5}`, `[]`, `{`,
	`{"channel":"market_trades","timestamp":"2026-11-23T14:00:01Z","sequence_num":18446744073709551615,"events":[null,[],{"trades":[[],{}]}]}`,
}

// FuzzFrame reads two messages on one connection, since the second may lean on the first.
func FuzzFrame(f *testing.F) {
	for i, s := range seeds {
		f.Add([]byte(s), []byte(seeds[(i+1)%len(seeds)]))
		f.Add([]byte(s), []byte(s))
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		var said [2]string
		for i := range said { // the same both times
			x := newBench(t, "BTC-USD", "ETH-USD")
			x.books = true
			for _, text := range [][]byte{first, second} {
				var b market.Batch
				if err := x.Frame(text, 1795442401500000, &b); err != nil {
					t.Fatalf("error %v", err)
				}
				sane(t, x, &b, string(first)+string(text)) // a quote can be of the book before
				said[i] += x.show(&b) + "\n"
			}
			said[i] += fmt.Sprint(x.Faults(t))
		}
		if said[0] != said[1] {
			t.Errorf("first\n%s\nthen\n%s", said[0], said[1])
		}
	})
}

// sane looks whether a batch says only what its message does.
func sane(t *testing.T, x *bench, b *market.Batch, text string) {
	t.Helper()
	vendortest.CheckBatch(t, x.dir, b, vendortest.Written(t, text))
	for _, k := range b.Ticks {
		if k.Received != 1795442401500000 {
			t.Errorf("tick %+v", k)
		}
		switch k.Kind {
		case market.KindTrade, market.KindQuote, market.KindState, market.KindAlive:
		default:
			t.Errorf("tick %+v", k)
		}
	}
}

// FuzzResponse reads an answer over REST after some trades of the stream.
func FuzzResponse(f *testing.F) {
	f.Add(candlesPath,
		[]byte(
			`{"candles":[{"start":"1795395600","low":"95","high":"120","open":"99","close":"100","volume":"1.5"},{"start":"1795388400","low":"1","high":"1000","open":"50","close":"97.5","volume":"9"}]}`))
	f.Add(candlesPath, []byte(`[[1795395600,95.5,120,99,100,152.65939193999998],[1795388400,1,1000,50,97.5,9e3]]`))
	f.Add(tickerPath,
		[]byte(
			`{"trades":[{"trade_id":"13","product_id":"BTC-USD","price":"101","size":"1","time":"2026-11-23T02:00:00Z"},{"trade_id":"12","price":"100","size":"2","time":"2026-11-23T01:00:00Z"}]}`))
	f.Add("/products/BTC-USD/trades?limit=1", []byte(`[{"time":"2026-11-23T01:59:00Z","trade_id":11,"price":"100","size":"2","side":"buy"}]`))
	f.Add("/products//candles", []byte(`[[]]`))
	f.Fuzz(func(t *testing.T, path string, body []byte) {
		var said [2]market.Batch
		for i := range said {
			x := newBench(t, "BTC-USD", "ETH-USD")
			for _, id := range []int{10, 14} {
				x.frame(t,
					fmt.Sprintf(`{"type":"match","trade_id":%d,"size":"0.25","price":"100.20","product_id":"BTC-USD","time":"2026-11-23T01:00:%02dZ"}`, id,
						id), 0)
			}
			if err := x.Response(path, body, noon, &said[i]); err != nil {
				t.Fatalf("error %v", err)
			}
			for _, k := range said[i].Ticks {
				if k.Kind != market.KindTrade || int(k.Symbol) >= x.dir.Len() {
					t.Errorf("tick %+v", k)
				}
			}
			for _, q := range said[i].Images {
				y := market.NewTally(q.Symbol, 0, market.NewLedgers(100_000))
				if r := y.Image(&q); r != market.Accepted {
					t.Errorf("image %+v is refused: %v", q, r)
				}
			}
		}
		if !reflect.DeepEqual(said[0], said[1]) {
			t.Errorf("first %+v, then %+v", said[0], said[1])
		}
	})
}
