package broadcast

import (
	"sync"

	"tickertape/broadcast/board"
	"tickertape/broadcast/conn"
)

// compressedKey names a message that every shard makes alike: a part of a watch's quotes, or of what changed of a series.
type compressedKey struct {
	watch     watchKey // of quotes
	series    memoKey  // of bars or trades
	from, seq board.Seq
	part      int
}

// compressedFrames are the messages of the newest flush as permessage-deflate has them (RFC 7692), each
// compressed once for all shards and subscribers, and without context takeover, so that nothing is
// kept for one of them.
type compressedFrames struct {
	mu     sync.Mutex
	newest board.Seq                          // guarded by mu
	frames map[compressedKey]*compressedFrame // guarded by mu
}

type compressedFrame struct {
	once  sync.Once
	frame []byte
}

// get is the compressed frame of a message. The first who asks makes it.
func (d *compressedFrames) get(key compressedKey, json []byte) []byte {
	d.mu.Lock()
	if key.seq > d.newest || d.frames == nil {
		d.newest, d.frames = key.seq, map[compressedKey]*compressedFrame{}
	}
	m := d.frames[key]
	if m == nil {
		m = &compressedFrame{}
		d.frames[key] = m
	}
	d.mu.Unlock()
	m.once.Do(func() { m.frame = conn.Deflate(json) })
	return m.frame
}
