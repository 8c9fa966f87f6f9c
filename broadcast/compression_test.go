package broadcast

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/conn"
	"tickertape/broadcast/conn/conntest"
	"tickertape/broadcast/wire"
	"tickertape/feed/market"
)

// T16 of traps_test.go: the library's compression would cost a frame for each 240 bytes, a megabyte for
// each connection and the work anew for each subscriber.

func compressing(c *Config) { c.Compression = true }

// deflatedText is text as a client sends it compressed.
func deflatedText(text string) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression)
	io.WriteString(w, text)
	w.Flush()
	return bytes.TrimSuffix(b.Bytes(), []byte{0, 0, 0xff, 0xff})
}

var offer = []string{"Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"}

func TestCompressionIsAgreedOnlyWhereItCanBeKept(t *testing.T) {
	const yes = "permessage-deflate; client_no_context_takeover; server_no_context_takeover"
	for allowed, cases := range map[bool]map[string]string{
		false: {"permessage-deflate": "", "permessage-deflate; client_max_window_bits": ""},
		true: {
			"": "", "permessage-deflate": yes, "permessage-deflate; client_max_window_bits": yes,
			"permessage-deflate; server_no_context_takeover; client_no_context_takeover":       yes,
			"permessage-deflate; server_max_window_bits=10":                                    "",
			"permessage-deflate; server_max_window_bits=10, permessage-deflate":                yes,
			"permessage-deflate; client_max_window_bits=9":                                     yes,
			"x-webkit-deflate-frame":                                                           "",
			"permessage-deflate; nonsense=1":                                                   "",
			"x-webkit-deflate-frame, permessage-deflate; client_max_window_bits, permessage-x": yes,
		},
	} {
		s := serve(t, func(c *Config) { c.Compression = allowed })
		for offered, want := range cases {
			p := s.join(t, overWebSocket, "", "Sec-WebSocket-Extensions", offered)
			if got := p.header.Get("Sec-WebSocket-Extensions"); got != want {
				t.Errorf("allowed %v, offered %q: answered %q, want %q", allowed, offered, got, want)
			}
			p.next("hello")
			p.hangUp()
		}
	}
}

// everyone trades all three symbols in one flush, which makes an update long enough to be compressed.
func (s *served) everyone(price market.Price) {
	var ticks []market.Tick
	for id := range market.SymbolID(3) {
		ticks = append(ticks, stamped(market.Tick{Symbol: id, Kind: market.KindTrade, Flags: market.Regular, Price: price * market.Scale,
			Size: market.Units(100)}))
	}
	s.Apply(market.Batch{Ticks: ticks})
}

func TestUpdatesAreCompressedOnceForAll(t *testing.T) {
	for name, w := range everyAccess {
		if w.transport != WebSocket {
			continue
		}
		t.Run(name, func(t *testing.T) {
			s := serveOver(t, w.network, compressing)
			plain := s.join(t, w, "?symbols=*")
			plain.next("snapshot")
			var clients []*testClient
			for range max(6, 2*len(s.shards)) { // two or more on each shard: who is alone may be told later, alone
				p := s.join(t, w, "?symbols=*", offer...)
				p.next("snapshot")
				clients = append(clients, p)
			}
			idle := func() {
				until(t, "all have taken what there was", func() bool { return s.busy(func(sub *subscriber) bool { return sub.busy }) == 0 })
			}
			for i := range market.Price(20) {
				idle() // whoever is busy is told later, alone
				s.everyone(10 + i)
				want := plain.next("update")
				var first []byte
				for j, p := range clients {
					head, b, err := conntest.ReadFrame(p.r)
					if err != nil || head != 0xc1 {
						t.Fatalf("client %d: frame %#x %v, want a compressed one", j, head, err)
					}
					text, err := inflate(b)
					if err != nil {
						t.Fatal(err)
					}
					var got message
					if err := json.Unmarshal(text, &got); err != nil {
						t.Fatalf("%s: %v", text, err)
					}
					if fmt.Sprint(got.Seq, got.Quotes) != fmt.Sprint(want.Seq, want.Quotes) {
						t.Errorf("client %d got %d %v\nwant %d %v", j, got.Seq, got.Quotes, want.Seq, want.Quotes)
					}
					if first == nil {
						first = b
					}
					if !bytes.Equal(b, first) { // its time would differ, had it been made again
						t.Errorf("client %d got other bytes than the first", j)
					}
				}
			}
			ping := conntest.Masked(0x89, []byte("?"))
			for _, p := range append(clients, plain) {
				p.say(`{"type":"ping","id":1}`)
				if head, b, err := conntest.ReadFrame(p.r); head != 0x81 || !strings.Contains(string(b), `"pong"`) {
					t.Errorf("answered with %#x %s %v, want a plain pong", head, b, err)
				}
				p.conn.Write(ping)
				if head, b, err := conntest.ReadFrame(p.r); head != 0x8a || string(b) != "?" {
					t.Errorf("a ping is answered with %#x %s %v, want a plain pong", head, b, err)
				}
				p.say(`{"type":"subscribe","fields":["p","v","h","l"]}`)
				if head, b, err := conntest.ReadFrame(p.r); head != 0x81 || !strings.Contains(string(b), `"subscribed"`) {
					t.Errorf("answered with %#x %s %v, want a plain subscribed", head, b, err)
				}
				if head, b, err := conntest.ReadFrame(p.r); head != 0x81 || !strings.Contains(string(b), `"snapshot"`) {
					t.Errorf("then %#x %s %v, want a plain snapshot", head, b, err)
				}
			}
			idle()
			s.trade("AAPL", "7.5")
			for _, p := range clients {
				if head, b, err := conntest.ReadFrame(p.r); head != 0x81 || len(b) >= conn.DeflateFrom {
					t.Errorf("a short update of %d bytes comes as %#x %v, want it plain", len(b), head, err)
				}
			}
		})
	}
}

func TestCompressedMessagesAreUnderstood(t *testing.T) {
	s := serve(t, compressing)
	ping := func(i int) []byte {
		return deflatedText(fmt.Sprintf(`{"type":"ping","id":%d,"x":"%s"}`, i, strings.Repeat("abc", 100)))
	}
	halves := func(b []byte) []byte {
		return append(conntest.Masked(0x41, b[:len(b)/2]), conntest.Masked(0x80, b[len(b)/2:])...)
	}
	p := s.join(t, overWebSocket, "?symbols=AAPL", offer...)
	p.next("snapshot")
	for i, frames := range map[int][]byte{
		1: conntest.Masked(0xc1, ping(1)), 2: halves(ping(2)),
		3: slices.Concat(conntest.Masked(0xc1, ping(3)), conntest.Masked(0x81, []byte(`{"type":"ping","id":30}`)), conntest.Masked(0x89, nil),
			conntest.Masked(0xc1, ping(31))),
		4: conntest.Masked(0x81, []byte(`{"type":"ping","id":4}`)),
	} {
		p.conn.Write(frames)
		for _, id := range map[int][]int{1: {1}, 2: {2}, 3: {3, 30, 31}, 4: {4}}[i] {
			if pong := p.next("pong"); string(pong.ID) != fmt.Sprint(id) {
				t.Errorf("pong %s, want %d", pong.ID, id)
			}
		}
	}
	p.conn.Write(conntest.Masked(0xc1, deflatedText("{\"type\":\"ping\",\"id\":\"\xff\"}")))
	if got := p.goodbye(); got.code != 1007 {
		t.Errorf("no UTF-8, compressed: %v, want 1007", got)
	}
}

func TestBombsAreRefused(t *testing.T) {
	s := serve(t, compressing)
	s.counted()
	other := s.join(t, overWebSocket, "?symbols=AAPL", offer...)
	other.next("snapshot")
	most := s.cfg.MaxMessage
	bomb := deflatedText(`{"type":"ping","id":"` + strings.Repeat("x", 4<<20))
	for name, tc := range map[string]struct {
		frames []byte
		codes  []int // 0 is an end without a word
	}{
		"a bomb": {conntest.Masked(0xc1, bomb), []int{1009}},
		"one byte too many": {conntest.Masked(0xc1,
			deflatedText(`{"type":"ping"}`+strings.Repeat(" ", most+1-len(`{"type":"ping"}`)))), []int{1009}},
		"no deflate at all": {conntest.Masked(0xc1, []byte("\xff\xff\xff\xff")), []int{0, 1002, 1007, 1008}},
		"a compressed ping": {conntest.Masked(0xc9, nil), []int{1002}},
		"a compressed rest": {append(conntest.Masked(0x41, deflatedText(`{"type":"ping"}`)), conntest.Masked(0xc0, nil)...), []int{0, 1002}},
	} {
		t.Run(name, func(t *testing.T) {
			p := s.join(t, overWebSocket, "", offer...)
			p.next("hello")
			go p.conn.Write(tc.frames)
			for {
				_, err := p.message()
				var g errGoodbye
				errors.As(err, &g)
				if err != nil {
					if !slices.Contains(tc.codes, g.code) {
						t.Errorf("ended with %v, want one of %v", err, tc.codes)
					}
					break
				}
			}
		})
	}
	if n := s.refusals(t, admission.ReasonMessage); n != 2 {
		t.Errorf("%v messages are counted as too long, want 2", n)
	}
	p := s.join(t, overWebSocket, "", offer...)
	go p.conn.Write(conntest.Masked(0xc1, deflatedText(`{"type":"ping"}`+strings.Repeat(" ", most-len(`{"type":"ping"}`)))))
	p.next("pong") // at the limit
	s.trade("AAPL", "77777.5")
	other.priced("AAPL", 77777.5)
}

func TestSlowReaderOfCompressedPartsIsBroughtUpToDate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const symbols = 750
		w := newWorld(symbols)
		random := rand.New(rand.NewPCG(3, 4))
		var all []*protocolClient
		const rate = 1.0
		narrow, _ := wire.ParseFields([]string{"p", "h", "l", "v", "vw", "t", "z", "o", "n"})
		for i, r := range []*wire.Request{
			{Symbols: []string{"*"}}, {Symbols: []string{"*"}}, {Symbols: []string{"*"}, Rate: rate}, {Symbols: []string{"*"}, Rate: rate},
			{Symbols: []string{"*"}, Rate: rate}, {Symbols: []string{"*"}, Fields: narrow},
			{Symbols: []string{"*"}, Fields: narrow}, {Symbols: []string{"*"}, Rate: rate},
		} {
			c := newProtocolClient(w.hub, i)
			c.connect("")
			r.Type = wire.Subscribe
			c.ask(*r)
			all = append(all, c)
		}
		for round := range 6 {
			for i := range symbols { // all of them in one flush: several parts
				w.trade(i, random.Int64N(5000)+1)
			}
			time.Sleep(100 * time.Millisecond)
			for i, c := range all {
				switch (round + i) % 4 {
				case 0:
					c.conn.stall()
				case 1: // a part goes through, then the board moves on
					c.conn.step()
				case 2:
					if i%3 == 0 {
						c.ask(wire.Request{Type: wire.Unsubscribe, Symbols: []string{"S1", "S2", fmt.Sprintf("S%d", symbols-1-round)}})
						c.ask(wire.Request{Type: wire.Subscribe, Symbols: []string{"S2"}})
					}
				case 3:
					c.conn.flow()
				}
			}
			for range 100 {
				w.trade(random.IntN(symbols), random.Int64N(5000)+1)
			}
			time.Sleep(time.Duration(random.IntN(700)) * time.Millisecond)
		}
		for _, c := range all {
			c.conn.flow()
		}
		time.Sleep(3 * time.Second)
		if err := w.end(all...); err != nil {
			t.Error(err)
		}
		for _, c := range all {
			if c.parts == 0 || c.largest > partLimit {
				t.Errorf("client %d got %d messages with more to come, the largest of %d bytes", c.number, c.parts, c.largest)
			}
		}
	})
}
