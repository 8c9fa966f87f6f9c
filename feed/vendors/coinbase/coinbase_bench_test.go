package coinbase

import (
	"fmt"
	"strings"
	"testing"

	"tickertape/feed/market"
)

// BenchmarkDecode reads what comes most: a trade and its ticker, of either feed.
func BenchmarkDecode(b *testing.B) {
	const ticker = `"price":"86123.45","volume_24%[1]sh":"16038.28770938","low_24%[1]sh":"85000.29","high_24%[1]sh":"87011.18","best_bid":"86123.44","best_bid_%[2]s":"0.46688654","best_ask":"86123.45","best_ask_%[2]s":"1.56637040"`
	for name, message := range map[string]func(i int) string{
		"exchange/match": func(i int) string {
			return fmt.Sprintf(
				`{"type":"match","trade_id":%d,"maker_order_id":"27fff20b-af29-4f45-8744-56dd1ef57dc0","taker_order_id":"1da6ce16-c8da-4732-9f71-6049f4c6aaf8","side":"sell","size":"0.04","price":"86123.45","product_id":"BTC-USD","sequence":%d,"time":"2026-11-23T14:00:01.088388Z"}`, i+1, i*7)
		},
		"exchange/ticker": func(i int) string {
			return fmt.Sprintf(`{"type":"ticker","sequence":%d,"product_id":"BTC-USD","open_24h":"86000.79",`+
				fmt.Sprintf(ticker, "",
					"size")+`,"volume_30d":"9788783.60","side":"buy","time":"2026-11-23T14:00:01.088388Z","trade_id":%d,"last_size":"0.04"}`, i*7, i+1)
		},
		"advanced/trade": func(i int) string {
			return fmt.Sprintf(
				`{"channel":"market_trades","client_id":"","timestamp":"2026-11-23T14:00:01.158696693Z","sequence_num":%d,"events":[{"type":"update","trades":[{"product_id":"BTC-USD","trade_id":"%d","price":"86123.45","size":"0.04","time":"2026-11-23T14:00:01.088388Z","side":"BUY"}]}]}`, i, i+1)
		},
		"advanced/ticker": func(i int) string {
			return fmt.Sprintf(
				`{"channel":"ticker","client_id":"","timestamp":"2026-11-23T14:00:01.167359596Z","sequence_num":%d,"events":[{"type":"update","tickers":[{"type":"ticker","product_id":"BTC-USD",`+fmt.Sprintf(ticker, "_", "quantity")+`,"low_52_w":"15460","high_52_w":"126000","price_percent_chg_24_h":"-0.15775596190603"}]}]}`, i)
		},
	} {
		b.Run(name, func(b *testing.B) {
			texts := make([][]byte, 100_000)
			for i := range texts {
				texts[i] = []byte(message(i))
			}
			x := newBench(b, "BTC-USD")
			x.live = true
			x.all[0].Known = true
			var batch market.Batch
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				if i%len(texts) == 0 { // the numbers begin anew
					b.StopTimer()
					x = newBench(b, "BTC-USD")
					x.live = true
					x.all[0].Known = true
					b.StartTimer()
				}
				batch.Ticks, batch.Images = batch.Ticks[:0], batch.Images[:0]
				if x.Frame(texts[i%len(texts)], 1795442401500000, &batch); len(batch.Ticks) != 1 {
					b.Fatalf("%s: %+v", texts[i%len(texts)], batch)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}

// TestDecodingAllocatesNothing holds for all that comes often.
func TestDecodingAllocatesNothing(t *testing.T) {
	x := newBench(t, "BTC-USD")
	x.live = true
	x.all[0].Known = true
	batch := market.Batch{Ticks: make([]market.Tick, 0, 16)}
	var texts [][]byte
	for i := range 300 {
		for _, form := range []string{
			`{"channel":"market_trades","client_id":"","timestamp":"2026-11-23T14:00:01.158696693Z","sequence_num":%d,"events":[{"type":"update","trades":[{"product_id":"BTC-USD","trade_id":"%d","price":"86123.45","size":"0.04","time":"2026-11-23T14:00:01.088388Z","side":"BUY"}]}]}`,
			`{"channel":"ticker","client_id":"","timestamp":"2026-11-23T14:00:01.167359596Z","sequence_num":%d,"events":[{"type":"update","tickers":[{"type":"ticker","product_id":"BTC-USD","price":"86123.45","best_bid":"86123.44","best_bid_quantity":"%d","best_ask":"86123.45","best_ask_quantity":"1"}]}]}`,
			`{"channel":"heartbeats","client_id":"","timestamp":"2026-11-23T14:00:01.9Z","sequence_num":%d,"events":[{"current_time":"x","heartbeat_counter":"%d"}]}`,
		} {
			texts = append(texts, fmt.Appendf(nil, form, len(texts), i+1))
		}
	}
	next := func() {
		for range 3 { // one of each kind: what is counted is an average, rounded down
			batch.Ticks = batch.Ticks[:0]
			x.Frame(texts[0], 1, &batch)
			texts = texts[1:]
		}
	}
	next()
	if got := testing.AllocsPerRun(200, next); got != 0 {
		t.Errorf("%v allocations for three messages", got)
	}
	if got := x.Faults(t); len(got) != 0 {
		t.Errorf("faults: %v", got)
	}
}

// wholeBook is a decoder with a book of 50 prices a side, and messages that change it as those of BTC-USD do: three prices, and
// mostly not the best.
func wholeBook(t testing.TB) (x *bench, texts [][]byte) {
	x = newBench(t, "BTC-USD")
	x.books = true
	var bids, asks []string
	for i := range 50 {
		bids = append(bids, fmt.Sprintf(`["861%02d.44","0.46688654"]`, 99-i))
		asks = append(asks, fmt.Sprintf(`["862%02d.45","1.56637040"]`, i))
	}
	x.frame(t, `{"type":"snapshot","product_id":"BTC-USD","bids":[`+strings.Join(bids, ",")+`],"asks":[`+strings.Join(asks, ",")+`]}`,
		1795442401000000)
	for i := range 1000 {
		texts = append(texts, fmt.Appendf(nil, `{"type":"l2update","product_id":"BTC-USD","changes":[["buy","861%02d.44","0.%d"],`+
			`["sell","862%02d.45","0.%d"],["sell","862%02d.45","0"]],"time":"2026-11-23T14:00:%02d.088388Z"}`,
			99-i%7, i+1, i%50, i+1, (i+25)%50, i/20))
	}
	return x, texts
}

// BenchmarkBook reads changes of a book.
func BenchmarkBook(b *testing.B) {
	x, texts := wholeBook(b)
	var batch market.Batch
	quotes := 0
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		batch.Ticks = batch.Ticks[:0]
		x.Frame(texts[i%len(texts)], 1795442401500000, &batch)
		quotes += len(batch.Ticks)
	}
	if !x.all[0].book.whole {
		b.Fatal("it is given up")
	}
	b.ReportMetric(float64(quotes)/float64(b.N), "quotes/message")
}

func TestABookAllocatesNothing(t *testing.T) {
	x, texts := wholeBook(t)
	batch := market.Batch{Ticks: make([]market.Tick, 0, 16)}
	i := 0
	if got := testing.AllocsPerRun(500, func() {
		batch.Ticks = batch.Ticks[:0]
		x.Frame(texts[i%len(texts)], 1795442401500000, &batch)
		i++
	}); got != 0 || !x.all[0].book.whole {
		t.Errorf("%v allocations for a message, whole %t", got, x.all[0].book.whole)
	}
}
