package broadcast

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tickertape/feed/market"
)

// request is what a client asks for in one message.
type request struct {
	Type    string    `json:"type"`
	ID      id        `json:"id"`
	Symbols []string  `json:"symbols"`
	Rate    *float64  `json:"rate"`
	Fields  *[]string `json:"fields"`
	Since   string    `json:"since"`

	Bars     []string `json:"bars"`
	Interval string   `json:"interval"`
	Limit    *int     `json:"limit"`
	Trades   []string `json:"trades"`

	asks  []ask          // of a query, which may ask for bars of several intervals
	mask  *market.Fields // the fields of a query
	want  *want          // what it comes to
	fault *fault         // what is wrong with it, when something is
}

// id is the client's own mark of a request, sent back as it came: a JSON number or string.
type id []byte

// UnmarshalJSON takes a number, a string or null.
func (i *id) UnmarshalJSON(b []byte) error {
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

// fault is a request that failed while the connection lives on.
type fault struct {
	code    string
	message string
}

func (f *fault) Error() string { return f.code + ": " + f.message }

const (
	badJSON        = "bad_json"
	badRequest     = "bad_request"
	unknownType    = "unknown_type"
	tooManySymbols = "too_many_symbols"
	badRate        = "bad_rate"
	rateLimited    = "rate_limited"
	full           = "full"
)

// parseRequest reads a client's message. What is wrong with it is in its fault; the id is there
// if it could be read.
func parseRequest(b []byte) request {
	var r request
	if err := json.Unmarshal(b, &r); err != nil {
		var failed request
		var semantic *json.SemanticError
		if errors.As(err, &semantic) && stdjson.Valid(b) {
			var marked struct{ ID id }
			if stdjson.Unmarshal(b, &marked) == nil { // the id may stand behind what is wrong
				failed.ID = marked.ID
			}
			failed.fault = &fault{badRequest, describe(b, semantic)}
		} else {
			failed.fault = &fault{badJSON, "the message is not one JSON object in UTF-8: " + clip(err.Error())}
		}
		return failed
	}
	switch r.Type {
	case "subscribe", "unsubscribe", "pause", "resume", "ping":
	case "":
		r.fault = &fault{badRequest, "type: missing; want subscribe, unsubscribe, pause, resume or ping"}
	default:
		r.fault = &fault{unknownType, fmt.Sprintf("type: %.40q is not subscribe, unsubscribe, pause, resume or ping", r.Type)}
	}
	return r
}

// wants says in JSON's words what a Go kind is read from.
var wants = map[reflect.Kind]string{
	reflect.Slice: "a list of strings", reflect.Int: "a whole number", reflect.Float64: "a number", reflect.String: "a string", reflect.Struct: "an object",
}

// describe names the key and the value of well-formed JSON that is no request.
func describe(message []byte, err *json.SemanticError) string {
	where := strings.TrimPrefix(string(err.JSONPointer), "/")
	if where == "" {
		where = "the message"
	}
	why := "is of the wrong type"
	if err.Err != nil && (err.GoType == nil || err.GoType.Kind() != reflect.Int) {
		why = err.Err.Error()
	} else if err.GoType != nil && wants[err.GoType.Kind()] != "" {
		why = "is not " + wants[err.GoType.Kind()]
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

// Messages to a client that carry no quotes.

type helloMessage struct {
	Type      string `json:"type"`
	Protocol  int    `json:"protocol"`
	Epoch     string `json:"epoch"`
	Seq       Seq    `json:"seq"`
	Time      int64  `json:"time"`
	Interval  int64  `json:"interval_ms"`
	Heartbeat int64  `json:"heartbeat_ms"`
	Source    string `json:"source"`
	Simulated bool   `json:"simulated"`
	Status    string `json:"status"`

	Sources []statusMessage `json:"sources"`
}

// subscribedMessage is without its lists of symbols, which may be long: see sayLists.
type subscribedMessage struct {
	Type string             `json:"type"`
	ID   stdjson.RawMessage `json:"id,omitempty"`
	Rate float64            `json:"rate,omitempty"`

	Interval string `json:"interval,omitempty"`
}

type plainMessage struct {
	Type string             `json:"type"`
	ID   stdjson.RawMessage `json:"id,omitempty"`
	Seq  *Seq               `json:"seq,omitempty"`
	Time int64              `json:"time,omitempty"`
}

type rateMessage struct {
	Type   string  `json:"type"`
	Rate   float64 `json:"rate"`
	Asked  float64 `json:"asked"`
	Reason string  `json:"reason"`
}

type statusMessage struct {
	Type      string      `json:"type,omitempty"`
	Source    string      `json:"source"`
	Status    string      `json:"status"`
	Since     market.Time `json:"since"`
	Message   string      `json:"message"`
	Simulated bool        `json:"simulated,omitempty"`
}

type errorMessage struct {
	Type    string             `json:"type"`
	ID      stdjson.RawMessage `json:"id,omitempty"`
	Code    string             `json:"code"`
	Message string             `json:"message"`
}

// appendMessage encodes a message without quotes.
func appendMessage(b []byte, message any) []byte {
	text, err := stdjson.Marshal(message)
	if err != nil {
		panic(err) // the types above hold nothing that JSON cannot
	}
	return append(b, text...)
}

func micros(t time.Time) int64 { return t.UnixMicro() }
