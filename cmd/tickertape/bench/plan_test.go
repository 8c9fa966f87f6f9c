package bench

import (
	"encoding/json"
	"math"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPlanNamesFlagAndValueOfWhatIsWrong(t *testing.T) {
	if err := DefaultPlan().Validate(); err != nil {
		t.Errorf("the default plan: %v", err)
	}
	for want, change := range map[string]func(p *Plan){
		`--url: "ftp://x" is not the address of a tickertape, such as http://localhost:8080`: func(p *Plan) { p.URL = "ftp://x" },
		`--url: "localhost:8080" is not the address of a tickertape`:                         func(p *Plan) { p.URL = "localhost:8080" },
		`--url: "http://***@x?***" is not the address`:                                       func(p *Plan) { p.URL = "http://me:secret@x?a=b" },
		`--url: "http://***@x\x7f" is not the address`:                                       func(p *Plan) { p.URL = "http://me:secret@x\x7f" },
		`--subscribers: 0 is not between 1 and 1000000`:                                      func(p *Plan) { p.Subscribers = 0 },
		`--transport: "poll" is not one of websocket, sse`:                                   func(p *Plan) { p.Transport = "poll" },
		`--watchlist: "" is not one of shared, personal`:                                     func(p *Plan) { p.Watchlist = "" },
		`--symbols: -1 is not between 0 and 100000`:                                          func(p *Plan) { p.Symbols = -1 },
		`--bars: 101 is not between 0 and 100`:                                               func(p *Plan) { p.Bars = 101 },
		`--trades: -1 is not between 0 and 100`:                                              func(p *Plan) { p.Trades = -1 },
		`--no-quotes: true needs --bars or --trades`:                                         func(p *Plan) { p.NoQuotes = true },
		`--rate: 0.001 is neither 0 nor a number of updates a second from 0.01 up`:           func(p *Plan) { p.Rate = 0.001 },
		`--rate: NaN is neither 0`:                                                           func(p *Plan) { p.Rate = math.NaN() },
		`--rate: +Inf is neither 0`:                                                          func(p *Plan) { p.Rate = math.Inf(1) },
		`--fields: "price" is not one of s, p, z,`:                                           func(p *Plan) { p.Fields = []string{"p", "price"} },
		`--slow: 1.5 is not between 0 and 1`:                                                 func(p *Plan) { p.Slow = 1.5 },
		`--slow: NaN is not between 0 and 1`:                                                 func(p *Plan) { p.Slow = math.NaN() },
		`--compress: true is for --transport websocket only`: func(p *Plan) {
			p.Transport,
				p.Compress = SSE, true
		},
		`--ramp: -1s is not between 0s and 24h0m0s`:          func(p *Plan) { p.Ramp = -time.Second },
		`--warmup: 25h0m0s is not between 0s and 24h0m0s`:    func(p *Plan) { p.Warmup = 25 * time.Hour },
		`--duration: 1ms is not between 100ms and 24h0m0s`:   func(p *Plan) { p.Duration = time.Millisecond },
		`--ticks: 0 is not between 1 and 1000000`:            func(p *Plan) { p.Server.Ticks = 0 },
		`--market-symbols: 10001 is not between 1 and 10000`: func(p *Plan) { p.Server.Symbols = 10_001 },
		`--interval: 2m0s is not between 1ms and 1m`: func(p *Plan) {
			p.Server.Interval = 2 * time.Minute
		},
	} {
		p := DefaultPlan()
		change(&p)
		err := p.Validate()
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v, want only %s", err, want)
		}
	}
}

func TestPlanSaysWhenItDoesNotFit(t *testing.T) {
	p := DefaultPlan()
	if err := p.fit(1000); err != nil {
		t.Errorf("1000 of 1000: %v", err)
	}
	want := "--subscribers: 1000 are more than the 999 that the descriptor limit allows: raise it with ulimit -n"
	if err := p.fit(999); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestAddressesOfAllKindsAreTaken(t *testing.T) {
	for address, want := range map[string]string{
		"http://localhost:8080":       "http://localhost:8080",
		"ws://localhost:8080/ws":      "http://localhost:8080",
		"wss://ticks.example/a/ws/":   "https://ticks.example/a",
		"https://ticks.example/":      "https://ticks.example",
		"http://[::1]:8080/p/events":  "http://[::1]:8080/p",
		"https://me:pw@ticks.example": "https://me:pw@ticks.example",
	} {
		got, err := parseTarget(address)
		if err != nil || got.base.String() != want {
			t.Errorf("%s: got %v, %v, want %s", address, got, err, want)
		}
	}
}

func TestPasswordInTheAddressIsSentAndNotShown(t *testing.T) {
	target, err := parseTarget("https://me:secret@ticks.example")
	if err != nil {
		t.Fatal(err)
	}
	r := http.Request{Header: target.header()}
	if user, password, ok := r.BasicAuth(); !ok || user != "me" || password != "secret" {
		t.Errorf("sent %q %q %v", user, password, ok)
	}
	if shown := newRun(DefaultPlan(), target).report.URL; strings.Contains(shown, "secret") {
		t.Errorf("the report shows %s", shown)
	}
}

func TestSlowReadersAreSpreadEvenly(t *testing.T) {
	for _, part := range []float64{0, 0.1, 0.25, 1.0 / 3, 0.9, 1} {
		p := DefaultPlan()
		p.Slow = part
		n := 0
		for i := range p.Subscribers {
			if p.isSlow(i) {
				n++
			}
			if fair := float64(i+1) * part; math.Abs(float64(n)-fair) > 1 {
				t.Fatalf("%v: %d of the first %d are slow", part, n, i+1)
			}
		}
		if n != p.slow() {
			t.Errorf("%v: %d are slow, the plan says %d", part, n, p.slow())
		}
	}
}

func TestWatchlistsAreTheSameEachTime(t *testing.T) {
	all := strings.Split("A B C D E F G H I J", " ")
	shared := watchlists{all: all}
	if got, want := shared.of(7, 3), []string{"A", "B", "C"}; !slices.Equal(got, want) {
		t.Errorf("shared: %q, want %q", got, want)
	}
	personal := watchlists{all: all, personal: true, seed: 1}
	seen := map[string]bool{}
	for i := range 200 {
		list := personal.of(i, 3)
		if again := personal.of(i, 3); !slices.Equal(list, again) {
			t.Fatalf("subscriber %d: %q, then %q", i, list, again)
		}
		sorted := slices.Sorted(slices.Values(list))
		if len(slices.Compact(sorted)) != 3 {
			t.Fatalf("subscriber %d follows %q, want three different ones", i, list)
		}
		for _, s := range list {
			seen[s] = true
		}
	}
	if len(seen) != len(all) {
		t.Errorf("200 lists name %d of %d symbols", len(seen), len(all))
	}
	for _, each := range []int{0, 10, 11} {
		if got := personal.of(0, each); !slices.Equal(got, []string{"*"}) {
			t.Errorf("%d of 10 symbols: %q, want *", each, got)
		}
	}
	for n, want := range map[int]int{0: 0, 1: 1, 10: 10, 11: 10} { // bars and trades have no "*"
		if got := personal.some(0, n); len(got) != want || slices.Contains(got, "*") {
			t.Errorf("some %d of 10 symbols: %q, want %d", n, got, want)
		}
	}
}

func TestLongListsGoInSeveralMessages(t *testing.T) {
	a := ask{rate: 4, fields: []string{"p", "t"}, since: "e1-7"}
	for i := range 10_000 {
		a.symbols = append(a.symbols, "SYM"+strings.Repeat("X", i%7))
	}
	var symbols []string
	for i, b := range a.messages() {
		var m struct {
			Type, Since string
			ID          int
			Symbols     []string
			Rate        float64
			Fields      []string
		}
		if err := json.Unmarshal(b, &m); err != nil {
			t.Fatal(err)
		}
		if len(b) > 64<<10 || m.Type != "subscribe" || m.ID != i+1 || m.Since != "e1-7" {
			t.Errorf("message %d has %d bytes: %s %d %s", i, len(b), m.Type, m.ID, m.Since)
		}
		if first := i == 0; (m.Rate == 4) != first || (len(m.Fields) == 2) != first {
			t.Errorf("message %d asks for rate %v and fields %q", i, m.Rate, m.Fields)
		}
		symbols = append(symbols, m.Symbols...)
	}
	if !slices.Equal(symbols, a.symbols) {
		t.Errorf("%d symbols are asked for, want %d in their order", len(symbols), len(a.symbols))
	}
	if got, want := (ask{symbols: []string{"A+B", "#x"}, rate: 0.5, fields: []string{"p", "t"}, since: "e1-7"}).query(),
		"symbols=A%2BB,%23x&rate=0.5&fields=p%2Ct&since=e1-7"; got != want {
		t.Errorf("query %s, want %s", got, want)
	}
	if got, want := (ask{bars: []string{"A+B", "C"}, trades: []string{"A+B"}, rate: 2}).query(),
		"bars=A%2BB,C&interval=1m&trades=A%2BB&rate=2"; got != want {
		t.Errorf("query %s, want %s", got, want)
	}
}

func TestManyConnectionsComeFromSeveralAddresses(t *testing.T) {
	for _, test := range []struct {
		server string
		i      int
		want   string
	}{
		{"127.0.0.1:8080", 0, ""}, {"127.0.0.1:8080", 24_999, ""}, {"127.0.0.1:8080", 25_000, "127.0.0.2"},
		{"127.0.0.1:8080", 74_999, "127.0.0.3"}, {"127.0.0.1:8080", 999_999, "127.0.0.40"},
		{"[::1]:8080", 30_000, ""}, {"192.0.2.1:8080", 30_000, ""},
	} {
		got := ""
		if a, ok := sourceAddress(test.server, test.i).(*net.TCPAddr); ok {
			got = a.IP.String()
		}
		if got != test.want {
			t.Errorf("%s, subscriber %d: from %q, want %q", test.server, test.i, got, test.want)
		}
	}
}
