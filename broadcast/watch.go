package broadcast

import (
	"encoding/binary"
	"slices"
	"time"

	"tickertape/feed"
)

// watch is what those subscribers of a shard share who follow the same symbols with the same fields
// at the same rate: a frame is made once for all of them.
type watch struct {
	// static
	key    string
	list   symbolList
	fields feed.Fields
	every  time.Duration // least time between two frames; 0 is each flush

	members []*subscriber
	seq     Seq       // what a member in step has been told
	last    time.Time // when the newest frame was made, or due
	frames  uint64    // how many there were
	waiting bool      // has news that it is too early to tell
	pending []int     // indices into the news that is being told
}

// watches are a shard's, by key and by symbol.
type watches struct {
	byKey    map[string]*watch
	bySymbol [][]*watch // index is the symbol's id
	ofAll    []*watch   // follow everyone
	waiting  []*watch   // for their time
	due      time.Time  // when the first of those is due; zero when none waits
	concerns []*watch   // scratch
	everyone []int      // scratch: 0, 1, 2 and so on
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

// join makes s a member of the watch for these symbols, which begins at seq when it is new. What
// the member has not been told yet at that time, no frame will tell.
func (w *watches) join(s *subscriber, list symbolList, fields feed.Fields, every time.Duration, seq Seq) *watch {
	key := watchKey(list, fields, every)
	x := w.byKey[key]
	if x == nil {
		x = &watch{key: key, list: list, fields: fields, every: every, seq: seq}
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
	s.member = len(x.members)
	x.members = append(x.members, s)
	return x
}

// leave ends a membership; the last to leave ends the watch.
func (w *watches) leave(s *subscriber, x *watch) {
	last := len(x.members) - 1
	x.members[s.member] = x.members[last]
	x.members[s.member].member = s.member
	x.members[last] = nil
	x.members = x.members[:last]
	if last > 0 {
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

// touched are the watches that the news concerns and that are told at every flush, each with
// what concerns it pending. The others begin to wait for their time.
func (w *watches) touched(n *news) []*watch {
	w.concerns = w.concerns[:0]
	for i, id := range n.ids {
		if int(id) >= len(w.bySymbol) {
			break // ids are in order
		}
		for _, x := range w.bySymbol[id] {
			switch {
			case x.seq >= n.seq: // it began after this flush was published
			case x.every > 0:
				w.wait(x)
			default:
				if len(x.pending) == 0 {
					w.concerns = append(w.concerns, x)
				}
				x.pending = append(x.pending, i)
			}
		}
	}
	if len(n.ids) == 0 {
		return w.concerns
	}
	for _, x := range w.ofAll {
		switch {
		case x.seq >= n.seq:
		case x.every > 0:
			w.wait(x)
		default:
			for i := len(w.everyone); i < len(n.ids); i++ {
				w.everyone = append(w.everyone, i)
			}
			x.pending = append(x.pending, w.everyone[:len(n.ids)]...)
			w.concerns = append(w.concerns, x)
		}
	}
	return w.concerns
}

func (w *watches) wait(x *watch) {
	if x.waiting {
		return
	}
	x.waiting = true
	w.waiting = append(w.waiting, x)
	if due := x.last.Add(x.every); w.due.IsZero() || due.Before(w.due) {
		w.due = due
	}
}

// takeDue are the waiting watches whose time has come.
func (w *watches) takeDue(now time.Time) []*watch {
	w.concerns, w.due = w.concerns[:0], time.Time{}
	still := w.waiting[:0]
	for _, x := range w.waiting {
		due := x.last.Add(x.every)
		if !due.After(now) {
			x.waiting = false
			w.concerns = append(w.concerns, x)
			continue
		}
		still = append(still, x)
		if w.due.IsZero() || due.Before(w.due) {
			w.due = due
		}
	}
	clear(w.waiting[len(still):])
	w.waiting = still
	return w.concerns
}

// told notes a frame. It has waited for a flush, and for its turn in it, so the next is counted from
// when this one was due: the rate is kept on average. After a longer silence it is counted from now.
func (x *watch) told(seq Seq, now time.Time, interval time.Duration) {
	x.seq = seq
	x.frames++
	if x.last = x.last.Add(x.every); now.Sub(x.last) > 2*interval {
		x.last = now
	}
}

// compose makes the frame of the pending news.
func (x *watch) compose(f *frame, n *news, s *store, now time.Time) {
	defer func() { x.pending = x.pending[:0] }()
	if x.fields != feed.AllFields {
		f.ids = f.ids[:0]
		for _, i := range x.pending {
			f.ids = append(f.ids, n.ids[i])
		}
		x.gather(f, symbolList{ids: f.ids}, s, now)
		return
	}
	f.from, f.seq = x.seq, n.seq
	p := f.add()
	p.beginQuotes(update, n.seq, now, false)
	for _, i := range x.pending {
		change := n.change(i)
		if p.quotes > 0 && len(p.data)+len(change) > partLimit-32 {
			p.endQuotes(x.place(n.ids[i]))
			p = f.add()
			p.beginQuotes(update, n.seq, now, false)
		}
		p.quote(change, n.oldest[i])
		f.oldest(n.oldest[i])
	}
	p.endQuotes(-1)
}

// gather makes the frame of what changed among the listed symbols since the watch's last one. It
// has no part when nothing did.
func (x *watch) gather(f *frame, among symbolList, s *store, now time.Time) {
	d := delivery{kind: update, list: among, fields: x.fields, from: x.seq}
	for {
		p := f.add()
		s.part(p, &d, now)
		if d.told == 0 && !p.more {
			f.reset()
			return
		}
		if p.more {
			p.next = x.place(among.at(p.next))
		}
		f.oldest(p.news)
		if !p.more {
			break
		}
	}
	f.from, f.seq = x.seq, d.at
}

// place is where in the watch's symbols id stands.
func (x *watch) place(id feed.SymbolID) int {
	if x.list.all {
		return int(id)
	}
	place, _ := slices.BinarySearch(x.list.ids, id)
	return place
}
