package bench

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// within is how long is waited for what should happen at once.
const within = 30 * time.Second

// both runs a test over each transport.
func both(t *testing.T, test func(t *testing.T, transport string)) {
	for _, transport := range []string{WebSocket, SSE} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			test(t, transport)
		})
	}
}

// carryOut runs a plan until it is in a phase and has counted an update, however long that takes here.
func carryOut(t *testing.T, p Plan, phase string) *Report {
	t.Helper()
	target, err := parseTarget(p.URL)
	if err != nil {
		t.Fatal(err)
	}
	symbols, err := target.symbols(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := newRun(p, target)
	r.lists = watchlists{symbols, p.Watchlist == Personal, p.Seed}
	ctx, interrupt := context.WithCancel(t.Context())
	var watching sync.WaitGroup
	defer watching.Wait()
	defer interrupt()
	watching.Go(func() {
		for deadline := time.Now().Add(within); time.Now().Before(deadline) && ctx.Err() == nil; time.Sleep(time.Millisecond) {
			if r.phaseNow() == phase && r.tallies.traffic()[prompt].Updates > 0 {
				break
			}
		}
		interrupt()
	})
	report, err := r.carryOut(ctx, Progress{})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestRunMeasuresWhatComes(t *testing.T) {
	for name, test := range map[string]struct {
		secure bool
		change func(p *Plan)
	}{
		"plain":      {false, func(*Plan) {}},
		"encrypted":  {true, func(*Plan) {}},
		"personal":   {false, func(p *Plan) { p.Watchlist = Personal }},
		"slow ones":  {false, func(p *Plan) { p.Slow = 0.2 }},
		"compressed": {false, func(p *Plan) { p.Compress = p.Transport == WebSocket }},
		"everything": {false, func(p *Plan) { p.Symbols = 0 }},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, transport string) {
				f := newFake(t, &fake{}, test.secure)
				p := quick(f, transport)
				test.change(&p)
				r := carryOut(t, p, measuring)
				if r.Crowd.Connected != 20 || r.Crowd.Dials != 20 || len(r.Crowd.Refused)+len(r.Crowd.Lost) > 0 {
					t.Errorf("the crowd: %+v, want 20 who came and stayed", r.Crowd)
				}
				if r.All.Updates == 0 || r.All.Quotes != 2*r.All.Updates || r.All.Frames < r.All.Updates || r.All.Bytes == 0 || r.All.UpdatesPerS == 0 {
					t.Errorf("the traffic: %+v, want updates of two quotes", r.All)
				}
				if sum := r.Prompt.Frames + r.Slow.Frames; sum != r.All.Frames || r.Prompt.Subscribers+r.Slow.Subscribers != 20 {
					t.Errorf("prompt %+v and slow %+v do not make up %+v", r.Prompt, r.Slow, r.All)
				}
				if r.Tick == nil || r.Tick.Samples == 0 || r.Send == nil || r.Crowd.Handshake.Samples != 20 || r.Crowd.Snapshot.Samples != 20 {
					t.Errorf("latencies: %+v %+v %+v %+v", r.Tick, r.Send, r.Crowd.Handshake, r.Crowd.Snapshot)
				}
				if r.Server == nil || r.Server.Cores <= 0 || r.Server.RSSBytes != 40_000_000 {
					t.Errorf("the server: %+v, want what /metrics says", r.Server)
				}
				if want := map[bool]int{true: 20}[p.Compress]; r.Crowd.Compressed != want {
					t.Errorf("%d connections are compressed, want %d", r.Crowd.Compressed, want)
				}
			})
		})
	}
}

func TestSubscribersAskForWhatThePlanSays(t *testing.T) {
	both(t, func(t *testing.T, transport string) {
		f := newFake(t, &fake{}, false)
		p := quick(f, transport)
		p.Subscribers, p.Rate, p.Fields = 1, 0.5, []string{"p", "t"}
		carryOut(t, p, measuring)
		if got, want := f.queries(), []string{"symbols=SYM0,SYM1&rate=0.5&fields=p%2Ct"}; !slices.Equal(got, want) {
			t.Errorf("asked %q, want %q", got, want)
		}
	})
}

func TestWhoFollowsBarsAndTradesJoinsWithAllOfThem(t *testing.T) {
	both(t, func(t *testing.T, transport string) {
		f := newFake(t, &fake{play: func(n int, c *fakeConn) {
			c.welcome()
			history := `{"type":"%s","seq":1,"time":%d,"symbol":"%s","reset":true}`
			for _, s := range []string{"SYM0", "SYM1"} {
				c.say(fmt.Sprintf(history, "bars", time.Now().UnixMicro(), s))
			}
			if n > 1 { // the first never has the trades
				c.say(fmt.Sprintf(history, "trades", time.Now().UnixMicro(), "SYM0"))
			}
			c.updates(time.Millisecond)
		}}, false)
		p := quick(f, transport)
		p.Subscribers, p.Bars, p.Trades = 4, 2, 1
		target, err := parseTarget(p.URL)
		if err != nil {
			t.Fatal(err)
		}
		r := newRun(p, target)
		r.lists = watchlists{all: []string{"SYM0", "SYM1", "SYM2"}}
		ctx, interrupt := context.WithCancel(t.Context())
		defer interrupt()
		go func() {
			deadline := time.Now().Add(within)
			for connected := 0; connected < 3 && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
				connected, _ = r.crowd.counts()
			}
			interrupt()
		}()
		report, err := r.carryOut(ctx, Progress{})
		if err != nil {
			t.Fatal(err)
		}
		if report.Crowd.Connected != 3 {
			t.Errorf("%d connected, want the 3 who have all that they asked for", report.Crowd.Connected)
		}
		for _, got := range f.queries() {
			if want := "symbols=SYM0,SYM1&bars=SYM0,SYM1&interval=1m&trades=SYM0"; got != want {
				t.Errorf("asked %s, want %s", got, want)
			}
		}
	})
}

func TestLongListIsSubscribedToByMessages(t *testing.T) {
	heard := make(chan string, 10)
	f := newFake(t, &fake{play: func(_ int, c *fakeConn) {
		c.say(helloText)
		for range 2 {
			heard <- <-c.heard
			c.say(quotesText("snapshot", 1, time.Now()))
		}
		c.updates(0)
	}}, false)
	target, err := parseTarget(f.URL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := target.symbols(t.Context()); err != nil {
		t.Fatal(err)
	}
	a := ask{}
	for i := range 5000 {
		a.symbols = append(a.symbols, fmt.Sprintf("SYMBOL%d", i))
	}
	ctx, stop := context.WithCancel(t.Context())
	s, c := single(target, func(s *subscriber) { s.ask, s.transport = a, WebSocket })
	var running sync.WaitGroup
	running.Go(func() { s.run(ctx) })
	defer running.Wait()
	defer stop()
	select {
	case <-c.settled:
	case <-time.After(within):
		t.Fatal("it does not join")
	}
	if got := c.now(); got.Connected != 1 {
		t.Errorf("%+v, want one who joined", got)
	}
	for i := range 2 {
		if m := <-heard; !strings.HasPrefix(m, fmt.Sprintf(`1 {"type":"subscribe","id":%d,`, i+1)) {
			t.Errorf("message %d is %.60s", i, m)
		}
	}
}

// single is a subscriber on its own.
func single(target *target, change func(s *subscriber)) (*subscriber, *crowd) {
	c := newCrowd(1)
	s := &subscriber{crowd: c, tallies: newTallies(), dialer: newDialer(target), sampling: 1}
	change(s)
	return s, c
}

func TestRefusalsAreCountedByReason(t *testing.T) {
	both(t, func(t *testing.T, transport string) {
		f := newFake(t, &fake{refuse: func(n int) int { return map[int]int{1: 503, 2: 403, 3: 403}[n] }}, false)
		r := carryOut(t, quick(f, transport), measuring)
		if r.Crowd.Refused["status 403"] != 2 || r.Crowd.Refused["status 503"] != 1 || r.Crowd.Connected < 17 {
			t.Errorf("refused %v, connected %d; want 2 for good, 1 for now, and 17 who stay", r.Crowd.Refused, r.Crowd.Connected)
		}
		if !strings.HasPrefix(r.Crowd.FirstError, "refused: the server answers ") || !strings.HasSuffix(r.Crowd.FirstError, "not you") {
			t.Errorf("the first error is %q", r.Crowd.FirstError)
		}
		if !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, "of 20 subscribers were not connected") }) {
			t.Errorf("notes %q", r.Notes)
		}
	})
}

func TestErrorMessageRefuses(t *testing.T) {
	both(t, func(t *testing.T, transport string) {
		f := newFake(t, &fake{play: func(n int, c *fakeConn) {
			if n == 1 {
				c.say(`{"type":"error","id":1,"code":"too_many_symbols","message":"no"}`)
				<-c.gone
				return
			}
			steady(n, c)
		}}, false)
		if r := carryOut(t, quick(f, transport), measuring); r.Crowd.Refused["error too_many_symbols"] != 1 || r.Crowd.Connected != 19 {
			t.Errorf("the crowd: %+v, want one refused and 19 connected", r.Crowd)
		}
	})
}

func TestNobodyIsAnError(t *testing.T) {
	both(t, func(t *testing.T, transport string) {
		f := newFake(t, &fake{refuse: func(int) int { return 403 }}, false)
		_, err := Run(t.Context(), quick(f, transport), Launch{}, Progress{})
		if want := "none of 20 subscribers got a snapshot; the first was refused: the server answers 403 not you"; err == nil ||
			err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	})
	gone := newFake(t, &fake{}, false)
	p := quick(gone, WebSocket)
	gone.Close()
	if _, err := Run(t.Context(), p, Launch{}, Progress{}); err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("no server at all: %v", err)
	}
}

// Each comes back where it was, as soon as the server says.
func TestWhoIsLostComesBackWithItsPosition(t *testing.T) {
	both(t, func(t *testing.T, transport string) {
		back := make(chan string, 1)
		f := newFake(t, &fake{play: func(n int, c *fakeConn) {
			c.welcome()
			if n > 1 {
				back <- c.since
				c.updates(0)
				return
			}
			c.say(quotesText("update", 41, time.Now()))
			c.say(strings.Replace(quotesText("update", 42, time.Now()), "}]}", `}],"more":true}`, 1)) // not told whole
			if c.raw != nil {
				c.raw("retry: 1\nevent: error\ndata: {\"type\":\"error\",\"code\":\"restarting\",\"message\":\"later\"}\n\n")
				return
			}
			c.frame(ws.NewCloseFrame(ws.NewCloseFrameBody(1012, "retry_ms=1")))
			<-c.gone // it answers with a close frame
		}}, false)
		target, err := parseTarget(f.URL)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := target.symbols(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		s, c := single(target, func(s *subscriber) {
			s.transport, s.ask = transport, ask{symbols: []string{"SYM0"}}
		})
		var running sync.WaitGroup
		running.Go(func() { s.run(ctx) })
		defer running.Wait()
		defer stop()
		select {
		case since := <-back:
			if since != "e1-41" {
				t.Errorf("it comes back with %q, want e1-41", since)
			}
		case <-time.After(within):
			t.Fatal("it does not come back")
		}
		eventually(t, func() bool { return s.tallies.traffic()[prompt].Resumed == 1 && c.now().Connected == 1 })
		if got := c.now(); sum(got.Lost) != 1 || sum(got.Refused) != 0 || got.Dials != 2 {
			t.Errorf("the crowd: %+v, want one lost and back", got)
		}
	})
}

// eventually asks until it is so.
func eventually(t *testing.T, so func() bool) {
	t.Helper()
	deadline := time.Now().Add(within)
	for !so() {
		if time.Now().After(deadline) {
			t.Fatal("it does not happen")
		}
		time.Sleep(time.Millisecond)
	}
}

func TestPingsAreAnswered(t *testing.T) {
	answered := make(chan string, 20)
	f := newFake(t, &fake{play: func(_ int, c *fakeConn) {
		c.welcome()
		c.frame(ws.NewPingFrame([]byte("hey")))
		select {
		case answered <- <-c.heard:
		case <-c.gone:
		}
		c.updates(0)
	}}, false)
	p := quick(f, WebSocket)
	p.Subscribers = 1
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done := make(chan error, 1)
	go func() {
		_, err := Run(ctx, p, Launch{}, Progress{})
		done <- err
	}()
	select {
	case got := <-answered:
		if want := "10 hey"; got != want { // the type of a pong
			t.Errorf("answered %q, want %q", got, want)
		}
	case <-time.After(within):
		t.Error("no answer")
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestRecordingsTimesAreNoLatency(t *testing.T) {
	both(t, func(t *testing.T, transport string) {
		f := newFake(t, &fake{play: func(_ int, c *fakeConn) {
			c.welcome()
			c.updates(20 * 365 * 24 * time.Hour)
		}}, false)
		r := carryOut(t, quick(f, transport), measuring)
		if r.Tick != nil || r.Send == nil {
			t.Errorf("tick %+v, send %+v; want only the latter", r.Tick, r.Send)
		}
		if !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, "as of a recording") }) {
			t.Errorf("notes %q do not say why", r.Notes)
		}
	})
}

func TestWhatIsUnknownIsNotZero(t *testing.T) {
	f := newFake(t, &fake{noMetrics: true}, false)
	r := carryOut(t, quick(f, WebSocket), measuring)
	if r.Server != nil {
		t.Errorf("the server: %+v, want nothing", r.Server)
	}
	var table bytes.Buffer
	if err := r.Table(&table); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(strings.Fields(table.String()), "unknown") || !slices.Contains(r.Notes, "the server's CPU and memory are unknown") {
		t.Errorf("the table does not say that it is unknown:\n%s", &table)
	}
}

func TestInterruptedRunStillReports(t *testing.T) {
	for phase, change := range map[string]func(p *Plan){
		connecting: func(p *Plan) { p.Ramp = time.Hour },
		warmingUp:  func(p *Plan) { p.Warmup = time.Hour },
		measuring:  func(*Plan) {},
	} {
		t.Run(phase, func(t *testing.T) {
			both(t, func(t *testing.T, transport string) {
				p := quick(newFake(t, &fake{}, false), transport)
				change(&p)
				r := carryOut(t, p, phase)
				if r.Interrupted != phase || r.All.Updates == 0 || r.Crowd.Connected == 0 || r.Server == nil {
					t.Errorf("interrupted while %q with %d updates, %d connected, server %+v", r.Interrupted, r.All.Updates, r.Crowd.Connected, r.Server)
				}
				if len(r.Notes) == 0 || !strings.HasPrefix(r.Notes[0], "interrupted while "+phase) {
					t.Errorf("notes %q do not say so", r.Notes)
				}
			})
		})
	}
}

func TestRunEndsByItself(t *testing.T) {
	both(t, func(t *testing.T, transport string) {
		p := quick(newFake(t, &fake{}, false), transport)
		p.Duration = 100 * time.Millisecond
		r, err := Run(t.Context(), p, Launch{}, Progress{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Interrupted != "" || r.MeasuredS != 0.1 || r.Crowd.Connected != 20 {
			t.Errorf("interrupted %q after %v s with %d connected, want 0.1 s with 20", r.Interrupted, r.MeasuredS, r.Crowd.Connected)
		}
	})
}
