package check_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"tickertape/feed"
	"tickertape/feed/check"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
	"tickertape/feed/vendors/vendortest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// canary is a key whose spelling in an address is another one.
const canary = "k3y+CANARY/with=odd&signs"

// plain is the least that a feed with a key can be: every message is the reason of a refusal, and "trade" a trade.
type plain struct {
	env  vendors.Env
	key  vendors.Secret
	id   market.SymbolID
	fail error // what Run returns; nil: what the session does
}

func (p *plain) Info() feed.Info { return feed.Info{Name: "plain", Remote: true} }

func (p *plain) Run(ctx context.Context, publish func(market.Batch)) error {
	if p.fail != nil {
		return p.fail
	}
	session := vendors.Session{Source: "plain", Env: &p.env, Decoder: p,
		Endpoint: p.env.Endpoint("plain", "wss://plain.example/stream?token="+url.QueryEscape(p.key.Reveal()), p.key)}
	session.Talk = func(ctx context.Context) error {
		rest := p.env.REST("plain", "https://plain.example", nil, p.key)
		_, _, err := rest.Get(ctx, "/figures/"+url.PathEscape(p.key.Reveal()), url.Values{"token": {p.key.Reveal()}})
		if err != nil {
			session.Failed(err)
		}
		return nil
	}
	return session.Run(ctx, publish)
}

func (p *plain) Response(string, []byte, market.Time, *market.Batch) error { return nil }

func (p *plain) Frame(text []byte, received market.Time, b *market.Batch) error {
	if string(text) == "trade" {
		b.Ticks = append(b.Ticks, market.Tick{Symbol: p.id, Kind: market.KindTrade, Flags: market.Regular, Price: market.Scale,
			Time: received, Received: received, ID: uint64(received)})
		return nil
	}
	p.env.Faults.Count("plain", vendors.Unknown, errors.New(string(text)))
	p.env.Log.Warn("symbol refused", vendors.KeySymbol, "ACME", vendors.KeyReason, string(text))
	p.env.Log.With(vendors.KeyChannel, "quotes").Info("channel refused", vendors.KeyReason, string(text))
	b.Ticks = append(b.Ticks, market.Tick{Symbol: p.id, Kind: market.KindState, State: market.Down, Received: received})
	return nil
}

// opening opens sources with the errors that they are to fail with.
func opening(fails ...error) func(vendors.Env) ([]feed.Source, error) {
	return func(env vendors.Env) (all []feed.Source, err error) {
		key, err := vendors.ReadSecret("key", "", "CHECK_CANARY")
		if err != nil {
			return nil, err
		}
		id, err := env.Dir.Add(market.Symbol{Symbol: "ACME"})
		for _, fail := range fails {
			all = append(all, &plain{env: env, key: key, id: id, fail: fail})
		}
		return all, err
	}
}

// served runs a test in a bubble with a server that serves sockets, and answers over REST with a status and a text.
func served(t *testing.T, socket func(*vendortest.Socket), status int, text string, test func(*testing.T, *vendortest.Server)) {
	t.Helper()
	t.Setenv("CHECK_CANARY", canary)
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(15)
		test(t, vendortest.NewServer(t, socket, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprint(w, text)
		})))
	})
}

// trading has one traded each second.
func trading(s *vendortest.Socket) {
	s.Every(time.Second, func() { s.Send("trade") })
	s.Read()
}

// TestNothingShowsAKey has the other side repeat the key in all spellings wherever it can.
func TestNothingShowsAKey(t *testing.T) {
	spellings := canary + " " + url.QueryEscape(canary) + " " + url.PathEscape(canary) + " " + strings.ToUpper(canary)
	served(t, func(s *vendortest.Socket) {
		s.Send("refused: " + spellings)
		s.Send(strings.Repeat("x", 180) + canary) // is cut in the midst of it
		time.Sleep(time.Second)                   // until REST has answered
		s.Close(1011, "bye "+canary+" "+url.QueryEscape(canary))
	}, http.StatusForbidden, spellings, func(t *testing.T, server *vendortest.Server) {
		r := vendortest.Check(t, vendortest.Checked{Server: server, Feed: "plain", Symbols: []string{"ACME", canary},
			Open: opening(nil, fmt.Errorf("cannot go on with %s", spellings)), Secrets: []string{canary, url.QueryEscape(canary)}})
		vendortest.Says(t, r, false, map[string]string{
			"feed": "plain, symbols ACME, ***", "connection": "wss://plain.example/stream: open after", "symbols": "!ACME refused: xxx",
			"plan": "!in its words: *** ***", "requests": "!https://plain.example/figures/***: 403", "messages": "!***",
			"quotes": "!refuses them: quotes: refused: *** *** *** ***",
			"breaks": "!an error after less than 1 ms: run feed plain: cannot go on with ***", "verdict": "plain does not work",
		})
	})
}

func TestReportIsOfGraphicCharactersInOneLineEach(t *testing.T) {
	served(t, func(s *vendortest.Socket) {
		s.Send("first\x1b[2J\nsecond\r\x00\u202ethird")
		s.Read()
	}, http.StatusInternalServerError, strings.Repeat("\x1b[31m\n", 1<<16), func(t *testing.T, server *vendortest.Server) {
		r := vendortest.Check(t, vendortest.Checked{Server: server, Feed: "plain", Symbols: []string{"ACME"}, Open: opening(nil)})
		text := r.String()
		for _, bad := range []string{"\x1b", "\r", "\x00", "\u202e"} {
			if strings.Contains(text, bad) {
				t.Errorf("the report has %q", bad)
			}
		}
		if !strings.Contains(text, "first?[2J second ") || len(text) > 8000 {
			t.Errorf("%d bytes:\n%s", len(text), text)
		}
		for line := range strings.Lines(text) {
			if line[0] == ' ' && !strings.HasPrefix(line, "            what to do: ") {
				t.Errorf("line %q", line)
			}
		}
	})
}

func TestCheckThatIsInterruptedSaysWhatIsKnown(t *testing.T) {
	served(t, trading, http.StatusOK, "", func(t *testing.T, server *vendortest.Server) {
		ctx, cancel := context.WithCancel(t.Context())
		timer := time.AfterFunc(4500*time.Millisecond, cancel)
		defer timer.Stop()
		var seen []check.Progress
		r, err := check.Run(ctx, check.Plan{Feed: "plain", Symbols: []string{"ACME"}, For: time.Hour, Silence: time.Minute,
			Hours: vendortest.Env(t).Hours, HTTP: server.Client(), Open: opening(nil), Progress: func(p check.Progress) { seen = append(seen, p) }})
		if err != nil {
			t.Fatal(err)
		}
		vendortest.Says(t, r, true, map[string]string{
			"date": "for 60 min; interrupted after 4.5 s", "key": "accepted", "trades": "ACME 4", "quotes": "!none, though trades came",
			"verdict": "plain works",
		})
		if len(seen) != 4 || seen[3].Elapsed != 4*time.Second || seen[3].For != time.Hour || seen[3].Trades < 3 {
			t.Errorf("progress %+v", seen)
		}
	})
}

// TestCheckEndsWhenNothingMoreCanCome has two sources, and goes on while one of them can still bring something.
func TestCheckEndsWhenNothingMoreCanCome(t *testing.T) {
	final := feed.Breakf(feed.Final, "auth failed")
	for name, c := range map[string]struct {
		fails []error
		took  time.Duration
	}{
		"none is left": {[]error{final, errors.New("broken")}, 0},
		"one is left":  {[]error{final, nil}, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			served(t, trading, http.StatusOK, "", func(t *testing.T, server *vendortest.Server) {
				began := time.Now()
				r, err := check.Run(t.Context(), check.Plan{Feed: "plain", For: time.Minute, Silence: time.Minute, Hours: vendortest.Env(t).Hours,
					HTTP: server.Client(), Open: opening(c.fails...)})
				if err != nil {
					t.Fatal(err)
				}
				if took := time.Since(began).Round(time.Second); took != c.took {
					t.Errorf("it took %v, want %v\n%s", took, c.took, r)
				}
			})
		})
	}
}

func TestErrorOfOpenIsReturned(t *testing.T) {
	t.Setenv("CHECK_CANARY", "")
	os.Unsetenv("CHECK_CANARY")
	_, err := check.Run(t.Context(), check.Plan{For: time.Minute, Open: opening(nil)})
	var secret *vendors.SecretError
	if !errors.As(err, &secret) {
		t.Errorf("error %v", err)
	}
}
