package broadcast

import (
	"sync"
	"time"

	"tickertape/broadcast/board"
	"tickertape/broadcast/history"
)

// memo are the messages of the newest flush about bars and trades, each encoded once for all who share it, on whatever
// shard.
type memo struct {
	encoder *encoder // static

	mu    sync.Mutex
	seq   board.Seq              // guarded by mu
	by    map[memoKey]*memorized // guarded by mu
	spare []*memorized           // guarded by mu: of flushes before
}

// memoKey is what a message is of: what changed of a series after a flush, for one who has the trades up to a
// number.
type memoKey struct {
	series      series
	from        board.Seq
	newestTrade uint64
}

// memorized is what the messages of a key are; whoever asks first encodes them.
type memorized struct {
	once   sync.Once
	parts  [][]byte // JSON; none where nothing changed
	newest uint64   // number of the newest trade, once they are sent
}

// get are the messages of a key, up to flush seq.
func (m *memo) get(key memoKey, seq board.Seq, now time.Time) *memorized {
	m.mu.Lock()
	if m.seq != seq || m.by == nil {
		m.begin(seq)
	}
	x := m.by[key]
	if x == nil {
		if n := len(m.spare); n > 0 {
			x, m.spare = m.spare[n-1], m.spare[:n-1]
		} else {
			x = &memorized{}
		}
		m.by[key] = x
	}
	m.mu.Unlock()
	x.once.Do(func() { x.encode(m.encoder, key, seq, now) })
	return x
}

// begin forgets the messages of the flush before. The caller holds mu.
func (m *memo) begin(seq board.Seq) {
	if m.by == nil {
		m.by = map[memoKey]*memorized{}
	}
	m.seq = seq
	for key, x := range m.by {
		x.once = sync.Once{}
		m.spare = append(m.spare, x)
		delete(m.by, key)
	}
}

// encode makes the messages.
func (x *memorized) encode(e *encoder, key memoKey, seq board.Seq, now time.Time) {
	x.parts = x.parts[:0]
	r := history.Reader{Interval: key.series.interval(), After: key.from, At: seq, Newest: key.newestTrade}
	for more := true; more; {
		n := len(x.parts)
		var b []byte
		if n < cap(x.parts) {
			b = x.parts[:n+1][n][:0]
		}
		var any bool
		if b, any, more = e.appendSeries(b, key.series, &r, now); any {
			x.parts = append(x.parts, b)
		}
	}
	x.newest = r.Newest
}
