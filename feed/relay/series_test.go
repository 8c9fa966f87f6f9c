package relay

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
	"tickertape/feed/vendors/vendortest"
)

// newSeriesStream is a connection that has said hello.
func newSeriesStream(t *testing.T, log *strings.Builder) *seriesStream {
	return newSeriesStreamOf(t, log, `"relays":4,"bars":["1s","5s","1m","1d","1m' OR 1"]`, all)
}

// newSeriesStreamOf is one to a server that says this in its hello. It follows these symbols.
func newSeriesStreamOf(t *testing.T, log *strings.Builder, says string, symbols ...string) *seriesStream {
	reg := prometheus.NewRegistry()
	logger := slog.New(slog.NewTextHandler(log, nil))
	env := vendors.Env{Dir: market.NewDirectory(), Log: logger, Faults: vendors.NewFaults(logger, reg)}
	x := &seriesStream{state: newSeriesState(symbols, []string{"1s", "1m", "1d"}), env: &env, appeared: func(string) {},
		toSend: make(chan seriesRequest, 1),
		asking: asking{unknown: map[string]bool{}, seen: map[market.SymbolID]bool{}}}
	x.says(t, `{"type":"hello","epoch":"e1","heartbeat_ms":5000,`+says+`}`)
	return x
}

// says decodes a message, and returns what is to be published.
func (x *seriesStream) says(t *testing.T, text string) (b market.Batch) {
	t.Helper()
	if err := x.Frame([]byte(text), 1, &b); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return b
}

func TestLongBarsAreAskedForFirstAndSecondsLast(t *testing.T) {
	x := newSeriesStream(t, &strings.Builder{})
	if want := []string{"1d", "1m", "trades", "1s"}; !slices.Equal(x.asking.kinds, want) {
		t.Errorf("%v, want %v", x.asking.kinds, want)
	}
	if first := <-x.toSend; first.text != `{"type":"subscribe","id":1,"relay":true,"interval":"1d","bars":["*"]}` {
		t.Errorf("asks %s", first.text)
	}
}

// A server that follows a name once it knows it is not asked for it again, and what it tells of its own accord answers no request.
func TestBarsAndTradesOfUnknownNamesAreAskedForOnceWhereTheyAreAwaited(t *testing.T) {
	for awaits, again := range map[string]int{`"awaits":true,`: 0, `"awaits":false,`: 1, "": 1} {
		x := newSeriesStreamOf(t, &strings.Builder{}, awaits+`"relays":4,"bars":["1m"]`, "EARLY", "LATE")
		for id := range 2 {
			<-x.toSend
			x.says(t, `{"type":"subscribed","symbols":[],"trades":["EARLY"]}`)
			x.says(t, fmt.Sprintf(`{"type":"subscribed","id":%d,"symbols":[],"unknown":["LATE"]}`, id+1))
			x.says(t, `{"type":"position","position":"e1-7"}`)
		}
		x.says(t, `{"type":"heartbeat"}`)
		if n := len(x.toSend); n != again || x.current() != (again == 0) {
			t.Errorf("%s: %d more requests; all is there: %t", awaits, n, x.current())
		}
		x.says(t, `{"type":"subscribed","symbols":[],"trades":["LATE"]}`)
		x.says(t, `{"type":"trades","symbol":"LATE","trades":[{"i":1,"p":1,"t":1}]}`)
		if b := x.says(t, `{"type":"position","position":"e1-8"}`); len(b.Trades) != 1 || b.Trades[0].Reset {
			t.Errorf("%s: published %+v", awaits, b)
		}
	}
}

func TestWhatBreaksALimitIsNamedAndTheRestLivesOn(t *testing.T) {
	many := func(one string, n int) string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(one, i+1))
		}
		return strings.Join(list, ",")
	}
	good := `{"t":60000000,"o":2,"h":3,"l":1,"c":2,"v":5,"n":2,"vw":2}`
	bars := func(list string) string { return `"bars","symbol":"A","interval":"1m","bars":[` + list + `]` }
	trades := func(list string) string { return `"trades","symbol":"A","trades":[` + list + `]` }
	for text, want := range map[string]string{
		bars(good + "," + good):                                      "bars[1]: t: 60000000 is not after 60000000",
		bars(`{"t":60000001,"n":1}`):                                 "bars[0]: t: 60000001 is no whole second",
		bars(`{"t":-5,"n":1}`):                                       "t: -5 is not a time",
		bars(`{"t":99999999999000000,"n":1}`):                        "t: 99999999999000000 is no whole second",
		bars(`{"t":60000000,"o":-2,"h":3,"l":1,"c":2,"n":2}`):        "o: -2 is not above zero",
		bars(`{"t":60000000,"o":2,"h":3,"l":1,"n":2}`):               "c: 0 is not above zero",
		bars(`{"t":60000000,"o":2,"h":3,"l":1,"c":4,"n":2}`):         "c: 4 is not between the low 1 and the high 3",
		bars(`{"t":60000000,"n":3000000000}`):                        "n: 3000000000 is more than 2147483647",
		bars(`{"t":60000000,"n":1,"v":5}`):                           "vw: 0 does not go with the volume 5",
		bars(`{"t":60000000,"n":1,"v":99999999999999999999,"vw":9}`): "is more than the sums can hold",
		bars(`{"t":60000000,"n":0,"v":1,"vw":1}`):                    "v: 1 of no trade",
		bars(many(`{"t":%d000000,"n":1}`, 100_001)):                  "bars: there are more than 100000",
		trades(`{"i":1,"p":0,"t":1}`):                                "p: 0 is not above zero",
		trades(`{"i":0,"p":1,"t":1}`):                                "i: 0 is no number of a trade",
		trades(`{"i":2,"p":1,"t":1},{"i":2,"p":1,"t":1}`):            "trades[1]: i: 2 is not above 2",
		trades(`{"i":2,"p":1,"t":1,"d":7}`):                          "d: 7 is neither 1 nor -1",
		trades(`{"i":2,"p":1,"t":1,"st":"mended"}`):                  `st: "mended" is neither`,
		trades(`{"i":2,"p":1,"t":1,"c":["a,b"]}`):                    `c: "a,b" has a comma`,
		trades(`{"i":2,"p":1}`):                                      "t: 0 is no time",
		trades(many(`{"i":%d,"p":1,"t":1}`, 201)):                    "trades: there are more than 200",
	} {
		log := &strings.Builder{}
		x := newSeriesStream(t, log)
		x.says(t, `{"type":`+text+`}`)
		x.says(t, `{"type":"bars","symbol":"B","interval":"1m","reset":true,"bars":[`+good+`]}`)
		b := x.says(t, `{"type":"position","position":"e1-7"}`)
		if !strings.Contains(log.String(), strings.ReplaceAll(want, `"`, `\"`)) {
			t.Errorf("%.100s: %s, want %s", text, log, want)
		}
		if len(b.Bars) != 1 || len(b.Trades) != 0 || !b.Bars[0].Reset || len(b.Bars[0].Bars) != 1 {
			t.Errorf("%.100s: then %+v", text, b)
		}
	}
}

func TestPartsOfAHistoryArePublishedTogether(t *testing.T) {
	x := newSeriesStream(t, &strings.Builder{})
	x.says(t, `{"type":"bars","symbol":"A","interval":"1m","reset":true,"bars":[{"t":60000000,"n":1}],"more":true}`)
	if b := x.says(t, `{"type":"position","position":"e1-7"}`); len(b.Bars) != 0 {
		t.Errorf("a part is published: %+v", b)
	}
	x.says(t, `{"type":"bars","symbol":"A","interval":"1m","bars":[{"t":120000000,"n":1}]}`)
	if b := x.says(t, `{"type":"position","position":"e1-8"}`); len(b.Bars) != 1 || len(b.Bars[0].Bars) != 2 || !b.Bars[0].Reset {
		t.Errorf("published: %+v", b)
	}
}

// What a server says of its own accord takes no room: bars of an interval, and names, that it was not asked for.
func TestWhatNobodyAskedForIsNotKept(t *testing.T) {
	x := newSeriesStreamOf(t, &strings.Builder{}, `"relays":4,"bars":["1m"]`, "A")
	<-x.toSend
	x.says(t, `{"type":"subscribed","id":1,"symbols":[],"unknown":["A","OTHER"]}`)
	if len(x.asking.unknown) != 1 || !x.asking.unknown["A"] {
		t.Errorf("unknown are %v", x.asking.unknown)
	}
	for i := range 100 {
		x.says(t, fmt.Sprintf(`{"type":"bars","symbol":"A","interval":"%ds","bars":[{"t":60000000,"n":1}]}`, i+1))
	}
	if b := x.says(t, `{"type":"position","position":"e1-7"}`); len(b.Bars) != 0 || len(x.state.has) != 0 {
		t.Errorf("published %+v; kept %v", b.Bars, x.state.has)
	}
}

// An interval that a server names again and again is asked for once.
func TestAnIntervalCountsOnce(t *testing.T) {
	x := newSeriesStreamOf(t, &strings.Builder{}, `"relays":4,"bars":["1m","1m","1d","1m"]`, all)
	if want := []string{"1d", "1m", "trades"}; !slices.Equal(x.asking.kinds, want) {
		t.Errorf("%v, want %v", x.asking.kinds, want)
	}
}

// The next request has room, or the server has answered what was not sent to it yet.
func TestAnAnswerThatComesTooEarlyEndsTheConnection(t *testing.T) {
	x := newSeriesStream(t, &strings.Builder{})
	x.says(t, `{"type":"subscribed","id":1}`) // which is still to be sent
	var b market.Batch
	err := x.Frame([]byte(`{"type":"position","position":"e1-7"}`), 1, &b)
	if err == nil || !strings.Contains(err.Error(), "not sent to it yet") {
		t.Errorf("ends with %v", err)
	}
}

// A position counts only once what came before it has been published.
func TestAPositionCountsOncePublished(t *testing.T) {
	x := newSeriesStream(t, &strings.Builder{})
	<-x.toSend
	x.says(t, `{"type":"subscribed","id":1}`)
	x.says(t, `{"type":"bars","symbol":"A","interval":"1d","reset":true,"bars":[{"t":86400000000,"n":1}]}`)
	x.says(t, `{"type":"position","position":"e1-7"}`)
	if x.state.done["1d"] != "" {
		t.Errorf("before: %v", x.state.done)
	}
	if x.published(); x.state.done["1d"] != "e1-7" {
		t.Errorf("after: %v", x.state.done)
	}
	x.says(t, `{"type":"position","position":"e1-8"}`)
	x.pending.lost = true
	if x.published(); x.state.done["1d"] != "e1-7" {
		t.Errorf("lost: %v", x.state.done)
	}
}

// A connection that ends before it has brought all kinds up to date leaves the others where they were: what has changed of these
// meanwhile is still to come.
func TestAPositionCountsForWhatIsUpToDateAlone(t *testing.T) {
	x := newSeriesStreamOf(t, &strings.Builder{}, `"relays":4,"bars":["1m"]`, all)
	answer := func(position string) {
		x.says(t, fmt.Sprintf(`{"type":"subscribed","id":%d}`, x.asking.made))
		x.says(t, `{"type":"position","position":"`+position+`"}`)
		x.published()
	}
	<-x.toSend
	answer("e1-7")
	<-x.toSend
	answer("e1-8")
	again := func() {
		x = &seriesStream{state: x.state, env: x.env, appeared: x.appeared, toSend: make(chan seriesRequest, 1),
			asking: asking{unknown: map[string]bool{}, seen: map[market.SymbolID]bool{}}}
		x.says(t, `{"type":"hello","epoch":"e1","heartbeat_ms":5000,"relays":4,"bars":["1m"]}`)
	}
	again()
	if first := <-x.toSend; !strings.Contains(first.text, `"since":"e1-8"`) {
		t.Errorf("asks %s", first.text)
	}
	answer("e1-20") // and the connection ends before trades have come
	again()
	if first := <-x.toSend; !strings.Contains(first.text, `"since":"e1-20"`) {
		t.Errorf("asks %s", first.text)
	}
	answer("e1-30")
	if second := <-x.toSend; !strings.Contains(second.text, `"trades":["*"],"since":"e1-8"`) {
		t.Errorf("asks %s", second.text)
	}
}

func TestABudgetIsWaitedForAndARefusalIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t)
		n.kept = `,"relays":1,"bars":["1m"]`
		n.tell("AAPL", `"p":1`)
		var asked []string
		var times []time.Time
		answer := `{"type":"error","id":%d,"code":"rate_limited","message":"connection_work: you have used up a budget; try again in 7 s"}`
		n.relayed = func(s *vendortest.Socket, id int, text string) {
			asked, times = append(asked, text), append(times, time.Now())
			s.Send(fmt.Sprintf(answer, id))
			answer = `{"type":"error","id":%d,"code":"full","message":"come back later"}`
		}
		w := vendortest.Watch(t, n.env, n.open("*"), feed.DefaultConfig())
		settle(30 * time.Second)
		n.mu.Lock()
		if len(times) != 2 || times[1].Sub(times[0]) < 7*time.Second || times[1].Sub(times[0]) > 8*time.Second {
			t.Errorf("asked %q at %v", asked, times)
		}
		n.mu.Unlock()
		if s := w.Status(); s.State != market.Live || !strings.HasSuffix(s.Message, "; no bars and trades: the server refuses: full: come back later") {
			t.Errorf("status %+v", s)
		}
		want(t, w, "AAPL", "1", market.Live)

		n.set(func() {
			n.relayed = func(s *vendortest.Socket, id int, text string) {
				s.Send(fmt.Sprintf(`{"type":"subscribed","id":%d,"symbols":[]}`, id))
				s.Send(`{"type":"position","position":"e1-1"}`)
			}
		})
		settle(3 * time.Minute)
		if s := w.Status(); s.State != market.Live || strings.Contains(s.Message, "no bars") {
			t.Errorf("then status %+v", s)
		}
	})
}

// Where bars and trades are followed and nothing comes any more, or no sense, another connection is made.
func TestAConnectionForBarsThatFailsIsDialledAgain(t *testing.T) {
	const refusal = `{"type":"error","id":%d,"code":"rate_limited","message":"try again in 9999 s"}`
	for name, fail := range map[string]func(s *vendortest.Socket, id int){
		"it is silent": func(s *vendortest.Socket, _ int) { s.Freeze() },
		"it is silent where a budget is waited for": func(s *vendortest.Socket, id int) {
			s.Send(fmt.Sprintf(refusal, id))
			s.Freeze()
		},
		"it answers what was not asked yet": func(s *vendortest.Socket, id int) {
			for more := range 5 {
				s.Send(fmt.Sprintf(refusal, id+more))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNode(t)
				n.kept = `,"relays":1,"bars":["1m"]`
				n.tell("AAPL", `"p":1`)
				requests := 0
				n.relayed = func(s *vendortest.Socket, id int, _ string) {
					if requests++; requests == 1 {
						fail(s, id)
					}
				}
				vendortest.Watch(t, n.env, n.open("*"), feed.DefaultConfig())
				settle(time.Minute)
				n.mu.Lock()
				defer n.mu.Unlock()
				if requests < 2 {
					t.Errorf("%d requests", requests)
				}
			})
		})
	}
}
