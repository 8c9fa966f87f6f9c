package broadcast

import (
	"strconv"
	"time"

	"tickertape/feed"
)

// keys are the fields' names on the wire.
var keys = feed.FieldKeys()

// appendQuote appends {"s":…} with the given fields: those that are unknown as null.
func appendQuote(b []byte, symbol string, q *feed.Quote, fields feed.Fields) []byte {
	b = append(b, `{"s":"`...)
	b = append(b, symbol...) // feed.CheckSymbol lets nothing through that needs an escape
	b = append(b, '"')
	for i, key := range keys {
		f := feed.Fields(1) << i
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
		case feed.FieldPrice:
			b = q.Price.AppendTo(b)
		case feed.FieldSize:
			b = q.Size.AppendTo(b)
		case feed.FieldBid:
			b = q.Bid.AppendTo(b)
		case feed.FieldBidSize:
			b = q.BidSize.AppendTo(b)
		case feed.FieldAsk:
			b = q.Ask.AppendTo(b)
		case feed.FieldAskSize:
			b = q.AskSize.AppendTo(b)
		case feed.FieldOpen:
			b = q.Open.AppendTo(b)
		case feed.FieldHigh:
			b = q.High.AppendTo(b)
		case feed.FieldLow:
			b = q.Low.AppendTo(b)
		case feed.FieldPreviousClose:
			b = q.PreviousClose.AppendTo(b)
		case feed.FieldVolume:
			b = q.Volume.AppendTo(b)
		case feed.FieldCount:
			b = strconv.AppendUint(b, q.Count, 10)
		case feed.FieldVWAP:
			b = q.VWAP.AppendTo(b)
		case feed.FieldTime:
			b = strconv.AppendInt(b, int64(q.Time), 10)
		case feed.FieldState:
			b = append(b, '"')
			b = append(b, q.State.String()...)
			b = append(b, '"')
		case feed.FieldExtended:
			b = q.Extended.AppendTo(b)
		case feed.FieldExtendedTime:
			b = strconv.AppendInt(b, int64(q.ExtendedTime), 10)
		case feed.FieldSource:
			b = append(b, '"')
			b = append(b, q.Source...) // the name of a section in the configuration
			b = append(b, '"')
		}
	}
	return append(b, '}')
}

// changes are the fields in which two quotes of a symbol differ.
func changes(old, q *feed.Quote) feed.Fields {
	f := old.Set ^ q.Set // came or went
	both := old.Set & q.Set
	differ := func(field feed.Fields, is bool) {
		if is {
			f |= both & field
		}
	}
	differ(feed.FieldPrice, old.Price != q.Price)
	differ(feed.FieldSize, old.Size != q.Size)
	differ(feed.FieldBid, old.Bid != q.Bid)
	differ(feed.FieldBidSize, old.BidSize != q.BidSize)
	differ(feed.FieldAsk, old.Ask != q.Ask)
	differ(feed.FieldAskSize, old.AskSize != q.AskSize)
	differ(feed.FieldOpen, old.Open != q.Open)
	differ(feed.FieldHigh, old.High != q.High)
	differ(feed.FieldLow, old.Low != q.Low)
	differ(feed.FieldPreviousClose, old.PreviousClose != q.PreviousClose)
	differ(feed.FieldVolume, old.Volume != q.Volume)
	differ(feed.FieldCount, old.Count != q.Count)
	differ(feed.FieldVWAP, old.VWAP != q.VWAP)
	differ(feed.FieldTime, old.Time != q.Time)
	differ(feed.FieldState, old.State != q.State)
	differ(feed.FieldExtended, old.Extended != q.Extended)
	differ(feed.FieldExtendedTime, old.ExtendedTime != q.ExtendedTime)
	differ(feed.FieldSource, old.Source != q.Source)
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
