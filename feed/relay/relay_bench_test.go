package relay

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed/market"
)

// BenchmarkUpdate takes in a message with the news of ten symbols.
func BenchmarkUpdate(b *testing.B) {
	env := newEnv(prometheus.NewRegistry())
	d := newDecoder(&env, "e1", newUpstream(), 1, func(string) {})
	var batch market.Batch
	take := func(text string) {
		batch.Status, batch.Images = nil, batch.Images[:0]
		if err := d.Frame([]byte(text), 1, &batch); err != nil {
			b.Fatal(err)
		}
	}
	take(hello)
	take(`{"type":"snapshot","seq":1,"quotes":[]}`)
	update := `{"type":"update","seq":6,"time":1,"quotes":[`
	for i := range 10 {
		if i > 0 {
			update += ","
		}
		update += `{"s":"S` +
			string(rune('0'+i)) + `","p":189.31,"z":100,"b":189.3,"bz":200,"v":1200300,"n":7,"vw":189.1234,"t":1700000000000000}`
	}
	update += "]}"
	b.ReportAllocs()
	for b.Loop() {
		take(update)
	}
	if len(batch.Images) != 10 {
		b.Fatalf("%d images", len(batch.Images))
	}
}
