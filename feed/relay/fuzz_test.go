package relay

import (
	"strings"
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

// FuzzSeriesFrame does the same to what reads bars and trades: what is published of them is in order and within bounds, and a
// position is one of the server's.
func FuzzSeriesFrame(f *testing.F) {
	f.Add([]byte(`{"type":"bars","symbol":"A","interval":"1m","reset":true,"bars":[{"t":60000000,"o":2,"h":3,"l":1,"c":2,"v":5,"n":2,"vw":2}]}`))
	f.Add([]byte(`{"type":"bars","symbol":"A","interval":"1d","bars":[{"t":60000000,"n":0}],"more":true}`))
	f.Add([]byte(`{"type":"trades","symbol":"A","skipped":3,"trades":[{"i":4,"p":1,"z":2,"t":9,"d":-1,"c":["@","T"],"x":true,"st":"corrected"}]}`))
	f.Add([]byte(`{"type":"subscribed","id":1,"bars":["*"],"unknown":["B"]}`))
	f.Add([]byte(`{"type":"position","seq":8,"position":"e1-7"}`))
	f.Add([]byte(`{"type":"error","id":1,"code":"rate_limited","message":"try again in 3 s"}`))
	f.Add([]byte(`{"type":"hello","epoch":"e1","heartbeat_ms":5000,"relays":4,"bars":["1s"]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		x := newSeriesStream(t, &strings.Builder{})
		<-x.toSend
		var b market.Batch
		for range 2 {
			err := x.Frame(text, 1, &b)
			if err != nil && len(err.Error()) > 3000 {
				t.Errorf("%d bytes of error", len(err.Error()))
			}
			select { // or a request that is made again would wait for ever
			case <-x.toSend:
			default:
			}
		}
		x.release(&b)
		for _, m := range b.Bars {
			for i := range m.Bars {
				if err := m.Bars[i].Check(); err != nil || i > 0 && m.Bars[i].Start <= m.Bars[i-1].Start {
					t.Fatalf("%s: bar %d of %+v: %v", text, i, m.Bars, err)
				}
			}
			if int(m.Symbol) >= x.env.Dir.Len() {
				t.Fatalf("symbol %d of %d", m.Symbol, x.env.Dir.Len())
			}
		}
		for _, m := range b.Trades {
			for i := range m.Trades {
				if err := m.Trades[i].Check(); err != nil || i > 0 && m.Trades[i].Number <= m.Trades[i-1].Number {
					t.Fatalf("%s: trade %d of %+v: %v", text, i, m.Trades, err)
				}
			}
		}
		x.published()
		for kind, position := range x.state.done {
			if !strings.HasPrefix(position, "e1-") {
				t.Errorf("position of %s: %q", kind, position)
			}
		}
	})
}
