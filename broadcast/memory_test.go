package broadcast

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
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
	until(t, "the rest of a message is reckoned", func() bool { return s.admission.Memory.Used() > admission.MemorySubscriber+8<<10 })
	p.conn.(*net.TCPConn).SetReadBuffer(1 << 20) // in a small one the rest would come by bits, between the kernel's timers
	go io.Copy(io.Discard, p.conn)
	until(t, "it is given back", func() bool { return s.admission.Memory.Used() < admission.MemorySubscriber+8<<10 })
	p.hangUp()
	s.empty(t)
	if used := s.admission.Memory.Used(); used != 0 { // it is given back before one is counted as gone
		t.Errorf("%d bytes are still reckoned when everyone has gone", used)
	}
}

func TestWithoutMemoryForItsBytesOneIsCut(t *testing.T) {
	s := serveOver(t, network{more: 2000}, nil)
	s.admission.Memory = admission.NewMemory(16 << 10)
	s.tradeAll(t)
	p := s.join(t, overWebSocket, "?symbols=*")
	until(t, "it is cut", func() bool { return s.gone(WebSocket, "memory") == 1 })
	p.ended()
	s.empty(t)
}

// What a poll looks for is reckoned while it waits, and what a stream alone would say of it is not kept.
func TestSymbolsOfPollsAreReckoned(t *testing.T) {
	s := serveOver(t, network{more: 2000}, nil)
	s.counted()
	s.lists["all"] = &watchlist{symbols: everySymbol(s.dir, 2000)}
	s.trade("AAPL", "10")
	poll := func() error {
		return s.poll(t.Context(), "wait=10s&symbols=%23all&fields=st&since="+s.board.Position().String(), nil)
	}
	done := make(chan error)
	go func() { done <- poll() }()
	until(t, "it waits", func() bool { return s.pollsWaiting() == 1 })
	shared := admission.MemoryList(2000, s.dir.Len())
	if used, want := s.admission.Memory.Used()-shared, int64(admission.MemoryPoll+2000*12); used < want || used > want+100 {
		t.Errorf("a poll for 2000 symbols takes %d bytes, want %d", used, want)
	}
	s.Apply(market.Batch{Status: &market.Status{State: market.Stale, Since: 2}})
	if err := <-done; err != nil {
		t.Errorf("answered with %v", err)
	}
	until(t, "it is given back", func() bool { return s.admission.Memory.Used() == 0 })
	s.admission.Memory = admission.NewMemory(40 << 10)
	var why wire.Ending
	if err := poll(); !errors.As(err, &why) || why.Code != wire.Full || s.refusals(t, admission.ReasonMemory) != 1 {
		t.Errorf("a poll whose symbols find no memory: %v, counted %v", err, s.refusals(t, admission.ReasonMemory))
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
	before := s.admission.Memory.Used()
	for range 5 {
		p.say(`{"type":"subscribe","fields":["p"],"symbols":[` + names + `]}`)
		if got := p.next("error"); got.Code != wire.RateLimited.String() {
			t.Fatalf("%+v, want a refusal", got)
		}
	}
	p.roundTrip()
	if used := s.admission.Memory.Used(); used != before {
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
	stream, err := s.Admit(t.Context(), admission.Visitor{}, WebSocket, &q)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Abandon()
	for i, r := range stream.requests {
		if n := len(r.plan.named.unknown) + len(r.plan.drop.bars.unknown) + len(r.plan.drop.trades.unknown); n > 0 {
			t.Errorf("request %d keeps %d names", i, n)
		}
		named := *r.plan
		named.unknown = nil // the one list of them that the answer tells
		if strings.Contains(fmt.Sprintf("%s %s %s %+v", named.symbols, named.bars, named.trades, named), long) {
			t.Errorf("request %d keeps its text", i)
		}
		if n := r.plan.memory(); n < int64(len(long)) {
			t.Errorf("request %d is reckoned with %d bytes, and its answer names an unknown symbol of %d", i, n, len(long))
		}
	}
}

func TestPollsAreReckonedWithWhatTheyKeep(t *testing.T) {
	s := limited(t, func(*admission.Config) {})
	position := s.board.Position().String()
	ctx, cancel := context.WithCancel(t.Context())
	polled := make(chan error)
	go func() { polled <- s.poll(ctx, "wait=30s&since="+position+"&symbols="+strings.Repeat("x", 9000), nil) }()
	defer func() { <-polled }()
	defer cancel()
	until(t, "a poll waits", func() bool { return s.admission.Polls() == 1 })
	until(t, "it is reckoned", func() bool { return s.admission.Memory.Used() >= admission.MemoryPoll+9000 })
}
