package alpaca

import (
	"testing"

	"tickertape/feed/market"
)

// frames are one of every message that there is, and some that there are not.
var frames = []string{
	`[{"T":"success","msg":"connected"}]`,
	`[{"T":"error","code":406,"msg":"connection limit exceeded"}]`,
	`[{"T":"subscription","trades":["AAPL"],"quotes":["AAPL"],"bars":[]}]`,
	`[{"T":"t","S":"AAPL","i":628,"x":"K","p":162.92,"s":3,"c":["@","F","T","I"],"z":"C","t":"2023-04-06T11:54:26.838232225Z"}]`,
	`[{"T":"q","S":"AAPL","bx":"O","bp":133.85,"bs":4,"ax":"R","ap":0,"as":5,"c":"R","z":"A","t":"2024-07-24T07:56:53.639713735Z"}]`,
	`[{"T":"s","S":"AAPL","sc":"H","sm":"Trading Halt","rc":"T12","rm":"…","t":"2021-02-22T19:15:00Z","z":"C"}]`,
	`[{"T":"c","S":"AAPL","x":"V","oi":1,"op":100,"os":200,"oc":["@"],"ci":4,"cp":99.5,"cs":150,"cc":["@"],"z":"C","t":"2021-02-22T19:15:00Z"},{"T":"x","S":"AAPL","i":4,"x":"V","p":99.5,"s":150,"a":"C","z":"C","t":"2021-02-22T19:15:00Z"}]`,
	`[{"T":"t","S":"AAPL","i":629,"x":"D","p":162.92,"s":3,"c":["@","4"],"z":"C","t":"2023-04-06T15:54:26.838232225Z"}]`,
	`[{"T":"t","S":"BTC/USD","i":1,"p":1e-9,"s":1e30,"tks":"-","t":"2021-02-22T19:15:00Z"},null,[],5]`,
}

// FuzzFrame feeds a decoder with anything: it does not fall over, and whatever it tells is of a symbol that was
// asked for, with flags that go together.
func FuzzFrame(f *testing.F) {
	for _, text := range frames {
		f.Add([]byte(text))
	}
	const possible = market.Regular | market.SetsExtended | market.SetsFirst // what a trade can set
	n := newBench(f, "AAPL", "BTC/USD")
	f.Fuzz(func(t *testing.T, text []byte) {
		n.b = market.Batch{}
		if err := n.Frame(text, now, &n.b); err != nil {
			t.Fatal(err)
		}
		if n.b.Status != nil || n.b.Lost != 0 || len(n.b.Images) > 0 {
			t.Fatalf("a frame cannot say %+v", n.b)
		}
		for _, k := range n.b.Ticks {
			switch {
			case int(k.Symbol) >= n.env.Dir.Len() || k.Received != now || k.Time < 0:
				t.Fatalf("%+v", k)
			case k.Kind == market.KindTrade && (k.Flags&^possible != 0 || k.Flags&market.SetsLast != 0 &&
				k.Flags&market.SetsExtended != 0):
				t.Fatalf("trade %+v", k)
			case k.Kind == market.KindTrade && k.Size.IsZero() && k.Flags&market.SetsVolume != 0:
				t.Fatalf("volume of a trade without a size: %+v", k)
			case k.Kind == market.KindQuote && (k.Flags&^market.BothSides != 0 || k.Flags&market.HasBid != 0 && k.Bid == 0 ||
				k.Flags&market.HasAsk != 0 && k.Ask == 0):
				t.Fatalf("quote %+v", k)
			case k.Kind == market.KindState && k.State != market.Halted && k.State != market.Live:
				t.Fatalf("state %+v", k)
			}
		}
		for _, c := range n.b.Corrections {
			if int(c.Symbol) >= n.env.Dir.Len() || c.Received != now || (c.Old.Flags|c.New.Flags)&^possible != 0 {
				t.Fatalf("%+v", c)
			}
		}
	})
}

// FuzzResponse reads anything as an answer over REST: it does not fall over, and images have prices above zero only.
func FuzzResponse(f *testing.F) {
	for _, text := range []string{
		`{"AAPL":{"latestTrade":{"t":"2026-11-18T15:59:00Z","x":"D","p":133.42,"s":145,"c":["@"],"i":62700,"z":"C"},"minuteBar":{"t":"2026-11-18T15:58:00Z","c":1},"dailyBar":{"t":"2026-11-18T05:00:00Z","o":132.04,"h":134.07,"l":131.83,"c":133.42,"v":25846800,"n":254678,"vw":132.568},"prevDailyBar":null},"INVALID":null}`,
		`{"bars":{"BTC/USD":[{"t":"2026-11-17T23:00:00Z","o":38899.6,"h":39300,"l":38892.2,"c":39278.88,"v":74.02830613,"n":1086,"vw":39140.0960796263},{"t":"2026-11-18T01:00:00Z","o":1,"h":2,"l":1,"c":2,"v":3,"n":1,"vw":1e-7}]},"next_page_token":null}`,
		`{"message":"forbidden."}`,
		`{"bars":{"AAPL":[{"t":"2026-11-16T05:00:00Z","c":101,"v":1},{"t":"2026-11-17T05:00:00Z","c":102.5}]},"next_page_token":"QUFQTA=="}`,
		`{"corporate_actions":{"forward_splits":[{"symbol":"AAPL","new_rate":10,"old_rate":1.5,"ex_date":"2026-11-18"}],"cash_dividends":[{"symbol":"AAPL","rate":1.25,"special":true,"ex_date":"2026-11-18"}],"stock_dividends":[{"symbol":"AAPL","rate":0.05,"ex_date":"2026-11-18"}]},"next_page_token":null}`,
	} {
		f.Add([]byte(text))
	}
	n := newBench(f, "AAPL", "BTC/USD")
	f.Fuzz(func(t *testing.T, text []byte) {
		n.b = market.Batch{}
		for _, path := range []string{daysPath, snapshotsPath, "/v1beta3/crypto/us/bars",
			actionsPath + "?end=2027-02-26&start=2026-11-08&symbols=AAPL"} {
			if err := n.Response(path, text, now, &n.b); err != nil {
				t.Fatal(err)
			}
		}
		if n.b.Actions != nil {
			for _, a := range n.b.Actions.All {
				if by, err := market.ParseAdjustment(a.String()); err != nil || by != a.Adjustment || by == (market.Adjustment{}) {
					t.Fatalf("%+v", a)
				}
			}
		}
		for i := range n.b.Images {
			var y market.Tally
			if why := y.Image(&n.b.Images[i]); why != market.Accepted && why != market.RejectOverflow {
				t.Fatalf("%+v is refused: %s", n.b.Images[i], why)
			}
		}
	})
}
