package finnhub

import (
	"testing"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
	"tickertape/feed/vendors/vendortest"
)

// frames are one of every message that there is, and some that there are not.
var frames = []string{
	`{"data":[{"c":["1","8","24","12"],"p":122.1,"s":"TSLA","t":1672348887195,"v":1},{"c":["1","24","12"],"p":129.575,"s":"AAPL","t":1672348887785,"v":1}],"type":"trade"}`,
	`{"data":[{"p":7296.89,"s":"BINANCE:BTCUSDT","t":1575526691134,"v":0.011467}],"type":"trade"}`,
	`{"type":"trade","data":[{"c":null,"p":1.07253,"s":"OANDA:EUR_USD","t":1575526691134,"v":0}]}`,
	`{"type":"ping"}`,
	`{"msg":"Subscribing to too many symbols","type":"error"}`,
	`{"type":"error","msg":"Invalid API key"}`,
	`{"type":"news","data":[]}`,
	`{"type":"trade","data":[null,{"p":1e-9,"s":"AAPL","t":1,"v":1e30},{"s":5},[]]}`,
}

// FuzzFrame feeds a decoder with anything: it does not fall over, and whatever it tells is of a symbol that was
// asked for, with flags that go together.
func FuzzFrame(f *testing.F) {
	for _, text := range frames {
		f.Add([]byte(text))
	}
	if text, err := vendortest.Recording("finnhub/ws-messages.ndjson"); err == nil {
		f.Add(text)
	}
	n := newBench(f, "TSLA", "AAPL", "BINANCE:BTCUSDT", "OANDA:EUR_USD")
	f.Fuzz(func(t *testing.T, text []byte) {
		n.b = market.Batch{}
		before := total(n.Faults(t))
		if err := n.Frame(text, now, &n.b); err != nil {
			t.Fatal(err)
		}
		if n.b.Status != nil || n.b.Lost != 0 || len(n.b.Images)+len(n.b.Corrections) > 0 {
			t.Fatalf("a frame cannot say %+v", n.b)
		}
		for _, k := range n.b.Ticks {
			switch {
			case int(k.Symbol) >= n.env.Dir.Len():
				t.Fatalf("symbol %d", k.Symbol)
			case k.Received != now:
				t.Fatalf("received %d", k.Received)
			case k.Kind == market.KindTrade && (k.ID != 0 || k.Time < 0 || k.Flags&^(market.Regular|market.SetsExtended) != 0 ||
				k.Flags&market.SetsLast != 0 && k.Flags&market.SetsExtended != 0):
				t.Fatalf("trade %+v", k)
			case k.Kind == market.KindTrade && k.Size.IsZero() && k.Flags&market.SetsVolume != 0:
				t.Fatalf("volume of a trade without a size: %+v", k)
			case k.Kind != market.KindTrade && k.Kind != market.KindState:
				t.Fatalf("kind %d", k.Kind)
			}
		}
		if len(n.b.Ticks) == 0 && !n.b.Alive && total(n.Faults(t)) == before && !emptyList(text) {
			t.Fatalf("%q was dropped without a word", text)
		}
	})
}

func total(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

// emptyList reports whether a message is one of no trades, in which nothing is amiss.
func emptyList(text []byte) bool {
	var s vendors.Scanner
	s.Reset(text)
	empty := false
	for s.Object(); s.More(); {
		if string(s.Key()) != "data" {
			s.Skip()
			continue
		}
		empty = true
		for s.Array(); s.More(); {
			empty = false
			s.Skip()
		}
	}
	return empty && s.End() == nil
}

// FuzzFigures reads anything as an answer: it does not fall over, and figures that it accepts make an image with
// prices above zero only.
func FuzzFigures(f *testing.F) {
	for _, text := range []string{
		`{"c":261.74,"d":1.5,"dp":0.58,"h":263.31,"l":260.68,"o":261.07,"pc":259.45,"t":1582641000}`,
		`{"c":0,"d":null,"dp":null,"h":0,"l":0,"o":0,"pc":0,"t":0}`,
		`{"error":"You don't have access to this resource."}`,
		`{"c":1e-9,"pc":-1,"t":99999999999}`,
	} {
		f.Add([]byte(text))
	}
	n := newBench(f, "AAPL", "BINANCE:BTCUSDT", "OANDA:EUR_USD")
	f.Fuzz(func(t *testing.T, text []byte) {
		figures, err := readFigures(text, now)
		if err != nil {
			return
		}
		for _, e := range n.all {
			q := figures.image(e.instrument, now)
			var y market.Tally
			if why := y.Image(&q); why != market.Accepted {
				t.Fatalf("%+v is refused: %s", q, why)
			}
			if q.Set&market.FieldPrice != 0 && q.Set&market.FieldExtended != 0 {
				t.Fatalf("%+v has two last prices", q)
			}
		}
	})
}
