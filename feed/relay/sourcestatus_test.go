package relay

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors/vendortest"
)

// bounded checks what may be passed on of the sources behind a server.
func bounded(t *testing.T, s *market.Status) {
	t.Helper()
	if len(s.Behind) > mostBehind {
		t.Errorf("%d sources are passed on", len(s.Behind))
	}
	for _, x := range s.Behind {
		if len(x.Behind) > 0 || len(x.Message) > mostReason+len("…") || market.CheckSymbol(x.Source) != nil || x.Delay < 0 {
			t.Errorf("passed on: %+v", x)
		}
	}
}

// said is the status that a decoder publishes after a hello with these sources, and after further messages.
func said(t *testing.T, sources string, then ...string) (market.Status, error) {
	t.Helper()
	env := newEnv(prometheus.NewRegistry())
	d := newDecoder(&env, "me", newUpstream(), 1, func(string) {})
	var last market.Status
	for _, text := range append([]string{`{"type":"hello","epoch":"e1","seq":1,"sources":[` + sources + `]}`, `{"type":"subscribed","id":1}`,
		`{"type":"snapshot","seq":1,"quotes":[]}`}, then...) {
		var b market.Batch
		if err := d.Frame([]byte(text), 1, &b); err != nil {
			return last, err
		}
		if b.Status != nil {
			last = *b.Status
		}
	}
	bounded(t, &last)
	return last, nil
}

// TestNothingOfTheSourcesBehindTheServerIsLost has servers of every age and depth.
func TestNothingOfTheSourcesBehindTheServerIsLost(t *testing.T) {
	const (
		coinbase = `{"source":"coinbase","status":"live","since":11,"message":""`
		kraken   = `{"source":"kraken","status":"down","since":12,"message":"the connection is lost"}`
		played   = `{"source":"replay","status":"live","since":13,"message":"recorded: live","simulated":true,"replayed":true}`
		late     = `{"source":"alpaca","status":"live","since":14,"message":"","delayed_ms":900000}`

		saidKraken = "kraken down since 12: the connection is lost"
		saidReplay = "replay live since 13: recorded: live simulated replayed"
	)
	for name, c := range map[string]struct {
		sources string
		then    []string
		whole   string
		behind  []string
	}{
		"one source": {coinbase + "}", nil, "live", []string{"coinbase live since 11: "}},
		"several": {coinbase + "}," + kraken + "," + played + "," + late, nil, "live simulated replayed 15m0s",
			[]string{"coinbase live since 11: ", saidKraken, saidReplay, "alpaca live since 14:  15m0s"}},
		"a relay's are in its place": {coinbase + `},{"source":"relay","status":"live","since":1,` +
			`"message":"via a: kraken down; replay live","replayed":true,"sources":[` + kraken + "," + played + `]}`,
			nil, "live replayed", []string{"coinbase live since 11: ", saidKraken, saidReplay}},
		"a relay of an older server": {`{"source":"relay","status":"live","since":1,"message":"via a,b: coinbase live"}`, nil, "live",
			[]string{"relay live since 1: coinbase live"}},
		"a relay that is down": {`{"source":"relay","status":"down","since":1,"message":"the connection is lost"}`, nil, "down",
			[]string{"relay down since 1: the connection is lost"}},
		"an older server's recording": {`{"source":"replay","status":"live","since":1,"message":"","simulated":true}`, nil,
			"live simulated replayed", []string{"replay live since 1:  simulated replayed"}},
		"what changes": {coinbase + "}", []string{`{"type":"status",` + coinbase[1:] + `,"quiet":true,"sources":[` + kraken + `]}`},
			"live quiet", []string{saidKraken}},
		"what ends": {coinbase + `,"quiet":true,"simulated":true}`, []string{`{"type":"status",` + coinbase[1:] + `}`}, "live",
			[]string{"coinbase live since 11: "}},
		"all that live quiet": {coinbase + `,"quiet":true},` + kraken, nil, "live quiet",
			[]string{"coinbase live since 11:  quiet", saidKraken}},
		"one is not quiet": {coinbase + `,"quiet":true},` + late, nil, "live 15m0s",
			[]string{"coinbase live since 11:  quiet", "alpaca live since 14:  15m0s"}},
		"deeper than servers send": {`{"source":"relay","status":"live","sources":[` +
			`{"source":"relay","status":"live","since":2,"message":"x","sources":[` + kraken + `]}]}`, nil,
			"live", []string{"relay live since 2: x"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := said(t, c.sources, c.then...)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.State.String() + is(&s); got != c.whole {
				t.Errorf("the whole is %q, want %q", got, c.whole)
			}
			var behind []string
			for _, x := range s.Behind {
				behind = append(behind, fmt.Sprintf("%s %v since %d: %s%s", x.Source, x.State, x.Since, x.Message, is(&x)))
			}
			if !slices.Equal(behind, c.behind) {
				t.Errorf("behind it\n  %s\nwant\n  %s", strings.Join(behind, "\n  "), strings.Join(c.behind, "\n  "))
			}
		})
	}
}

func TestWhatIsPassedOnOfSourcesHasBounds(t *testing.T) {
	source := func(i int) string {
		return fmt.Sprintf(`{"source":"s%d","status":"live","message":%q,"sources":[{"source":"x","status":"live","message":%[2]q}]}`, i,
			strings.Repeat("long\n", 1000))
	}
	var many []string
	for i := range 1000 {
		many = append(many, source(i))
	}
	s, err := said(t, strings.Join(many, ","), `{"type":"status",`+source(5000)[1:])
	if err != nil || len(s.Behind) != mostBehind || strings.Contains(s.Behind[0].Message, "\n") {
		t.Errorf("%d behind, %v", len(s.Behind), err)
	}
}

func TestAStatusThatCannotBeReadEndsTheConnection(t *testing.T) {
	for _, bad := range []string{
		`"replayed":1`, `"quiet":"yes"`, `"delayed_ms":-1`, `"delayed_ms":1.5`, `"delayed_ms":99999999999999`, `"since":"x"`,
		`"sources":{}`, `"sources":[7]`, `"sources":[{"source":"x"}]`, `"sources":[{"source":"a b","status":"live"}]`,
		`"sources":[{"source":"x","status":"live","delayed_ms":"soon"}]`,
	} {
		if _, err := said(t, `{"source":"relay","status":"live",`+bad+`}`); err == nil {
			t.Errorf("taken: %s", bad)
		}
	}
}

// However much a server says of its sources, and of names that it does not know, there is a bound to what is kept.
func TestWhatIsKeptOfAServerHasBounds(t *testing.T) {
	env := newEnv(prometheus.NewRegistry())
	u := newUpstream()
	newly := newQueue()
	d := newDecoder(&env, "me", u, 1, newly.add)
	says := func(text string) {
		t.Helper()
		if err := d.Frame([]byte(text), 1, &market.Batch{}); err != nil {
			t.Fatal(err)
		}
	}
	says(hello)
	long := strings.Repeat("x", 1<<20)
	behind := strings.Repeat(`{"source":"a","status":"live","message":"`+long[:2000]+`"},`, 100) + `{"source":"b","status":"live"}`
	says(`{"type":"status","source":"other","status":"live","message":"` + long + `","sources":[` + behind + `]}`)
	last := d.sources[len(d.sources)-1]
	if len(last.Message) > 1000 || len(last.Behind) != mostBehind || len(last.Behind[0].Message) > 1000 {
		t.Errorf("kept %d bytes, and %d sources with %d", len(last.Message), len(last.Behind), len(last.Behind[0].Message))
	}

	var names []byte
	for i := range market.MaxSymbols + 10 {
		names = fmt.Appendf(names, `"N%d",`, i)
	}
	list := string(names) + `"` + long + `"]}`
	says(`{"type":"subscribed","unknown":[` + list)
	if len(u.unknown) != market.MaxSymbols || u.unknown[long] {
		t.Errorf("kept %d names", len(u.unknown))
	}
	says(`{"type":"subscribed","symbols":[` + list)
	says(`{"type":"subscribed","unknown":["LATE"]}`)
	says(`{"type":"subscribed","symbols":["LATE"]}`)
	if len(newly.names) != market.MaxSymbols || len(u.unknown) != 0 {
		t.Errorf("asks for the records of %d symbols; %d are unknown", len(newly.names), len(u.unknown))
	}
}

func TestAHeartbeatThatCannotBeIsNoPromise(t *testing.T) {
	for text, want := range map[string]time.Duration{"5000": 5 * time.Second, "100": 100 * time.Millisecond, "600000": 10 * time.Minute,
		"0": 0, "600001": 0, "-5": 0, `"x"`: 0, "1e9": 0, "null": 0} {
		env := newEnv(prometheus.NewRegistry())
		d := newDecoder(&env, "me", newUpstream(), 1, func(string) {})
		var b market.Batch
		err := d.Frame([]byte(`{"type":"hello","epoch":"e1","seq":1,"heartbeat_ms":`+text+`,"sources":[]}`), 1, &b)
		if err != nil || b.Heartbeat != want {
			t.Errorf("%s: promises %v, %v; want %v", text, b.Heartbeat, err, want)
		}
	}
}

// A server that is gone without a word is known to be so after two of its heartbeats, the tenth time as the first, also where
// another takes its place each time.
func TestADeadServerIsDownAfterTwoHeartbeatsEachTime(t *testing.T) {
	const heartbeat = 5 * time.Second // of the node
	for name, cfg := range map[string]feed.Config{"silence by default": feed.DefaultConfig(), "a long silence": {Silence: time.Hour}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNode(t)
				n.tell("AAPL", `"p":1`)
				w := vendortest.Watch(t, n.env, n.open("*"), cfg)
				for i := range 10 {
					vendortest.Within(t, 2*time.Minute, "it is live", func() bool { return w.Status().State == market.Live })
					settle(time.Duration(17+i) * time.Second)
					n.set(func() { n.epoch = fmt.Sprintf("e%d", 2+i) }) // of the other one
					before, began := len(w.Statuses()), time.Now()
					for _, s := range n.Sockets() {
						s.Freeze()
					}
					// The next connection may be there at once.
					vendortest.Within(t, 3*heartbeat, "it is down", func() bool { return len(w.Statuses()) > before })
					down := w.Statuses()[before]
					if took := down.Since.Std().Sub(began); down.State != market.Down || took < heartbeat || took > 2*heartbeat {
						t.Errorf("time %d: %v after %v, want down after one to two heartbeats", i+1, down.State, took)
					}
				}
			})
		})
	}
}

func TestASlowMessageIsASignOfLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t)
		n.tell("AAPL", `"p":1`)
		w := vendortest.Watch(t, n.env, n.open("*"), feed.DefaultConfig())
		settle(time.Second)
		before := len(w.Statuses())
		text := `{"type":"update","seq":9,"time":1,"quotes":[{"s":"AAPL","p":2}]` + strings.Repeat(" ", 300) + `}`
		began := time.Now()
		n.Sockets()[0].Drip(text, 100*time.Millisecond) // 36 s
		settle(time.Second)
		if took := time.Since(began); took < 30*time.Second || len(w.Statuses()) > before {
			t.Errorf("within %v: %+v", took, w.Statuses()[before:])
		}
		want(t, w, "AAPL", "2", market.Live)

		dripped := make(chan struct{})
		go func() {
			defer close(dripped)
			n.Sockets()[0].Drip(text, 4*time.Second) // it would take 20 minutes
		}()
		vendortest.Within(t, 80*time.Second, "a message that does not end", func() bool { return w.Status().State == market.Down })
		<-dripped
	})
}

// A server whose market is silent goes on to send heartbeats.
func TestHeartbeatsAloneKeepItLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t)
		n.tell("AAPL", `"p":1`)
		w := vendortest.Watch(t, n.env, n.open("*"), feed.Config{Silence: time.Second})
		settle(time.Second)
		before := len(w.Statuses())
		settle(time.Hour)
		if after := w.Statuses(); len(after) != before || w.Status().State != market.Live {
			t.Errorf("statuses %+v", after[before:])
		}
	})
}

// What the server says of its prices is said of the relay, too, before and after its status comes.
func TestARelayIsAsItsServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t)
		n.sources = `{"source":"replay","status":"live","since":1,"message":"","replayed":true},` +
			`{"source":"alpaca","status":"live","since":1,"message":"","delayed_ms":900000,"quiet":true}`
		sources := n.open("*")
		w := vendortest.Watch(t, n.env, sources, feed.DefaultConfig())
		settle(time.Second)
		want := feed.Info{Name: "relay", Replayed: true, Delay: 15 * time.Minute, Lossless: true, Remote: true}
		if info := sources[0].Info(); info != want {
			t.Errorf("info %+v, want %+v", info, want)
		}
		if s := w.Status(); !s.Replayed || s.Delay != 15*time.Minute || s.Quiet || len(s.Behind) != 2 || !s.Behind[1].Quiet {
			t.Errorf("status %+v", s)
		}
		n.set(func() {
			n.say(`{"type":"status","source":"replay","status":"closed","since":1,"message":"","replayed":true}`)
		})
		settle(time.Second)
		if s := w.Status(); !s.Quiet || s.Behind[0].State != market.Closed {
			t.Errorf("status %+v, want it quiet: all that are live are", s)
		}
		n.Vanish()
		n.Sockets()[0].Drop()
		settle(time.Second)
		if s := w.Status(); s.State != market.Down || !s.Replayed || s.Delay != 15*time.Minute || s.Quiet || s.Behind != nil {
			t.Errorf("status %+v, want what the prices are, and nothing of how the sources are", s)
		}
	})
}
