package broadcast

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tickertape/broadcast/history"
	"tickertape/feed/market"
)

// relayAll asks for bars of 1s and trades of everything, and reads until both histories have come.
func (p *testClient) relayAll(r *relayReader, since string) {
	p.t.Helper()
	for _, what := range []string{`"bars":["*"],"interval":"1s"`, `"trades":["*"]`} {
		p.say(`{"type":"subscribe","id":1,"since":"` + since + `",` + what + `}`)
		p.nextMessage("subscribed")
		r.untilPosition(p)
	}
}

// relayReader is what a relay has: it replaces bars and trades by their key.
type relayReader struct {
	values   map[string]string // by "SYMBOL INTERVAL t" and "SYMBOL trades i"
	position string
	messages int
}

func newRelayReader() *relayReader { return &relayReader{values: map[string]string{}} }

// untilPosition takes in what comes, up to a position.
func (r *relayReader) untilPosition(p *testClient) {
	p.t.Helper()
	for r.next(p).Type != "position" {
	}
}

// relayMessage is what a relay looks at first.
type relayMessage struct {
	Type, Position string
	ID             int
	Unknown        []string
}

// next takes in the next message.
func (r *relayReader) next(p *testClient) (what relayMessage) {
	p.t.Helper()
	text, err := p.raw()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := json.Unmarshal(text, &what); err != nil {
		p.t.Fatalf("%s: %v", text, err)
	}
	if what.Type == "position" {
		r.position = what.Position
	}
	if what.Type != "bars" && what.Type != "trades" {
		return what
	}
	var m seriesMessage
	if err := json.Unmarshal(text, &m); err != nil {
		p.t.Fatalf("%s: %v", text, err)
	}
	r.messages++
	if m.Reset {
		for key := range r.values {
			if strings.HasPrefix(key, m.key()+" ") {
				delete(r.values, key)
			}
		}
	}
	for _, b := range m.Bars {
		r.values[m.key()+" "+string(b["t"])] = fmt.Sprint(b)
	}
	for _, k := range m.Trades {
		r.values[m.key()+" "+string(k["i"])] = fmt.Sprint(k)
	}
	return what
}

// knows waits until the reader has the newest trade of a symbol.
func (r *relayReader) knows(p *testClient, key string) {
	p.t.Helper()
	for r.values[key] == "" {
		r.untilPosition(p)
	}
}

func TestHelloSaysThatNoBarsAreKept(t *testing.T) {
	s := serve(t, func(c *Config) { c.History.Bars = history.Counts{} })
	if hello := s.join(t, plainSocket, "").nextMessage("hello"); !strings.Contains(hello, `"bars":[]`) {
		t.Errorf("hello %s", hello)
	}
}

func TestARelayFollowsAllSymbolsAndThoseThatComeLater(t *testing.T) {
	s := serve(t, func(c *Config) { c.MaxSeries = 0 })
	s.trades(t, 0, 10)
	p := s.join(t, plainSocket, "")
	if hello := p.nextMessage("hello"); !strings.Contains(hello, `"relays":4,"bars":["1s","5s","1m","5m","15m","1h","1d"]`) {
		t.Errorf("hello %s", hello)
	}
	r := newRelayReader()
	p.relayAll(r, "")
	r.knows(p, "AAPL trades 10")
	if len(r.values) != 20 {
		t.Errorf("%d values: %v", len(r.values), r.values)
	}
	id, _ := s.dir.Add(market.Symbol{Symbol: "LATE"})
	s.Apply(market.Batch{Ticks: []market.Tick{{Symbol: id, Kind: market.KindTrade, Flags: market.Regular, Price: market.Scale,
		Size: market.Units(1), Time: morning}}})
	r.knows(p, "LATE trades 1")
	if r.values["LATE 1s "+fmt.Sprint(int64(morning))] == "" {
		t.Errorf("no bar of LATE: %v", r.values)
	}
}

func TestARelayThatResumesGetsWhatChanged(t *testing.T) {
	s := serve(t, nil)
	s.trades(t, 0, 300)
	p := s.join(t, plainSocket, "")
	r := newRelayReader()
	p.relayAll(r, "")
	r.knows(p, "AAPL trades 300")
	p.hangUp()
	s.trades(t, 300, 303)
	p = s.join(t, plainSocket, "")
	before := r.position
	r.messages = 0
	p.relayAll(r, before)
	r.knows(p, "AAPL trades 303")
	if r.messages > 4 { // of each kind, and once more behind the first
		t.Errorf("%d messages for three trades", r.messages)
	}
	if r.values["AAPL trades 301"] == "" || r.values["AAPL 1s "+fmt.Sprint(int64(morning)+301e6)] == "" {
		t.Errorf("from %s to %s: %v", before, r.position, r.values)
	}
}

func TestRelaysHaveSoManyPlaces(t *testing.T) {
	s := serve(t, func(c *Config) { c.Relays = 1 })
	s.trades(t, 0, 1)
	first, second := s.join(t, plainSocket, ""), s.join(t, plainSocket, "")
	first.relayAll(newRelayReader(), "")
	refused := func(p *testClient, code string) {
		t.Helper()
		p.say(`{"type":"subscribe","id":7,"relay":true,"bars":["AAPL"]}`)
		if got := p.nextMessage("error"); !strings.Contains(got, `"code":"`+code+`"`) || !strings.Contains(got, "broadcast.relays") {
			t.Errorf("error %s, want %s", got, code)
		}
	}
	refused(second, "full")
	first.say(`{"type":"unsubscribe","id":2,"bars":["*"]}`)
	first.nextMessage("unsubscribed")
	refused(second, "full") // it has trades still
	first.say(`{"type":"unsubscribe","id":3,"trades":["*"]}`)
	first.nextMessage("unsubscribed")
	second.relayAll(newRelayReader(), "")
	second.hangUp()
	until(t, "the place is free again", func() bool { return s.relays.taken.Load() == 0 })
	first.relayAll(newRelayReader(), "")
	first.hangUp()
	until(t, "all memory is", func() bool { return s.relays.taken.Load() == 0 && s.admission.Memory.Used() == 0 })

	nobody := serve(t, func(c *Config) { c.Relays = 0 })
	refused(nobody.join(t, plainSocket, ""), "too_many_symbols")
}

func TestARelayFollowsNamesBeyondMaxSeries(t *testing.T) {
	s := serveOver(t, network{more: 300}, func(c *Config) { c.MaxSeries = 10 })
	s.trades(t, 0, 3)
	var names []string
	for i := range 290 {
		names = append(names, fmt.Sprintf("%q", fmt.Sprintf("M%d", i)))
	}
	p := s.join(t, plainSocket, "")
	p.say(`{"type":"subscribe","id":1,"relay":true,"trades":[` + strings.Join(names, ",") + `,"#tech","NONE"]}`)
	if got := p.nextMessage("subscribed"); !strings.Contains(got, `"unknown":["NONE"]`) || !strings.Contains(got, `"M289","AAPL","MSFT"]`) {
		t.Errorf("answered %s", got)
	}
	r := newRelayReader()
	r.untilPosition(p)
	tick := func(symbol string) market.Tick {
		id, _ := s.dir.ID(symbol)
		return market.Tick{Symbol: id, Kind: market.KindTrade, Flags: market.Regular, Price: market.Scale, Size: market.Units(1), Time: morning}
	}
	s.Apply(market.Batch{Ticks: []market.Tick{tick("M299"), tick("QUIET"), tick("M7"), tick("M289")}})
	r.knows(p, "M289 trades 1")
	p.say(`{"type":"unsubscribe","id":2,"trades":["M7"]}`)
	p.nextMessage("unsubscribed")
	s.Apply(market.Batch{Ticks: []market.Tick{tick("M7"), tick("M8")}})
	r.knows(p, "M8 trades 1")
	var keys []string
	for key := range r.values {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	want := []string{"AAPL trades 1", "AAPL trades 2", "AAPL trades 3", "M289 trades 1", "M7 trades 1", "M8 trades 1"}
	if !slices.Equal(keys, want) {
		t.Errorf("got %v, want %v", keys, want)
	}
}

// What a relay has asked for is not sent again because it is followed by itself as well.
func TestARelayThatFollowsASymbolTwiceGetsItOnce(t *testing.T) {
	s := serve(t, nil)
	p := s.join(t, plainSocket, "?bars=AAPL&interval=1s")
	r := newRelayReader()
	p.relayAll(r, "")
	r.messages = 0
	s.trades(t, 0, 1)
	r.knows(p, "AAPL trades 1")
	if n := s.busy(func(s *subscriber) bool { return len(s.follows.series) > 0 }); r.messages != 2 || n != 0 {
		t.Errorf("%d messages for one bar and one trade; %d follow by themselves", r.messages, n)
	}
}

// A relay that reads slowly is sent the newest state, and nothing is kept for it but one write.
func TestASlowRelayGetsTheNewestState(t *testing.T) {
	s := serveOver(t, network{pipe: true}, nil)
	p := s.join(t, plainSocket, "")
	p.nextMessage("hello") // nothing is read before it is
	r := newRelayReader()
	p.relayAll(r, "")
	for i := range 40 {
		s.trades(t, i*50, i*50+50)
	}
	if used := s.admission.Memory.Used(); used > 512<<10 {
		t.Errorf("%d bytes are reserved", used)
	}
	r.knows(p, "AAPL trades 2000")
	want := newRelayReader()
	q := s.join(t, plainSocket, "")
	q.nextMessage("hello")
	q.relayAll(want, "")
	for key, value := range want.values {
		if strings.HasPrefix(key, "AAPL 1s ") && r.values[key] != value {
			t.Errorf("%s: %s, want %s", key, r.values[key], value)
		}
	}
	if len(want.values) < 600 {
		t.Errorf("%d values", len(want.values))
	}
}
