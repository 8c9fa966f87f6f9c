package broadcast

import (
	"strconv"
	"time"

	"tickertape/feed/market"
)

// appendQuote appends {"s":…} with the given fields: those that are unknown as null.
func appendQuote(b []byte, symbol string, q *market.Quote, fields market.Fields) []byte {
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
			b = append(b, *v...) // the name of a section in the configuration
			b = append(b, '"')
		}
	}
	return append(b, '}')
}

// kind is the type of a message that carries quotes.
type kind string

const (
	snapshot kind = "snapshot"
	update   kind = "update"
)

// appendHead appends the message up to and with the opening of its quotes.
func appendHead(b []byte, k kind, seq Seq, now time.Time, resumed bool) []byte {
	b = append(b, `{"type":"`...)
	b = append(b, k...)
	b = append(b, `","seq":`...)
	b = strconv.AppendUint(b, uint64(seq), 10)
	b = append(b, `,"time":`...)
	b = strconv.AppendInt(b, now.UnixMicro(), 10)
	if resumed {
		b = append(b, `,"resumed":true`...)
	}
	return append(b, `,"quotes":[`...)
}

// appendTail closes the quotes and the message.
func appendTail(b []byte, more bool) []byte {
	if more {
		return append(b, `],"more":true}`...)
	}
	return append(b, "]}"...)
}
