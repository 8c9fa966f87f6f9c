package wire

import (
	"strconv"
	"time"

	"tickertape/broadcast/history"
	"tickertape/feed/market"
)

// Kind is the type of a message to a client.
type Kind string

// The kinds of messages that carry quotes, bars and trades.
const (
	Snapshot Kind = "snapshot"
	Update   Kind = "update"
	BarsOf   Kind = "bars"
	TradesOf Kind = "trades"
)

// AppendQuote appends {"s":…} with the given fields: those that are unknown as null.
func AppendQuote(b []byte, symbol string, q *market.Quote, fields market.Fields) []byte {
	b = append(b, `{"s":"`...)
	b = append(b, symbol...) // market.CheckSymbol lets nothing through that needs an escape
	b = append(b, '"')
	for f := range fields.All() {
		b = append(b, ',', '"')
		b = append(b, f.Key...)
		b = append(b, '"', ':')
		if q.Set&f.Bit == 0 {
			b = append(b, "null"...)
			continue
		}
		switch v := f.Value(q).(type) {
		case *market.Price:
			b = v.AppendTo(b)
		case *market.Quantity:
			b = v.AppendTo(b)
		case *market.Time:
			b = strconv.AppendInt(b, int64(*v), 10)
		case *uint64:
			b = strconv.AppendUint(b, *v, 10)
		case *market.State:
			b = append(b, '"')
			b = append(b, v.String()...)
			b = append(b, '"')
		case *string:
			b = append(b, '"')
			b = append(b, *v...) // market.CheckText lets nothing through that needs an escape
			b = append(b, '"')
		}
	}
	return append(b, '}')
}

// BeginQuotes appends a message of quotes up to the opening of their list.
func BeginQuotes(b []byte, k Kind, seq history.Seq, now time.Time, resumed bool) []byte {
	b = begin(b, k, seq, now)
	if resumed {
		b = append(b, `,"resumed":true`...)
	}
	return append(b, `,"quotes":[`...)
}

// EndList closes the list and the message; with more, another part of the same message follows.
func EndList(b []byte, more bool) []byte {
	if more {
		return append(b, `],"more":true}`...)
	}
	return append(b, "]}"...)
}

// BeginBars appends a message of bars up to the opening of their list; with reset they are the history.
func BeginBars(b []byte, seq history.Seq, now time.Time, symbol string, k history.Interval, reset bool) []byte {
	b = beginSymbol(b, BarsOf, seq, now, symbol)
	b = append(b, `,"interval":"`...)
	b = append(b, k.String()...)
	b = append(b, '"')
	if reset {
		b = append(b, `,"reset":true`...)
	}
	return append(b, `,"bars":[`...)
}

// AppendTrades appends a message of trades; read says what they are.
func AppendTrades(b []byte, seq history.Seq, now time.Time, symbol string, read *history.TradesRead,
	trades []history.NumberedTrade) []byte {
	b = beginSymbol(b, TradesOf, seq, now, symbol)
	if read.Reset {
		b = append(b, `,"reset":true`...)
	}
	b = append(b, `,"skipped":`...)
	b = strconv.AppendUint(b, read.Skipped, 10)
	b = append(b, `,"trades":[`...)
	for i := range trades {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendTrade(b, &trades[i])
	}
	return append(b, "]}"...)
}

func begin(b []byte, k Kind, seq history.Seq, now time.Time) []byte {
	b = append(b, `{"type":"`...)
	b = append(b, k...)
	b = append(b, `","seq":`...)
	b = strconv.AppendUint(b, uint64(seq), 10)
	b = append(b, `,"time":`...)
	return strconv.AppendInt(b, now.UnixMicro(), 10)
}

func beginSymbol(b []byte, k Kind, seq history.Seq, now time.Time, symbol string) []byte {
	b = begin(b, k, seq, now)
	b = append(b, `,"symbol":"`...)
	b = append(b, symbol...) // market.CheckSymbol lets nothing through that needs an escape
	return append(b, '"')
}
