package bench

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// readSize is the most that is read at once, in bytes. A connection with more to read lets others go first. Otherwise a
// generator that falls behind would read from one connection for a long time, and the others would seem to be late.
const readSize = 64 << 10

// Traffic is what subscribers received. Frames are messages of every type; each part of a long one counts.
type Traffic struct {
	Frames    int64 `json:"frames"`
	Updates   int64 `json:"updates"` // whole ones; one in parts counts once
	Quotes    int64 `json:"quotes"`  // in updates
	Series    int64 `json:"series"`  // messages of bars or trades, parts or whole
	Snapshots int64 `json:"snapshots"`
	Resumed   int64 `json:"resumed"` // snapshots that went on from a position
	Bytes     int64 `json:"bytes"`   // of the stream, framing included
	Slowed    int64 `json:"slowed"`  // rate messages that told a reader that it is slow
	Recovered int64 `json:"recovered"`
}

func (t *Traffic) add(other Traffic) {
	t.Frames += other.Frames
	t.Updates += other.Updates
	t.Quotes += other.Quotes
	t.Series += other.Series
	t.Snapshots += other.Snapshots
	t.Resumed += other.Resumed
	t.Bytes += other.Bytes
	t.Slowed += other.Slowed
	t.Recovered += other.Recovered
}

// tally counts what came, and has the buffer to read it into. Its lock is held while one connection is
// read.
type tally struct {
	mu      sync.Mutex
	buffer  []byte
	window  *window    // guarded by mu, as is the rest: what it counts for
	traffic [2]Traffic // prompt readers, slow readers
	tick    *latency   // exchange time to receipt, prompt readers
	send    *latency   // server's send to receipt, prompt readers
}

const (
	prompt = 0
	slow   = 1
)

// window is the time in which traffic counts. It ends by the clock, so that traffic does not count which comes while the
// figures are added up.
type window struct {
	from, to time.Time // to is zero when it is open
}

func (w *window) has(now time.Time) bool {
	return !now.Before(w.from) && (w.to.IsZero() || now.Before(w.to))
}

// span is how much of the window has passed.
func (w *window) span() time.Duration {
	now := time.Now()
	if !w.to.IsZero() && w.to.Before(now) {
		now = w.to
	}
	return now.Sub(w.from)
}

// tallies are a few more than can be in use at once, so that nobody waits for one.
type tallies struct {
	each   []*tally
	window atomic.Pointer[window]
}

func newTallies() *tallies {
	all := &tallies{each: make([]*tally, 4*runtime.GOMAXPROCS(0))}
	all.count(0)
	for i := range all.each {
		all.each[i] = &tally{buffer: make([]byte, readSize), tick: newLatency(), send: newLatency()}
	}
	return all
}

// count starts a new window of duration d, or an open one when d is 0.
func (all *tallies) count(d time.Duration) {
	w := &window{from: time.Now()}
	if d > 0 {
		w.to = w.from.Add(d)
	}
	all.window.Store(w)
}

// take returns a locked tally, which the caller unlocks. It is reset when a new window has begun.
func (all *tallies) take(hint int) *tally {
	t := all.free(hint)
	if w := all.window.Load(); t.window != w {
		t.window = w
		t.traffic = [2]Traffic{}
		t.tick.reset()
		t.send.reset()
	}
	return t
}

func (all *tallies) free(hint int) *tally {
	for i := range all.each {
		if t := all.each[(hint+i)%len(all.each)]; t.mu.TryLock() {
			return t
		}
	}
	t := all.each[hint%len(all.each)]
	t.mu.Lock()
	return t
}

// traffic is what came in the window, as far as it has been read.
func (all *tallies) traffic() (sum [2]Traffic) {
	all.sum(func(t *tally) {
		sum[prompt].add(t.traffic[prompt])
		sum[slow].add(t.traffic[slow])
	})
	return sum
}

// latencies are those in the window.
func (all *tallies) latencies() (tick, send *latency) {
	tick, send = newLatency(), newLatency()
	all.sum(func(t *tally) {
		tick.merge(t.tick)
		send.merge(t.send)
	})
	return tick, send
}

// sum adds up the tallies that have begun the window.
func (all *tallies) sum(add func(t *tally)) {
	w := all.window.Load()
	for _, t := range all.each {
		t.mu.Lock()
		if t.window == w {
			add(t)
		}
		t.mu.Unlock()
	}
}

// note counts one message. The latencies of a sampled update are taken.
func (t *tally) note(g glance, group int, now time.Time, sampled bool) {
	c := &t.traffic[group]
	c.Frames++
	switch g.kind {
	case update:
		c.Quotes += int64(g.count())
		if !g.more {
			c.Updates++
		}
		if !sampled || group != prompt {
			return
		}
		at := now.UnixMicro()
		if g.time != 0 {
			t.send.record(at - g.time)
		}
		for changed := range g.times() {
			t.tick.record(at - changed)
		}
	case series:
		c.Series++
		if sampled && group == prompt && g.time != 0 {
			t.send.record(now.UnixMicro() - g.time)
		}
	case snapshot:
		if !g.more {
			c.Snapshots++
			if g.resumed {
				c.Resumed++
			}
		}
	case rate:
		switch string(text(g.head, reasonKey)) {
		case "slow_consumer":
			c.Slowed++
		case "recovered":
			c.Recovered++
		}
	}
}

var reasonKey = []byte(`"reason":"`)
