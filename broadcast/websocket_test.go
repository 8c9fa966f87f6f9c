package broadcast

//lint:file-ignore SA1019 the test speaks to the server with the same library as the server

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"nhooyr.io/websocket"

	"tickertape/broadcast/board"
	"tickertape/broadcast/conn"
	"tickertape/broadcast/wire"
)

type message struct {
	Type, Epoch, Code, Message, Source, Reason string
	ID                                         json.RawMessage
	Seq                                        board.Seq
	Time                                       int64
	Rate                                       float64
	Simulated, Resumed, More                   bool
	Symbols, Unknown                           []string
	Quotes                                     []map[string]any
	Status                                     string
	Sources                                    []wire.Status
	prices
}

// prices are what a message says of the prices of a source.
type prices struct {
	Replayed, Quiet bool
	Delay           int64 `json:"delayed_ms"`
}

type wsClient struct {
	t *testing.T
	*websocket.Conn
}

func (s *served) dial(t *testing.T, query string) *wsClient {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), timeLimit)
	defer cancel()
	c, _, err := websocket.Dial(ctx, s.url+"/ws"+query, &websocket.DialOptions{HTTPClient: s.upgrade, Subprotocols: []string{subprotocol}})
	if err != nil {
		t.Fatal(err)
	}
	c.SetReadLimit(1 << 20)
	t.Cleanup(func() { c.CloseNow() })
	return &wsClient{t, c}
}

func (c *wsClient) say(text string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), timeLimit)
	defer cancel()
	if err := c.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

// next is the next message of the given type; those before are passed over.
func (c *wsClient) next(kind string) message {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), timeLimit)
	defer cancel()
	for {
		_, b, err := c.Read(ctx)
		if err != nil {
			c.t.Fatalf("waiting for %s: %v", kind, err)
		}
		var m message
		if err := json.Unmarshal(b, &m); err != nil {
			c.t.Fatalf("%s: %v", b, err)
		}
		if m.Type == kind {
			return m
		}
	}
}

// end reads until the server closes and returns its code and reason.
func (c *wsClient) end() websocket.CloseError {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), timeLimit)
	defer cancel()
	for {
		if _, _, err := c.Read(ctx); err != nil {
			var closed websocket.CloseError
			if !errors.As(err, &closed) {
				c.t.Fatalf("connection ended with %v, want a close frame", err)
			}
			return closed
		}
	}
}

func TestWebSocketConversation(t *testing.T) {
	s := serve(t, nil)
	s.trade("AAPL", "189.31")
	c := s.dial(t, "")
	if got := c.Subprotocol(); got != subprotocol {
		t.Errorf("subprotocol %q, want %q", got, subprotocol)
	}
	hello := c.next("hello")
	if hello.Epoch == "" || hello.Source != "sim" || !hello.Simulated {
		t.Errorf("hello %+v", hello)
	}
	c.say(`{"type":"subscribe","id":1,"symbols":["#tech","FOO"],"rate":4,"fields":["p","v"]}`)
	sub := c.next("subscribed")
	if string(sub.ID) != "1" || fmt.Sprint(sub.Symbols, sub.Unknown, sub.Rate) != "[AAPL MSFT] [FOO] 4" {
		t.Errorf("subscribed %+v", sub)
	}
	snap := c.next("snapshot")
	if fmt.Sprint(snap.Quotes) != "[map[p:189.31 s:AAPL v:100]]" {
		t.Errorf("snapshot %v", snap.Quotes)
	}
	s.trade("AAPL", "190")
	if up := c.next("update"); fmt.Sprint(up.Quotes) != "[map[p:190 s:AAPL v:200]]" {
		t.Errorf("update %v", up.Quotes)
	}
	c.say(`{"type":"ping","id":"x"}`)
	if pong := c.next("pong"); string(pong.ID) != `"x"` || pong.Time == 0 {
		t.Errorf("pong %+v", pong)
	}
	c.say(`{"type":"pause","id":4}`)
	c.say(`{"type":"ping"}`)
	c.next("pong")
	s.trade("MSFT", "400.5")
	c.say(`{"type":"resume","id":5}`)
	if snap := c.next("snapshot"); !snap.Resumed {
		t.Errorf("after resume %+v", snap)
	}
	c.say(`{"type":"unsubscribe","id":2,"symbols":["MSFT"]}`)
	if un := c.next("unsubscribed"); fmt.Sprint(un.Symbols) != "[MSFT]" {
		t.Errorf("unsubscribed %+v", un)
	}
}

// TestWhatAPauseHeldBackComesBeforeThePong is what a client relies on to know that it is up to date, also where nothing comes.
func TestWhatAPauseHeldBackComesBeforeThePong(t *testing.T) {
	for name, tc := range map[string]struct{ query, want string }{
		"quotes":          {"symbols=AAPL", "snapshot pong"},
		"quotes and bars": {"symbols=AAPL&bars=AAPL&interval=1m", "bars snapshot pong"},
		"bars alone":      {"bars=AAPL&interval=1m", "bars pong"},
		"unknown names":   {"symbols=FOO", "pong"},
		"nothing":         {"", "pong"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, nil)
			s.trade("AAPL", "189")
			c := s.join(t, plainSocket, "?"+tc.query)
			c.say(`{"type":"pause"}`)
			c.roundTrip()
			s.trade("AAPL", "190")
			c.say(`{"type":"resume"}`)
			c.say(`{"type":"ping","id":9}`)
			var got []string
			for len(got) == 0 || got[len(got)-1] != "pong" {
				m, err := c.message()
				if err != nil {
					t.Fatal(err)
				}
				if m.Type != "heartbeat" {
					got = append(got, m.Type)
				}
			}
			if strings.Join(got, " ") != tc.want {
				t.Errorf("%v, want %s", got, tc.want)
			}
		})
	}
}

func TestBadMessagesAreToldAndTheConnectionLivesOn(t *testing.T) {
	s := serve(t, func(c *Config) { c.MaxSymbols = 2 })
	c := s.dial(t, "")
	for name, tc := range map[string]struct{ say, code, names string }{
		"not JSON":         {`{"type":`, wire.BadJSON.String(), ""},
		"twice a key":      {`{"type":"ping","type":"ping"}`, wire.BadJSON.String(), "type"},
		"two objects":      {`{"type":"ping"}{}`, wire.BadJSON.String(), ""},
		"a list":           {`[1]`, wire.BadJSON.String(), ""},
		"no type":          {`{"id":7}`, wire.BadRequest.String(), "type"},
		"unknown type":     {`{"type":"buy","id":7}`, wire.UnknownType.String(), "buy"},
		"symbols a string": {`{"type":"subscribe","id":7,"symbols":"AAPL"}`, wire.BadRequest.String(), "symbols"},
		"no symbols":       {`{"type":"subscribe","id":7}`, wire.BadRequest.String(), "symbols"},
		"empty symbol":     {`{"type":"subscribe","symbols":[""]}`, wire.BadRequest.String(), "symbols"},
		"rate of zero":     {`{"type":"subscribe","symbols":["AAPL"],"rate":0}`, wire.BadRate.String(), "rate: 0"},
		"rate a string":    {`{"type":"subscribe","symbols":["AAPL"],"rate":"4"}`, wire.BadRequest.String(), "rate"},
		"unknown field":    {`{"type":"subscribe","symbols":["AAPL"],"fields":["px"]}`, wire.BadRequest.String(), "px"},
		"too many symbols": {`{"type":"subscribe","symbols":["A","B","C"]}`, wire.TooManySymbols.String(), "3"},
		"id an object":     {`{"type":"ping","id":{}}`, wire.BadRequest.String(), "id"},
		"wrong before id":  {`{"type":"subscribe","symbols":{},"id":9}`, wire.BadRequest.String(), "symbols: {}"},
	} {
		c.say(tc.say)
		got := c.next("error")
		if got.Code != tc.code || !strings.Contains(got.Message, tc.names) {
			t.Errorf("%s: error %s %q, want %s naming %q", name, got.Code, got.Message, tc.code, tc.names)
		}
		if name == "wrong before id" && string(got.ID) != "9" {
			t.Errorf("%s: id %s, want 9", name, got.ID)
		}
	}
	c.say(`{"type":"ping","id":8}`)
	c.next("pong")
	for range maxBadMessages + 1 {
		c.say(`nonsense`)
	}
	if got := c.end(); got.Code != websocket.StatusPolicyViolation {
		t.Errorf("after many bad messages: close %v, want 1008", got)
	}
}

func TestWebSocketIsRefusedAsTheProtocolSays(t *testing.T) {
	s := serve(t, func(c *Config) { c.MaxSubscribers = 1 })
	first := s.dial(t, "")
	first.next("hello")
	second := s.dial(t, "")
	if got := second.end(); got.Code != websocket.StatusTryAgainLater || !strings.HasPrefix(got.Reason, "retry_ms=") {
		t.Errorf("full: close %v, want 1013 retry_ms=…", got)
	}
	first.CloseNow()
	until(t, "the first has left", func() bool {
		return s.count() == 0
	})
	third := s.dial(t, "?symbols=AAPL&rate=2")
	if got := third.next("subscribed"); got.Rate != 2 {
		t.Errorf("subscribed by query: %+v", got)
	}
}

// rawWS is a handshake by hand, for clients that misbehave.
func (s *served) rawWS(t *testing.T) (net.Conn, *bufio.Reader) {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(timeLimit))
	fmt.Fprintf(c,
		"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	r := bufio.NewReader(c)
	answer, err := http.ReadResponse(r, nil)
	if err != nil || answer.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("handshake: %v %v", answer, err)
	}
	return c, r
}

// frames reads server frames until the connection ends, calls each with every one, and returns
// the opcodes and the last payload.
func frames(r *bufio.Reader, each func(op byte)) (ops []byte, last []byte) {
	for {
		head, err := r.ReadByte()
		if err != nil {
			return ops, last
		}
		size, err := r.ReadByte()
		if err != nil {
			return ops, last
		}
		n := int(size)
		if n == 126 {
			var b [2]byte
			io.ReadFull(r, b[:])
			n = int(b[0])<<8 | int(b[1])
		}
		last = make([]byte, n)
		if _, err := io.ReadFull(r, last); err != nil {
			return ops, last
		}
		ops = append(ops, head&0x0f)
		each(head & 0x0f)
	}
}

func TestCloseFrameIsTheLastAndOnlyOne(t *testing.T) {
	s := serve(t, nil)
	c, r := s.rawWS(t)
	ctx, cancel := context.WithTimeout(t.Context(), timeLimit)
	defer cancel()
	go s.Drain(ctx, 0)
	ops, last := frames(r, func(op byte) {
		if op == 8 { // a browser's answer to the close frame: one of its own
			s.trade("AAPL", "1.5")
			c.Write([]byte{0x88, 0x82, 0, 0, 0, 0, 0x03, 0xf4})
		}
	})
	closes := 0
	for _, op := range ops {
		if op == 8 {
			closes++
		}
	}
	if closes != 1 || ops[len(ops)-1] != 8 {
		t.Fatalf("frames %v, want one close frame, last", ops)
	}
	if code := int(last[0])<<8 | int(last[1]); code != 1012 || !strings.HasPrefix(string(last[2:]), "retry_ms=") {
		t.Errorf("close %d %q, want 1012 retry_ms=…", code, last[2:])
	}
}

func TestDrainDoesNotWaitForHalfAFrame(t *testing.T) {
	s := serve(t, nil)
	c, r := s.rawWS(t)
	c.Write([]byte{0x81, 0xfe, 0x10, 0x00, 0, 0, 0, 0}) // announces 4096 bytes that never come
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), timeLimit)
	defer cancel()
	s.Drain(ctx, 0)
	if took := time.Since(began); took > 2*conn.CloseTimeout {
		t.Errorf("drain took %v for a client that stopped in a frame, want about %v", took, conn.CloseTimeout)
	}
	frames(r, func(byte) {})
}

func TestFloodIsCut(t *testing.T) {
	s := serve(t, nil)
	c, r := s.rawWS(t)
	go func() {
		empty := []byte{0x80, 0x80, 0, 0, 0, 0} // continuation frames that say nothing
		c.Write([]byte{0x01, 0x81, 0, 0, 0, 0, '{'})
		for range 1 << 20 {
			if _, err := c.Write(empty); err != nil {
				return
			}
			empty[0] = 0x00
		}
	}()
	frames(r, func(byte) {})
	until(t, "the flood is counted", func() bool {
		return testutil.ToFloat64(s.metrics.gone.WithLabelValues(WebSocket.String(), "flood")) == 1 ||
			testutil.ToFloat64(s.metrics.gone.WithLabelValues(WebSocket.String(), "policy")) == 1
	})
}

func TestTooBigMessageIsClosedWith1009(t *testing.T) {
	s := serve(t, func(c *Config) { c.MaxMessage = 1024 })
	c := s.dial(t, "")
	c.say(`{"type":"ping","id":"` + strings.Repeat("x", 2000) + `"}`)
	if got := c.end(); got.Code != websocket.StatusMessageTooBig {
		t.Errorf("close %v, want 1009", got)
	}
}

func TestMetricsFollowTheConventions(t *testing.T) {
	s := serve(t, nil)
	c := s.dial(t, "?symbols=AAPL")
	c.next("snapshot")
	s.trade("AAPL", "1")
	c.next("update")
	problems, err := testutil.GatherAndLint(s.reg)
	if err != nil || len(problems) > 0 {
		t.Errorf("lint: %v %v", problems, err)
	}
}

func TestFieldsOfTheQueryHoldWithoutSymbols(t *testing.T) {
	s := serve(t, nil)
	s.trade("AAPL", "5")
	p := s.join(t, plainSocket, "?fields=p")
	p.next("hello")
	if m := p.next("subscribed"); len(m.Symbols) != 0 {
		t.Errorf("of no symbols: %+v", m)
	}
	p.say(`{"type":"subscribe","symbols":["AAPL"]}`)
	if got := fmt.Sprint(p.next("snapshot").Quotes); got != "[map[p:5 s:AAPL]]" {
		t.Errorf("quotes %s, want the price alone", got)
	}
}
