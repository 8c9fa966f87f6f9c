package conn

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"unicode/utf8"

	"github.com/klauspost/compress/flate"
)

// Incoming is a client's message as it came, masks undone. Who has it owns it.
type Incoming struct {
	data    []byte
	binary  bool
	packed  bool
	longest int
}

// IncomingText is a text message that came as it is, of at most longest bytes.
func IncomingText(text []byte, longest int) Incoming { return Incoming{data: text, longest: longest} }

// Len is how many bytes came.
func (m *Incoming) Len() int { return len(m.data) }

// Text is the message's text, unpacked where it came compressed. Its error is a Close: of a message that is not text,
// not UTF-8, damaged, or of more bytes than the connection's limit. It takes time in proportion to the text, and may
// be called on any goroutine, once.
func (m *Incoming) Text() ([]byte, error) {
	if m.binary {
		return nil, Close{Code: Unsupported, Reason: "messages are text"}
	}
	if m.packed {
		text, err := inflate(m.data, m.longest)
		switch {
		case errors.Is(err, errTooBig):
			return nil, Close{Code: TooBig, Reason: "message too big"}
		case err != nil:
			return nil, Close{Code: BadPayload, Reason: "a compressed message is damaged"}
		}
		m.data, m.packed = text, false
	}
	if !utf8.Valid(m.data) {
		return nil, Close{Code: BadPayload, Reason: "text is not UTF-8"}
	}
	return m.data, nil
}

var errTooBig = errors.New("conn: message too big")

// inflaters are io.ReadClosers that are flate.Resetters.
var inflaters sync.Pool

// inflateTail is what a sender leaves out of a compressed message, and an empty last block.
var inflateTail = []byte{0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff}

// inflate undoes permessage-deflate (RFC 7692, section 7.2.2), up to so many bytes.
func inflate(data []byte, longest int) ([]byte, error) {
	in := io.MultiReader(bytes.NewReader(data), bytes.NewReader(inflateTail))
	inflater, ok := inflaters.Get().(io.ReadCloser)
	if ok {
		inflater.(flate.Resetter).Reset(in, nil)
	} else {
		inflater = flate.NewReader(in)
	}
	defer inflaters.Put(inflater)
	out, err := io.ReadAll(io.LimitReader(inflater, int64(longest)+1))
	if len(out) > longest {
		return nil, errTooBig
	}
	return out, err
}
