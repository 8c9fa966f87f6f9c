package wire

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tickertape/broadcast/history"
	"tickertape/feed/market"
)

// Request is what a client asks for, in a message of a WebSocket or in a query.
type Request struct {
	Type    Type
	ID      ID            // of a message; nil where it has none
	Symbols []string      // whose quotes, as named: symbols, "*" and "#list"
	Rate    float64       // updates a second, from [MinRate] up; 0 is as before
	Fields  market.Fields // that are wanted from now on; 0 is as before
	Since   string        // a position, or what the client took for one
	Bars    []Bars        // whose bars
	Trades  []string      // whose trades, as named
	Relay   bool          // bars and trades are followed as a relay does: without [Limits].Series, and "*" is allowed
	Of      string        // of unsubscribe: the interval of the bars that are meant; "" is every one
	Wait    time.Duration // of a long poll
}

// Bars is a request for the bars of some symbols.
type Bars struct {
	Names    []string // as in [Request]
	Interval history.Interval
	Limit    int // of the history; 0 is all that are kept
}

// Type is the type of a request.
type Type string

// The types.
const (
	Subscribe   Type = "subscribe"
	Unsubscribe Type = "unsubscribe"
	Pause       Type = "pause"
	Resume      Type = "resume"
	Ping        Type = "ping"
)

// Limits bound what a request may name. They are the server's configuration.
type Limits struct {
	Symbols int            // that are named, and that are followed
	Series  int            // bars and trades that are followed
	Wait    time.Duration  // of a long poll
	Bars    history.Counts // that are kept: bars of which none are kept cannot be asked for
}

// MinRate is the lowest rate that can be asked for, in updates a second. Above what the flushes allow, any is as good
// as none.
const MinRate = 0.01

// MaxLimit is the most bars that can be asked for.
const MaxLimit = history.MostBars

// ID is the client's own mark of a request, sent back as it came: a JSON number or string of at most 64 bytes.
type ID []byte

// UnmarshalJSON takes a number, a string or null.
func (i *ID) UnmarshalJSON(b []byte) error {
	if len(b) > 64 || b[0] == '{' || b[0] == '[' || b[0] == 't' || b[0] == 'f' {
		return errors.New("is not a number or a short string")
	}
	if b[0] == 'n' {
		*i = nil
		return nil
	}
	*i = bytes.Clone(b)
	return nil
}

// message is a request as JSON has it.
type message struct {
	Type     string    `json:"type"`
	ID       ID        `json:"id"`
	Symbols  []string  `json:"symbols"`
	Rate     *float64  `json:"rate"`
	Fields   *[]string `json:"fields"`
	Since    string    `json:"since"`
	Bars     []string  `json:"bars"`
	Interval string    `json:"interval"`
	Limit    *int      `json:"limit"`
	Trades   []string  `json:"trades"`
	Relay    bool      `json:"relay"`
}

// ParseMessage reads a message of a client. With a fault the request has its id, if that could be read, and nothing
// else.
func ParseMessage(b []byte, limits *Limits) (Request, error) {
	if jsontext.Value(b).Kind() != '{' {
		return Request{}, faultf(BadJSON, "the message is not one JSON object in UTF-8: it begins with %.20q", b)
	}
	var m message
	if err := json.Unmarshal(b, &m); err != nil {
		return parseFailed(b, err)
	}
	r := Request{Type: Type(m.Type), ID: m.ID}
	var err error
	switch r.Type {
	case Subscribe:
		err = m.subscribe(&r, limits)
	case Unsubscribe:
		err = m.unsubscribe(&r)
	case Pause, Resume, Ping:
	case "":
		err = faultf(BadRequest, "type: missing; want subscribe, unsubscribe, pause, resume or ping")
	default:
		err = faultf(UnknownType, "type: %.40q is not subscribe, unsubscribe, pause, resume or ping", m.Type)
	}
	if err != nil {
		return Request{ID: m.ID}, err
	}
	return r, nil
}

// subscribe takes over what a subscribe asks for.
func (m *message) subscribe(r *Request, limits *Limits) error {
	r.Symbols, r.Trades, r.Since = m.Symbols, m.Trades, m.Since
	if m.Rate != nil {
		if err := checkRate(*m.Rate); err != nil {
			return err
		}
		r.Rate = *m.Rate
	}
	if m.Fields != nil {
		fields, err := ParseFields(*m.Fields)
		if err != nil {
			return err
		}
		r.Fields = fields
	}
	for _, list := range [...]struct {
		key   string
		names []string
	}{{"symbols", m.Symbols}, {"bars", m.Bars}, {"trades", m.Trades}} {
		if slices.Contains(list.names, "") {
			return faultf(BadRequest, `%s: "" is no symbol`, list.key)
		}
	}
	if err := m.bars(r, limits); err != nil {
		return err
	}
	r.Relay = len(m.Bars)+len(m.Trades) > 0 && (m.Relay || slices.Contains(m.Bars, "*") || slices.Contains(m.Trades, "*"))
	if m.Symbols == nil && m.Rate == nil && m.Fields == nil && len(r.Bars)+len(m.Trades) == 0 {
		return faultf(BadRequest, `symbols: missing; name symbols, "*" or "#watchlist", or bars or trades`)
	}
	return nil
}

// bars takes over what a subscribe asks for of bars.
func (m *message) bars(r *Request, limits *Limits) error {
	if len(m.Bars) == 0 {
		if m.Interval != "" || m.Limit != nil {
			return faultf(BadRequest, "bars: missing; interval and limit are those of bars")
		}
		return nil
	}
	k, err := limits.interval(m.Interval)
	if err != nil {
		return err
	}
	bars := Bars{Names: m.Bars, Interval: k}
	if m.Limit != nil {
		if err := checkLimit(*m.Limit); err != nil {
			return err
		}
		bars.Limit = *m.Limit
	}
	r.Bars = []Bars{bars}
	return nil
}

// unsubscribe takes over what an unsubscribe names.
func (m *message) unsubscribe(r *Request) error {
	if len(m.Symbols)+len(m.Bars)+len(m.Trades) == 0 {
		return faultf(BadRequest, `symbols: missing; name the symbols to stop following, or "*", or bars or trades`)
	}
	r.Symbols, r.Trades, r.Of = m.Symbols, m.Trades, m.Interval
	if len(m.Bars) == 0 && m.Interval == "" {
		return nil
	}
	k, err := history.ParseInterval(m.Interval)
	if err != nil {
		return faultf(BadRequest, "%v", err)
	}
	r.Bars = []Bars{{Names: m.Bars, Interval: k}}
	return nil
}

// interval is the interval of a name, if the server keeps bars of it; "" is 1m.
func (l *Limits) interval(name string) (history.Interval, error) {
	k, err := history.ParseInterval(name)
	if err != nil {
		return 0, faultf(BadRequest, "%v", err)
	}
	if l.Bars[k] == 0 {
		return 0, faultf(BadRequest, "interval: bars of %s are not kept here", k)
	}
	return k, nil
}

func checkRate(rate float64) error {
	if math.IsNaN(rate) || math.IsInf(rate, 0) || rate < MinRate {
		return faultf(BadRate, "rate: %v is not a number of updates a second from %v up", rate, MinRate)
	}
	return nil
}

func checkLimit(limit int) error {
	if limit < 1 || limit > MaxLimit {
		return faultf(BadRequest, "limit: %d is not between 1 and %d", limit, MaxLimit)
	}
	return nil
}

// ParseFields reads the keys of a quote; none at all are all of them. "s" is always sent and may be named.
func ParseFields(names []string) (market.Fields, error) {
	var fields market.Fields
	named := false
	for _, name := range names {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		named = true
		if name == "s" {
			continue
		}
		field, ok := market.FieldOf(name)
		if !ok {
			return 0, faultf(BadRequest, "fields: %.40q is not one of s, %s", name, strings.Join(market.FieldKeys(), ", "))
		}
		fields |= field.Bit
	}
	if !named {
		return market.AllFields, nil
	}
	return fields, nil
}

// parseFailed is the fault of a message that is no request, and its id where that can be read.
func parseFailed(b []byte, err error) (Request, error) {
	var semantic *json.SemanticError
	if !errors.As(err, &semantic) || !stdjson.Valid(b) {
		return Request{}, faultf(BadJSON, "the message is not one JSON object in UTF-8: %s", clip(err.Error()))
	}
	var r Request
	var marked struct{ ID ID }
	if stdjson.Unmarshal(b, &marked) == nil { // the id may stand behind what is wrong
		r.ID = marked.ID
	}
	return r, &Fault{BadRequest, describe(b, semantic)}
}

// wanted says in JSON's words what a Go kind is read from.
var wanted = map[reflect.Kind]string{
	reflect.Slice: "a list of strings", reflect.Int: "a whole number", reflect.Float64: "a number",
	reflect.String: "a string",
}

// describe names the key and the value of well-formed JSON that is no request.
func describe(message []byte, err *json.SemanticError) string {
	where := strings.TrimPrefix(string(err.JSONPointer), "/")
	why := "is of the wrong type"
	if err.Err != nil && (err.GoType == nil || err.GoType.Kind() != reflect.Int) {
		why = err.Err.Error()
	} else if err.GoType != nil && wanted[err.GoType.Kind()] != "" {
		why = "is not " + wanted[err.GoType.Kind()]
	}
	return clip(fmt.Sprintf("%.40s: %.60s %s", where, valueAt(message, err.JSONPointer), why))
}

// valueAt is the text of one value of a message.
func valueAt(message []byte, at jsontext.Pointer) []byte {
	value := message
	for token := range at.Tokens() {
		var object map[string]stdjson.RawMessage
		var list []stdjson.RawMessage
		if stdjson.Unmarshal(value, &object) == nil {
			value = object[token]
		} else if i, err := strconv.Atoi(token); err == nil && stdjson.Unmarshal(value, &list) == nil && i < len(list) {
			value = list[i]
		}
	}
	return value
}

// clip keeps what is sent back of a client's own text short.
func clip(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && s[cut]&0xc0 == 0x80 {
		cut--
	}
	return s[:cut] + "…"
}
