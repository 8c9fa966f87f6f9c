package bench

import (
	"bytes"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
)

// inflater unpacks messages of permessage-deflate (RFC 7692) that do not depend on one another.
type inflater struct{}

// unpacking is what one message at a time needs; so it is shared by all connections.
type unpacking struct {
	packed []byte
	in     bytes.Reader
	flate  io.ReadCloser
	out    bytes.Buffer
}

var unpackings = sync.Pool{New: func() any { return &unpacking{flate: flate.NewReader(nil)} }}

// deflateTail ends what the sender leaves open (RFC 7692, section 7.2.2), and the stream.
var deflateTail = []byte{0x00, 0x00, 0xff, 0xff, 0x01, 0x00, 0x00, 0xff, 0xff}

// each hands on the message, which is of use until take returns.
func (inflater) each(packed []byte, take func([]byte) error) error {
	u := unpackings.Get().(*unpacking)
	defer unpackings.Put(u)
	u.packed = append(append(u.packed[:0], packed...), deflateTail...) // in one piece, which the library reads fastest
	u.in.Reset(u.packed)
	u.out.Reset()
	if err := u.flate.(flate.Resetter).Reset(&u.in, nil); err != nil {
		return broken("unpack a message: %w", err)
	}
	if _, err := u.out.ReadFrom(io.LimitReader(u.flate, maxMessage+1)); err != nil {
		return broken("unpack a message: %w", err)
	}
	if u.out.Len() > maxMessage {
		return broken("a message of more than %d bytes", maxMessage)
	}
	return take(u.out.Bytes())
}
