package recording

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"tickertape/feed/market"
)

const (
	rawFormat  = "tickertape.raw"
	rawVersion = 1
)

// RawHeader says what a raw recording holds, and all that decoding it needs.
type RawHeader struct {
	Sources  []RawSource // the preferred first
	Since    market.Time // when the recorder began: the same in all files of a rotation
	Recorded market.Time // when this file began
}

// RawSource is one vendor.
type RawSource struct {
	Name     string   `json:"name"`
	Numbered bool     `json:"numbered,omitzero"` // as in [feed.Info]
	Symbols  []string `json:"symbols"`           // those subscribed to, in the vendor's spelling
}

// Message is a message of a vendor as it came: a frame of a WebSocket connection or a response over REST.
type Message struct {
	Source     string
	Connection uint64      // of a frame: the number that the recorder gave the connection
	Path       string      // of a response: path and query of the request; "" is a frame
	Text       []byte      // valid until the next message is read
	Received   market.Time // by the recorder's clock
}

// IsRaw reports whether a file is a raw recording and not one of ticks, by its first bytes, which must include the header's
// format.
func IsRaw(first []byte) bool { return string(headerFormat(first)) == `"`+rawFormat+`"` }

// IsHeader reports whether a line is a header, by its first bytes, which must include its format.
func IsHeader(first []byte) bool { return headerFormat(first) != nil }

// headerFormat is the format that a header names, as JSON; nil where it is no header.
func headerFormat(first []byte) jsontext.Value {
	d := jsontext.NewDecoder(bytes.NewReader(first))
	if t, err := d.ReadToken(); err != nil || t.Kind() != '{' {
		return nil
	}
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return nil
		}
		isFormat := name.String() == keyNames[keyFormat]
		value, err := d.ReadValue()
		if err != nil {
			return nil
		}
		if isFormat {
			return value
		}
	}
	return nil
}

func appendRawHeader(b []byte, h RawHeader) []byte {
	b = append(b, `{"format":"`+rawFormat+`","version":`...)
	b = strconv.AppendInt(b, rawVersion, 10)
	b = append(appendKey(b, keySources), '[')
	for i, s := range h.Sources {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendQuoted(append(b, `{"name":`...), s.Name)
		if s.Numbered {
			b = append(b, `,"numbered":true`...)
		}
		b = append(b, `,"symbols":[`...)
		for j, name := range s.Symbols {
			if j > 0 {
				b = append(b, ',')
			}
			b = appendQuoted(b, name)
		}
		b = append(b, "]}"...)
	}
	b = append(b, ']')
	b = appendTime(b, keySince, h.Since)
	b = appendTime(b, keyRecorded, h.Recorded)
	return append(b, "}\n"...)
}

// sameMessage reports whether a line may continue a message.
func (m *Message) sameMessage(next *Message) bool {
	return m.Source == next.Source && m.Connection == next.Connection && m.Path == next.Path && m.Received == next.Received
}

func (m *Message) String() string {
	if m.Path != "" {
		return fmt.Sprintf("answer of %s to %s", m.Source, m.Path)
	}
	return fmt.Sprintf("frame of %s, connection %d", m.Source, m.Connection)
}
