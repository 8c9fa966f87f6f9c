package relay

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"tickertape/feed"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.DiscardHandler)

const hello = `{"type":"hello","protocol":1,"epoch":"e1","seq":1,"time":1,"heartbeat_ms":5000,"source":"sim","simulated":true,"status":"live"}`

// settle lets everything happen that can within d.
func settle(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func want(t *testing.T, f *follower, want ...string) {
	t.Helper()
	if got := f.take(); !slices.Equal(got, want) {
		t.Errorf("told\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestRelayMergesWhatItIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next := make(chan string)
		asked := make(chan string, 1)
		s := startServer(t, func(_ int, l *fakeLine) {
			l.say(hello)
			asked <- l.hear()
			l.say(`{"type":"subscribed","id":1,"symbols":["*"]}`)
			for m := range next {
				l.say(m)
			}
			l.hold()
		})
		f := follow(t, s, quiet, "*")
		if got := f.source.Info(); got != (feed.Info{Name: "relay", Simulated: true}) {
			t.Errorf("info: %+v", got)
		}
		if id, ok := f.dir.ID("AAPL"); !ok || f.dir.Symbol(id).Name != "Apple Inc." || f.dir.Len() != 2 {
			t.Errorf("directory: %+v", f.dir.All())
		}
		if got, want := <-asked, `{"type":"subscribe","id":1,"symbols":["*"]}`; got != want {
			t.Errorf("subscribed with %s, want %s", got, want)
		}
		settle(0)
		want(t, f, "status live")
		for _, step := range []struct {
			message string
			told    []string
		}{
			{`{"type":"snapshot","seq":5,"time":1,"more":true,"quotes":[{"s":"AAPL","p":189.31,"z":100,"b":189.3,"bz":200,"a":189.32,"o":188,"v":1200300,"n":7,"t":9}]}`,
				[]string{"AAPL p=189.31 z=100 b=189.3 bz=200 a=189.32 o=188 v=1200300 n=7 t=9 live"}},
			{`{"type":"snapshot","seq":5,"time":1,"quotes":[{"s":"MSFT","p":"400.5","st":"halted","venue":{"x":1}}]}`, []string{"MSFT p=400.5 halted"}},
			{`{"type":"update","seq":6,"time":1,"quotes":[{"s":"AAPL","p":189.32,"v":1200400,"n":8,"t":10},{"s":"MSFT","st":null}]}`,
				[]string{"AAPL p=189.32 z=100 b=189.3 bz=200 a=189.32 o=188 v=1200400 n=8 t=10 live", "MSFT p=400.5 live"}},
			// a bid goes: a quote with what is left, then the image
			{`{"type":"update","seq":7,"time":1,"quotes":[{"s":"AAPL","b":null,"bz":null,"t":11}]}`,
				[]string{"AAPL tick 1 sides 16 at 11", "AAPL p=189.32 z=100 a=189.32 o=188 v=1200400 n=8 t=11 live"}},
			// a new session
			{`{"type":"update","seq":8,"time":1,"quotes":[{"s":"AAPL","o":null,"h":null,"l":null,"v":null,"n":null,"vw":null,"t":12}]}`,
				[]string{"AAPL tick 3 sides 0 at 12", "AAPL p=189.32 z=100 a=189.32 t=12 live"}},
			// a trade without a size
			{`{"type":"update","seq":9,"time":1,"quotes":[{"s":"AAPL","p":190,"z":null}]}`, []string{"AAPL p=190 z=0 a=189.32 t=12 live"}},
			{`{"type":"update","seq":10,"time":1,"quotes":[{"s":"AAPL","p":191}]}`, []string{"AAPL p=191 a=189.32 t=12 live"}},
			{`{"type":"status","source":"sim","status":"stale","since":77,"message":"no tick"}`, []string{"status stale no tick"}},
			{`{"type":"heartbeat","seq":10,"time":1}`, nil},
			{`{"type":"weather","quotes":[]}`, nil},
			// one odd value costs itself alone
			{`{"type":"update","seq":11,"time":1,"quotes":[{"s":"AAPL","p":-5,"z":7},{"s":"B AD","p":1},{"s":5},{"s":"MSFT","p":401}]}`,
				[]string{"AAPL p=191 z=7 a=189.32 t=12 live", "MSFT p=401 live"}},
		} {
			next <- step.message
			settle(0)
			want(t, f, step.told...)
		}
		close(next)
		f.end(t)
	})
}

func TestRelayComesBackWithItsPosition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := make(chan string, 9)
		drop := make(chan struct{})
		s := startServer(t, func(n int, l *fakeLine) {
			switch n {
			case 0: // breaks in the middle of an update
				l.say(hello)
				asked <- l.hear()
				l.say(`{"type":"snapshot","seq":5,"quotes":[{"s":"AAPL","p":1,"v":5},{"s":"MSFT","p":2}]}`,
					`{"type":"update","seq":6,"more":true,"quotes":[{"s":"AAPL","p":3}]}`)
				<-drop
				l.cut()
			case 1: // the same run
				l.say(hello)
				asked <- l.hear()
				l.say(`{"type":"snapshot","seq":7,"resumed":true,"quotes":[{"s":"AAPL","p":4}]}`)
				<-drop
				l.cut()
			default: // another run, without MSFT
				l.say(strings.Replace(hello, "e1", "e2", 1))
				asked <- l.hear()
				l.say(`{"type":"snapshot","seq":1,"more":true,"quotes":[]}`, `{"type":"snapshot","seq":1,"quotes":[{"s":"AAPL","p":5}]}`)
				l.hold()
			}
		})
		f := follow(t, s, quiet, "AAPL", "MSFT")
		settle(0)
		want(t, f, "status live", "AAPL p=1 v=5 live", "MSFT p=2 live", "AAPL p=3 v=5 live")
		drop <- struct{}{}
		settle(0)
		if told := f.take(); len(told) != 1 || !strings.HasPrefix(told[0], "status down receive: ") {
			t.Errorf("told %q, want down", told)
		}
		settle(leastWait)
		want(t, f, "status live", "AAPL tick 3 sides 0 at 0", "AAPL p=4 live")
		drop <- struct{}{}
		settle(2 * leastWait)
		if told := f.take(); len(told) != 4 || !strings.HasPrefix(told[0], "status down") || !slices.Equal(told[1:], []string{"status live", "AAPL p=5 live", "MSFT p=2 down"}) {
			t.Errorf("told %q", told)
		}
		for _, want := range []string{
			`{"type":"subscribe","id":1,"symbols":["AAPL","MSFT"]}`,
			`{"type":"subscribe","id":1,"symbols":["AAPL","MSFT"],"since":"e1-5"}`,
			`{"type":"subscribe","id":1,"symbols":["AAPL","MSFT"]}`,
		} {
			if got := <-asked; got != want {
				t.Errorf("asked %s, want %s", got, want)
			}
		}
		f.end(t)
	})
}

func TestRelayDropsALineThatIsNoGood(t *testing.T) {
	for name, c := range map[string]struct {
		script func(l *fakeLine)
		after  time.Duration
		says   string
	}{
		"silence":            {func(l *fakeLine) { l.say(hello); l.hold() }, 12500 * time.Millisecond, "no message for 12.5s"},
		"no hello":           {func(l *fakeLine) { l.say(`{"type":"update","seq":1}`); l.hold() }, 0, "not hello"},
		"never anything":     {func(l *fakeLine) { l.hold() }, firstWait, "no message for 15s"},
		"garbage":            {func(l *fakeLine) { l.say(hello, `{"type":"update",`); l.hold() }, 0, "message"},
		"a key twice":        {func(l *fakeLine) { l.say(hello, `{"type":"update","type":"x"}`); l.hold() }, 0, "duplicate"},
		"no type":            {func(l *fakeLine) { l.say(hello, `{"seq":1}`); l.hold() }, 0, "no type"},
		"no quote":           {func(l *fakeLine) { l.say(hello, `{"type":"update","seq":1,"quotes":[7]}`); l.hold() }, 0, "not an object"},
		"a state of its own": {func(l *fakeLine) { l.say(hello, `{"type":"status","status":"asleep"}`); l.hold() }, 0, "asleep"},
		"too much":           {func(l *fakeLine) { l.say(hello, strings.Repeat(" ", readLimit+2)); l.hold() }, 0, "receive"},
		"going away":         {func(l *fakeLine) { l.say(hello); l.hear(); l.close(1001, "bye") }, 0, "1001"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := startServer(t, func(n int, l *fakeLine) {
					if n == 0 {
						c.script(l)
						return
					}
					l.say(hello, `{"type":"snapshot","seq":1,"quotes":[{"s":"AAPL","p":1}]}`)
					l.hold()
				})
				f := follow(t, s, quiet, "*")
				settle(c.after)
				told := f.take()
				if len(told) == 0 || !strings.HasPrefix(told[len(told)-1], "status down ") || !strings.Contains(told[len(told)-1], c.says) {
					t.Errorf("told %q, want down with %q", told, c.says)
				}
				settle(leastWait)
				want(t, f, "status live", "AAPL p=1 live")
				f.end(t)
			})
		})
	}
}

func TestRelayComesBackWhenItIsAskedTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startServer(t, func(n int, l *fakeLine) {
			l.say(hello)
			if n == 0 {
				l.hear()
				l.close(1012, "retry_ms=60000")
				return
			}
			l.hold()
		})
		f := follow(t, s, quiet, "*")
		settle(5 * time.Second) // it waits 6 s at least
		if told := f.take(); len(told) != 2 || !strings.Contains(told[1], "retry_ms=60000") {
			t.Errorf("told %q", told)
		}
		settle(55 * time.Second)
		if told := f.take(); len(told) == 0 || told[0] != "status live" {
			t.Errorf("told %q, want live", told)
		}
		f.end(t)
	})
}

func TestRelayWaitsLongerForAServerThatIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startServer(t, func(_ int, l *fakeLine) {
			l.say(hello)
			l.hold()
		})
		f := follow(t, s, quiet, "*")
		settle(time.Minute) // cut for silence again and again, which is no failure to come back
		s.pipes.setDown(true)
		settle(time.Hour)
		tries := 0
		for _, line := range f.take() {
			if strings.Contains(line, "refused") {
				tries++
			}
		}
		if least, most := int(time.Hour/mostWait), 600; tries < least || tries > most {
			t.Errorf("%d tries in an hour, want %d to %d", tries, least, most)
		}
		s.pipes.setDown(false)
		settle(mostWait)
		if told := f.take(); len(told) == 0 || !slices.Contains(told, "status live") {
			t.Errorf("told %q, want live", told)
		}
		f.end(t)
	})
}

func TestRelayEndsWhereComingBackDoesNotHelp(t *testing.T) {
	for name, c := range map[string]struct {
		script func(l *fakeLine)
		says   string
	}{
		"policy": {func(l *fakeLine) { l.say(hello); l.hear(); l.close(1008, "origin not allowed") }, "1008 \"origin not allowed\""},
		"a refusal": {func(l *fakeLine) {
			l.say(hello)
			l.hear()
			l.say(`{"type":"error","id":1,"code":"too_many_symbols","message":"symbols: 3"}`)
			l.hold()
		}, "too_many_symbols: symbols: 3"},
		"made up now": {func(l *fakeLine) { l.say(strings.Replace(hello, `"simulated":true`, `"simulated":false`, 1)); l.hold() }, "simulated"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := follow(t, startServer(t, func(_ int, l *fakeLine) { c.script(l) }), quiet, "*")
				err := <-f.done
				if err == nil || !strings.HasPrefix(err.Error(), "relay http://pipe: ") || !strings.Contains(err.Error(), c.says) {
					t.Errorf("got %v, want it to say %q", err, c.says)
				}
			})
		})
	}
}

func TestRelayEntersSymbolsThatAppear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startServer(t, func(_ int, l *fakeLine) {
			l.say(hello, `{"type":"snapshot","seq":1,"quotes":[{"s":"LATE","p":1},{"s":"LATER","p":2}]}`)
			l.hold()
		})
		s.records["LATE"] = `{"symbol":"LATE","name":"Late & Co","currency":"EUR","decimals":3}`
		f := follow(t, s, quiet, "*")
		settle(0)
		want(t, f, "status live", "LATE p=1 live", "LATER p=2 live")
		got := f.dir.All()[2:]
		if !slices.Equal(got, []feed.Symbol{{Symbol: "LATE", Name: "Late & Co", Currency: "EUR", Decimals: 3}, {Symbol: "LATER", Decimals: 2}}) {
			t.Errorf("directory: %+v", got)
		}
		if want := []string{"*", "LATE,LATER"}; !slices.Equal(s.asked, want) {
			t.Errorf("asked for %q, want %q", s.asked, want)
		}
		f.end(t)
	})
}

func TestOpenRefusesWhatCannotBeFollowed(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	answers := func(status int, body string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			w.Write([]byte(body))
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	for name, c := range map[string]struct {
		url, symbol, says string
	}{
		"nobody there":      {gone.URL, "*", "connection refused"},
		"no address":        {"localhost:8080", "*", `url: "localhost:8080"`},
		"another protocol":  {"ftp://localhost", "*", `url: "ftp://localhost"`},
		"a query":           {"http://localhost?x=1", "*", "url: "},
		"a bad symbol":      {gone.URL, "A B", `symbols[0]: "A B"`},
		"an error":          {answers(403, `{"detail":"Origin: not allowed"}`), "*", "403 Forbidden Origin: not allowed"},
		"a page":            {answers(200, "<html>"), "*", "not the answer of a tickertape"},
		"other JSON":        {answers(200, "{}"), "*", "not the answer of a tickertape"},
		"an unknown symbol": {answers(200, `{"epoch":"e","simulated":false,"unknown":["FOO"]}`), "FOO", `knows none of ["FOO"]`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(Config{URL: c.url, Symbols: []string{c.symbol}}, feed.NewDirectory(), quiet)
			if err == nil || !strings.HasPrefix(err.Error(), "relay: ") || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want one line that says %q", err, c.says)
			}
		})
	}
}

func TestRelayFollowsOverARealSocket(t *testing.T) {
	s := startServer(t, func(_ int, l *fakeLine) {
		l.say(hello, `{"type":"snapshot","seq":1,"quotes":[{"s":"AAPL","p":1}]}`)
		l.hold()
	})
	s.about = strings.Replace(aboutSim, `"quotes"`, `"unknown":["FOO"],"quotes"`, 1)
	real := httptest.NewServer(s.http.Handler)
	defer real.Close()
	var logged bytes.Buffer
	dir := feed.NewDirectory()
	source, err := Open(Config{URL: "ws" + strings.TrimPrefix(real.URL, "http") + "/ws", Symbols: []string{"AAPL", "FOO"}}, dir, slog.New(slog.NewTextHandler(&logged, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(logged.String(), "FOO") {
		t.Errorf("the log does not name FOO: %s", &logged)
	}
	f := &follower{source: source, dir: dir, done: make(chan error, 1), news: make(chan struct{}, 1)}
	f.run(t)
	for len(f.peek()) < 2 {
		select {
		case <-f.news:
		case <-time.After(10 * time.Second):
			t.Fatalf("told %q", f.peek())
		}
	}
	want(t, f, "status live", "AAPL p=1 live")
	f.end(t)
}

func TestConfigTakesEveryWayToNameAServer(t *testing.T) {
	for text, want := range map[string]string{
		"http://localhost:8080":       "http://localhost:8080",
		"http://localhost:8080/":      "http://localhost:8080",
		"ws://localhost:8080/ws":      "http://localhost:8080",
		"wss://ticks.example/ws/":     "https://ticks.example",
		"https://example.com/ticker":  "https://example.com/ticker",
		"wss://example.com/ticker/ws": "https://example.com/ticker",
		"http://[::1]:8080":           "http://[::1]:8080",
	} {
		got, err := Config{URL: text}.base()
		if err != nil || *got != *parse(t, want) {
			t.Errorf("%s: got %v, %v; want %s", text, got, err, want)
		}
	}
	if err := DefaultConfig().Validate(); err == nil || !strings.Contains(err.Error(), `url: ""`) {
		t.Errorf("no address: got %v", err)
	}
	if err := (Config{URL: "ftp://me:secret@host", Symbols: []string{"*"}}).Validate(); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a password is told: %v", err)
	}
}

// FuzzMessage reads one message of a server. What is good can be taken in.
func FuzzMessage(f *testing.F) {
	for _, m := range []string{
		hello,
		`{"type":"snapshot","seq":5,"time":1,"more":true,"quotes":[{"s":"AAPL","p":189.31,"z":100,"b":189.3,"bz":200,"a":189.32,"o":188,"v":1200300,"n":7,"t":9}]}`,
		`{"type":"update","seq":8,"time":1,"quotes":[{"s":"AAPL","o":null,"h":null,"l":null,"v":null,"n":null,"vw":null,"st":"halted"}]}`,
		`{"type":"update","seq":11,"quotes":[{"s":"AAPL","p":-5},{"s":"B AD"},{"s":5},{}]}`,
		`{"type":"status","source":"sim","status":"stale","since":77,"message":"no tick"}`,
		`{"type":"error","code":"bad_json","message":"x"}`,
		`{"type":"update","quotes":[7]}`,
	} {
		f.Add([]byte(m))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := parseMessage(text)
		if err != nil {
			if len(err.Error()) > 2000 {
				t.Errorf("%d bytes of error", len(err.Error()))
			}
			return
		}
		dir := feed.NewDirectory()
		var mirror mirror
		for i := range m.Quotes {
			q := &m.Quotes[i]
			id, err := dir.Add(feed.Symbol{Symbol: q.symbol})
			if err != nil {
				continue
			}
			mirror.apply(id, q, m.Type == "snapshot")
			kept := &mirror.quotes[id]
			if kept.Set&q.gone != 0 || q.values.Set&^q.gone&^kept.Set != 0 {
				t.Errorf("%s: kept %b of %b without %b", text, kept.Set, q.values.Set, q.gone)
			}
			if kept.Set&feed.FieldPrice != 0 && kept.Price <= 0 {
				t.Errorf("%s: price %v", text, kept.Price)
			}
		}
		mirror.publish(func(feed.Batch) {})
	})
}
