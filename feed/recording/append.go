package recording

import (
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"tickertape/feed"
)

func appendHeader(b []byte, h Header) []byte {
	b = append(b, `{"format":"`+format+`","version":`...)
	b = strconv.AppendInt(b, version, 10)
	b = appendText(b, keySource, h.Source)
	b = appendKey(b, keySimulated)
	b = strconv.AppendBool(b, h.Simulated)
	b = appendTime(b, keyRecorded, h.Recorded)
	return append(b, "}\n"...)
}

func appendSymbol(b []byte, s *feed.Symbol) []byte {
	b = appendStart(b, "symbol", s.Symbol)
	b = appendText(b, keyName, s.Name)
	b = appendText(b, keySector, s.Sector)
	b = appendText(b, keyCurrency, s.Currency)
	b = appendKey(b, keyDecimals)
	b = strconv.AppendInt(b, int64(s.Decimals), 10)
	if s.PreviousClose > 0 {
		b = appendPrice(b, keyPreviousClose, s.PreviousClose)
	}
	return append(b, "}\n"...)
}

// appendTick appends nothing for a tick of a kind that there is not.
func appendTick(b []byte, symbol string, t *feed.Tick) []byte {
	switch t.Kind {
	case feed.KindTrade:
		b = appendStart(b, "trade", symbol)
		b = appendPrice(b, keyPrice, t.Price)
		b = appendSize(b, keySize, t.Size)
		b = appendConditions(b, t.Flags)
	case feed.KindQuote:
		b = appendStart(b, "quote", symbol)
		if t.Flags&feed.HasBid != 0 {
			b = appendPrice(b, keyBid, t.Bid)
			b = appendSize(b, keyBidSize, t.BidSize)
		}
		if t.Flags&feed.HasAsk != 0 {
			b = appendPrice(b, keyAsk, t.Ask)
			b = appendSize(b, keyAskSize, t.AskSize)
		}
	case feed.KindState:
		b = appendStart(b, "state", symbol)
		b = appendState(b, keyState, t.State)
	case feed.KindSession:
		b = appendStart(b, "session", symbol)
		if t.Price > 0 {
			b = appendPrice(b, keyPreviousClose, t.Price)
		}
	default:
		return b
	}
	b = appendTime(b, keyTime, t.Time)
	if t.Received != t.Time {
		b = appendTime(b, keyReceived, t.Received)
	}
	return append(b, "}\n"...)
}

func appendImage(b []byte, symbol string, q *feed.Quote, received feed.Time) []byte {
	b = appendStart(b, "image", symbol)
	for k := range key(feed.NumFields) {
		if q.Set&k.field() == 0 {
			continue
		}
		switch k {
		case keyCount:
			b = strconv.AppendUint(appendKey(b, k), q.Count, 10)
		case keyTime:
			b = appendTime(b, k, q.Time)
		case keyState:
			b = appendState(b, k, q.State)
		default:
			if p := priceOf(q, k); p != nil {
				b = appendPrice(b, k, *p)
			} else {
				b = quantityOf(q, k).AppendTo(appendKey(b, k))
			}
		}
	}
	b = appendTime(b, keyReceived, received)
	return append(b, "}\n"...)
}

func appendStatus(b []byte, s *feed.Status, received feed.Time) []byte {
	b = append(b, `{"k":"status"`...)
	b = appendState(b, keyStatus, s.State)
	b = appendTime(b, keySince, s.Since)
	b = appendText(b, keyMessage, s.Message)
	b = appendTime(b, keyReceived, received)
	return append(b, "}\n"...)
}

// priceOf is where a quote keeps the price of a key; nil for a key of no price.
func priceOf(q *feed.Quote, k key) *feed.Price {
	switch k {
	case keyPrice:
		return &q.Price
	case keyBid:
		return &q.Bid
	case keyAsk:
		return &q.Ask
	case keyOpen:
		return &q.Open
	case keyHigh:
		return &q.High
	case keyLow:
		return &q.Low
	case keyPreviousClose:
		return &q.PreviousClose
	case keyVWAP:
		return &q.VWAP
	}
	return nil
}

// quantityOf is where a quote keeps the quantity of a key; nil for a key of no quantity.
func quantityOf(q *feed.Quote, k key) *feed.Quantity {
	switch k {
	case keySize:
		return &q.Size
	case keyBidSize:
		return &q.BidSize
	case keyAskSize:
		return &q.AskSize
	case keyVolume:
		return &q.Volume
	}
	return nil
}

func appendStart(b []byte, kind, symbol string) []byte {
	b = append(b, `{"k":"`...)
	b = append(b, kind...)
	b = append(b, `","s":"`...)
	b = append(b, symbol...) // feed.CheckSymbol lets nothing through that needs an escape
	return append(b, '"')
}

func appendKey(b []byte, k key) []byte {
	b = append(b, ',', '"')
	b = append(b, keyNames[k]...)
	return append(b, '"', ':')
}

func appendPrice(b []byte, k key, p feed.Price) []byte { return p.AppendTo(appendKey(b, k)) }

// appendSize leaves out the zero that stands for unknown.
func appendSize(b []byte, k key, q feed.Quantity) []byte {
	if q.IsZero() {
		return b
	}
	return q.AppendTo(appendKey(b, k))
}

// appendTime leaves out the zero that stands for unknown.
func appendTime(b []byte, k key, t feed.Time) []byte {
	if t == 0 {
		return b
	}
	return strconv.AppendInt(appendKey(b, k), int64(t), 10)
}

func appendState(b []byte, k key, s feed.State) []byte {
	b = append(appendKey(b, k), '"')
	b = append(b, s.String()...)
	return append(b, '"')
}

// appendText leaves out an empty text.
func appendText(b []byte, k key, text string) []byte {
	if text == "" {
		return b
	}
	b, err := jsontext.AppendQuote(appendKey(b, k), strings.ToValidUTF8(text, "�"))
	if err != nil {
		panic(err) // only text that is not UTF-8 is refused
	}
	return b
}

// conditions are the letters of c, by flag.
var conditions = [...]struct {
	letter byte
	flag   feed.Flags
}{{'l', feed.SetsLast}, {'h', feed.SetsHighLow}, {'v', feed.SetsVolume}}

// appendConditions leaves out those of a regular trade.
func appendConditions(b []byte, f feed.Flags) []byte {
	if f&feed.Regular == feed.Regular {
		return b
	}
	b = append(appendKey(b, keyConditions), '"')
	for _, c := range conditions {
		if f&c.flag != 0 {
			b = append(b, c.letter)
		}
	}
	return append(b, '"')
}
