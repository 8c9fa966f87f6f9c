package broadcast

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/history"
	"tickertape/broadcast/wire"
	"tickertape/feed/market"
)

// tradeOne has a symbol be traded at a second, and returns before that is published.
func (s *served) tradeOne(symbol string, second int) {
	id, _ := s.dir.ID(symbol)
	s.Apply(market.Batch{Ticks: []market.Tick{{Symbol: id, Kind: market.KindTrade, Flags: market.Regular, Price: market.Scale,
		Size: market.Units(1), Time: morning + market.Time(second)*1e6}}})
}

// relayNames asks for bars of 1s and trades of some names, as a relay, and reads until both answers are complete. It returns the
// names that each says are unknown.
func (p *testClient) relayNames(r *relayReader, since string, names ...string) (unknown [2]string) {
	p.t.Helper()
	list := `["` + strings.Join(names, `","`) + `"]`
	for i, what := range []string{`"interval":"1s","bars":`, `"trades":`} {
		p.say(fmt.Sprintf(`{"type":"subscribe","id":%d,"relay":true,"since":"%s",%s%s}`, i+1, since, what, list))
		for answered := false; !answered; {
			m := r.next(p)
			answered = m.Type == "subscribed" && m.ID == i+1
			unknown[i] = strings.Join(m.Unknown, " ")
		}
		r.untilPosition(p)
	}
	return unknown
}

func TestARelayFollowsNamesWhenTheyBecomeKnown(t *testing.T) {
	s := serve(t, func(c *Config) { c.MaxSeries, c.Relays = 0, 1 })
	p := s.join(t, plainSocket, "")
	r := newRelayReader()
	if got := p.relayNames(r, "", "LATE", "NEVER", "#none"); got[0] != "#none LATE NEVER" || got[1] != got[0] {
		t.Errorf("unknown %q", got)
	}
	if n := s.relays.taken.Load(); n != 1 {
		t.Errorf("%d places are taken by one who waits", n)
	}
	before := r.position
	s.add(t, "OTHER", "LATE")
	want := []string{`{"type":"subscribed","symbols":[],"trades":["LATE"]}`, `{"type":"subscribed","interval":"1s","symbols":[],"bars":["LATE"]}`}
	if told := []string{p.nextMessage("subscribed"), p.nextMessage("subscribed")}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
	s.tradeOne("OTHER", 0)
	s.tradeOne("LATE", 0)
	r.knows(p, "LATE trades 1")
	if len(r.values) != 2 || r.values["LATE 1s "+fmt.Sprint(int64(morning))] == "" {
		t.Errorf("got %v", r.values)
	}
	p.hangUp()
	gone := func() bool { return s.relays.taken.Load() == 0 }
	until(t, "the place is free again", gone)

	again := newRelayReader() // the position of before holds for the name
	p = s.join(t, plainSocket, "")
	p.relayNames(again, before, "LATE", "NEVER")
	again.knows(p, "LATE trades 1")
	if again.values["LATE 1s "+fmt.Sprint(int64(morning))] == "" {
		t.Errorf("a relay that resumes has %v", again.values)
	}
	p.hangUp()
	s.empty(t)
	until(t, "the place is free again", gone)
}

func TestARelayGivesNamesUp(t *testing.T) {
	s := serve(t, func(c *Config) { c.MaxSymbols, c.Relays = 3, 1 })
	p, other := s.join(t, plainSocket, ""), s.join(t, plainSocket, "")
	p.relayNames(newRelayReader(), "", "LATE", "NEVER")
	says := func(p *testClient, text, want string) {
		t.Helper()
		p.say(text)
		kind, _, _ := strings.Cut(strings.TrimPrefix(want, `{"type":"`), `"`)
		if got := p.nextMessage(kind); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	says(p, `{"type":"subscribe","id":3,"relay":true,"trades":["A","B"]}`, `{"type":"error","id":3,"code":"too_many_symbols"`)
	says(other, `{"type":"subscribe","id":1,"relay":true,"trades":["LATE"]}`, `{"type":"error","id":1,"code":"full"`)
	says(p, `{"type":"unsubscribe","id":4,"trades":["LATE"],"bars":["NEVER"]}`, `{"type":"unsubscribed","id":4`)
	says(p, `{"type":"unsubscribe","id":5,"trades":["*"]}`, `{"type":"unsubscribed","id":5`)
	says(other, `{"type":"subscribe","id":2,"relay":true,"trades":["LATE"]}`, `{"type":"error","id":2,"code":"full"`)
	s.add(t, "LATE")
	if got := p.nextMessage("subscribed"); got != `{"type":"subscribed","interval":"1s","symbols":[],"bars":["LATE"]}` {
		t.Errorf("told %s", got)
	}
	says(p, `{"type":"unsubscribe","id":6,"bars":["LATE"],"interval":"1s"}`, `{"type":"unsubscribed","id":6`)
	says(p, `{"type":"subscribe","id":7,"relay":true,"trades":["GONE"]}`, `{"type":"subscribed","id":7`)
	says(p, `{"type":"unsubscribe","id":8,"trades":["GONE"]}`, `{"type":"unsubscribed","id":8`)
	says(other, `{"type":"subscribe","id":3,"relay":true,"trades":["LATE"]}`, `{"type":"subscribed","id":3`)
	p.hangUp()
	other.hangUp()
	s.empty(t)
}

// What a relay follows is not followed twice when a name becomes known that it waits for by itself as well.
func TestANameThatARelayWaitsForTwiceIsFollowedOnce(t *testing.T) {
	s := serve(t, nil)
	p := s.join(t, plainSocket, "?bars=LATE&interval=1s&trades=LATE")
	r := newRelayReader()
	p.relayNames(r, "", "LATE")
	s.add(t, "LATE")
	r.untilPosition(p)
	r.messages = 0
	s.tradeOne("LATE", 0)
	r.knows(p, "LATE trades 1")
	if n := s.busy(func(s *subscriber) bool { return len(s.follows.series) > 0 }); r.messages != 2 || n != 0 {
		t.Errorf("%d messages for one bar and one trade; %d follow by themselves", r.messages, n)
	}
	p.hangUp()
	s.empty(t)
}

// A subscribe for which there is no place, no room or no memory changes nothing: neither what is followed nor what is waited for.
func TestARelaysRefusedSubscribeChangesNothing(t *testing.T) {
	var many []string
	for i := range 400 {
		many = append(many, fmt.Sprintf("LATE%d", i))
	}
	for what, change := range map[string]func(h *Hub){
		"no place": func(h *Hub) { h.relays.most = 0 },
		"no memory for the list": func(h *Hub) {
			h.admission.Memory = admission.NewMemory(admission.Size(h.admission.Memory.Used()) + 500)
		},
		"no memory for the names":      func(h *Hub) { h.admission.Memory = admission.NewMemory(30 << 10) },
		"more names than max_symbols":  func(h *Hub) { h.cfg.MaxSymbols = 399 },
		"more quotes than max_symbols": func(h *Hub) { h.cfg.MaxSymbols = 1 },
	} {
		h := quietHub(2)
		h.shards = h.shards[:1]
		s := newSubscriber(h, WebSocket, h.placed())
		var taken int
		discarding(s, &taken)
		s.begin(nil)
		names := append([]string{"S0"}, many...)
		quotes := []string{"S0", "S1"}
		x, err := h.plan(&wire.Request{Type: wire.Subscribe, Relay: true, Symbols: quotes, Trades: names,
			Bars: []wire.Bars{{Names: names, Interval: intervalOf("1d")}}}, standing{fields: market.AllFields}, free)
		if err != nil {
			t.Fatal(err)
		}
		change(h)
		used, taken := h.admission.Memory.Used(), 0
		err = (&request{kind: wire.Subscribe, plan: x}).subscribe(s)
		if err == nil {
			t.Errorf("%s: it is followed", what)
		}
		if h.relays.taken.Load() != 0 || h.admission.Memory.Used() != used || len(s.shard.lists)+len(s.shard.waitlists.byName) != 0 {
			t.Errorf("%s: %d places, %d bytes more, %d lists and %d names are kept", what, h.relays.taken.Load(),
				h.admission.Memory.Used()-used, len(s.shard.lists), len(s.shard.waitlists.byName))
		}
		if !s.follows.nothing() || s.follows.relay != nil || s.waits != nil || taken != 0 {
			t.Errorf("%s: it follows something", what)
		}
	}
}

// Names that become known between the reading of a relay's request and its turn are followed at once.
func TestANameThatBecomesKnownMeanwhileIsRelayedAtOnce(t *testing.T) {
	h := quietHub(1)
	x, err := h.plan(&wire.Request{Type: wire.Subscribe, Relay: true, Trades: []string{"LATE", "NEVER"},
		Bars: []wire.Bars{{Names: []string{"S0", "LATE"}, Interval: intervalOf("1d"), Limit: 7}}}, standing{fields: market.AllFields}, free)
	if err != nil {
		t.Fatal(err)
	}
	before := fmt.Sprint(x.relayed)
	if _, err := h.dir.Add(market.Symbol{Symbol: "LATE"}); err != nil {
		t.Fatal(err)
	}
	y := h.refreshed(x)
	got := fmt.Sprintf("%s %s %s %v %v", y.bars, y.trades, y.unknown, y.relayed, y.awaited)
	want := fmt.Sprintf(`["S0","LATE"] ["LATE"] ["NEVER"] [{%d {false [0 1]} 7} {%d {false [1]} 0}] %v`, intervalOf("1d"), history.Trades,
		[]awaited{{name: "NEVER", of: ofRelayed, kinds: 1 << history.Trades}})
	if got != want || fmt.Sprint(x.relayed) != before {
		t.Errorf("the plan is\n%s, want\n%s; it was %s and is %v", got, want, before, x.relayed)
	}
}

// An event stream is sent no id while a request of its query waits for a name that has become known.
func TestNoIdPassesANameOfARequestToCome(t *testing.T) {
	h := quietHub(1)
	x, err := h.plan(&wire.Request{Type: wire.Subscribe, Bars: []wire.Bars{{Names: []string{"LATE"}, Interval: intervalOf("1d")}}},
		standing{fields: market.AllFields}, free)
	if err != nil {
		t.Fatal(err)
	}
	o := outbox{items: []item{&request{kind: wire.Subscribe, plan: x}}}
	if o.owes(h) {
		t.Error("the name is unknown, so nothing of it is owed")
	}
	if _, err := h.dir.Add(market.Symbol{Symbol: "LATE"}); err != nil {
		t.Fatal(err)
	}
	if !o.owes(h) {
		t.Error("the position may be beyond the first bar of the name, and its bars are not sent yet")
	}
}

// Relays have all bars and trades of what they asked for, whenever it became known, and wherever they resumed.
func TestRandomRunsOfRelaysHaveAllOfWhatBecameKnown(t *testing.T) {
	for seed := range uint64(12) {
		dice := rand.New(rand.NewPCG(seed, 1))
		s := serve(t, func(c *Config) { c.MaxSeries, c.Relays = 0, 100 })
		var names []string
		for i := range 12 {
			names = append(names, fmt.Sprintf("LATE%d", i))
		}
		p := s.join(t, plainSocket, "")
		r := newRelayReader()
		p.relayNames(r, "", names...)
		known, last := 0, ""
		for second := range 60 {
			switch d := dice.IntN(10); {
			case d < 3 && known < len(names):
				s.add(t, names[known])
				known++
				if d > 0 {
					last = names[known-1]
					s.tradeOne(last, second)
				}
			case d < 8 && known > 0:
				last = names[dice.IntN(known)]
				s.tradeOne(last, second)
			case d > 7:
				p.hangUp()
				p = s.join(t, plainSocket, "")
				p.relayNames(r, r.position, names...)
			}
		}
		all := newRelayReader()
		q := s.join(t, plainSocket, "")
		s.add(t, "END")
		s.tradeOne("END", 100)
		q.relayAll(all, "")
		all.knows(q, "END trades 1")
		for key := range all.values {
			if strings.HasPrefix(key, "LATE") && r.values[key] == "" {
				r.knows(p, key)
			}
		}
		for key, value := range all.values {
			if strings.HasPrefix(key, "LATE") && r.values[key] != value {
				t.Errorf("seed %d: %s: %q, want %q", seed, key, r.values[key], value)
			}
		}
		p.hangUp()
		q.hangUp()
		s.empty(t)
	}
}
