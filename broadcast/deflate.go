package broadcast

import (
	"bytes"
	"sync"

	"github.com/klauspost/compress/flate"
)

// deflateFrom is the least length that is compressed: shorter messages hardly shrink.
const deflateFrom = 256

// deflatedKey names a part of a frame that every shard makes alike.
type deflatedKey struct {
	watch     watchKey
	from, seq Seq
	part      int
}

// deflated are the frames of the newest flush as permessage-deflate has them (RFC 7692), each
// compressed once for all shards and subscribers, and without context takeover, so that nothing is
// kept for one of them.
type deflated struct {
	writers sync.Pool // of *flate.Writer

	mu     sync.Mutex
	newest Seq                              // guarded by mu
	frames map[deflatedKey]*deflatedMessage // guarded by mu
}

type deflatedMessage struct {
	once  sync.Once
	frame []byte
}

// get is the compressed frame of a message. The first who asks makes it.
func (d *deflated) get(key deflatedKey, json []byte) []byte {
	d.mu.Lock()
	if key.seq > d.newest || d.frames == nil {
		d.newest, d.frames = key.seq, map[deflatedKey]*deflatedMessage{}
	}
	m := d.frames[key]
	if m == nil {
		m = &deflatedMessage{}
		d.frames[key] = m
	}
	d.mu.Unlock()
	m.once.Do(func() { m.frame = d.compress(json) })
	return m.frame
}

func (d *deflated) compress(json []byte) []byte {
	var b bytes.Buffer
	b.Grow(headRoom + len(json)/2)
	b.Write(make([]byte, headRoom))
	w, ok := d.writers.Get().(*flate.Writer)
	if ok {
		w.Reset(&b)
	} else {
		w, _ = flate.NewWriter(&b, flate.BestSpeed) // the level is one that exists
	}
	defer d.writers.Put(w)
	w.Write(json) // a buffer takes everything
	w.Flush()
	data := bytes.TrimSuffix(b.Bytes(), []byte{0, 0, 0xff, 0xff}) // the peer puts it back
	return header(data, 0xc1)
}
