package relay

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

func newEnv(reg prometheus.Registerer) vendors.Env {
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	return vendors.Env{Dir: market.NewDirectory(), Log: log, Faults: vendors.NewFaults(log, reg)}
}

// faults is how much could not be used, as "kind 1".
func faults(t testing.TB, reg *prometheus.Registry) (all []string) {
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			all = append(all, fmt.Sprintf("%s %v", m.GetLabel()[0].GetValue(), m.GetCounter().GetValue()))
		}
	}
	return all
}

// told is a batch in words.
func told(dir *market.Directory, b *market.Batch) (all []string) {
	if s := b.Status; s != nil {
		all = append(all, fmt.Sprintf("%s %v simulated=%t %s", s.Source, s.State, s.Simulated, s.Message))
		for _, x := range s.Behind {
			all = append(all, fmt.Sprintf("behind: %s %v since %d %q", x.Source, x.State, x.Since, x.Message)+is(&x))
		}
	}
	for _, q := range b.Images {
		text := dir.Symbol(q.Symbol).Symbol
		for f := range q.Set.All() {
			text += fmt.Sprintf(" %s=%v", f.Key, reflect.ValueOf(f.Value(&q)).Elem())
		}
		if !q.Replaces {
			text += " (partial)"
		}
		all = append(all, text)
	}
	for _, k := range b.Ticks {
		all = append(all, fmt.Sprintf("%s tick %d %v", dir.Symbol(k.Symbol).Symbol, k.Kind, k.State))
	}
	return all
}

// is what the prices of a source are, where they are not a market's newest, and whether it is quiet.
func is(s *market.Status) (text string) {
	for _, fact := range []struct {
		holds bool
		word  string
	}{{s.Simulated, "simulated"}, {s.Replayed, "replayed"}, {s.Delay != 0, s.Delay.String()}, {s.Quiet, "quiet"}} {
		if fact.holds {
			text += " " + fact.word
		}
	}
	return text
}

const hello = `{"type":"hello","protocol":1,"epoch":"e1","seq":812,"time":1,"interval_ms":100,"heartbeat_ms":5000,"source":"sim","simulated":true,"status":"live","sources":[{` + sim + `}]}`

// conversation is what one connection says, and what it is told as.
var conversation = []struct {
	message string
	told    []string
}{
	{hello, nil},
	{`{"type":"subscribed","id":1,"symbols":["*"],"unknown":["FOO"],"rate":4}`, nil},
	{
		`{"type":"snapshot","seq":5,"time":1,"more":true,"quotes":[{"s":"AAPL","p":189.31,"z":100,"b":189.3,"bz":200,"a":189.32,"az":0.5,"o":188,"h":190,"l":187.5,"pc":186,"v":1200300,"n":7,"vw":189.1234,"t":9,"x":190.5,"xt":8,"src":"coinbase","adj":"split 10:1","why":"in doubt"}]}`, nil},
	{`{"type":"snapshot","seq":5,"time":1,"quotes":[{"s":"MSFT","p":"400.5","st":"halted","venue":{"x":1}}]}`, []string{
		"relay live simulated=true via recorded: sim live", `behind: sim live since 1 "" simulated`,
		"AAPL p=189.31 z=100 b=189.3 bz=200 a=189.32 az=0.5 o=188 h=190 l=187.5 pc=186 v=1200300 n=7 vw=189.1234 t=9 st=live x=190.5 xt=8 src=coinbase adj=split 10:1 why=in doubt",
		"MSFT p=400.5 st=halted"}},
	{`{"type":"update","seq":6,"time":1,"quotes":[{"s":"MSFT","st":null,"p":0.00001234,"o":3},{"s":"NEW","p":1}]}`, []string{
		"MSFT p=0.00001234 o=3 st=live", "NEW p=1 st=live"}},
	{
		`{"type":"update","seq":7,"time":1,"quotes":[{"s":"AAPL","b":null,"bz":null,"x":null,"xt":null,"src":null,"adj":null,"why":null,"o":null,"h":null,"l":null,"v":null,"n":null,"vw":null,"t":11}]}`, []string{
			"AAPL p=189.31 z=100 a=189.32 az=0.5 pc=186 t=11 st=live"}},
	{`{"type":"status","source":"sim","status":"stale","since":77,"message":"no tick"}`,
		[]string{"relay stale simulated=false via recorded: sim stale: no tick", `behind: sim stale since 77 "no tick"`}},
	{`{"type":"status","source":"sim2","status":"closed","since":77,"message":""}`,
		[]string{"relay stale simulated=false via recorded: sim stale: no tick; sim2 closed", `behind: sim stale since 77 "no tick"`,
			`behind: sim2 closed since 77 ""`}},
	{`{"type":"heartbeat","seq":7,"time":1}`, nil},
	{`{"type":"rate","rate":1.5,"asked":10,"reason":"slow_consumer"}`, nil},
	{`{"type":"weather","quotes":[]}`, nil},
	// one odd value costs itself alone
	{
		`{"type":"update","seq":11,"time":1,"quotes":[{"s":"MSFT","p":-5,"z":7,"t":"x","src":"a\"b","adj":"a\"b","why":"\u0001","st":"asleep"},{"s":"B AD","p":1},{"s":5},{"s":"NEW","p":2}]}`, []string{
			"MSFT p=0.00001234 z=7 o=3 st=live", "NEW p=2 st=live"}},
	{`{"type":"pong","id":3,"time":1}`, nil},
}

func TestAConversationIsToldAsItIs(t *testing.T) {
	reg := prometheus.NewRegistry()
	env := newEnv(reg)
	d, err := NewDecoder(DefaultConfig(), env)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range conversation {
		var b market.Batch
		if err := d.Frame([]byte(step.message), 1, &b); err != nil {
			t.Fatalf("%s: %v", step.message, err)
		}
		if got := told(env.Dir, &b); !slices.Equal(got, step.told) {
			t.Errorf("%s: told\n  %s\nwant\n  %s", step.message, strings.Join(got, "\n  "), strings.Join(step.told, "\n  "))
		}
		if !b.Alive {
			t.Errorf("%s: no sign of life", step.message)
		}
	}
	// p; FOO, "B AD" and a quote without a symbol; t; weather; src, adj, why, st and s
	if got, want := faults(t, reg), []string{"number 1", "symbol 3", "time 1", "unknown 1", "value 5"}; !slices.Equal(got, want) {
		t.Errorf("faults %q, want %q", got, want)
	}
}

func TestWhatCannotBeReadEndsTheConnection(t *testing.T) {
	for _, text := range []string{"", "{", "[]", "null", "{}", `{"type":5}`, `{"type":"update","seq":1}`,
		`{"type":"update","seq":"x","quotes":[]}`,
		`{"type":"update","seq":1,"more":7,"quotes":[]}`, hello, `{"type":"update","seq":1,"quotes":[{"s":"A"}`,
		`{"type":"subscribed","id":1,"unknown":{}}`} {
		d := newDecoder(ref(newEnv(prometheus.NewRegistry())), "e1", newUpstream(), 1, func(string) {})
		var b market.Batch
		if err := d.Frame([]byte(hello), 1, &b); err != nil {
			t.Fatal(err)
		}
		var br *feed.Break
		if err := d.Frame([]byte(text), 1, &b); !errors.As(err, &br) || br.Cause != feed.Lost {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{`{"type":"update","seq":1,"quotes":[]}`, `{"type":"hello"}`, `{"type":"hello","epoch":"a-1"}`,
		`{"type":"hello","epoch":"a","source":"x","status":"?"}`,
		`{"type":"hello","epoch":"a","sources":[{"source":"x"}]}`, `{"type":"hello","epoch":"a","sources":{}}`} {
		d := newDecoder(ref(newEnv(prometheus.NewRegistry())), "e1", newUpstream(), 1, func(string) {})
		if err := d.Frame([]byte(text), 1, &market.Batch{}); err == nil {
			t.Errorf("begins with %s", text)
		}
	}
}

func ref[T any](v T) *T { return &v }

func TestAHeartbeatSaysThatNothingHasChanged(t *testing.T) {
	env := newEnv(prometheus.NewRegistry())
	d := newDecoder(&env, "e1", newUpstream(), 1, func(string) {})
	for i, text := range []string{hello, `{"type":"heartbeat","seq":1}`, `{"type":"subscribed","id":1}`, `{"type":"heartbeat","seq":1}`} {
		var b market.Batch
		if err := d.Frame([]byte(text), 1, &b); err != nil {
			t.Fatal(err)
		}
		if got, want := b.Status != nil, i == 3; got != want {
			t.Errorf("behind %s: a status %t, want %t", text, got, want)
		}
	}
}

func TestWhatTheServerLearnsIsNoAnswerToARequest(t *testing.T) {
	env := newEnv(prometheus.NewRegistry())
	known := newUpstream()
	d := newDecoder(&env, "e1", known, 2, func(string) {})
	for _, step := range []struct {
		message string
		current bool
	}{
		{hello, false},
		{`{"type":"subscribed","id":1,"symbols":["AAPL"],"unknown":["LATE"]}`, false},
		{`{"type":"snapshot","seq":5,"quotes":[{"s":"AAPL","p":1}]}`, false},
		{`{"type":"subscribed","symbols":["LATE"]}`, false},
		{`{"type":"snapshot","seq":6,"resumed":true,"quotes":[{"s":"LATE","p":1}]}`, false},
		{`{"type":"subscribed","id":2,"symbols":["MSFT"]}`, false},
		{`{"type":"snapshot","seq":6,"quotes":[{"s":"MSFT","p":1}]}`, true},
	} {
		if err := d.Frame([]byte(step.message), 1, &market.Batch{}); err != nil {
			t.Fatal(err)
		}
		if d.current() != step.current || known.partial {
			t.Errorf("behind %s: all is there %t, want %t; in part %t", step.message, d.current(), step.current, known.partial)
		}
	}
}

func TestNoPositionHoldsBetweenANameAndItsQuote(t *testing.T) {
	env := newEnv(prometheus.NewRegistry())
	known := newUpstream()
	d := newDecoder(&env, "e1", known, 1, func(string) {})
	for _, step := range []struct{ message, position string }{
		{hello, ""},
		{`{"type":"subscribed","id":1,"symbols":["AAPL"],"unknown":["LATE"]}`, ""},
		{`{"type":"snapshot","seq":5,"quotes":[{"s":"AAPL","p":1}]}`, "e1-5"},
		{`{"type":"subscribed","id":2,"symbols":[],"unknown":["LATE"]}`, "e1-5"},
		{`{"type":"snapshot","seq":5,"quotes":[]}`, "e1-5"},
		{`{"type":"subscribed","id":3,"symbols":["LATE"],"unknown":[]}`, ""}, // LATE may have changed before e1-5
		{`{"type":"snapshot","seq":6,"more":true,"quotes":[{"s":"LATE","p":2}]}`, ""},
		{`{"type":"snapshot","seq":6,"quotes":[]}`, "e1-6"},
	} {
		if err := d.Frame([]byte(step.message), 1, &market.Batch{}); err != nil {
			t.Fatal(err)
		}
		if got := known.position.String(); got != step.position {
			t.Errorf("behind %s: position %q, want %q", step.message, got, step.position)
		}
	}
}

// A recording of a connection that goes on from another one does not have all.
func TestARecordingThatBeginsWithChangesIsInPart(t *testing.T) {
	env := newEnv(prometheus.NewRegistry())
	d, err := NewDecoder(DefaultConfig(), env)
	if err != nil {
		t.Fatal(err)
	}
	var b market.Batch
	for _, text := range []string{hello, `{"type":"subscribed","id":1}`,
		`{"type":"snapshot","seq":5,"resumed":true,"quotes":[{"s":"AAPL","p":1,"x":null}]}`,
		`{"type":"update","seq":6,"quotes":[{"s":"AAPL","p":2},{"s":"MSFT","p":3}]}`} {
		if err := d.Frame([]byte(text), 1, &b); err != nil {
			t.Fatal(err)
		}
	}
	b.Status = nil
	want := []string{"AAPL p=1 st=live", "AAPL p=2 st=live", "MSFT p=3 st=live (partial)"}
	if got := told(env.Dir, &b); !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

func TestTheMessageSaysHowTheSourcesAre(t *testing.T) {
	for _, c := range []struct {
		states sourceStates
		want   string
	}{
		{nil, "down via e1: "},
		{sourceStates{{Source: "relay", Message: "via e2,e3: coinbase live"}}, "live via e1,e2,e3: coinbase live"},
		{sourceStates{{Source: "relay", State: market.Down, Message: "dial ws://x/ws: refused"}}, "down via e1: dial ws://x/ws: refused"},
		{sourceStates{{Source: "sim", State: market.Down}, {Source: "relay", State: market.Stale, Message: "via e2: sim stale"}},
			"stale via e1,e2: sim down; relay stale: sim stale"},
		{sourceStates{{Source: "sim", Message: strings.Repeat("ü", 300)}}, "live via e1: sim live: " + strings.Repeat("ü", 191) + "…"},
	} {
		s, err := c.states.status("e1")
		if got := s.State.String() + " " + s.Message; err != nil || got != c.want {
			t.Errorf("%q, %v; want %q", got, err, c.want)
		}
	}
}

func TestAnswersAreRecordsOfSymbols(t *testing.T) {
	reg := prometheus.NewRegistry()
	env := newEnv(reg)
	d, err := NewDecoder(Config{URL: "http://x", Symbols: []string{"AAPL"}}, env)
	if err != nil {
		t.Fatal(err)
	}
	for path, body := range map[string]string{
		"/api/symbols?symbols=AAPL": `{"more":1,"symbols":[{"symbol":"AAPL","name":"Apple\nInc.","sector":null,"decimals":2,"new":[]},{"symbol":"B AD"},{"symbol":"C","decimals":77}]}`,
		"/api/symbols":              `{"symbols":[7]}`,
		"/api/quotes":               `{}`,
	} {
		if err := d.Response(path, []byte(body), 1, &market.Batch{}); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	if got, want := env.Dir.All(), []market.Symbol{{Symbol: "AAPL", Name: "Apple Inc.", Decimals: 2}}; !slices.Equal(got, want) {
		t.Errorf("directory %+v", got)
	}
	if got, want := faults(t, reg), []string{"json 1", "symbol 2", "unknown 1"}; !slices.Equal(got, want) {
		t.Errorf("faults %q, want %q", got, want)
	}
}

func TestConfigNamesWhatIsWrong(t *testing.T) {
	for says, c := range map[string]Config{
		`url: ""`:                      {Symbols: []string{"*"}},
		`url: "localhost:8080"`:        {URL: "localhost:8080", Symbols: []string{"*"}},
		`url: "ftp://***@host"`:        {URL: "ftp://me:secret@host", Symbols: []string{"*"}},
		`url: "***@host"`:              {URL: "me:secret@host", Symbols: []string{"*"}},
		`url: "http://x?***"`:          {URL: "http://x?secret=1", Symbols: []string{"*"}},
		`symbols: []`:                  {URL: "http://x"},
		`symbols[1]: "A B"`:            {URL: "http://x", Symbols: []string{"A", "A B"}},
		`symbols[1]: "A" is there`:     {URL: "http://x", Symbols: []string{"A", "A"}},
		`symbols[0]: "#"`:              {URL: "http://x", Symbols: []string{"#"}},
		`symbols: 10001 are more than`: {URL: "http://x", Symbols: make([]string, 10_001)},
	} {
		err := c.Validate()
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "secret") {
			t.Errorf("got %.200v, want %q", err, says)
		}
		if _, err := Open(c, newEnv(prometheus.NewRegistry())); err == nil {
			t.Errorf("opened in spite of %s", says)
		}
		if _, err := NewDecoder(c, newEnv(prometheus.NewRegistry())); err == nil {
			t.Errorf("a decoder in spite of %s", says)
		}
	}
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
	for text, want := range map[string]string{
		"http://localhost:8080/":      "http://localhost:8080",
		"ws://localhost:8080/ws":      "http://localhost:8080",
		"wss://ticks.example/ws/":     "https://ticks.example",
		"https://example.com/ticker":  "https://example.com/ticker",
		"wss://example.com/ticker/ws": "https://example.com/ticker",
		"http://[::1]:8080":           "http://[::1]:8080",
	} {
		parsed, err := url.Parse(want)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := (Config{URL: text}).base(); err != nil || *got != *parsed {
			t.Errorf("%s: got %v, %v; want %s", text, got, err, want)
		}
	}
}
