package alpaca

import "testing"

// BenchmarkTrade decodes a frame of one trade.
func BenchmarkTrade(b *testing.B) {
	one(b, `[{"T":"t","S":"AAPL","i":52983525027890,"x":"V","p":189.25,"s":100,"c":["@","F"],"z":"C",`+inside+`}]`)
}

// BenchmarkQuote decodes a frame of one quote.
func BenchmarkQuote(b *testing.B) {
	one(b, `[{"T":"q","S":"AAPL","bx":"V","bp":189.2,"bs":100,"ax":"V","ap":189.3,"as":200,"c":["R"],"z":"C",`+inside+`}]`)
}

func one(b *testing.B, text string) {
	n := newBench(b, "AAPL")
	frame := []byte(text)
	b.ReportAllocs()
	for b.Loop() {
		n.b.Ticks = n.b.Ticks[:0]
		if n.Frame(frame, now, &n.b) != nil || len(n.b.Ticks) != 1 {
			b.Fatal("the frame says something else")
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
