package relay

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed/market"
)

// FuzzFrame feeds a decoder with anything, behind a good beginning: it does not fall over, and tells only whole prices of symbols
// that there are, and what can be told on.
func FuzzFrame(f *testing.F) {
	for _, step := range conversation {
		f.Add([]byte(step.message))
	}
	f.Add([]byte(`{"type":"error","code":"bad_json","message":"x"}`))
	f.Add([]byte(`{"type":"status","source":"relay","status":"live","message":"via e9,e1: sim live"}`))
	f.Add([]byte(`{"type":"status","source":"relay","status":"live","message":"via e9: replay live","replayed":true,"delayed_ms":900000,"quiet":true,"sources":[{"source":"replay","status":"live","since":5,"message":"x","replayed":true}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		for begun := range 3 {
			env := newEnv(prometheus.NewRegistry())
			d := newDecoder(&env, "e1", newUpstream(), 1, func(string) {})
			var b market.Batch
			for _, step := range conversation[:2*begun] {
				if err := d.Frame([]byte(step.message), 1, &b); err != nil {
					t.Fatal(err)
				}
			}
			err := d.Frame(text, 1, &b)
			if err != nil && len(err.Error()) > 3000 {
				t.Errorf("%d bytes of error", len(err.Error()))
			}
			if b.Status != nil && len(b.Status.Message) > mostMessage+len("…") {
				t.Errorf("%d bytes of message", len(b.Status.Message))
			}
			if b.Status != nil {
				bounded(t, b.Status)
			}
			if b.Heartbeat < 0 || b.Heartbeat > mostHeartbeat*time.Millisecond {
				t.Errorf("a heartbeat of %v", b.Heartbeat)
			}
			for i := range b.Images {
				q := &b.Images[i]
				if int(q.Symbol) >= env.Dir.Len() {
					t.Fatalf("symbol %d of %d", q.Symbol, env.Dir.Len())
				}
				if q.Set&market.FieldSource != 0 && market.CheckSymbol(q.Source) != nil {
					t.Errorf("source %q", q.Source)
				}
				y := market.NewTally(q.Symbol, 0, market.NewLedgers(100_000))
				if r := y.Image(q); r != market.Accepted && r != market.RejectOverflow {
					t.Errorf("%s: refused for its %v: %+v", text, r, q)
				}
			}
		}
	})
}
