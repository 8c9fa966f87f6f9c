package recording

import (
	"encoding/base64"
	"errors"
	"io"
	"math"
)

// mostText is the most bytes of a message, far more than vendors send.
const mostText = 128 << 20

// RawReader reads a raw recording message by message.
type RawReader struct {
	rows    *Reader // only its lines are used
	header  RawHeader
	begun   bool   // part of a message has been read, and more is to come
	pending bool   // the line that was split last has not been used yet
	text    []byte // of the message
}

// NewRawReader reads the header. The stream must begin with one.
func NewRawReader(lines *LineReader) (*RawReader, error) {
	r := &RawReader{rows: &Reader{lines: lines}}
	text, err := r.rows.next()
	if err == io.EOF {
		return nil, errors.New("the file is empty")
	}
	if err != nil {
		return nil, err
	}
	if err := r.rows.line.parse(text); err != nil {
		return nil, r.rows.at(err)
	}
	if r.header, err = r.rows.line.rawHeader(); err != nil {
		return nil, r.rows.at(err)
	}
	return r, nil
}

// Header is the newest header read: files that were joined have several.
func (r *RawReader) Header() RawHeader { return r.header }

// Line is the number of the line read last, from 1.
func (r *RawReader) Line() int { return r.rows.lines.Number() }

// Next reads the next message into m, whose text is valid until the next call. Its errors are those of [Reader.Next].
func (r *RawReader) Next(m *Message) error {
	r.begun = false
	if r.text = r.text[:0]; cap(r.text) > mostBuffer {
		r.text = nil
	}
	l := &r.rows.line
	for {
		if !r.pending {
			text, err := r.rows.next()
			if err == io.EOF && r.begun {
				return r.broken()
			}
			if err != nil {
				return err
			}
			if err := l.parse(text); err != nil {
				return r.rows.at(err)
			}
		}
		r.pending = false
		if !l.has(keyKind) && l.has(keyFormat) {
			if r.begun {
				r.pending = true
				return r.broken()
			}
			h, err := l.rawHeader()
			if err != nil {
				return r.rows.at(err)
			}
			r.header = h
			continue
		}
		var part Message
		if err := l.message(&part); err != nil {
			return r.rows.at(err)
		}
		at, err := l.at()
		if err != nil {
			return r.rows.at(err)
		}
		if r.begun && (at != len(r.text) || !m.sameMessage(&part)) {
			r.pending = true
			return r.broken()
		}
		more, err := l.flag(keyMore, false)
		if err == nil && at != len(r.text) {
			err = bad(BadValue, "at: %d, but the beginning of the %v is missing", at, &part)
		}
		if err == nil {
			r.text, err = l.appendText(r.text)
		}
		if err == nil && len(r.text) > mostText {
			err = bad(TooLong, "the %v is longer than %d bytes", &part, mostText)
		}
		if err != nil {
			return r.rows.at(err)
		}
		*m = part
		if r.begun = more; !more {
			m.Text = r.text
			return nil
		}
	}
}

// broken is the error of a message whose rest is missing: its recorder was killed.
func (r *RawReader) broken() error {
	return r.rows.at(bad(Truncated, "the message before has no end"))
}

// message reads all of a line but its text.
func (l *line) message(m *Message) error {
	if !l.has(keyKind) {
		return bad(BadKind, "k: missing")
	}
	kind, err := l.text(keyKind, BadKind)
	if err != nil {
		return err
	}
	isFrame := string(kind) == "frame"
	if !isFrame && string(kind) != "answer" {
		return bad(BadKind, "k: %.40q is not frame or answer", kind)
	}
	source, err := l.text(keySource, BadValue)
	if err != nil {
		return err
	}
	if m.Source = string(source); m.Source == "" {
		return bad(BadValue, "source: missing")
	}
	if isFrame {
		if l.has(keyConnection) {
			if m.Connection, err = l.integer(keyConnection, math.MaxUint64, BadValue); err != nil {
				return err
			}
		}
	} else {
		path, err := l.text(keyPath, BadValue)
		if err != nil {
			return err
		}
		if m.Path = string(path); m.Path == "" {
			return bad(BadValue, "path: missing")
		}
	}
	if m.Received, err = l.time(keyReceived); err != nil {
		return err
	}
	if m.Received == 0 {
		return bad(BadTime, "r: missing")
	}
	return nil
}

// at is where the line's text belongs in its message, in bytes from its beginning.
func (l *line) at() (int, error) {
	if !l.has(keyAt) {
		return 0, nil
	}
	n, err := l.integer(keyAt, mostText, BadValue)
	return int(n), err
}

// appendText appends the line's text, plain or Base64.
func (l *line) appendText(b []byte) ([]byte, error) {
	if !l.has(keyBase64) {
		if !l.has(keyText) {
			return b, bad(BadValue, "d: missing")
		}
		text, err := l.text(keyText, BadValue)
		return append(b, text...), err
	}
	text, err := l.text(keyBase64, BadValue)
	if err != nil {
		return b, err
	}
	b, err = base64.StdEncoding.AppendDecode(b, text)
	if err != nil {
		return b, bad(BadValue, "b64: %w", err)
	}
	return b, nil
}
