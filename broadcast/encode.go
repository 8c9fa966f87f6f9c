package broadcast

import (
	"strconv"
	"time"

	"tickertape/feed/market"
)

// keys are the fields' names on the wire.
var keys = market.FieldKeys()

// appendQuote appends {"s":…} with the given fields: those that are unknown as null.
func appendQuote(b []byte, symbol string, q *market.Quote, fields market.Fields) []byte {
	b = append(b, `{"s":"`...)
	b = append(b, symbol...) // feed.CheckSymbol lets nothing through that needs an escape
	b = append(b, '"')
	for i, key := range keys {
		f := market.Fields(1) << i
		if fields&f == 0 {
			continue
		}
		b = append(b, ',', '"')
		b = append(b, key...)
		b = append(b, '"', ':')
		if q.Set&f == 0 {
			b = append(b, "null"...)
			continue
		}
		switch f {
		case market.FieldPrice:
			b = q.Price.AppendTo(b)
		case market.FieldSize:
			b = q.Size.AppendTo(b)
		case market.FieldBid:
			b = q.Bid.AppendTo(b)
		case market.FieldBidSize:
			b = q.BidSize.AppendTo(b)
		case market.FieldAsk:
			b = q.Ask.AppendTo(b)
		case market.FieldAskSize:
			b = q.AskSize.AppendTo(b)
		case market.FieldOpen:
			b = q.Open.AppendTo(b)
		case market.FieldHigh:
			b = q.High.AppendTo(b)
		case market.FieldLow:
			b = q.Low.AppendTo(b)
		case market.FieldPreviousClose:
			b = q.PreviousClose.AppendTo(b)
		case market.FieldVolume:
			b = q.Volume.AppendTo(b)
		case market.FieldCount:
			b = strconv.AppendUint(b, q.Count, 10)
		case market.FieldVWAP:
			b = q.VWAP.AppendTo(b)
		case market.FieldTime:
			b = strconv.AppendInt(b, int64(q.Time), 10)
		case market.FieldState:
			b = append(b, '"')
			b = append(b, q.State.String()...)
			b = append(b, '"')
		case market.FieldExtended:
			b = q.Extended.AppendTo(b)
		case market.FieldExtendedTime:
			b = strconv.AppendInt(b, int64(q.ExtendedTime), 10)
		case market.FieldSource:
			b = append(b, '"')
			b = append(b, q.Source...) // the name of a section in the configuration
			b = append(b, '"')
		}
	}
	return append(b, '}')
}

// changes are the fields in which two quotes of a symbol differ.
func changes(old, q *market.Quote) market.Fields {
	f := old.Set ^ q.Set // came or went
	both := old.Set & q.Set
	differ := func(field market.Fields, is bool) {
		if is {
			f |= both & field
		}
	}
	differ(market.FieldPrice, old.Price != q.Price)
	differ(market.FieldSize, old.Size != q.Size)
	differ(market.FieldBid, old.Bid != q.Bid)
	differ(market.FieldBidSize, old.BidSize != q.BidSize)
	differ(market.FieldAsk, old.Ask != q.Ask)
	differ(market.FieldAskSize, old.AskSize != q.AskSize)
	differ(market.FieldOpen, old.Open != q.Open)
	differ(market.FieldHigh, old.High != q.High)
	differ(market.FieldLow, old.Low != q.Low)
	differ(market.FieldPreviousClose, old.PreviousClose != q.PreviousClose)
	differ(market.FieldVolume, old.Volume != q.Volume)
	differ(market.FieldCount, old.Count != q.Count)
	differ(market.FieldVWAP, old.VWAP != q.VWAP)
	differ(market.FieldTime, old.Time != q.Time)
	differ(market.FieldState, old.State != q.State)
	differ(market.FieldExtended, old.Extended != q.Extended)
	differ(market.FieldExtendedTime, old.ExtendedTime != q.ExtendedTime)
	differ(market.FieldSource, old.Source != q.Source)
	return f
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
