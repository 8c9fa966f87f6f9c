package recording

import (
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"tickertape/feed/market"
)

func appendHeader(b []byte, h Header) []byte {
	b = append(b, `{"format":"`+format+`","version":`...)
	b = strconv.AppendInt(b, version, 10)
	b = appendText(b, keySource, h.Source)
	b = strconv.AppendBool(appendKey(b, keySimulated), h.Simulated)
	b = appendTrue(b, keyReplayed, h.Replayed)
	b = appendDelay(b, h.Delay)
	b = appendTime(b, keyRecorded, h.Recorded)
	return append(b, "}\n"...)
}

func appendSymbol(b []byte, s *market.Symbol) []byte {
	b = appendStart(b, "symbol", s.Symbol)
	b = appendText(b, keyName, s.Name)
	b = appendText(b, keySector, s.Sector)
	b = appendText(b, keyCurrency, s.Currency)
	b = appendText(b, keyMarket, s.Market)
	b = appendKey(b, keyDecimals)
	b = strconv.AppendInt(b, int64(s.Decimals), 10)
	b = appendTrue(b, keyRounded, s.Rounded)
	if s.PreviousClose > 0 {
		b = appendPrice(b, keyPreviousClose, s.PreviousClose)
	}
	return append(b, "}\n"...)
}

// appendTick appends nothing for a tick of an unknown kind.
func appendTick(b []byte, symbol string, t *market.Tick) []byte {
	switch t.Kind {
	case market.KindTrade:
		b = appendStart(b, t.Kind.String(), symbol)
		b = appendPrice(b, keyPrice, t.Price)
		b = appendSize(b, keySize, t.Size)
		b = appendConditions(b, keyConditions, t.Flags)
		if t.Conditions != "" {
			b = appendText(b, keySale, t.Conditions)
		}
	case market.KindQuote:
		b = appendStart(b, t.Kind.String(), symbol)
		if t.Flags&market.HasBid != 0 {
			b = appendPrice(b, keyBid, t.Bid)
			b = appendSize(b, keyBidSize, t.BidSize)
		}
		if t.Flags&market.HasAsk != 0 {
			b = appendPrice(b, keyAsk, t.Ask)
			b = appendSize(b, keyAskSize, t.AskSize)
		}
	case market.KindState:
		b = appendStart(b, t.Kind.String(), symbol)
		b = appendState(b, keyState, t.State)
		b = appendText(b, keyWhy, t.Conditions)
	case market.KindAdjust:
		b = appendStart(b, t.Kind.String(), symbol)
		b = appendText(b, keyAdjusted, t.Conditions)
	case market.KindSession:
		b = appendStart(b, t.Kind.String(), symbol)
		if t.Price > 0 {
			b = appendPrice(b, keyPreviousClose, t.Price)
		}
	case market.KindAlive, market.KindRoll, market.KindReopen:
		b = appendStart(b, t.Kind.String(), symbol)
	default:
		return b
	}
	b = appendID(b, keyID, t.ID)
	b = appendTimes(b, t.Time, t.Received)
	return append(b, "}\n"...)
}

// appendRoll appends when a symbol's day began, as one of the lines that sum up the files before.
func appendRoll(b []byte, symbol string, began, received market.Time) []byte {
	b = appendStart(b, market.KindRoll.String(), symbol)
	b = appendTrue(b, keyAgain, true)
	b = appendTimes(b, began, received)
	return append(b, "}\n"...)
}

func appendCorrection(b []byte, symbol string, c *market.Correction) []byte {
	b = appendStart(b, "correction", symbol)
	b = appendID(b, keyID, c.ID)
	b = appendID(b, keyNewID, c.NewID)
	b = appendTime(b, keyTraded, c.Traded)
	b = appendPrice(b, keyPrice, c.Old.Price)
	b = appendSize(b, keySize, c.Old.Size)
	b = appendConditions(b, keyConditions, c.Old.Flags)
	if c.New.Flags != 0 {
		b = appendPrice(b, keyNewPrice, c.New.Price)
		b = appendSize(b, keyNewSize, c.New.Size)
		b = appendConditions(b, keyNewConditions, c.New.Flags)
	}
	b = appendTimes(b, c.Time, c.Received)
	return append(b, "}\n"...)
}

func appendImage(b []byte, symbol string, q *market.Quote, received market.Time, again bool) []byte {
	b = appendStart(b, "image", symbol)
	b = appendTrue(b, keyAgain, again)
	b = appendTrue(b, keyWhole, q.Replaces)
	b = appendTrue(b, keyOld, q.OldPrice)
	for f := range q.Set.All() {
		value := f.Value(q)
		if t, isTime := value.(*market.Time); isTime && *t == 0 {
			continue // unknown
		}
		b = appendNamed(b, f.Key)
		switch v := value.(type) {
		case *market.Price:
			b = v.AppendTo(b)
		case *market.Quantity:
			b = v.AppendTo(b)
		case *market.Time:
			b = strconv.AppendInt(b, int64(*v), 10)
		case *uint64:
			b = strconv.AppendUint(b, *v, 10)
		case *market.State:
			b = appendQuoted(b, v.String())
		case *string:
			b = appendQuoted(b, *v)
		}
	}
	b = appendTime(b, keyReceived, received)
	return append(b, "}\n"...)
}

func appendStatus(b []byte, s *market.Status, received market.Time, again bool) []byte {
	b = append(b, `{"k":"status"`...)
	b = appendTrue(b, keyAgain, again)
	b = appendSourceStatus(b, s)
	if len(s.Behind) > 0 {
		b = append(appendKey(b, keySources), '[')
		for i := range s.Behind {
			at := len(b)
			b = append(appendSourceStatus(b, &s.Behind[i]), '}', ',')
			b[at] = '{' // in place of its comma
		}
		b[len(b)-1] = ']'
	}
	b = appendTime(b, keyReceived, received)
	return append(b, "}\n"...)
}

// appendSourceStatus appends what is said of one source. It begins with a comma.
func appendSourceStatus(b []byte, s *market.Status) []byte {
	b = appendText(b, keyFrom, s.Source)
	b = appendState(b, keyStatus, s.State)
	b = appendTime(b, keySince, s.Since)
	b = appendText(b, keyMessage, s.Message)
	b = appendTrue(b, keySimulated, s.Simulated)
	b = appendTrue(b, keyReplayed, s.Replayed)
	b = appendDelay(b, s.Delay)
	return appendTrue(b, keyQuiet, s.Quiet)
}

func appendStart(b []byte, kind, symbol string) []byte {
	b = append(b, `{"k":"`...)
	b = append(b, kind...)
	b = append(b, `","s":"`...)
	b = append(b, symbol...) // market.CheckSymbol refuses whatever would need an escape
	return append(b, '"')
}

func appendKey(b []byte, k key) []byte { return appendNamed(b, keyNames[k]) }

func appendNamed(b []byte, key string) []byte {
	b = append(b, ',', '"')
	b = append(b, key...)
	return append(b, '"', ':')
}

func appendPrice(b []byte, k key, p market.Price) []byte { return p.AppendTo(appendKey(b, k)) }

// appendSize leaves out the zero that stands for unknown.
func appendSize(b []byte, k key, q market.Quantity) []byte {
	if q.IsZero() {
		return b
	}
	return q.AppendTo(appendKey(b, k))
}

// appendTime leaves out the zero that stands for unknown.
func appendTime(b []byte, k key, t market.Time) []byte {
	if t == 0 {
		return b
	}
	return strconv.AppendInt(appendKey(b, k), int64(t), 10)
}

// appendDelay leaves out a delay of none.
func appendDelay(b []byte, d time.Duration) []byte {
	if d <= 0 {
		return b
	}
	return strconv.AppendInt(appendKey(b, keyDelay), d.Milliseconds(), 10)
}

// appendTimes leaves out a time of receipt that equals the exchange's time.
func appendTimes(b []byte, t, received market.Time) []byte {
	b = appendTime(b, keyTime, t)
	if received != t {
		b = appendTime(b, keyReceived, received)
	}
	return b
}

// appendID leaves out the zero that stands for none.
func appendID(b []byte, k key, id uint64) []byte {
	if id == 0 {
		return b
	}
	return strconv.AppendUint(appendKey(b, k), id, 10)
}

// appendTrue leaves out what is false.
func appendTrue(b []byte, k key, is bool) []byte {
	if !is {
		return b
	}
	return append(appendKey(b, k), "true"...)
}

func appendState(b []byte, k key, s market.State) []byte {
	b = append(appendKey(b, k), '"')
	b = append(b, s.String()...)
	return append(b, '"')
}

// appendText leaves out an empty text.
func appendText(b []byte, k key, text string) []byte {
	if text == "" {
		return b
	}
	return appendQuoted(appendKey(b, k), text)
}

func appendQuoted(b []byte, text string) []byte {
	b, err := jsontext.AppendQuote(b, strings.ToValidUTF8(text, "�"))
	if err != nil {
		panic(err) // only text that is not UTF-8 is refused
	}
	return b
}

// conditions are the letters of c, by flag.
var conditions = [...]struct {
	letter byte
	flag   market.Flags
}{{'l', market.SetsLast}, {'h', market.SetsHighLow}, {'v', market.SetsVolume}, {'x', market.SetsExtended}, {'o', market.OutOfOrder},
	{'f', market.SetsFirst}}

// appendConditions leaves out those of a regular trade.
func appendConditions(b []byte, k key, f market.Flags) []byte {
	if f&(market.Regular|market.SetsExtended) == market.Regular {
		return b
	}
	b = append(appendKey(b, k), '"')
	for _, c := range conditions {
		if f&c.flag != 0 {
			b = append(b, c.letter)
		}
	}
	return append(b, '"')
}
