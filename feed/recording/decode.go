package recording

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tickertape/feed/market"
)

// line is the parsed content of one line. It is used again for the next line.
type line struct {
	source  bytes.Buffer
	decoder jsontext.Decoder
	values  [numKeys]jsontext.Value // raw, inside the line; nil where missing or null
	scratch []byte
	sales   market.Conditions             // sale conditions, each list kept once
	rounded func(key string, text []byte) // called with each number that is rounded; nil: nobody counts
}

// parse reads a line into values. Anything but exactly one JSON object is an error.
func (l *line) parse(text []byte) error {
	clear(l.values[:])
	l.source = *bytes.NewBuffer(text)
	l.decoder.Reset(&l.source)
	if kind := l.decoder.PeekKind(); kind != '{' && kind != 0 {
		return bad(BadJSON, "%.40q is not a JSON object", text)
	}
	if _, err := l.decoder.ReadToken(); err != nil {
		return notJSON(err)
	}
	for l.decoder.PeekKind() != '}' {
		name, err := l.decoder.ReadValue()
		if err != nil {
			return notJSON(err)
		}
		k, known := keysByName[string(l.unquote(name))]
		value, err := l.decoder.ReadValue()
		if err != nil {
			return notJSON(err)
		}
		if known && value.Kind() != 'n' {
			end := l.decoder.InputOffset() // value itself is lent until the next call only
			l.values[k] = jsontext.Value(text[end-int64(len(value)) : end])
		}
	}
	if _, err := l.decoder.ReadToken(); err != nil {
		return notJSON(err)
	}
	if _, err := l.decoder.ReadToken(); err != io.EOF {
		return bad(BadJSON, "more follows after the object")
	}
	return nil
}

func notJSON(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || err == io.EOF {
		return bad(BadJSON, "the object does not end")
	}
	return bad(BadJSON, "%w", err)
}

// unquote is the text of a valid raw JSON string. It is valid until the next call.
func (l *line) unquote(raw []byte) []byte {
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	l.scratch, _ = jsontext.AppendUnquote(l.scratch[:0], raw)
	return l.scratch
}

func (l *line) has(k key) bool { return l.values[k] != nil }

// text is the content of a string; empty where it is missing.
func (l *line) text(k key, reason Reason) ([]byte, error) {
	v := l.values[k]
	switch {
	case v == nil:
		return nil, nil
	case v.Kind() != '"':
		return nil, bad(reason, "%s: %.40s is not a string", keyNames[k], v)
	}
	return l.unquote(v), nil
}

// plain is the content of a string that can stand in a quote; empty where it is missing.
func (l *line) plain(k key) (string, error) {
	text, err := l.text(k, BadValue)
	if err != nil || len(text) == 0 {
		return "", err
	}
	if err := market.CheckText(string(text)); err != nil {
		return "", bad(BadValue, "%s: %w", keyNames[k], err)
	}
	return string(text), nil
}

// adjustment is what adjusts a previous close, as its text; empty is nothing.
func (l *line) adjustment() (string, error) {
	text, err := l.text(keyAdjusted, BadValue)
	if err != nil {
		return "", err
	}
	a, err := market.ParseAdjustment(string(text))
	if err != nil {
		return "", bad(BadValue, "%s: %w", keyNames[keyAdjusted], err)
	}
	return a.String(), nil
}

// decimal is the text of a number, or of a string that should hold one.
func (l *line) decimal(k key, reason Reason) ([]byte, error) {
	v := l.values[k]
	switch v.Kind() {
	case '0':
		return v, nil
	case '"':
		return l.unquote(v), nil
	}
	return nil, bad(reason, "%s: %.40s is not a decimal", keyNames[k], v)
}

// price reads a price above zero.
func (l *line) price(k key) (market.Price, error) {
	text, err := l.decimal(k, BadPrice)
	if err != nil {
		return 0, err
	}
	p, rounded, err := market.RoundPrice(text)
	if err != nil {
		return 0, bad(BadPrice, "%s: %w", keyNames[k], err)
	}
	if p <= 0 {
		return 0, bad(BadPrice, "%s: %v is not above zero", keyNames[k], p)
	}
	l.note(rounded, k, text)
	return p, nil
}

// size reads a quantity; zero, which is unknown, where it is missing.
func (l *line) size(k key) (market.Quantity, error) {
	if !l.has(k) {
		return market.Quantity{}, nil
	}
	text, err := l.decimal(k, BadSize)
	if err != nil {
		return market.Quantity{}, err
	}
	q, rounded, err := market.RoundQuantity(text)
	if err != nil {
		return q, bad(BadSize, "%s: %w", keyNames[k], err)
	}
	l.note(rounded, k, text)
	return q, nil
}

// note has a number counted that was rounded.
func (l *line) note(rounded bool, k key, text []byte) {
	if rounded && l.rounded != nil {
		l.rounded(keyNames[k], text)
	}
}

// integer reads a whole number from 0 to most.
func (l *line) integer(k key, most uint64, reason Reason) (uint64, error) {
	v := l.values[k]
	if v.Kind() == '0' {
		if n, err := strconv.ParseUint(string(v), 10, 64); err == nil && n <= most {
			return n, nil
		}
	}
	return 0, bad(reason, "%s: %.40s is not a whole number from 0 to %d", keyNames[k], v, most)
}

// maxTime is the end of the year 9999.
const maxTime = 253402300799999999

// time reads an instant; 0 where it is missing.
func (l *line) time(k key) (market.Time, error) {
	v := l.values[k]
	if v == nil {
		return 0, nil
	}
	n := int64(0)
	for _, c := range v {
		if c < '0' || c > '9' || n > maxTime/10 {
			n = 0
			break
		}
		n = n*10 + int64(c-'0')
	}
	if n == 0 || n > maxTime {
		return 0, bad(BadTime, "%s: %.40s is not a time in microseconds since 1970", keyNames[k], v)
	}
	return market.Time(n), nil
}

func (l *line) state(k key) (market.State, error) {
	text, err := l.text(k, BadValue)
	if err != nil {
		return 0, err
	}
	s, err := market.ParseState(string(text))
	if err != nil {
		return 0, bad(BadValue, "%s: %w", keyNames[k], err)
	}
	return s, nil
}

// flag reads true or false, and returns absent where it is missing.
func (l *line) flag(k key, absent bool) (bool, error) {
	switch v := l.values[k]; v.Kind() {
	case 't':
		return true, nil
	case 'f':
		return false, nil
	case 0:
		return absent, nil
	default:
		return false, bad(BadValue, "%s: %.40s is not true or false", keyNames[k], v)
	}
}

// id is the number of a trade; 0 where it is missing.
func (l *line) id(k key) (uint64, error) {
	if !l.has(k) {
		return 0, nil
	}
	return l.integer(k, math.MaxUint64, BadValue)
}

// conditions reads what a trade may set; where it is missing, the trade is a regular one.
func (l *line) conditions(k key) (market.Flags, error) {
	if !l.has(k) {
		return market.Regular, nil
	}
	text, err := l.text(k, BadValue)
	if err != nil {
		return 0, err
	}
	var f market.Flags
	for _, letter := range text {
		i := 0
		for i < len(conditions) && conditions[i].letter != letter {
			i++
		}
		if i == len(conditions) {
			return 0, bad(BadValue, "%s: %.40q is not made of the letters l, h, v, x, o and f", keyNames[k], text)
		}
		f |= conditions[i].flag
	}
	if f&market.SetsLast != 0 && f&market.SetsExtended != 0 {
		return 0, bad(BadValue, "%s: %.40q has both l and x, in the session and outside of it", keyNames[k], text)
	}
	return f, nil
}

// times reads the exchange's time and the time of receipt. Where the latter is missing, it is the former.
func (l *line) times() (t, received market.Time, err error) {
	if t, err = l.time(keyTime); err != nil {
		return 0, 0, err
	}
	if received, err = l.time(keyReceived); err != nil {
		return 0, 0, err
	}
	if t == 0 && received == 0 {
		return 0, 0, bad(BadTime, "t: missing")
	}
	if received == 0 {
		received = t
	}
	return t, received, nil
}

// tick reads what is special to a kind of tick.
func (l *line) tick(kind string, t *market.Tick) (err error) {
	switch kind {
	case "trade":
		err = l.trade(t)
	case "quote":
		err = l.quote(t)
	case "state":
		t.Kind = market.KindState
		if !l.has(keyState) {
			return bad(BadValue, "st: missing")
		}
		if t.State, err = l.state(keyState); err == nil {
			t.Conditions, err = l.plain(keyWhy)
		}
	case "session":
		t.Kind = market.KindSession
		if l.has(keyPreviousClose) {
			t.Price, err = l.price(keyPreviousClose)
		}
	case "alive":
		t.Kind = market.KindAlive
	case "roll":
		t.Kind = market.KindRoll
	case "reopen":
		t.Kind = market.KindReopen
	case "adjust":
		t.Kind = market.KindAdjust
		t.Conditions, err = l.adjustment()
	default:
		return bad(BadKind, "k: %.40q is not symbol, trade, quote, state, session, alive, roll, reopen, adjust, correction, image or "+
			"status", kind)
	}
	return err
}

func (l *line) trade(t *market.Tick) error {
	t.Kind = market.KindTrade
	p, err := l.print(keyPrice, keySize, keyConditions)
	if t.Price, t.Size, t.Flags = p.Price, p.Size, p.Flags; err != nil || !l.has(keySale) {
		return err
	}
	t.Conditions, err = l.sale()
	return err
}

// sale reads the sale conditions of a trade.
func (l *line) sale() (string, error) {
	text, err := l.text(keySale, BadValue)
	return l.sales.Joined(text), err
}

func (l *line) print(price, size, conditions key) (p market.Print, err error) {
	if !l.has(price) {
		return p, bad(NoPrice, "%s: missing; a trade needs a price", keyNames[price])
	}
	if p.Price, err = l.price(price); err != nil {
		return p, err
	}
	if p.Size, err = l.size(size); err != nil {
		return p, err
	}
	p.Flags, err = l.conditions(conditions)
	return p, err
}

func (l *line) correction(c *market.Correction) (err error) {
	if c.ID, err = l.id(keyID); err != nil {
		return err
	}
	if c.NewID, err = l.id(keyNewID); err != nil {
		return err
	}
	if c.Traded, err = l.time(keyTraded); err != nil {
		return err
	}
	if c.Old, err = l.print(keyPrice, keySize, keyConditions); err != nil {
		return err
	}
	if l.has(keyNewPrice) || l.has(keyNewSize) || l.has(keyNewConditions) {
		if c.New, err = l.print(keyNewPrice, keyNewSize, keyNewConditions); err != nil {
			return err
		}
		if c.New.Flags == 0 { // as good as cancelled
			c.New = market.Print{}
		}
	}
	c.Time, c.Received, err = l.times()
	return err
}

func (l *line) quote(t *market.Tick) error {
	t.Kind = market.KindQuote
	side := func(price, size key, flag market.Flags, p *market.Price, z *market.Quantity) (err error) {
		if !l.has(price) {
			if l.has(size) {
				return bad(BadSize, "%s: %.40s without %s", keyNames[size], l.values[size], keyNames[price])
			}
			return nil
		}
		t.Flags |= flag
		if *p, err = l.price(price); err != nil {
			return err
		}
		*z, err = l.size(size)
		return err
	}
	if err := side(keyBid, keyBidSize, market.HasBid, &t.Bid, &t.BidSize); err != nil {
		return err
	}
	return side(keyAsk, keyAskSize, market.HasAsk, &t.Ask, &t.AskSize)
}

// status reads the state of a source, and when it was recorded.
func (l *line) status(e *Entry) (err error) {
	if err := l.sourceStatus(&e.Status); err != nil {
		return err
	}
	if l.has(keySources) {
		if e.Status.Behind, err = behind(l.values[keySources]); err != nil {
			return err
		}
	}
	if e.At, err = l.time(keyReceived); err != nil {
		return err
	}
	if e.At == 0 {
		e.At = e.Status.Since
	}
	if e.At == 0 {
		return bad(BadTime, "since: missing")
	}
	return nil
}

// sourceStatus reads what is said of one source.
func (l *line) sourceStatus(s *market.Status) (err error) {
	if !l.has(keyStatus) {
		return bad(BadValue, "status: missing")
	}
	if s.State, err = l.state(keyStatus); err != nil {
		return err
	}
	if s.Since, err = l.time(keySince); err != nil {
		return err
	}
	message, err := l.text(keyMessage, BadValue)
	if err != nil {
		return err
	}
	s.Message = string(message)
	source, err := l.text(keyFrom, BadValue)
	if err != nil {
		return err
	}
	s.Source = string(source)
	if s.Simulated, err = l.flag(keySimulated, false); err != nil {
		return err
	}
	if s.Replayed, err = l.flag(keyReplayed, false); err != nil {
		return err
	}
	if s.Delay, err = l.delay(); err != nil {
		return err
	}
	s.Quiet, err = l.flag(keyQuiet, false)
	return err
}

// behind reads the sources behind a relay.
func behind(list jsontext.Value) (all []market.Status, err error) {
	var texts []jsontext.Value
	if err := json.Unmarshal(list, &texts); err != nil {
		return nil, bad(BadValue, "sources: %.40s is not a list of statuses: %w", list, err)
	}
	for _, text := range texts {
		var l line
		var s market.Status
		if err := l.parse(text); err != nil {
			return nil, err
		}
		if err := l.sourceStatus(&s); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// mostDelay is far beyond what any contract says, in milliseconds.
const mostDelay = 1000 * 60 * 60 * 24 * 366

// delay reads how late prices are by contract; 0 where nothing is said of it.
func (l *line) delay() (time.Duration, error) {
	if !l.has(keyDelay) {
		return 0, nil
	}
	ms, err := l.integer(keyDelay, mostDelay, BadValue)
	return time.Duration(ms) * time.Millisecond, err
}

func (l *line) image(q *market.Quote) (err error) {
	if q.Replaces, err = l.flag(keyWhole, false); err != nil {
		return err
	}
	if q.OldPrice, err = l.flag(keyOld, false); err != nil {
		return err
	}
	for f := range market.AllFields.All() {
		if k := fieldKey(f.Bit); l.has(k) {
			if err := l.field(q, f, k); err != nil {
				return err
			}
		}
	}
	return nil
}

// field reads the value of a field into the quote.
func (l *line) field(q *market.Quote, f *market.Field, k key) (err error) {
	switch v := f.Value(q).(type) {
	case *market.Price:
		*v, err = l.price(k)
	case *market.Quantity:
		*v, err = l.size(k)
	case *market.Time:
		*v, err = l.time(k)
	case *uint64:
		*v, err = l.integer(k, math.MaxUint64, BadValue)
	case *market.State:
		*v, err = l.state(k)
	case *string:
		if f.Bit == market.FieldAdjusted {
			*v, err = l.adjustment()
		} else {
			*v, err = l.plain(k)
		}
	}
	q.Set |= f.Bit
	return err
}
