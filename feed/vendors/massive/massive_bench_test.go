package massive

import (
	"fmt"
	"testing"

	"tickertape/feed/market"
)

// BenchmarkFrame decodes frames of ten trades and ten quotes, as a busy stream has them.
func BenchmarkFrame(b *testing.B) {
	const each = 10
	texts := make([][]byte, 1000)
	for i := range texts {
		text := []byte("[")
		for k := range each {
			n := i*each + k
			text = fmt.Appendf(text, `{"ev":"T","sym":"A","x":4,"i":"%d","z":3,"p":114.125,"s":100,"ds":"100.0","c":[14,41],"t":%d,"q":%d},`, n,
				1651684192000+n, n*3+1)
			text = fmt.Appendf(text,
				`{"ev":"Q","sym":"A","bx":4,"bp":114.125,"bs":100,"ax":7,"ap":114.128,"as":160,"c":0,"i":[604],"t":%d,"q":%d,"z":3},`,
				1651684192000+n, n*3+2)
		}
		texts[i] = append(text[:len(text)-1], ']')
	}
	var x *bench
	var batch market.Batch
	b.ReportAllocs()
	for i := range b.N {
		if i%len(texts) == 0 { // the numbers begin anew
			b.StopTimer()
			x = newBench(b, "A")
			b.StartTimer()
		}
		batch.Ticks = batch.Ticks[:0]
		if x.Frame(texts[i%len(texts)], market.Time(i), &batch); len(batch.Ticks) != 2*each {
			b.Fatal(batch.Ticks)
		}
	}
	b.ReportMetric(float64(2*each*b.N)/b.Elapsed().Seconds(), "messages/s")
}
