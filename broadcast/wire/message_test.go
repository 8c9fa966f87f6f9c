package wire

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"
	"time"

	"tickertape/broadcast/board"
	"tickertape/broadcast/history"
	"tickertape/feed/market"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func price(text string) market.Price {
	p, err := market.ParsePrice(text)
	if err != nil {
		panic(err)
	}
	return p
}

// fullQuote has a value of its own for each field.
func fullQuote() *market.Quote {
	q := &market.Quote{Set: market.AllFields, State: market.Halted, Source: "sim", Count: 7,
		Adjusted: "split 10:1", Reason: market.InDoubt, Time: 1_700_000_000_000_001,
		ExtendedTime: 1_700_000_000_000_002}
	cents := market.Price(1)
	for f := range market.AllFields.All() {
		switch v := f.Value(q).(type) {
		case *market.Price:
			*v = cents * market.Scale / 100
			cents++
		case *market.Quantity:
			*v = market.Units(uint64(cents))
			cents++
		}
	}
	return q
}

// relayed is a source that has all that one can have.
var relayed = board.Source{Status: market.Status{
	Source: "relay", State: market.Live, Since: 5, Message: "via e1: replay live; alpaca live",
	Simulated: true, Replayed: true, Delay: 15 * time.Minute, Quiet: true, Behind: []market.Status{
		{Source: "replay", State: market.Live, Since: 6, Message: "recorded: live", Simulated: true, Replayed: true},
		{Source: "alpaca", State: market.Live, Since: 7, Delay: 15 * time.Minute, Quiet: true},
	},
}}

// Every message that a client may get, one to a line. A line that changes is a change of the protocol.
func TestMessagesAreAsTheProtocolHasThem(t *testing.T) {
	const golden = "testdata/messages.ndjson"
	now := time.UnixMicro(1_700_000_000_123_456)
	sim := Status{Source: "sim", Status: "live", Since: 5, Simulated: true}
	empty := &market.Quote{}
	part := &market.Quote{Set: market.FieldPrice | market.FieldVolume, Price: price("0.00001234"), Volume: market.Units(1200300)}
	bar := func(change func(*history.Bar)) *history.Bar {
		b := history.Bar{Start: 1_700_000_040, Open: price("1"), High: price("2.5"), Low: price("0.5"), Close: price("1.25"),
			Volume: market.Units(3)}
		b.Turnover, _ = market.Units(3).Times(price("1.1"))
		change(&b)
		return &b
	}
	news := func(reset bool, skipped uint64) *history.TradesRead {
		return &history.TradesRead{Reset: reset, Skipped: skipped}
	}
	trades := []history.NumberedTrade{
		{Number: 1, Trade: history.Trade{Price: price("1"), Time: 5, Flags: market.Regular}},
		{Number: 2, Trade: history.Trade{Price: price("2"), Size: market.Units(100), Time: 6, Direction: 1, Conditions: "@,I",
			Flags: market.Regular}},
		{Number: 3, Trade: history.Trade{Price: price("1.5"), Time: 7, Direction: -1, Flags: market.SetsExtended}},
		{Number: 4, Trade: history.Trade{Price: price("1.5"), Time: 8, Flags: market.Regular, Corrected: true}},
		{Number: 5, Trade: history.Trade{Price: price("1.5"), Time: 9, Corrected: true}},
	}
	quotes := func(k Kind, resumed, more bool) []byte {
		b := BeginQuotes(nil, k, 813, now, resumed)
		b = append(AppendQuote(b, "AAPL", part, part.Set|market.FieldBid), ',')
		return EndList(AppendQuote(b, "MSFT", empty, 0), more)
	}
	bars := func(reset bool, all ...*history.Bar) []byte {
		b := BeginBars(nil, 813, now, "AAPL", 2, reset)
		for i, x := range all {
			if i > 0 {
				b = append(b, ',')
			}
			b = AppendBar(b, x, history.AllBarFields)
		}
		return append(b, "]}"...)
	}
	var list List
	list.Add("*")
	list.Add("AAPL")
	subscribed := Subscribed{Type: "subscribed", ID: ID("1"), Rate: 2.5, Interval: "1m", Unknown: []byte(`["FOO"]`), Symbols: list.JSON(),
		Bars: []byte(`["AAPL"]`), Trades: []byte(`["MSFT"]`)}

	var got []byte
	for _, line := range [][]byte{
		AppendQuote(nil, "AAPL", fullQuote(), market.AllFields),
		AppendQuote(nil, "AAPL", empty, market.AllFields),
		quotes(Snapshot, false, false), quotes(Snapshot, true, true), quotes(Update, false, false),
		bars(true), bars(false, bar(func(*history.Bar) {}), bar(func(b *history.Bar) { *b = history.Bar{Start: b.Start} })),
		AppendTrades(nil, 813, now, "AAPL", news(true, 0), trades), AppendTrades(nil, 813, now, "AAPL", news(false, 12), nil),
		AppendJSON(nil, Hello{Type: "hello", Protocol: 1, Epoch: "e", Seq: 812, Time: now.UnixMicro(), Interval: 100, Heartbeat: 5000,
			Awaits: true, Source: "sim", Simulated: true, Status: "live", Sources: []Status{sim}, Bars: []string{"1m"}}),
		AppendJSON(nil, Status{Type: "status", Source: "live", Status: "down", Since: 5, Message: "the connection is lost"}),
		AppendJSON(nil, StatusOf(&relayed, "status")),
		AppendJSON(nil, Pong{Type: "pong", ID: []byte(`"x"`), Time: now.UnixMicro()}), AppendJSON(nil, Pong{Type: "pong", Time: now.UnixMicro()}),
		AppendJSON(nil, Rate{Type: "rate", Rate: 1.5, Asked: 10, Reason: "slow_consumer"}),
		AppendJSON(nil, Error{Type: "error", ID: []byte("1"), Code: TooManySymbols.String(), Message: "symbols: 3"}),
		subscribed.AppendTo(nil), (&Subscribed{Type: "unsubscribed", Symbols: List(nil).JSON()}).AppendTo(nil),
		AppendHeartbeat(nil, 813, now),
	} {
		if !json.Valid(line) {
			t.Errorf("%s is no JSON", line)
		}
		got = append(append(got, line...), '\n')
	}
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
