package vendors

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// Scanner reads one JSON text from front to back and allocates nothing. Its first error stays, and
// from then on there is nothing more: loops need not look at it. The zero value is ready; one of [Faults.Scanner] counts which
// numbers were rounded.
//
//	s.Reset(text)
//	for s.Object(); s.More(); {
//		switch string(s.Key()) {
//		case "p":
//			price, err = s.Value().Price("p")
//		default:
//			s.Skip()
//		}
//	}
//	s.End()
type Scanner struct {
	text    []byte
	source  bytes.Buffer
	decoder jsontext.Decoder
	scratch []byte
	err     error
	of      *source // nil: nobody counts
}

// Reset begins with a new text, which is lent until the next Reset.
func (s *Scanner) Reset(text []byte) {
	s.text, s.err = text, nil
	s.source = *bytes.NewBuffer(text)
	// Of two equal names the last counts. Looking for equal names would take half of the time.
	s.decoder.Reset(&s.source, jsontext.AllowDuplicateNames(true))
}

// Err is the first error of all: the text is not JSON, or not of the shape that was asked for.
func (s *Scanner) Err() error { return s.err }

func (s *Scanner) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

// Kind is what comes next: '{', '[', '"', '0' for a number, 't', 'f', 'n' for null, or 0 at an error.
func (s *Scanner) Kind() byte {
	if s.err != nil {
		return 0
	}
	return byte(s.decoder.PeekKind())
}

// Object begins to read an object.
func (s *Scanner) Object() { s.open('{', "an object") }

// Array begins to read an array.
func (s *Scanner) Array() { s.open('[', "an array") }

func (s *Scanner) open(kind byte, name string) {
	if s.err != nil {
		return
	}
	if got := s.Kind(); got != kind && got != 0 {
		s.fail(&valueError{NoJSON, fmt.Errorf("%.60q is not %s", s.rest(), name)})
		return
	}
	s.token()
}

func (s *Scanner) token() {
	if _, err := s.decoder.ReadToken(); err != nil {
		s.fail(notJSON(err))
	}
}

func notJSON(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || err == io.EOF {
		err = errors.New("the text does not end")
	}
	return &valueError{NoJSON, err}
}

// rest is what has not been read.
func (s *Scanner) rest() []byte {
	if at := s.decoder.InputOffset(); at <= int64(len(s.text)) {
		return s.text[at:]
	}
	return nil
}

// More reports whether the object or array has another member or element; if not, it leaves it.
func (s *Scanner) More() bool {
	if s.err != nil {
		return false
	}
	switch s.decoder.PeekKind() {
	case '}', ']':
		s.token()
		return false
	case 0:
		s.token() // says what is wrong
		s.fail(&valueError{NoJSON, errors.New("the text does not end")})
		return false
	}
	return true
}

// Key is the name of the next member; it lasts until the next call.
func (s *Scanner) Key() []byte {
	raw := s.raw()
	if raw == nil {
		return nil
	}
	return s.unquote(raw)
}

// unquote is the text of a raw string that was found valid.
func (s *Scanner) unquote(raw []byte) []byte {
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	s.scratch, _ = jsontext.AppendUnquote(s.scratch[:0], raw)
	return s.scratch
}

// raw is the next value as it is written; nil at an error. It lasts as long as the text.
func (s *Scanner) raw() []byte {
	if s.err != nil {
		return nil
	}
	v, err := s.decoder.ReadValue()
	if err != nil {
		s.fail(notJSON(err))
		return nil
	}
	end := s.decoder.InputOffset() // v itself is lent until the next call only
	return s.text[end-int64(len(v)) : end]
}

// Value is the next value, whatever it is; it lasts as long as the text.
func (s *Scanner) Value() Value { return Value{s.raw(), s.of} }

// Skip leaves out the next value.
func (s *Scanner) Skip() {
	if s.err != nil {
		return
	}
	if err := s.decoder.SkipValue(); err != nil {
		s.fail(notJSON(err))
	}
}

// Fields reads an object. The value of each member goes where field says by its name; nil leaves it out.
func (s *Scanner) Fields(field func(key []byte) *Value) {
	for s.Object(); s.More(); {
		if to := field(s.Key()); to != nil {
			*to = s.Value()
		} else {
			s.Skip()
		}
	}
}

// Row reads an array into values. It leaves out elements that are too many; values that are too many stay as they are.
func (s *Scanner) Row(values ...*Value) {
	i := 0
	for s.Array(); s.More(); i++ {
		if i < len(values) && values[i] != nil {
			*values[i] = s.Value()
		} else {
			s.Skip()
		}
	}
}

// End wants the text to be over, and returns the first error of all.
func (s *Scanner) End() error {
	if s.err != nil {
		return s.err
	}
	if _, err := s.decoder.ReadToken(); err != io.EOF {
		s.fail(&valueError{NoJSON, errors.New("more follows behind the JSON")})
	}
	return s.err
}
