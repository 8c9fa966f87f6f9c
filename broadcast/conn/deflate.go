package conn

import (
	"bytes"
	"sync"

	"github.com/klauspost/compress/flate"
)

// DeflateFrom is the least length in bytes of a message that is compressed: shorter ones hardly shrink.
const DeflateFrom = 256

// deflaters are *flate.Writers.
var deflaters sync.Pool

// Deflate returns payload as one compressed frame (RFC 7692, section 7.2.1), made without context takeover: it is the
// same for everyone, and nothing is kept for one connection.
func Deflate(payload []byte) []byte {
	var b bytes.Buffer
	b.Grow(Room + len(payload)/2)
	b.Write(make([]byte, Room))
	w, ok := deflaters.Get().(*flate.Writer)
	if ok {
		w.Reset(&b)
	} else {
		w, _ = flate.NewWriter(&b, flate.BestSpeed) // the level is one that exists
	}
	defer deflaters.Put(w)
	w.Write(payload) // a buffer takes everything
	w.Flush()
	data := bytes.TrimSuffix(b.Bytes(), []byte{0, 0, 0xff, 0xff}) // the client puts it back
	return header(data, final|deflated|opText)
}
