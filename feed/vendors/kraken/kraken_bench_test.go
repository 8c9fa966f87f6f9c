package kraken

import (
	"testing"

	"tickertape/feed"
	"tickertape/feed/market"
)

// BenchmarkFrame decodes trades and best bids and asks, one a message.
func BenchmarkFrame(b *testing.B) {
	var trades [][]byte
	for i := range 10_000 {
		trades = append(trades, []byte(tradeText("update", "ETH/USD", i+1, "2683.81")))
	}
	ticker := [][]byte{[]byte(tickerText("ETH/USD", "2683.8", "740.0", "2683.81", "741",
		lastDayText+`,"timestamp":"2026-11-23T11:59:59.742648Z"`))}
	for name, texts := range map[string][][]byte{"trades": trades, "tickers": ticker} {
		b.Run(name, func(b *testing.B) {
			x := newBench(b, "ETH/USD")
			var batch market.Batch
			b.ReportAllocs()
			for i := range b.N {
				if i%len(texts) == 0 {
					x.all[0].Trades = feed.Sequence{} // the numbers begin anew
				}
				batch.Ticks, batch.Images = batch.Ticks[:0], batch.Images[:0]
				x.Frame(texts[i%len(texts)], market.Time(i), &batch)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}
