package recording

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tickertape/feed/market"
)

const (
	rawFormat  = "tickertape.raw"
	rawVersion = 1
)

// RawHeader says what a raw recording holds, and all that is needed to decode it.
type RawHeader struct {
	Sources  []RawSource // the preferred first
	Since    market.Time // when its recorder began, which all files of a series share
	Recorded market.Time // when this file did
}

// RawSource is one vendor.
type RawSource struct {
	Name     string   `json:"name"`
	Numbered bool     `json:"numbered,omitzero"` // as in [feed.Info]
	Symbols  []string `json:"symbols"`           // that were subscribed to, in the vendor's spelling
}

// Message is something that came in from a vendor, as it came.
type Message struct {
	Source     string
	Connection uint64 // of a frame
	Path       string // of an answer, with its query; "": it is a frame
	Text       []byte // lasts until the next message is read
	Received   market.Time
}

// IsRaw tells a raw recording from one of ticks, by the first bytes of the file.
func IsRaw(first []byte) bool {
	d := jsontext.NewDecoder(bytes.NewReader(first))
	if t, err := d.ReadToken(); err != nil || t.Kind() != '{' {
		return false
	}
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return false
		}
		isFormat := name.String() == keyNames[keyFormat]
		value, err := d.ReadValue()
		if err != nil {
			return false
		}
		if isFormat {
			return string(value) == `"`+rawFormat+`"`
		}
	}
	return false
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

// rawHeader reads a line that has been split.
func (l *line) rawHeader() (h RawHeader, err error) {
	if err := l.is(rawFormat, rawVersion); err != nil {
		return h, err
	}
	if !l.has(keySources) {
		return h, bad(BadValue, "sources: missing")
	}
	if err := json.Unmarshal(l.values[keySources], &h.Sources); err != nil {
		return h, bad(BadValue, "sources: %.40s is not a list of names and symbols: %w", l.values[keySources], err)
	}
	for i, s := range h.Sources {
		if s.Name == "" {
			return h, bad(BadValue, `sources[%d].name: "" is no source`, i)
		}
		for j, name := range s.Symbols {
			if err := market.CheckSymbol(name); err != nil {
				return h, bad(BadValue, "sources[%d].symbols[%d]: %w", i, j, err)
			}
		}
	}
	if h.Since, err = l.time(keySince); err != nil {
		return h, err
	}
	h.Recorded, err = l.time(keyRecorded)
	return h, err
}

// sameMessage tells whether a line goes on with a message.
func (m *Message) sameMessage(next *Message) bool {
	return m.Source == next.Source && m.Connection == next.Connection && m.Path == next.Path && m.Received == next.Received
}

func (m *Message) String() string {
	if m.Path != "" {
		return fmt.Sprintf("answer of %s to %s", m.Source, m.Path)
	}
	return fmt.Sprintf("frame of %s, connection %d", m.Source, m.Connection)
}
