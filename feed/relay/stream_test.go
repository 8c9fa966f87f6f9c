package relay

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
	"tickertape/feed/vendors/vendortest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// settle lets everything happen that can within d.
func settle(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestMisbehaviour(t *testing.T) {
	vendortest.Misbehave(t, vendortest.Vendor{Symbol: "AAPL", Judged: true, Start: func(t *testing.T) vendortest.Rig {
		n := newNode(t)
		return vendortest.Rig{Server: n.Server, Env: n.env, Sources: n.open("*"), Trade: n.trade}
	}})
}

// want compares what is known of a symbol.
func want(t *testing.T, w *vendortest.Watcher, symbol, price string, state market.State) {
	t.Helper()
	if q := w.Quote(symbol); q.Price.String() != price || q.State != state {
		t.Errorf("%s: %v %v, want %s %v", symbol, q.Price, q.State, price, state)
	}
}

// noSeriesHere is how the status ends for a server that is older than bars and trades for relays.
const noSeriesHere = "; no bars and trades: the server has none for relays"

func TestAViewerSeesTheSourcesBehindTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t)
		n.sources = `{"source":"coinbase","status":"live","since":1,"message":""},{"source":"kraken","status":"down","since":1,"message":"the connection is lost"}`
		sources := n.open("*")
		way := "via " + sources[0].(*source).self + ": "
		w := vendortest.Watch(t, n.env, sources, feed.DefaultConfig())
		n.tell("BTC", `"p":1,"src":"coinbase","x":2,"xt":9`)
		settle(time.Second)
		if s := w.Status(); s.State != market.Live || s.Source != "relay" || s.Simulated ||
			s.Message != way+"coinbase live; kraken down: the connection is lost"+noSeriesHere {
			t.Errorf("status %+v", s)
		}
		if q := w.Quote("BTC"); q.Source != "coinbase" || q.Extended.String() != "2" || q.ExtendedTime != 9 {
			t.Errorf("quote %+v", q)
		}
		n.set(func() {
			n.say(`{"type":"status","source":"kraken","status":"live","since":2,"message":"","simulated":true}`)
			n.say(`{"type":"status","source":"coinbase","status":"down","since":2,"message":"429\nToo Many"}`)
		})
		settle(time.Second)
		if s := w.Status(); s.State != market.Live || !s.Simulated || s.Message != way+"coinbase down: 429 Too Many; kraken live"+noSeriesHere {
			t.Errorf("status %+v", s)
		}
		n.set(func() { n.say(`{"type":"status","source":"kraken","status":"closed","since":3,"message":"bye"}`) })
		settle(time.Second)
		if s := w.Status(); s.State != market.Closed {
			t.Errorf("status %+v", s)
		}
		want(t, w, "BTC", "1", market.Closed)
	})
}

func TestStatesOfSymbolsComeThroughAsTheyAre(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t)
		// whatever hours this node keeps for it, and however old it is, the other node has judged it
		if _, err := n.env.Dir.Add(market.Symbol{Symbol: "OLD", Market: "us"}); err != nil {
			t.Fatal(err)
		}
		for _, s := range market.States()[1:] {
			n.tell("S."+s.String(), fmt.Sprintf(`"p":1,"st":%q`, s))
		}
		n.tell("OLD", `"p":5,"o":4,"t":1`)
		w := vendortest.Watch(t, n.env, n.open("*"), feed.DefaultConfig())
		settle(2 * time.Hour)
		for _, s := range market.States()[1:] {
			want(t, w, "S."+s.String(), "1", s)
		}
		want(t, w, "OLD", "5", market.Live)
		if q := w.Quote("OLD"); q.Open.String() != "4" {
			t.Errorf("open %v", q.Open)
		}
		n.set(func() {
			n.say(`{"type":"update","seq":99,"quotes":[{"s":"S.halted","st":null},{"s":"OLD","o":null,"st":"halted"}]}`)
		})
		settle(time.Second)
		want(t, w, "S.halted", "1", market.Live)
		want(t, w, "OLD", "5", market.Halted)
		if q := w.Quote("OLD"); q.Set&market.FieldOpen != 0 {
			t.Errorf("open %v has not gone", q.Open)
		}
	})
}

func TestItComesBackAtItsPosition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t)
		n.tell("AAPL", `"p":1`)
		n.tell("MSFT", `"p":2,"o":6`)
		w := vendortest.Watch(t, n.env, n.open("*"), feed.DefaultConfig())
		settle(time.Second)
		n.tell("AAPL", `"p":3`)
		settle(time.Second)

		// the position is that of the last message that was whole
		n.set(func() {
			n.say(`{"type":"update","seq":9,"more":true,"quotes":[{"s":"AAPL","p":8}]}`)
			n.mute = true
		})
		settle(time.Second)
		n.Sockets()[0].Drop()
		synctest.Wait()
		n.tell("AAPL", `"p":4`)
		settle(2 * time.Second)
		want(t, w, "AAPL", "8", market.Down) // connected, but what is known is old
		want(t, w, "MSFT", "2", market.Down)
		n.set(func() { n.mute = false })
		n.Sockets()[0].Drop()
		settle(4 * time.Second)
		want(t, w, "AAPL", "4", market.Live)
		want(t, w, "MSFT", "2", market.Live)

		// another run, without MSFT
		n.set(func() {
			n.epoch, n.seq = "e2", 1
			delete(n.quotes, "MSFT")
		})
		n.tell("AAPL", `"p":5`)
		n.Sockets()[0].Drop()
		settle(8 * time.Second)
		want(t, w, "AAPL", "5", market.Live)
		want(t, w, "MSFT", "2", market.Down)

		// which has nothing else of MSFT than its first change says
		n.tell("MSFT", `"p":7`)
		settle(time.Second)
		want(t, w, "MSFT", "7", market.Live)
		if q := w.Quote("MSFT"); q.Set&market.FieldOpen != 0 {
			t.Errorf("open %v is of the run before", q.Open)
		}
		asked, _ := n.requests()
		if want := []string{
			`{"type":"subscribe","id":1,"symbols":["*"]}`,
			`{"type":"subscribe","id":1,"symbols":["*"],"since":"e1-4"}`,
			`{"type":"subscribe","id":1,"symbols":["*"],"since":"e1-4"}`,
			`{"type":"subscribe","id":1,"symbols":["*"]}`,
		}; !slices.Equal(asked, want) {
			t.Errorf("asked\n  %s\nwant\n  %s", strings.Join(asked, "\n  "), strings.Join(want, "\n  "))
		}
	})
}

func TestItComesBackWhenItIsAskedTo(t *testing.T) {
	for _, code := range []int{1001, 1012, 1013} {
		synctest.Test(t, func(t *testing.T) {
			n := newNode(t)
			source := n.open("*")[0]
			done := make(chan error)
			go func() { done <- source.Run(t.Context(), func(market.Batch) {}) }()
			settle(time.Second)
			go n.Sockets()[0].Close(code, "retry_ms=60000")
			err := <-done
			b, is := err.(*feed.Break)
			if !is || b.After <= 0 || b.After >= time.Minute || (b.Cause == feed.Restart) != (code < 1013) {
				t.Errorf("%d: %+v", code, err)
			}
		})
	}
}

func TestItLeavesAServerThatRefuses(t *testing.T) {
	for message, cause := range map[string]feed.Cause{
		`{"type":"error","id":1,"code":"too_many_symbols","message":"symbols: 3"}`: feed.Refused,
		`{"type":"error","id":1,"code":"rate_limited","message":"slower"}`:         feed.Lost,
		`{"type":"update","seq":1,"quotes":[7]}`:                                   feed.Lost,
		`{"type":"update","quotes":[]}`:                                            feed.Lost,
		`{"type":"status","source":"sim","status":"asleep"}`:                       feed.Lost,
		// a ring: the other server's relay has its prices from this one
		`{"type":"status","source":"relay","status":"live","message":"via e9,SELF: sim live"}`:                                 feed.Refused,
		`{"type":"status","source":"relay","status":"live","message":"via ` + strings.Repeat("x,", mostHops) + `x: sim live"}`: feed.Refused,
	} {
		synctest.Test(t, func(t *testing.T) {
			n := newNode(t)
			s := n.open("*")[0].(*source)
			done := make(chan error)
			go func() { done <- s.Run(t.Context(), func(market.Batch) {}) }()
			settle(time.Second)
			n.set(func() { n.say(strings.Replace(message, "SELF", s.self, 1)) })
			err := <-done
			if b, is := err.(*feed.Break); !is || b.Cause != cause || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %+v, want %v", message, err, cause)
			}
		})
	}
}

// idle is another feed beside the relay, which says nothing.
type idle struct{}

func (idle) Info() feed.Info { return feed.Info{Name: "idle"} }
func (idle) Run(ctx context.Context, _ func(market.Batch)) error {
	<-ctx.Done()
	return nil
}

func TestBesideOtherFeedsAQuoteSaysWhereItIsFrom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t)
		n.tell("BTC", `"p":1`)
		n.tell("ETH", `"p":1,"src":"coinbase"`)
		w := vendortest.Watch(t, n.env, append(n.open("*"), idle{}), feed.DefaultConfig())
		for range 2 {
			settle(time.Second)
			for symbol, source := range map[string]string{"BTC": "relay", "ETH": "coinbase"} {
				if q := w.Quote(symbol); q.Set&market.FieldSource == 0 || q.Source != source {
					t.Errorf("%s: %+v, want it to be from %q", symbol, q, source)
				}
			}
			n.tell("BTC", `"p":2`)
			n.tell("ETH", `"p":2,"src":"coinbase"`)
		}
	})
}

func TestSymbolsThatAppearAreDescribed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t)
		n.tell("AAPL", `"p":1`)
		vendortest.Watch(t, n.env, n.open("*"), feed.DefaultConfig())
		settle(time.Second)
		n.tell("LATE", `"p":1.5`)
		n.tell("OTHER", `"p":0.00001234`)
		settle(time.Second)
		want := []market.Symbol{
			{Symbol: "AAPL", Name: "Apple Inc.", Sector: "Tech", Currency: "USD", Decimals: 2},
			{Symbol: "LATE", Name: "Late & Co", Currency: "EUR", Decimals: 3, Rounded: true},
			{Symbol: "OTHER", Decimals: 8},
		}
		if got := n.env.Dir.All(); !slices.Equal(got, want) {
			t.Errorf("directory %+v, want %+v", got, want)
		}
		if _, records := n.requests(); records[0] != "*" || !strings.Contains(strings.Join(records[1:], ","), "OTHER") {
			t.Errorf("records of %q were asked for", records)
		}
	})
}

// A server that has just started learns the names of its symbols after their prices.
func TestRecordsAreAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t)
		n.bare = true
		n.tell("AAPL", `"p":1`)
		vendortest.Watch(t, n.env, n.open("*"), feed.DefaultConfig())
		settle(leastRefresh / 2)
		if got := n.env.Dir.All(); len(got) != 1 || got[0].Name != "" {
			t.Errorf("directory %+v", got)
		}
		n.set(func() { n.bare = false })
		settle(leastRefresh)
		if got := n.env.Dir.All(); got[0].Name != "Apple Inc." {
			t.Errorf("directory %+v", got)
		}
		_, before := n.requests()
		settle(24 * time.Hour)
		if _, after := n.requests(); len(after) > len(before)+24+12 {
			t.Errorf("%d requests in a day", len(after)-len(before))
		}
	})
}

func TestManySymbolsAreAskedForInParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t)
		var symbols []string
		for i := range 9_000 {
			symbols = append(symbols, fmt.Sprintf("SYMBOL%d", i))
		}
		n.tell("SYMBOL0", `"p":1`)
		n.tell("SYMBOL8999", `"p":2`)
		w := vendortest.Watch(t, n.env, n.open(symbols...), feed.DefaultConfig())
		settle(time.Second)
		want(t, w, "SYMBOL0", "1", market.Live)
		want(t, w, "SYMBOL8999", "2", market.Live)
		asked, _ := n.requests()
		for _, text := range asked {
			if len(text) > 64<<10 {
				t.Errorf("a request of %d bytes", len(text))
			}
		}
		if len(asked) < 2 || !strings.Contains(asked[len(asked)-1], `"SYMBOL8999"]`) {
			t.Errorf("%d requests", len(asked))
		}
		n.Sockets()[0].Drop()
		settle(4 * time.Second)
		want(t, w, "SYMBOL8999", "2", market.Live)
		again, _ := n.requests()
		for _, text := range again[len(asked):] {
			if !strings.HasSuffix(text, `"since":"e1-3"}`) {
				t.Errorf("asked …%s", text[len(text)-40:])
			}
		}
	})
}

func TestAServerThatTellsWhatItLearnsIsAskedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t)
		n.awaits, n.unknowns = true, []string{"LATE", "NEVER"}
		n.tell("AAPL", `"p":1`)
		w := vendortest.Watch(t, n.env, n.open("AAPL", "LATE", "NEVER"), feed.DefaultConfig())
		settle(time.Minute)
		want(t, w, "LATE", "0", market.Down)
		n.Sockets()[0].Send(`{"type":"subscribed","symbols":["LATE"]}`)
		n.Sockets()[0].Send(`{"type":"snapshot","seq":9,"time":1,"resumed":true,"quotes":[{"s":"LATE","p":2},{"s":"AAPL","p":3}]}`)
		settle(time.Second)
		want(t, w, "LATE", "2", market.Live)
		want(t, w, "AAPL", "3", market.Live)
		if asked, _ := n.requests(); len(asked) != 1 {
			t.Errorf("asked %q", asked)
		}
	})
}

func TestASymbolThatTheServerLearnsLaterComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t)
		reg := prometheus.NewRegistry()
		n.env.Faults = vendors.NewFaults(n.env.Log, reg)
		n.unknowns = []string{"LATE", "NEVER"}
		n.tell("AAPL", `"p":1`)
		n.tell("LATE", `"p":2`)
		n.tell("AAPL", `"p":3`)
		w := vendortest.Watch(t, n.env, n.open("AAPL", "LATE", "NEVER"), feed.DefaultConfig())
		settle(20 * time.Second)
		want(t, w, "AAPL", "3", market.Live)
		want(t, w, "LATE", "0", market.Down)
		if got := faults(t, reg); !slices.Equal(got, []string{"request 1", "symbol 2"}) { // it has no bars and trades for relays
			t.Errorf("two names, each asked for again and again, are counted as %q", got)
		}

		// learned while nobody is connected, and older than the position
		n.Sockets()[0].Drop()
		n.set(func() { n.unknowns = []string{"NEVER"} })
		settle(4 * time.Second)
		want(t, w, "LATE", "2", market.Live)

		// and while somebody is
		n.tell("NEVER", `"p":4`)
		n.set(func() { n.unknowns = nil })
		settle(10 * time.Second)
		want(t, w, "NEVER", "4", market.Live)
		asked, _ := n.requests()
		if again := asked[len(asked)-1]; !strings.HasSuffix(again, `,"symbols":["NEVER"]}`) {
			t.Errorf("asked again: %s", again)
		}
		settle(time.Minute)
		if more, _ := n.requests(); len(more) > len(asked) {
			t.Errorf("all are known, and asked for again: %q", more[len(asked):])
		}
		n.Sockets()[0].Drop()
		settle(4 * time.Second)
		asked, _ = n.requests()
		if again := asked[len(asked)-1]; !strings.HasSuffix(again, `"since":"e1-5"}`) {
			t.Errorf("asked at the next connection: %s", again)
		}
	})
}

func TestConnectAsksWhetherPricesAreMadeUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t)
		cfg := Config{URL: "http://node.example/ticks", Symbols: []string{"AAPL"}}
		source, err := Connect(t.Context(), cfg, n.env)
		if err != nil {
			t.Fatal(err)
		}
		if info := source.Info(); info != (feed.Info{Name: "relay", Simulated: true, Lossless: true, Remote: true}) {
			t.Errorf("info %+v", info)
		}
		n.set(func() { n.sources = strings.Replace(n.sources, `"simulated":true`, `"simulated":false`, 1) })
		err = source.Run(t.Context(), func(market.Batch) {})
		if _, again := err.(*feed.Break); err == nil || again || !strings.Contains(err.Error(), "simulated") {
			t.Errorf("ended with %v", err)
		}
		n.set(func() { n.unknowns = []string{"AAPL"} })
		if _, err := Connect(t.Context(), cfg, n.env); err == nil || !strings.Contains(err.Error(), `knows none of ["AAPL"]`) {
			t.Errorf("nothing is known: %v", err)
		}
		n.Vanish()
		n.Client().CloseIdleConnections()
		if _, err := Connect(context.Background(), cfg, n.env); err == nil ||
			!strings.Contains(err.Error(), "http://node.example/ticks/api/quotes") {
			t.Errorf("nobody is there: %v", err)
		}
	})
}

// TestPasswordOfTheAddressShowsNowhere has the server repeat what it was logged in with.
func TestPasswordOfTheAddressShowsNowhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t)
		var log bytes.Buffer
		n.env.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		n.env.Faults = vendors.NewFaults(n.env.Log, prometheus.NewRegistry())
		sources, err := Open(Config{URL: "http://me:CANARY%2Fpassword@node.example/ticks", Symbols: []string{"*"}}, n.env)
		if err != nil {
			t.Fatal(err)
		}
		w := vendortest.Watch(t, n.env, sources, feed.DefaultConfig())
		settle(time.Second)
		socket := n.Sockets()[0]
		name, password, _ := socket.Request.BasicAuth()
		if name != "me" || password != "CANARY/password" {
			t.Errorf("logged in as %q with %q", name, password)
		}
		socket.Send(fmt.Sprintf(`{"type":%q}`, password))
		settle(time.Second)
		if !strings.Contains(log.String(), `type: \"***\" is not known`) {
			t.Errorf("the log does not say what was sent:\n%s", log.String())
		}
		n.Vanish()
		go socket.Close(1008, password+" CANARY%2Fpassword "+socket.Request.Header.Get("Authorization"))
		settle(time.Minute)
		n.Refuse(http.StatusForbidden, nil)
		settle(10 * time.Minute)
		whys := strings.Join(w.Whys(), "\n")
		if text := log.String() + whys; strings.Contains(text, "CANARY") || strings.Contains(text, "bWU6") ||
			!strings.Contains(whys, "*** *** Basic ***") {
			t.Errorf("the log says\n%s\n%s", log.String(), whys)
		}
	})
}
