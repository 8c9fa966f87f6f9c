package broadcast

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/board"
	"tickertape/broadcast/conn/conntest"
	"tickertape/broadcast/history"
	"tickertape/broadcast/wire"
	"tickertape/feed/market"
)

// limited is a server with budgets of its own.
func limited(t *testing.T, change func(*admission.Config)) *served {
	t.Helper()
	s := serveOver(t, network{more: 600}, func(c *Config) { c.MaxSymbols = 500; c.MaxMessage = 64 << 10 })
	change(s.admission.Config)
	return s
}

// TestNamesAreCountedOnceAndListsAreCapped is for every way in: what a list stands for is written out once, and not
// beyond what may be followed.
func TestNamesAreCountedOnceAndListsAreCapped(t *testing.T) {
	s := serveOver(t, network{more: 600}, func(c *Config) { c.MaxSymbols = 500 })
	s.lists["all"] = &watchlist{symbols: everySymbol(s.dir, 450)}
	s.lists["more"] = &watchlist{symbols: everySymbol(s.dir, 550)}
	bomb := strings.TrimSuffix(strings.Repeat("#all,", 9000), ",")
	quoted := `"` + strings.Join(strings.Split(bomb, ","), `","`) + `"`
	p := s.join(t, overWebSocket, "")
	p.say(`{"type":"subscribe","id":1,"symbols":[` + quoted + `]}`)
	if got := p.next("subscribed"); len(got.Symbols) != 450 {
		t.Errorf("a list of 450 symbols that is named 9000 times is answered with %d symbols", len(got.Symbols))
	}
	p.say(`{"type":"subscribe","id":2,"symbols":["#more"]}`)
	if got := p.next("error"); got.Code != wire.TooManySymbols.String() {
		t.Errorf("a list of more symbols than are allowed: %+v", got)
	}
	for key, kind := range map[string]string{"bars": `,"interval":"1s"`, "trades": ""} {
		p.say(`{"type":"subscribe","id":3,"` + key + `":[` + quoted + `]` + kind + `}`)
		if got := p.next("error"); got.Code != wire.TooManySymbols.String() {
			t.Errorf("%s of the list: %+v", key, got)
		}
	}
	escaped := strings.ReplaceAll(strings.Repeat("#all,", 900), "#", "%23")
	for name, find := range map[string]func(query string) (int, error){
		"quotes": func(query string) (int, error) {
			q, err := s.query(t.Context(), "symbols="+query)
			if err != nil {
				return 0, err
			}
			defer q.Done()
			cursor := q.Cursor()
			return cursor.List.Len(s.dir.Len()), nil
		},
		"bars": func(query string) (int, error) {
			b, err := s.barsOf(t.Context(), "interval=1s&symbols="+query)
			if err != nil {
				return 0, err
			}
			defer b.Done()
			return len(b.IDs), nil
		},
	} {
		if n, err := find(escaped); n != 450 || err != nil {
			t.Errorf("%s of a list that is named 900 times: %d symbols, %v", name, n, err)
		}
		var f *wire.Fault
		if _, err := find("%23more"); !errors.As(err, &f) || f.Code != wire.TooManySymbols {
			t.Errorf("%s of a list of too many: %v", name, err)
		}
	}
	for _, w := range []access{overWebSocket, accessBySocket["events"]} {
		q := s.join(t, w, "?symbols=%23more")
		if w.transport == EventStream {
			if got := q.goodbye(); got.reason != wire.TooManySymbols.String() {
				t.Errorf("over events: %v", got)
			}
		} else if got := q.next("error"); got.Code != wire.TooManySymbols.String() {
			t.Errorf("by query: %+v", got)
		}
		if got := s.join(t, w, "?symbols="+escaped).next("subscribed"); len(got.Symbols) != 450 {
			t.Errorf("by query, 900 times: %d symbols", len(got.Symbols))
		}
	}
}

func everySymbol(dir *market.Directory, n int) []string {
	var all []string
	for id := range n {
		all = append(all, dir.Symbol(market.SymbolID(id)).Symbol)
	}
	return all
}

// A message has so long to come as a whole, and all that have not come whole have so much memory.
func TestUnfinishedMessagesEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("each case waits 2 s for its connection to be closed")
	}
	head := binary.BigEndian.AppendUint64([]byte{0x81, 0xff}, 64<<10)
	head = append(head, 1, 2, 3, 4)
	for name, begun := range map[string][]byte{
		"half a header":     {0x81},
		"no payload":        head,
		"all but one byte":  append(slices.Clone(head), make([]byte, 64<<10-1)...),
		"fragments":         conntest.Masked(0x01, make([]byte, 1000)),
		"half a ping":       {0x89, 0x85, 1, 2, 3, 4, 'x'},
		"pings between two": slices.Concat(conntest.Masked(0x01, nil), conntest.Masked(0x89, nil)),
	} {
		for reached, w := range map[string]access{"by socket": overWebSocket,
			"by goroutine": accessByGoroutine["WebSocket on a wrapped connection"]} {
			t.Run(name+" "+reached, func(t *testing.T) {
				s := serveOver(t, w.network, func(c *Config) { c.Heartbeat = 200 * time.Millisecond })
				s.admission.Config.MessageTimeout = 100 * time.Millisecond
				p := s.join(t, w, "?symbols=AAPL")
				p.next("snapshot")
				p.conn.Write(begun)
				if got := p.goodbye(); got.code != 1008 || got.reason != "a message took too long to come" {
					t.Errorf("%v", got)
				}
				s.empty(t)
				if !s.admission.Unfinished(int64(s.admission.Config.Total.Unfinished)) {
					t.Error("memory of messages is still taken")
				}
			})
		}
	}
}

func TestUnfinishedMessagesHaveABudgetOfAll(t *testing.T) {
	s := limited(t, func(c *admission.Config) { c.Total.Unfinished, c.MessageTimeout = 200<<10, time.Minute })
	head := binary.BigEndian.AppendUint64([]byte{0x81, 0xff}, 64<<10)
	head = append(head, 1, 2, 3, 4)
	var clients []*testClient
	for range 8 {
		p := s.join(t, overWebSocket, "")
		p.next("hello")
		p.conn.Write(append(slices.Clone(head), make([]byte, 60_000)...))
		clients = append(clients, p)
	}
	full := 0
	until(t, "some are sent away", func() bool { return s.gone(WebSocket, "full") >= 5 })
	for _, p := range clients {
		p.conn.Write(make([]byte, 64<<10-60_000)) // what is not sent away goes on
		m, err := p.message()
		for err == nil && m.Type != "error" { // a status or a heartbeat
			m, err = p.message()
		}
		if err != nil {
			full++
		} else if m.Code != wire.BadJSON.String() {
			t.Errorf("%+v", m)
		}
	}
	if full < 5 || full > 6 {
		t.Errorf("%d of 8 were sent away, want those beyond the third or so", full)
	}
}

func TestPingsAndFragmentsHaveABudget(t *testing.T) {
	if testing.Short() {
		t.Skip("each case waits 2 s for its connection to be closed")
	}
	for name, tc := range map[string]struct {
		begin, flood []byte
	}{
		"pings":           {nil, conntest.Masked(0x89, nil)},
		"pongs":           {nil, conntest.Masked(0x8a, []byte("x"))},
		"empty fragments": {conntest.Masked(0x01, nil), conntest.Masked(0x00, nil)},
		"short fragments": {conntest.Masked(0x01, []byte("{")), conntest.Masked(0x00, []byte(" "))},
	} {
		t.Run(name, func(t *testing.T) {
			s := limited(t, func(c *admission.Config) { c.Connection.Control = 2 })
			p := s.join(t, overWebSocket, "")
			p.next("hello")
			p.conn.Write(slices.Concat(tc.begin, slices.Repeat(tc.flood, 30)))
			if got := p.goodbye(); got.code != 1008 {
				t.Errorf("%v, want 1008", got)
			}
			s.empty(t)
		})
	}
}

func TestMessageInFragmentsOfAProxyIsNoFlood(t *testing.T) {
	s := limited(t, func(c *admission.Config) { c.Connection.Control = 1 })
	p := s.join(t, overWebSocket, "")
	message := []byte(`{"type":"ping","id":7,"x":"` + strings.Repeat("x", 60_000) + `"}`)
	head := byte(0x01)
	for len(message) > 1000 {
		p.conn.Write(conntest.Masked(head, message[:1000]))
		message, head = message[1000:], 0
	}
	p.conn.Write(conntest.Masked(0x80, message))
	if pong := p.next("pong"); string(pong.ID) != "7" {
		t.Errorf("pong %s", pong.ID)
	}
}

// Subscribing anew tells everything anew, as often as its budget allows.
func TestRetellingHasABudget(t *testing.T) {
	s := limited(t, func(c *admission.Config) { c.Connection.BytesOut = 8 << 10; c.Connection.Messages = 1e6 })
	s.tradeAll(t)
	p := s.join(t, overWebSocket, "")
	p.next("hello")
	told := 0
	for ; told < 100; told++ {
		field := []string{"p", "v"}[told%2]
		p.say(
			fmt.Sprintf(`{"type":"subscribe","id":%d,"symbols":["M0","M1","M2","M3","M4","M5","M6","M7","M8","M9"],"fields":[%q]}`, told, field))
		m := p.answer()
		if m.Type == "subscribed" {
			continue
		}
		if m.Code != wire.RateLimited.String() || !strings.Contains(m.Message, "connection_bytes_out") ||
			!strings.Contains(m.Message, "try again") {
			t.Fatalf("%+v", m)
		}
		break
	}
	if told < 5 || told > 50 {
		t.Errorf("%d were told before one was refused", told)
	}
	p.say(`{"type":"ping","id":99}`)
	p.next("pong")
}

// answer is the next message that answers a request.
func (p *testClient) answer() message {
	p.t.Helper()
	for {
		m, err := p.message()
		if err != nil {
			p.t.Fatal(err)
		}
		if m.Type == "subscribed" || m.Type == "error" {
			return m
		}
	}
}

// tradeAll trades every symbol, and returns when all are published.
func (s *served) tradeAll(t *testing.T) {
	t.Helper()
	ticks := make([]market.Tick, s.dir.Len())
	for i := range ticks {
		ticks[i] = stamped(market.Tick{Symbol: market.SymbolID(i), Kind: market.KindTrade, Flags: market.Regular, Price: market.Scale,
			Size: market.Units(1)})
	}
	s.Apply(market.Batch{Ticks: ticks})
	until(t, "all are published", func() bool {
		n := 0
		for _, state := range s.board.States() {
			n += state
		}
		return n == len(ticks)
	})
}

// What is refused after a message was read, since the symbols are too many with those of before or find no memory, is counted.
func TestRefusalsByTheShardAreCounted(t *testing.T) {
	s := serveOver(t, network{more: 600}, func(c *Config) { c.MaxSymbols = 500 })
	s.counted()
	s.lists["a"] = &watchlist{symbols: everySymbol(s.dir, 300)}
	s.lists["b"] = &watchlist{symbols: everySymbol(s.dir, 600)[300:]}
	p := s.join(t, overWebSocket, "?symbols=%23a")
	p.next("subscribed")
	p.say(`{"type":"subscribe","symbols":["#b"]}`)
	if got := p.next("error"); got.Code != wire.TooManySymbols.String() || s.refusals(t, admission.ReasonSymbols) != 1 {
		t.Errorf("too many: %+v, counted %v", got, s.refusals(t, admission.ReasonSymbols))
	}

	s = serveOver(t, network{more: 600}, nil)
	s.counted()
	s.lists["b"] = &watchlist{symbols: everySymbol(s.dir, 600)[300:]}
	s.admission.Memory = admission.NewMemory(16 << 10) // the list takes 10 KiB, the subscriber and what it asks for 11
	q := s.join(t, overWebSocket, "")
	q.say(`{"type":"subscribe","symbols":["#b"],"fields":["st"]}`)
	if got := q.next("error"); got.Code != wire.Full.String() || s.refusals(t, admission.ReasonMemory) != 1 {
		t.Errorf("no memory: %+v, counted %v", got, s.refusals(t, admission.ReasonMemory))
	}
}

// The bars of a request are counted before it is known what they cost, so the symbols are paid before, and whatever comes
// of it.
func TestRefusedBarsPayForTheirSymbols(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serveOver(t, network{pipe: true, more: 600}, nil)
		s.tradeAll(t)
		s.admission.Config.Total.BytesOut, s.admission.Config.Total.Work = 1<<10, 1000
		ask := func() error {
			b, err := s.barsOf(t.Context(), "interval=1s&symbols=*")
			if err == nil {
				b.Done()
			}
			return err
		}
		if err := ask(); err != nil { // it is paid after a minute
			t.Fatal(err)
		}
		began := time.Now()
		for n := range 100 { // 60 units of work each
			var refusal *admission.Refusal
			if err := ask(); !errors.As(err, &refusal) || refusal.Reason != admission.ReasonTotalBytesOut {
				t.Fatalf("request %d: %v, want a refusal for its bytes", n, err)
			}
		}
		if took := time.Since(began); took < 3*time.Second || took > 10*time.Second {
			t.Errorf("100 refused requests waited %v for their turn, want some 5 s", took)
		}
	})
}

// counted has the server count its refusals where the test can read them.
func (s *served) counted() {
	s.admission.Refusals = admission.NewRefusalLog(slog.New(slog.DiscardHandler), s.reg)
}

// refusals is how often something was refused for a reason.
func (s *served) refusals(t *testing.T, reason admission.Reason) float64 {
	t.Helper()
	all, err := s.reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range all {
		if family.GetName() != "tickertape_limits_refusals_total" {
			continue
		}
		for _, m := range family.GetMetric() {
			if m.GetLabel()[0].GetValue() == reason.String() {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

// A message is paid for by its length, unpacked, and the telling of unknown names by theirs.
func TestLongMessagesCostMore(t *testing.T) {
	s := limited(t, func(c *admission.Config) { c.Connection.Work = 100 }) // the first is paid after some ten seconds
	p := s.join(t, overWebSocket, "")
	p.next("hello")
	p.roundTrip()
	p.say(`{"type":"ping","other":"` + strings.Repeat("x", 60_000) + `"}`)
	p.next("pong")
	p.say(`{"type":"ping","other":"` + strings.Repeat("x", 60_000) + `"}`)
	if got := p.next("error"); got.Code != wire.RateLimited.String() {
		t.Errorf("%+v, want a refusal", got)
	}

	s = limited(t, func(c *admission.Config) { c.Connection.BytesOut = 10 << 10 })
	p = s.join(t, overWebSocket, "")
	p.say(`{"type":"subscribe","symbols":["` + strings.Repeat("<", 20_000) + `"]}`)
	p.next("subscribed")
	p.say(`{"type":"subscribe","symbols":["` + strings.Repeat("<", 20_000) + `"]}`)
	if got := p.next("error"); got.Code != wire.RateLimited.String() {
		t.Errorf("%+v, want a refusal", got)
	}
}

// To resume from long ago tells everything, and costs as much as that.
func TestResumingCostsWhatItTells(t *testing.T) {
	h := quietHubWith(DefaultConfig(), 100)
	var f flush
	trade := func(symbols int, at market.Time) {
		var ticks []market.Tick
		for id := range symbols {
			ticks = append(ticks, market.Tick{Symbol: market.SymbolID(id), Kind: market.KindTrade, Flags: market.Regular,
				Price: market.Price(at) * market.Scale,
				Size:  market.Units(1), Time: at * 1e6})
		}
		h.Apply(market.Batch{Ticks: ticks})
		h.commit(context.Background(), &f)
	}
	for i := range 90 { // ninety bars of the first symbol in the first flush, ten more later
		h.Apply(market.Batch{Ticks: []market.Tick{{Kind: market.KindTrade, Flags: market.Regular, Price: market.Scale, Size: market.Units(1),
			Time: market.Time(1+i) * 1e6}}})
	}
	trade(100, 90)
	for i := range 9 {
		h.Apply(market.Batch{Ticks: []market.Tick{{Kind: market.KindTrade, Flags: market.Regular, Price: market.Scale, Size: market.Units(1),
			Time: market.Time(91+i) * 1e6}}})
	}
	trade(10, 100)
	telling := func(x *plan) admission.Cost { return h.costOfSnapshot(x, standing{}) }
	quotes := func(since board.Seq) float64 {
		x := &plan{named: resolved{list: board.List{All: true}}, since: since, resumed: true}
		return telling(x).Work - admission.Rewatch(100).Work
	}
	whole, none, ten := quotes(0), quotes(2), quotes(1)
	if fresh := admission.Quotes(100, false).Work; whole < fresh || none > fresh/5 || ten != none+admission.Quotes(10, false).Work {
		t.Errorf("%v, %v and %v units from long ago, from now and from when ten had not changed; a snapshot costs %v", whole, none, ten, fresh)
	}
	for since, bars := range map[board.Seq]int{0: 100, 1: 10, 2: 0} {
		x := &plan{series: []requested{{seriesOf(0, 0), 5}}, since: since, resumed: true}
		if got, want := telling(x), admission.Quotes(0, true).Plus(admission.Rewatch(0)).Plus(admission.Bars(bars)); got != want {
			t.Errorf("bars from %d on: %v, want those of %d: %v", since, got, bars, want)
		}
	}
}

// The bars of many symbols are counted some at a time, and all of them are charged.
func TestBarsOfManySymbolsAreAllCharged(t *testing.T) {
	h := quietHub(2*symbolsAtOnce + 1)
	var ids []market.SymbolID
	var ticks []market.Tick
	for i := range h.dir.Len() {
		id := market.SymbolID(i)
		ids = append(ids, id)
		for start := range 2 {
			ticks = append(ticks, market.Tick{Symbol: id, Kind: market.KindTrade, Flags: market.Regular, Price: 1, Size: market.Units(1),
				Time: market.Time(1+start) * 1e6})
		}
	}
	h.Apply(market.Batch{Ticks: ticks})
	h.commit(context.Background(), &flush{})
	q := wire.BarsQuery{Range: history.Range{To: 1<<32 - 1}}
	b := &Bars{hub: h, IDs: ids}
	if got, ok := b.cost(t.Context(), &q); !ok || got != admission.Bars(2*len(ids)) {
		t.Errorf("%v %t, want the cost of %d bars", got, ok, 2*len(ids))
	}
}
