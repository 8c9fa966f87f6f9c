package broadcast

import (
	"time"

	"tickertape/broadcast/board"
	"tickertape/feed/market"
)

// watches are a shard's. Joining and leaving takes as long as the watch's short list and its series, however many
// watches there are.
type watches struct {
	board    *board.Board // static
	byKey    map[watchKey]*watch
	bySymbol [][]following // index is the symbol's id: the watches of short lists
	bySeries [][]following // index is the symbol's id: the watches of its bars or trades
	ofLong   []*watch      // of long lists
	ofAll    []*watch      // follow all symbols
	ofRelays []*watch      // follow bars and trades as relays do
	waiting  []*watch      // for their time
	due      time.Time     // when the first of those is due; zero when none waits
	concerns []*watch      // scratch
	indexes  []int         // scratch: 0, 1, 2 and so on
}

// following is a watch that a symbol belongs to, and the symbol's place in its list, or the series' place among its
// series.
type following struct {
	watch *watch
	place int32
}

// join makes s a member of the watch for an interest, which begins at seq when it is new. Frames carry what changes
// after the watch's seq: the caller must catch the member up first.
func (w *watches) join(s *subscriber, of interest, seq board.Seq) *watch {
	x := w.get(of, seq)
	s.member = int32(len(x.members))
	x.members = append(x.members, s)
	return x
}

// get is the watch for an interest, made at seq when it is new.
func (w *watches) get(of interest, seq board.Seq) *watch {
	key := of.key()
	x := w.byKey[key]
	if x != nil {
		return x
	}
	x = &watch{key: key, list: of.list, fields: of.fields, series: of.series, relayed: of.relayed, every: of.every, seq: seq, waiting: -1}
	w.byKey[key] = x
	switch l := x.list; {
	case l.All:
		x.placeInLong = len(w.ofAll)
		w.ofAll = append(w.ofAll, x)
	case l.long():
		x.placeInLong = len(w.ofLong)
		w.ofLong = append(w.ofLong, x)
	default:
		x.ofSymbol = make([]int, len(l.IDs))
		for i, id := range l.IDs {
			x.ofSymbol[i] = enlist(&w.bySymbol, id, following{x, int32(i)})
		}
	}
	if len(x.series) > 0 {
		x.ofSeries = make([]int, len(x.series))
		for i, one := range x.series {
			x.ofSeries[i] = enlist(&w.bySeries, one.symbol(), following{x, int32(i)})
		}
		if hasTrades(x.series) {
			x.newestTrades = make([]uint64, len(x.series))
			x.knowTrades(w.board)
		}
	}
	if x.relayed != nil {
		x.placeInRelays = len(w.ofRelays)
		w.ofRelays = append(w.ofRelays, x)
	}
	return x
}

// enlist appends an entry to those of a symbol, and returns its place.
func enlist(all *[][]following, id market.SymbolID, f following) int {
	for int(id) >= len(*all) {
		*all = append(*all, nil)
	}
	(*all)[id] = append((*all)[id], f)
	return len((*all)[id]) - 1
}

// leave ends a membership; the last to leave ends the watch.
func (w *watches) leave(s *subscriber, x *watch) {
	x.members = remove(x.members, int(s.member), func(moved *subscriber) { moved.member = s.member })
	w.abandon(x)
}

// abandon ends a watch that nobody belongs to.
func (w *watches) abandon(x *watch) {
	if len(x.members)+len(x.polls) > 0 {
		return
	}
	delete(w.byKey, x.key)
	switch {
	case x.list.All:
		w.ofAll = remove(w.ofAll, x.placeInLong, func(moved *watch) { moved.placeInLong = x.placeInLong })
	case x.list.long():
		w.ofLong = remove(w.ofLong, x.placeInLong, func(moved *watch) { moved.placeInLong = x.placeInLong })
	default:
		for i, id := range x.list.IDs {
			at := x.ofSymbol[i]
			w.bySymbol[id] = remove(w.bySymbol[id], at, func(moved following) { moved.watch.ofSymbol[moved.place] = at })
		}
	}
	for i, one := range x.series {
		at, id := x.ofSeries[i], one.symbol()
		w.bySeries[id] = remove(w.bySeries[id], at, func(moved following) { moved.watch.ofSeries[moved.place] = at })
	}
	if x.relayed != nil {
		w.ofRelays = remove(w.ofRelays, x.placeInRelays, func(moved *watch) { moved.placeInRelays = x.placeInRelays })
	}
	if x.waiting >= 0 {
		w.waiting = remove(w.waiting, x.waiting, func(moved *watch) { moved.waiting = x.waiting })
		x.waiting = -1
	}
}

// remove takes an entry out of a list: the last moves to its place.
func remove[T any](all []T, at int, moved func(T)) []T {
	last := len(all) - 1
	all[at] = all[last]
	moved(all[at])
	var none T
	all[last] = none
	return all[:last]
}

// touched are the watches that a flush concerns and that get a frame at every flush, each with what concerns it. The
// others begin to wait for their time.
func (w *watches) touched(f *flush) []*watch {
	w.concerns = w.concerns[:0]
	for i, id := range f.Quotes {
		if int(id) >= len(w.bySymbol) {
			break // ids are in order
		}
		for _, one := range w.bySymbol[id] {
			if x := one.watch; x.every == 0 && x.seq < f.Seq {
				if len(x.quotes) == 0 {
					w.concerns = append(w.concerns, x)
				}
				x.quotes = append(x.quotes, i) // touch, written out: a call costs too much here
			} else {
				w.touch(x, f, i)
			}
		}
	}
	for _, x := range w.ofLong {
		for i, id := range f.Quotes {
			if x.list.has(id) && !w.touch(x, f, i) {
				break // one is enough
			}
		}
	}
	w.touchAll(f)
	for _, id := range f.Traded {
		if int(id) >= len(w.bySeries) {
			continue
		}
		for _, one := range w.bySeries[id] {
			w.touchSeries(one.watch, f, int(one.place))
		}
	}
	if len(f.Traded) > 0 {
		for _, x := range w.ofRelays {
			w.touchSeries(x, f, 0) // whatever changed: its members are caught up
		}
	}
	return w.concerns
}

// touchAll is for the watches that follow everyone: every changed quote concerns them.
func (w *watches) touchAll(f *flush) {
	if len(f.Quotes) == 0 {
		return
	}
	for i := len(w.indexes); i < len(f.Quotes); i++ {
		w.indexes = append(w.indexes, i)
	}
	for _, x := range w.ofAll {
		if w.touch(x, f, 0) {
			x.quotes = w.indexes[:len(f.Quotes)] // shared by all of them: touch may write index 0 again, which is its value
		}
	}
}

// touch notes that the i-th changed quote concerns a watch. It returns false where no more has to be known.
func (w *watches) touch(x *watch, f *flush, i int) bool {
	if !w.noteConcern(x, f) {
		return false
	}
	x.quotes = append(x.quotes, i)
	return true
}

// touchSeries notes that a series of a watch may have changed.
func (w *watches) touchSeries(x *watch, f *flush, place int) {
	if w.noteConcern(x, f) {
		x.changed = append(x.changed, place)
	}
}

// noteConcern reports whether a flush is to be published to a watch now. One whose time has not come begins to wait.
func (w *watches) noteConcern(x *watch, f *flush) bool {
	switch {
	case x.seq >= f.Seq: // it began after this flush was committed
		return false
	case x.every > 0:
		w.wait(x)
		return false
	}
	if len(x.quotes)+len(x.changed) == 0 {
		w.concerns = append(w.concerns, x)
	}
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
