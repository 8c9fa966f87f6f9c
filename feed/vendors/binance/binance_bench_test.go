package binance

import (
	"bytes"
	"testing"

	"tickertape/feed/market"
	"tickertape/feed/vendors/vendortest"
)

// BenchmarkFrame decodes what was recorded of BTCUSDT: the trades alone, and everything.
func BenchmarkFrame(b *testing.B) {
	var trades, all [][]byte
	for _, line := range vendortest.RecordedLines(b, "binance-spot-2024/btcusdt_20240808.gz") {
		_, text, _ := bytes.Cut(line, []byte(" "))
		all = append(all, text)
		if bytes.Contains(text, []byte("@trade")) {
			trades = append(trades, text)
		}
	}
	for name, texts := range map[string][][]byte{"trades": trades, "all": all} {
		b.Run(name, func(b *testing.B) {
			var x *bench
			var batch market.Batch
			b.ReportAllocs()
			for i := range b.N {
				if i%len(texts) == 0 { // the numbers begin anew
					b.StopTimer()
					x = newBench(b, "BTCUSDT")
					b.StartTimer()
				}
				batch.Ticks = batch.Ticks[:0]
				x.Frame(texts[i%len(texts)], market.Time(i), &batch)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}
