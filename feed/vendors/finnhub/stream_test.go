package finnhub

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors/vendortest"
)

func TestItLivesThroughAllMisbehaviour(t *testing.T) {
	t.Setenv("FINNHUB_API_KEY", canary)
	vendortest.Misbehave(t, vendortest.Vendor{Symbol: "AAPL", Exclusive: true, Start: func(t *testing.T) vendortest.Rig {
		v := newVendor(t)
		v.figures["AAPL"] = fmt.Sprintf(`{"c":100,"d":1,"dp":1,"h":103,"l":98,"o":99.5,"pc":99,"t":%d}`, time.Now().Unix())
		return vendortest.Rig{Server: v.Server, Env: v.env, Sources: v.open("AAPL"),
			Trade: func(price string, at time.Time) { v.trade("AAPL", price, 1, at) }}
	}})
}

// quiet is the configuration of tests that are not about silence.
var quiet = feed.Config{Source: []string{name}, Silence: time.Hour}

// inSession runs a test in a bubble, on Wednesday, 18 November 2026, from 11:00 in New York.
func inSession(t *testing.T, test func(t *testing.T, v *vendor)) {
	t.Helper()
	t.Setenv("FINNHUB_API_KEY", canary)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(now.Std()))
		test(t, newVendor(t))
	})
}

// day is an answer of the vendor: a last price, of an instant, and a previous close.
func day(last, previous string, at time.Time) string {
	return fmt.Sprintf(`{"c":%s,"d":0,"dp":0,"h":110,"l":90,"o":95,"pc":%s,"t":%d}`, last, previous, at.Unix())
}

func TestFiguresAndTradesAddUp(t *testing.T) {
	inSession(t, func(t *testing.T, v *vendor) {
		v.figures["AAPL"] = day("100", "99", time.Now().Add(-time.Second))
		w := vendortest.Watch(t, v.env, v.open("AAPL"), quiet)
		vendortest.Wait(time.Second)
		v.trade("AAPL", "101", 100, time.Now())
		v.trade("AAPL", "111", 200, time.Now())
		v.trade("AAPL", "102", 300, time.Now())
		vendortest.Wait(time.Second)
		q := w.Quote("AAPL")
		if q.Price.String() != "102" || q.PreviousClose.String() != "99" || q.Open.String() != "95" || q.High.String() != "111" ||
			q.Low.String() != "90" || q.Volume.String() != "600" || q.State != market.Live {
			t.Errorf("price %v, previous close %v, open %v, high %v, low %v, volume %v, %v", q.Price, q.PreviousClose, q.Open, q.High,
				q.Low, q.Volume, q.State)
		}
		if s := w.Status(); s.State != market.Live || s.Source != name {
			t.Errorf("status %+v", s)
		}
	})
}

// A day with every condition of the vendor's sheet, the official close sent again and again. Trade n has condition n, 200 + n as its
// price, and n shares, after an order that was sold late as the first trade of all. Times are not in order.
func TestADayWithAllConditionsAddsUp(t *testing.T) {
	inSession(t, func(t *testing.T, v *vendor) {
		v.figures["AAPL"] = day("190", "189", time.Now().Add(-19*time.Hour)) // the close of the day before
		w := vendortest.Watch(t, v.env, v.open("AAPL"), quiet)
		vendortest.Wait(time.Second)
		at := time.Now()
		send := func(code, price, size int, at time.Time) {
			v.Tell("AAPL", fmt.Sprintf(`{"data":[{"c":["%d"],"p":%d,"s":"AAPL","t":%d,"v":%d}],"type":"trade"}`, code, price,
				at.UnixMilli(), size))
		}
		send(9, 205, 100, at)
		for n := 1; n <= 39; n++ {
			send(n, 200+n, n, at.Add(time.Duration(n)*time.Millisecond))
		}
		for range 5 {
			send(16, 230, 100_000, at.Add(50*time.Millisecond))
		}
		send(1, 220, 10, at.Add(474*time.Millisecond))
		send(1, 219, 20, at.Add(333*time.Millisecond)) // it was traded before the one before
		vendortest.Wait(time.Second)
		q := w.Quote("AAPL")
		got := fmt.Sprintf("o %v h %v l %v p %v v %v n %d vw %v pc %v", q.Open, q.High, q.Low, q.Price, q.Volume, q.Count, q.VWAP,
			q.PreviousClose)
		// without 16, 20 and 39: 100 + (780 - 75) + 30 shares for 20500 + (141000 + 18363) + 6580
		if want := "o 205 h 239 l 201 p 220 v 835 n 39 vw 223.285 pc 190"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if q.Set&market.FieldExtended != 0 {
			t.Errorf("extended %v, want none: trades of the session came later", q.Extended)
		}
	})
}

// many are n made-up stocks.
func many(n int) (symbols []string) {
	for i := range n {
		symbols = append(symbols, fmt.Sprintf("S%02d", i))
	}
	return symbols
}

func TestAllSymbolsAreSubscribedToInOrder(t *testing.T) {
	inSession(t, func(t *testing.T, v *vendor) {
		want := many(50)
		vendortest.Watch(t, v.env, v.open(want...), quiet)
		vendortest.Wait(3 * time.Second)
		if got := v.Follows(); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if n := len(v.Connects()); n != 1 {
			t.Errorf("%d connections, want 1", n)
		}
	})
}

// The server counts more than 60 requests a minute as an error. A trade counts as soon as its symbol had its
// turn, and at once on the connections that follow.
func TestPreviousClosesAreSpreadAndKept(t *testing.T) {
	inSession(t, func(t *testing.T, v *vendor) {
		symbols := many(50)
		for _, s := range symbols {
			v.figures[s] = day("100", "99", time.Now().Add(-time.Second))
		}
		w := vendortest.Watch(t, v.env, v.open(symbols...), quiet)
		vendortest.Wait(10 * time.Second)
		v.trade("S49", "101", 7, time.Now())
		vendortest.Wait(time.Second)
		if q := w.Quote("S49"); q.Price.String() != "101" || q.Set&(market.FieldVolume|market.FieldHigh) != 0 {
			t.Errorf("before its turn: price %v, volume %v, high %v", q.Price, q.Volume, q.High)
		}
		vendortest.Wait(50 * time.Second)
		if got := v.asked(); !slices.Equal(got, symbols) {
			t.Errorf("asked for %v", got)
		}
		if q := w.Quote("S49"); q.Price.String() != "101" || q.Volume.String() != "7" || q.High.String() != "110" ||
			q.PreviousClose.String() != "99" {
			t.Errorf("after its turn: price %v, volume %v, high %v, previous close %v", q.Price, q.Volume, q.High, q.PreviousClose)
		}

		v.Sockets()[0].Drop()
		vendortest.Wait(5 * time.Second)
		v.trade("S49", "110.5", 5, time.Now()) // long before it can be asked for again
		vendortest.Wait(time.Second)
		if q := w.Quote("S49"); q.Price.String() != "110.5" || q.Volume.String() != "12" || q.High.String() != "110.5" ||
			q.PreviousClose.String() != "99" {
			t.Errorf("after another connection: price %v, volume %v, high %v, previous close %v", q.Price, q.Volume, q.High, q.PreviousClose)
		}
		v.set(func() { v.figures["S49"] = strings.Replace(v.figures["S49"], `"h":110`, `"h":115`, 1) }) // while nobody listened
		vendortest.Wait(2 * time.Minute)
		if got := w.Quote("S49").High.String(); got != "115" {
			t.Errorf("high %s, want 115: it was missed", got)
		}
		if n := len(v.asked()); n != 100 {
			t.Errorf("%d requests in all, want 100", n)
		}
	})
}

// What is known already waits until what is not has had its turn.
func TestUnknownPreviousClosesAreAskedForFirst(t *testing.T) {
	inSession(t, func(t *testing.T, v *vendor) {
		symbols := many(10)
		for _, s := range symbols {
			v.figures[s] = day("100", "99", time.Now().Add(-time.Second))
		}
		vendortest.Watch(t, v.env, v.open(symbols...), quiet)
		vendortest.Wait(4 * time.Second)
		had := len(v.asked())
		if had == 0 || had >= len(symbols) {
			t.Fatalf("%d requests so far", had)
		}
		v.Sockets()[0].Drop()
		vendortest.Wait(30 * time.Second)
		got := v.asked()
		got = got[len(got)-len(symbols):]
		if want := append(slices.Clone(symbols[had:]), symbols[:had]...); !slices.Equal(got, want) {
			t.Errorf("asked for %v, want %v", got, want)
		}
	})
}

func TestANewDayIsAskedFor(t *testing.T) {
	inSession(t, func(t *testing.T, v *vendor) {
		v.figures["AAPL"] = day("100", "99", time.Now().Add(-time.Second))
		v.figures["BINANCE:BTCUSDT"] = day("100", "99", time.Now().Add(-time.Second))
		w := vendortest.Watch(t, v.env, v.open("AAPL", "BINANCE:BTCUSDT"), quiet)
		vendortest.Wait(time.Minute)
		closed := time.Date(2026, time.November, 18, 21, 0, 4, 0, time.UTC)
		time.Sleep(time.Until(closed))
		v.set(func() { v.figures["AAPL"] = day("104", "99", closed) })
		roll := time.Date(2026, time.November, 19, 9, 0, 0, 0, time.UTC) // 04:00 in New York
		vendortest.Wait(time.Until(roll.Add(time.Minute)))
		if got := len(v.asked()); got != 2 {
			t.Errorf("%d requests before the new day, want 2", got)
		}
		vendortest.Wait(4 * time.Minute)
		if got, want := v.asked(), []string{"AAPL", "BINANCE:BTCUSDT", "AAPL"}; !slices.Equal(got, want) {
			t.Errorf("asked for %v, want %v", got, want)
		}
		if q := w.Quote("AAPL"); q.PreviousClose.String() != "104" || q.Set&(market.FieldOpen|market.FieldHigh|market.FieldLow) != 0 {
			t.Errorf("previous close %v, open %v, high %v, low %v", q.PreviousClose, q.Open, q.High, q.Low)
		}
	})
}

func TestSymbolsBeyondThePlanAreDown(t *testing.T) {
	inSession(t, func(t *testing.T, v *vendor) {
		v.limit = 3
		symbols := many(5)
		for _, s := range symbols {
			v.figures[s] = day("100", "99", time.Now().Add(-time.Second))
		}
		w := vendortest.Watch(t, v.env, v.open(symbols...), quiet)
		vendortest.Wait(time.Minute)
		for _, s := range symbols {
			v.trade(s, "101", 1, time.Now())
		}
		vendortest.Wait(time.Second)
		for i, s := range symbols {
			want := market.Live
			if i >= v.limit {
				want = market.Down
			}
			if got := w.Quote(s).State; got != want {
				t.Errorf("%s is %v, want %v", s, got, want)
			}
		}
		if got := v.Faults(t)["symbol"]; got != 2 {
			t.Errorf("%d faults, want 2", got)
		}
		v.set(func() { v.limit = 50 }) // another plan
		v.Sockets()[0].Drop()
		vendortest.Wait(5 * time.Second)
		v.trade("S04", "101", 1, time.Now())
		vendortest.Wait(time.Second)
		if got := w.Quote("S04").State; got != market.Live {
			t.Errorf("S04 is %v with a better plan", got)
		}
	})
}

func TestAStockThatTheVendorDoesNotKnowIsDown(t *testing.T) {
	inSession(t, func(t *testing.T, v *vendor) {
		v.figures["AAPL"] = day("100", "99", time.Now().Add(-time.Second))
		w := vendortest.Watch(t, v.env, v.open("AAPL", "NOSUCH", "BINANCE:BTCUSDT", "OANDA:EUR_USD"), quiet)
		vendortest.Wait(10 * time.Second)
		v.trade("AAPL", "101", 1, time.Now())
		v.trade("BINANCE:BTCUSDT", "101", 1, time.Now())
		v.trade("OANDA:EUR_USD", "1.07253", 0, time.Now())
		vendortest.Wait(time.Second)
		for symbol, want := range map[string]market.State{"AAPL": market.Live, "NOSUCH": market.Down, "BINANCE:BTCUSDT": market.Live,
			"OANDA:EUR_USD": market.Live} {
			if got := w.Quote(symbol).State; got != want {
				t.Errorf("%s is %v, want %v", symbol, got, want)
			}
		}
		if q := w.Quote("OANDA:EUR_USD"); q.Price.String() != "1.07253" || q.High.String() != "1.07253" || q.Set&market.FieldVolume != 0 {
			t.Errorf("a currency: price %v, high %v, volume %v", q.Price, q.High, q.Volume)
		}
		if n := strings.Count(v.Log.String(), "symbol unknown to the vendor"); n != 1 {
			t.Errorf("it was logged %d times, want once", n)
		}
		v.trade("NOSUCH", "5", 1, time.Now()) // newly listed
		vendortest.Wait(time.Second)
		if got := w.Quote("NOSUCH"); got.State != market.Live || got.Volume.String() != "1" {
			t.Errorf("it trades, and is %v with a volume of %v", got.State, got.Volume)
		}
	})
}

// A plan without the figures of currencies, or a wrong answer, must hold up nothing.
func TestFiguresThatThePlanLacksAreDoneWithout(t *testing.T) {
	inSession(t, func(t *testing.T, v *vendor) {
		v.figures["AAPL"] = day("100", "99", time.Now().Add(-time.Second))
		v.figures["MSFT"] = `<html>`
		v.refused = func(symbol string) (int, string) {
			switch symbol {
			case "OANDA:EUR_USD":
				return http.StatusForbidden, `{"error":"You don't have access to this resource."}`
			case "ODD":
				return http.StatusUnprocessableEntity, `{"error":"Symbol not supported"}`
			}
			return 0, ""
		}
		w := vendortest.Watch(t, v.env, v.open("OANDA:EUR_USD", "ODD", "MSFT", "AAPL"), quiet)
		vendortest.Wait(time.Second)
		if s := w.Status(); s.State == market.Live {
			t.Error("live without a price")
		}
		v.trade("OANDA:EUR_USD", "1.07253", 0, time.Now())
		v.trade("MSFT", "400", 9, time.Now())
		v.trade("ODD", "30", 8, time.Now())
		vendortest.Wait(time.Minute)
		if got, want := v.asked(), []string{"OANDA:EUR_USD", "ODD", "MSFT", "AAPL"}; !slices.Equal(got, want) {
			t.Errorf("asked for %v, want %v", got, want)
		}
		if q := w.Quote("OANDA:EUR_USD"); q.High.String() != "1.07253" {
			t.Errorf("a currency's high is %v", q.High)
		}
		if q := w.Quote("ODD"); q.Volume.String() != "8" || q.High.String() != "30" || q.State == market.Down {
			t.Errorf("without figures: volume %v, high %v, %v", q.Volume, q.High, q.State)
		}
		if q := w.Quote("AAPL"); q.PreviousClose.String() != "99" {
			t.Errorf("behind those without figures: previous close %v", q.PreviousClose)
		}
		if q := w.Quote("MSFT"); q.Volume.String() != "9" || q.High.String() != "400" {
			t.Errorf("volume %v, high %v", q.Volume, q.High)
		}
		if got := v.Faults(t); got["request"] != 2 || got["json"] != 1 {
			t.Errorf("faults %v", got)
		}
	})
}

// What always fails is asked for again behind all others.
func TestASymbolWhoseFiguresFailHoldsUpNoOther(t *testing.T) {
	inSession(t, func(t *testing.T, v *vendor) {
		symbols := many(5)
		for _, s := range symbols {
			v.figures[s] = day("100", "99", time.Now().Add(-time.Second))
		}
		v.refused = func(symbol string) (int, string) {
			if symbol == "S01" {
				return http.StatusInternalServerError, ""
			}
			return 0, ""
		}
		w := vendortest.Watch(t, v.env, v.open(symbols...), quiet)
		vendortest.Wait(time.Minute)
		for _, s := range []string{"S00", "S02", "S03", "S04"} {
			if got := w.Quote(s).PreviousClose.String(); got != "99" {
				t.Errorf("%s: previous close %s, want 99", s, got)
			}
		}
		v.set(func() { v.refused = nil })
		vendortest.Wait(3 * time.Minute)
		if got := w.Quote("S01").PreviousClose.String(); got != "99" {
			t.Errorf("afterwards: previous close %s, want 99", got)
		}
	})
}

// A vendor without REST still has trades; it is left alone for as long as it asks, and asked again after that.
func TestFiguresAreAskedForUntilTheyCome(t *testing.T) {
	inSession(t, func(t *testing.T, v *vendor) {
		v.figures["AAPL"] = day("100", "99", time.Now().Add(-time.Second))
		status := http.StatusTooManyRequests
		v.refused = func(string) (int, string) { return status, "later" }
		w := vendortest.Watch(t, v.env, v.open("AAPL", "MSFT"), quiet)
		vendortest.Wait(time.Second)
		v.trade("AAPL", "101", 5, time.Now())
		v.trade("MSFT", "401", 6, time.Now())
		vendortest.Wait(time.Second)
		if a, m := w.Quote("AAPL"), w.Quote("MSFT"); a.Volume.String() != "5" || m.Volume.String() != "6" || m.Open.String() != "401" {
			t.Errorf("volumes %v and %v, open %v", a.Volume, m.Volume, m.Open)
		}
		vendortest.Wait(4 * time.Second)
		if n := len(v.asked()); n != 1 {
			t.Errorf("%d requests within the 7 s that it wants to be left alone", n)
		}
		v.set(func() { status = http.StatusInternalServerError })
		vendortest.Wait(10 * time.Second)
		v.set(func() { status = 0 })
		vendortest.Wait(3 * time.Minute)
		if q := w.Quote("AAPL"); q.PreviousClose.String() != "99" || q.High.String() != "110" || q.Volume.String() != "5" {
			t.Errorf("previous close %v, high %v, volume %v", q.PreviousClose, q.High, q.Volume)
		}
	})
}

// Between two trades of a quiet market, the vendor's own pings are what shows that it is there.
func TestPingsKeepAQuietConnection(t *testing.T) {
	inSession(t, func(t *testing.T, v *vendor) {
		v.figures["AAPL"] = day("100", "99", time.Now().Add(-time.Second))
		cfg := quiet
		cfg.Silence = 90 * time.Second
		w := vendortest.Watch(t, v.env, v.open("AAPL"), cfg)
		vendortest.Wait(time.Hour)
		if n := len(v.Connects()); n != 1 || w.Status().State != market.Live {
			t.Errorf("%d connections, status %v", n, w.Status().State)
		}
	})
}

func TestAKeyInUseIsSaidAndLeftAlone(t *testing.T) {
	inSession(t, func(t *testing.T, v *vendor) {
		v.taken = true
		w := vendortest.Watch(t, v.env, v.open("AAPL"), quiet)
		vendortest.Wait(5 * time.Second)
		if s := w.Status(); s.State != market.Down || !strings.Contains(s.Message, "another program uses the key") {
			t.Errorf("status %v %q", s.State, s.Message)
		}
		if got := w.Metric("tickertape_feed_breaks_total", "cause", "taken"); got != 1 {
			t.Errorf("%v breaks are counted as taken, want 1", got)
		}
		n := len(v.Connects())
		vendortest.Wait(25 * time.Second)
		if got := len(v.Connects()); got != n {
			t.Errorf("%d attempts at once", got-n)
		}
		v.set(func() { v.taken = false })
		vendortest.Wait(20 * time.Minute)
		v.trade("AAPL", "101", 1, time.Now())
		vendortest.Wait(time.Second)
		if s := w.Status(); s.State != market.Live || w.Quote("AAPL").Price.String() != "101" {
			t.Errorf("afterwards: status %v %q", s.State, s.Message)
		}
	})
}

// tapped is what a recording would hold.
type tapped struct{ vendortest.Log }

func (p *tapped) Frame(_ string, _ uint64, text []byte, _ market.Time) { p.Write(text) }
func (p *tapped) Response(_, path string, body []byte, _ market.Time) {
	p.Write(append([]byte(path), body...))
}

// TestTheKeyNeverShows has the vendor repeat the key wherever it can.
func TestTheKeyNeverShows(t *testing.T) {
	inSession(t, func(t *testing.T, v *vendor) {
		tap := &tapped{}
		v.env.Tap = tap
		v.figures["MSFT"] = `{"c":"` + canary + `"}`
		v.refused = func(symbol string) (int, string) {
			if symbol == "AAPL" {
				return http.StatusForbidden, "no plan for " + canary
			}
			return 0, ""
		}
		sources := v.open("AAPL", "MSFT")
		var published vendortest.Log
		w := vendortest.Watch(t, v.env, sources, quiet)
		vendortest.Wait(5 * time.Second)
		for _, text := range []string{
			`{"type":"error","msg":"` + canary + ` is over its limit"}`,
			`{"type":"error","msg":"Subscribing to too many symbols: ` + canary + `"}`,
			`{"type":"` + canary + `"}`,
			trades(`{"p":2,"s":"` + canary + `","t":1,"v":3}`),
			trades(`{"p":"` + canary + `","s":"AAPL","t":1,"v":3}`),
			trades(`{"p":1,"s":"AAPL","t":"` + canary + `","v":3}`),
			`{"` + canary,
		} {
			v.Sockets()[0].Send(text)
		}
		vendortest.Wait(time.Second)
		go v.Sockets()[0].Close(1000, "bye "+canary)
		vendortest.Wait(10 * time.Second)
		v.Refuse(http.StatusUnauthorized, http.Header{"Retry-After": {"1"}})
		v.Sockets()[0].Drop()
		vendortest.Wait(10 * time.Minute)
		v.Vanish()
		vendortest.Wait(30 * time.Minute)
		for _, s := range w.Statuses() {
			fmt.Fprintf(&published, "%+v\n", s)
		}
		breaks := strings.Join(w.Whys(), "\n")
		fmt.Fprintf(&published, "%v %+v\n", sources[0].Info(), DefaultConfig())
		for what, text := range map[string]string{"log": v.Log.String(), "statuses": published.String(), "breaks": breaks, "tap": tap.String()} {
			if strings.Contains(text, canary) {
				t.Errorf("the key is in the %s:\n%s", what, text)
			}
			if !strings.Contains(text, "***") && what != "statuses" {
				t.Errorf("nothing was hidden in the %s:\n%s", what, text)
			}
		}
		if !strings.Contains(breaks, "bye ***") || !strings.Contains(breaks, "401") {
			t.Errorf("breaks:\n%s", breaks)
		}
	})
}

func TestRunEndsAllThatItStarted(t *testing.T) {
	inSession(t, func(t *testing.T, v *vendor) {
		source := v.open("AAPL")[0]
		for range 3 {
			ctx, cancel := context.WithCancel(t.Context())
			var run sync.WaitGroup
			run.Go(func() {
				if err := source.Run(ctx, func(market.Batch) {}); err != nil {
					t.Errorf("ended with %v", err)
				}
			})
			vendortest.Wait(10 * time.Second)
			cancel()
			run.Wait()
			vendortest.Wait(time.Second)
			if n := len(v.Sockets()); n != 0 {
				t.Errorf("%d connections are left", n)
			}
		}
	})
}

// TestRecordedBytesComeThrough has the server send what the vendor's once did.
func TestRecordedBytesComeThrough(t *testing.T) {
	lines := vendortest.RecordedLines(t, "finnhub/ws-messages.ndjson")
	inSession(t, func(t *testing.T, v *vendor) {
		symbols := []string{"TSLA", "AAPL", "BINANCE:BTCUSDT"}
		var mu sync.Mutex
		var got []string
		ctx, cancel := context.WithCancel(t.Context())
		source := v.open(symbols...)[0]
		var run sync.WaitGroup
		run.Go(func() {
			if err := source.Run(ctx, func(b market.Batch) {
				mu.Lock()
				defer mu.Unlock()
				for _, k := range b.Ticks {
					if k.Kind == market.KindTrade {
						got = append(got, v.env.Dir.Symbol(k.Symbol).Symbol+" "+k.Price.String())
					}
				}
			}); err != nil {
				t.Errorf("ended with %v", err)
			}
		})
		vendortest.Wait(10 * time.Second) // until nothing waits for its figures
		for _, line := range lines {
			v.Sockets()[0].Send(string(line))
		}
		vendortest.Wait(time.Second)
		cancel()
		run.Wait()
		want := []string{"TSLA 122.1", "TSLA 122.09", "TSLA 122.09", "TSLA 122.1", "TSLA 122.1", "TSLA 122.1", "TSLA 122.1", "AAPL 129.58",
			"AAPL 129.575", "BINANCE:BTCUSDT 7296.89"}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
