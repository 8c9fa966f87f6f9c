package broadcast

import (
	"slices"
	"time"

	"tickertape/feed/market"
)

// watch is what those subscribers of a shard share who follow the same symbols with the same fields
// at the same rate: a frame is made once for all of them.
type watch struct {
	// what each change of a symbol looks at stands together
	seq     Seq           // what a member in step has been told
	every   time.Duration // static: least time between two frames; 0 is each flush
	pending []int         // indices into the news that is being told
	waiting int           // place in the watches that have news which it is too early to tell; -1 elsewhere
	fields  market.Fields // static

	members []*subscriber
	polls   []*poll   // long polls, which wait for its next frame
	frames  uint64    // how many there were
	last    time.Time // when the newest one was made, or due

	// static
	list *list
	key  watchKey

	// places
	among int   // in the watches of all, or of long lists
	of    []int // in those of each symbol of a short list
}

// watchKey is what a watch is known by, on every shard alike.
type watchKey struct {
	list   listKey
	fields market.Fields
	every  time.Duration
}

// watches are a shard's. Joining and leaving takes the same time however many there are.
type watches struct {
	byKey    map[watchKey]*watch
	bySymbol [][]following // index is the symbol's id: the watches of short lists
	ofLong   []*watch      // of long lists
	ofAll    []*watch      // follow everyone
	waiting  []*watch      // for their time
	due      time.Time     // when the first of those is due; zero when none waits
	concerns []*watch      // scratch
	everyone []int         // scratch: 0, 1, 2 and so on
}

// following is a watch that a symbol belongs to, and the symbol's place in its list.
type following struct {
	watch *watch
	place int32
}

// join makes s a member of the watch for these symbols, which begins at seq when it is new. What
// the member has not been told yet at that time, no frame will tell.
func (w *watches) join(s *subscriber, l *list, fields market.Fields, every time.Duration, seq Seq) *watch {
	x := w.get(l, fields, every, seq)
	s.member = len(x.members)
	x.members = append(x.members, s)
	return x
}

// get is the watch with this list, fields and rate, made at seq when it is new.
func (w *watches) get(l *list, fields market.Fields, every time.Duration, seq Seq) *watch {
	key := watchKey{l.key, fields, every}
	x := w.byKey[key]
	if x != nil {
		return x
	}
	x = &watch{key: key, list: l, fields: fields, every: every, seq: seq, waiting: -1}
	w.byKey[key] = x
	switch {
	case l.all:
		x.among = len(w.ofAll)
		w.ofAll = append(w.ofAll, x)
	case l.long():
		x.among = len(w.ofLong)
		w.ofLong = append(w.ofLong, x)
	default:
		x.of = make([]int, len(l.ids))
		for i, id := range l.ids {
			for int(id) >= len(w.bySymbol) {
				w.bySymbol = append(w.bySymbol, nil)
			}
			x.of[i] = len(w.bySymbol[id])
			w.bySymbol[id] = append(w.bySymbol[id], following{x, int32(i)})
		}
	}
	return x
}

// leave ends a membership; the last to leave ends the watch.
func (w *watches) leave(s *subscriber, x *watch) {
	x.members = take(x.members, s.member, func(moved *subscriber) { moved.member = s.member })
	w.abandon(x)
}

// abandon ends a watch that nobody belongs to.
func (w *watches) abandon(x *watch) {
	if len(x.members)+len(x.polls) > 0 {
		return
	}
	delete(w.byKey, x.key)
	switch {
	case x.list.all:
		w.ofAll = take(w.ofAll, x.among, func(moved *watch) { moved.among = x.among })
	case x.list.long():
		w.ofLong = take(w.ofLong, x.among, func(moved *watch) { moved.among = x.among })
	default:
		for i, id := range x.list.ids {
			at := x.of[i]
			w.bySymbol[id] = take(w.bySymbol[id], at, func(moved following) { moved.watch.of[moved.place] = at })
		}
	}
	if x.waiting >= 0 {
		w.waiting = take(w.waiting, x.waiting, func(moved *watch) { moved.waiting = x.waiting })
		x.waiting = -1
	}
}

// take takes an entry out of a list: the last moves to its place.
func take[T any](all []T, at int, moved func(T)) []T {
	last := len(all) - 1
	all[at] = all[last]
	moved(all[at])
	var none T
	all[last] = none
	return all[:last]
}

// touched are the watches that the news concerns and that are told at every flush, each with
// what concerns it pending. The others begin to wait for their time.
func (w *watches) touched(n *news) []*watch {
	w.concerns = w.concerns[:0]
	for i, id := range n.ids {
		if int(id) >= len(w.bySymbol) {
			break // ids are in order
		}
		for _, f := range w.bySymbol[id] {
			if x := f.watch; x.every == 0 && x.seq < n.seq {
				if len(x.pending) == 0 {
					w.concerns = append(w.concerns, x)
				}
				x.pending = append(x.pending, i) // as touch does, where a call would be felt
			} else {
				w.touch(x, n, i)
			}
		}
	}
	for _, x := range w.ofLong {
		for i, id := range n.ids {
			if x.list.has(id) && !w.touch(x, n, i) {
				break // one is enough
			}
		}
	}
	if len(n.ids) == 0 {
		return w.concerns
	}
	for i := len(w.everyone); i < len(n.ids); i++ {
		w.everyone = append(w.everyone, i)
	}
	for _, x := range w.ofAll {
		if w.touch(x, n, 0) {
			x.pending = w.everyone[:len(n.ids)] // shared by all of them: touch alone writes to it, the 0 that is there
		}
	}
	return w.concerns
}

// touch notes that the i-th of the news concerns a watch. It returns false where no more has to be known.
func (w *watches) touch(x *watch, n *news, i int) bool {
	switch {
	case x.seq >= n.seq: // it began after this flush was published
		return false
	case x.every > 0:
		w.wait(x)
		return false
	}
	if len(x.pending) == 0 {
		w.concerns = append(w.concerns, x)
	}
	x.pending = append(x.pending, i)
	return true
}

func (w *watches) wait(x *watch) {
	if x.waiting >= 0 {
		return
	}
	x.waiting = len(w.waiting)
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
			x.waiting = -1
			w.concerns = append(w.concerns, x)
			continue
		}
		x.waiting = len(still)
		still = append(still, x)
		if w.due.IsZero() || due.Before(w.due) {
			w.due = due
		}
	}
	clear(w.waiting[len(still):])
	w.waiting = still
	return w.concerns
}

// deaf tells whether all members are busy with what they were told before, and nobody polls.
func (x *watch) deaf() bool {
	if len(x.polls) > 0 {
		return false
	}
	for _, s := range x.members {
		if !s.busy {
			return false
		}
	}
	return true
}

// alone tells whether nobody shares the watch.
func (x *watch) alone() bool { return len(x.members)+len(x.polls) == 1 }

// told notes a frame. It has waited for a flush, and for its turn in it, so the next is counted from
// when this one was due: the rate is kept on average. After a longer silence it is counted from now.
func (x *watch) told(seq Seq, now time.Time, interval time.Duration) {
	x.frames++
	x.reach(seq, now, interval)
}

// reach notes what has been told, with or without a frame.
func (x *watch) reach(seq Seq, now time.Time, interval time.Duration) {
	x.seq = seq
	if x.last = x.last.Add(x.every); now.Sub(x.last) > 2*interval {
		x.last = now
	}
}

// compose makes the frame of the pending news.
func (x *watch) compose(f *frame, n *news, s *store, now time.Time) {
	defer func() { x.pending = x.pending[:0] }()
	if x.fields != market.AllFields {
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
func (x *watch) place(id market.SymbolID) int {
	if x.list.all {
		return int(id)
	}
	place, _ := slices.BinarySearch(x.list.ids, id)
	return place
}
