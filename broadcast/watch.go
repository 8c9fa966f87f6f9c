package broadcast

import (
	"encoding/binary"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"tickertape/feed"
)

// watch is what all who follow the same symbols with the same fields at the same rate share: the
// frames are made once for all of them.
type watch struct {
	// static
	key    string
	list   symbolList
	fields feed.Fields
	every  time.Duration // least time between two frames; 0 is each flush

	frame  atomic.Pointer[frame] // the newest; nil before the first
	frames atomic.Uint64         // how many there were

	// guarded by watches.mu
	members map[*member]struct{}
	seq     Seq       // what a member in step has been told
	last    time.Time // when the newest frame was made
	waiting bool      // has news that it is too early to tell
	pending []feed.SymbolID
}

// member is one who waits for the frames of a watch.
type member struct {
	wake chan struct{} // one slot, never closed
}

func newMember() *member { return &member{wake: make(chan struct{}, 1)} }

func (m *member) nudge() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// watches are all there are, by key and by symbol.
type watches struct {
	store *store

	mu        sync.Mutex
	byKey     map[string]*watch
	bySymbol  [][]*watch // index is the symbol's id
	ofAll     []*watch   // follow everyone
	waiting   []*watch
	everybody map[*member]struct{} // also those who follow nothing at the moment
}

func newWatches(s *store) *watches {
	return &watches{store: s, byKey: map[string]*watch{}, everybody: map[*member]struct{}{}}
}

func watchKey(list symbolList, fields feed.Fields, every time.Duration) string {
	b := make([]byte, 0, 16+4*len(list.ids))
	b = binary.LittleEndian.AppendUint32(b, uint32(fields))
	b = binary.LittleEndian.AppendUint64(b, uint64(every))
	if list.all {
		return string(append(b, '*'))
	}
	for _, id := range list.ids {
		b = binary.LittleEndian.AppendUint32(b, uint32(id))
	}
	return string(b)
}

// join makes m a member of the watch for these symbols. From then on no frame passes m by: what a
// snapshot taken afterwards does not show yet, a frame will tell.
func (w *watches) join(m *member, list symbolList, fields feed.Fields, every time.Duration) *watch {
	key := watchKey(list, fields, every)
	w.mu.Lock()
	defer w.mu.Unlock()
	x := w.byKey[key]
	if x == nil {
		x = &watch{key: key, list: list, fields: fields, every: every, members: map[*member]struct{}{}, seq: w.store.now()}
		w.byKey[key] = x
		if list.all {
			w.ofAll = append(w.ofAll, x)
		}
		for _, id := range list.ids {
			for int(id) >= len(w.bySymbol) {
				w.bySymbol = append(w.bySymbol, nil)
			}
			w.bySymbol[id] = append(w.bySymbol[id], x)
		}
	}
	x.members[m] = struct{}{}
	return x
}

// leave ends a membership; the last to leave ends the watch.
func (w *watches) leave(m *member, x *watch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(x.members, m)
	if len(x.members) > 0 {
		return
	}
	delete(w.byKey, x.key)
	if x.list.all {
		w.ofAll = drop(w.ofAll, x)
	}
	for _, id := range x.list.ids {
		w.bySymbol[id] = drop(w.bySymbol[id], x)
	}
	if x.waiting {
		w.waiting = drop(w.waiting, x)
	}
}

func drop(list []*watch, x *watch) []*watch {
	i := slices.Index(list, x)
	last := len(list) - 1
	list[i] = list[last]
	list[last] = nil
	return list[:last]
}

// tell makes the frames of every watch that follows one of the news and is due, and of those that
// have waited long enough; the members are woken. It returns when the next one is due, zero when
// none waits.
func (w *watches) tell(seq Seq, news []feed.SymbolID, now time.Time) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	var touched []*watch
	for _, id := range news {
		if int(id) >= len(w.bySymbol) {
			break // news is in order
		}
		for _, x := range w.bySymbol[id] {
			if x.every > 0 {
				w.wait(x)
				continue
			}
			if len(x.pending) == 0 {
				touched = append(touched, x)
			}
			x.pending = append(x.pending, id)
		}
	}
	for _, x := range touched {
		w.make(x, symbolList{ids: x.pending}, seq, now)
		x.pending = x.pending[:0]
	}
	if len(news) > 0 {
		for _, x := range w.ofAll {
			if x.every > 0 {
				w.wait(x)
				continue
			}
			w.make(x, symbolList{ids: news}, seq, now)
		}
	}
	var next time.Time
	still := w.waiting[:0]
	for _, x := range w.waiting {
		due := x.last.Add(x.every)
		if due.After(now) {
			still = append(still, x)
			if next.IsZero() || due.Before(next) {
				next = due
			}
			continue
		}
		x.waiting = false
		w.make(x, x.list, seq, now)
	}
	clear(w.waiting[len(still):])
	w.waiting = still
	return next
}

func (w *watches) wait(x *watch) {
	if !x.waiting {
		x.waiting = true
		w.waiting = append(w.waiting, x)
	}
}

// make makes the frame of what changed among the listed symbols since the watch's last one, and
// wakes its members. The caller holds mu.
func (w *watches) make(x *watch, among symbolList, seq Seq, now time.Time) {
	f := &frame{from: x.seq, seq: seq}
	d := delivery{kind: update, list: among, fields: x.fields, from: x.seq}
	for {
		p := w.store.part(&d, now)
		if d.told == 0 && !p.more {
			return // nothing in the fields that it wants
		}
		p.next = x.place(among, p.next)
		f.parts = append(f.parts, share(p))
		if !p.more {
			break
		}
	}
	x.seq, x.last = seq, now
	x.frame.Store(f)
	x.frames.Add(1)
	for m := range x.members {
		m.nudge()
	}
}

// place is where in the watch's own list the i-th of the listed symbols stands.
func (x *watch) place(among symbolList, i int) int {
	switch {
	case x.list.all && among.all:
		return i
	case i == len(among.ids):
		return len(x.list.ids)
	case x.list.all:
		return int(among.ids[i])
	default:
		place, _ := slices.BinarySearch(x.list.ids, among.ids[i])
		return place
	}
}

// nudgeAll wakes everyone, for news that is not a symbol's.
func (w *watches) nudgeAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for m := range w.everybody {
		m.nudge()
	}
}

func (w *watches) enter(m *member) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.everybody[m] = struct{}{}
}

func (w *watches) exit(m *member) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.everybody, m)
}
