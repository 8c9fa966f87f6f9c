package broadcast

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/wire"
	"tickertape/feed/market"
)

// A reader that takes nothing costs what is left of one message, which is reckoned.
func TestUnreadBytesAreReckonedAndGivenBack(t *testing.T) {
	s := serveOver(t, network{more: 2000}, nil)
	s.tradeAll(t)
	p := s.join(t, overWebSocket, "?symbols=*")
	until(t, "the rest of a message is reckoned", func() bool { return s.door.Memory.Used() > admission.MemorySubscriber+8<<10 })
	p.conn.(*net.TCPConn).SetReadBuffer(1 << 20) // in a small one the rest would come by bits, between the kernel's timers
	go io.Copy(io.Discard, p.conn)
	until(t, "it is given back", func() bool { return s.door.Memory.Used() < admission.MemorySubscriber+8<<10 })
	p.hangUp()
	s.empty(t)
	if used := s.door.Memory.Used(); used != 0 { // it is given back before one is counted as gone
		t.Errorf("%d bytes are still reckoned when everyone has gone", used)
	}
}

func TestWithoutMemoryForItsBytesOneIsCut(t *testing.T) {
	s := serveOver(t, network{more: 2000}, nil)
	s.door.Memory = admission.NewMemory(16 << 10)
	s.tradeAll(t)
	p := s.join(t, overWebSocket, "?symbols=*")
	until(t, "it is cut", func() bool { return s.gone(transportWebSocket, "memory") == 1 })
	p.ended()
	s.empty(t)
}

// What a poll looks for is reckoned while it waits, and what a stream alone would say of it is not kept.
func TestSymbolsOfPollsAreReckoned(t *testing.T) {
	s := serveOver(t, network{more: 2000}, nil)
	s.counted()
	s.lists["all"] = &watchlist{symbols: everySymbol(s.dir, 2000)}
	s.trade("AAPL", "10")
	poll := func(done chan<- int) {
		answer, err := s.client.Get(s.url + "/api/quotes?wait=10s&symbols=%23all&fields=st&since=" + s.board.Position().String())
		if err != nil {
			done <- 0
			return
		}
		answer.Body.Close()
		done <- answer.StatusCode
	}
	done := make(chan int, 2)
	go poll(done)
	until(t, "it waits", func() bool { return s.pollsWaiting() == 1 })
	shared := admission.MemoryList(2000, s.dir.Len())
	if used, want := s.door.Memory.Used()-shared, int64(admission.MemoryPoll+2000*12); used < want || used > want+100 {
		t.Errorf("a poll for 2000 symbols takes %d bytes, want %d", used, want)
	}
	s.Apply(market.Batch{Status: &market.Status{State: market.Stale, Since: 2}})
	if status := <-done; status != http.StatusOK {
		t.Errorf("answered with %d", status)
	}
	until(t, "it is given back", func() bool { return s.door.Memory.Used() == 0 })
	s.door.Memory = admission.NewMemory(40 << 10)
	if poll(done); <-done != http.StatusServiceUnavailable || s.refusals(t, admission.ReasonMemory) != 1 {
		t.Error("a poll whose symbols find no memory is let in, or not counted")
	}
}

// What is refused after its names were found has taken no memory, and gives none back.
func TestRefusedMessagesGiveNoMemoryBack(t *testing.T) {
	s := limited(t, func(c *admission.Config) { c.Connection.BytesOut = 1 << 10 })
	p := s.join(t, overWebSocket, "")
	names := `"` + strings.Join(everySymbol(s.dir, 400), `","`) + `"`
	p.say(`{"type":"subscribe","symbols":[` + names + `]}`)
	p.next("subscribed")
	p.roundTrip()
	before := s.door.Memory.Used()
	for range 5 {
		p.say(`{"type":"subscribe","fields":["p"],"symbols":[` + names + `]}`)
		if got := p.next("error"); got.Code != wire.RateLimited.String() {
			t.Fatalf("%+v, want a refusal", got)
		}
	}
	p.roundTrip()
	if used := s.door.Memory.Used(); used != before {
		t.Errorf("%d bytes are taken after five refusals, want %d as before", used, before)
	}
}

// What is kept until a request is answered is what it comes to, and is reckoned: not the text that the client sent.
func TestRequestsLetTheirTextGo(t *testing.T) {
	s := limited(t, func(*admission.Config) {})
	long := strings.Repeat("x", 10_000)
	values := url.Values{"symbols": {"AAPL," + long}, "since": {long}, "rate": {"5"}, "fields": {"p"},
		"bars": {"AAPL", long}, "interval": {"1s", "1m"}}
	q, err := wire.ParseQuery(values, s.limits())
	if err != nil {
		t.Fatal(err)
	}
	requests, err := s.wantAll(t.Context(), admission.Visitor{}, &q)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range requests {
		if n := len(r.want.named.unknown) + len(r.want.drop.bars.unknown) + len(r.want.drop.trades.unknown); n > 0 {
			t.Errorf("request %d keeps %d names", i, n)
		}
		named := *r.want
		named.unknown = nil // the one list of them that the answer tells
		if strings.Contains(fmt.Sprintf("%s %s %s %+v", named.symbols, named.bars, named.trades, named), long) {
			t.Errorf("request %d keeps its text", i)
		}
		if n := r.want.memory(); n < int64(len(long)) {
			t.Errorf("request %d is reckoned with %d bytes, and its answer names an unknown symbol of %d", i, n, len(long))
		}
	}
}

func TestPollsAreReckonedWithWhatTheyKeep(t *testing.T) {
	s := limited(t, func(*admission.Config) {})
	position := s.board.Position().String()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/api/quotes?wait=30s&since="+position+"&symbols="+strings.Repeat("x", 9000), nil)
	go s.client.Do(req)
	until(t, "a poll waits", func() bool { return s.door.Polls() == 1 })
	until(t, "it is reckoned", func() bool { return s.door.Memory.Used() >= admission.MemoryPoll+9000 })
}
