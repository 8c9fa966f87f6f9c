package finnhub

import (
	"testing"

	"tickertape/feed/vendors/vendortest"
)

// BenchmarkFrame decodes the recording's message of nine trades; the figure a trade is what counts.
func BenchmarkFrame(b *testing.B) {
	n := newBench(b, "TSLA", "AAPL")
	text := vendortest.RecordedLines(b, "finnhub/ws-messages.ndjson")[0]
	const trades = 9
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		n.b.Ticks = n.b.Ticks[:0]
		if n.Frame(text, now, &n.b) != nil || len(n.b.Ticks) != trades {
			b.Fatal("the recording has other trades")
		}
	}
	b.ReportMetric(float64(trades*b.N)/b.Elapsed().Seconds(), "trades/s")
}

// BenchmarkOneTrade decodes a message of one trade, as quiet stocks have.
func BenchmarkOneTrade(b *testing.B) {
	n := newBench(b, "AAPL")
	text := []byte(`{"data":[{"c":["1"],"p":129.58,"s":"AAPL","t":1672348887666,"v":100}],"type":"trade"}`)
	b.ReportAllocs()
	for b.Loop() {
		n.b.Ticks = n.b.Ticks[:0]
		if n.Frame(text, now, &n.b) != nil || len(n.b.Ticks) != 1 {
			b.Fatal("the message has other trades")
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "trades/s")
}
