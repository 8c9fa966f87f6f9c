package relay

import (
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tickertape/feed"
	"tickertape/feed/recording"
)

// message is one of the server's, of any type; unknown types and keys are ignored.
type message struct {
	Type      string   `json:"type"`
	Epoch     string   `json:"epoch"`
	Seq       uint64   `json:"seq"`
	Heartbeat int64    `json:"heartbeat_ms"`
	Source    string   `json:"source"`
	Simulated bool     `json:"simulated"`
	Status    string   `json:"status"`
	Since     int64    `json:"since"`
	Message   string   `json:"message"`
	Code      string   `json:"code"`
	Rate      float64  `json:"rate"`
	Reason    string   `json:"reason"`
	Unknown   []string `json:"unknown"`
	More      bool     `json:"more"`
	Quotes    []quote  `json:"quotes"`
}

// quote is one symbol in a message: its values, the keys that are null, and what could not be read.
type quote struct {
	symbol string
	values feed.Quote
	gone   feed.Fields
	bad    error // names the first key that could not be read, and its value
}

// subscribe is the request for everything that the configuration names.
type subscribe struct {
	Type    string   `json:"type"`
	ID      int      `json:"id"`
	Symbols []string `json:"symbols"`
	Since   string   `json:"since,omitzero"`
}

// parseMessage reads one message. A quote that is odd has its error; a message that is no message is one.
func parseMessage(text []byte) (*message, error) {
	var m message
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("message %.60q: %w", text, err)
	}
	if m.Type == "" {
		return nil, fmt.Errorf("message %.60q has no type", text)
	}
	return &m, nil
}

// UnmarshalJSONFrom reads one quote without a float in between.
func (q *quote) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	*q = quote{}
	if d.PeekKind() != '{' {
		return fmt.Errorf("a quote is not an object")
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	var reader recording.QuoteReader
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return err
		}
		key := name.String()
		value, err := d.ReadValue()
		if err != nil {
			return err
		}
		q.read(&reader, key, value)
	}
	_, err := d.ReadToken()
	return err
}

func (q *quote) read(reader *recording.QuoteReader, key string, value jsontext.Value) {
	if key == "s" {
		if err := json.Unmarshal(value, &q.symbol); err != nil && q.bad == nil {
			q.bad = fmt.Errorf("s: %.40s is not a string", value)
		}
		return
	}
	field, known := feed.FieldOf(key)
	if !known {
		return
	}
	if value.Kind() == 'n' {
		q.gone |= field
		return
	}
	if err := reader.Set(&q.values, field, value); err != nil && q.bad == nil {
		q.bad = err
	}
}
