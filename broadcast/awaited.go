package broadcast

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/history"
	"tickertape/feed/market"
)

// awaited is what is wanted of a name that is not known yet: its quotes, bars of an interval, its trades, or what a relay wants.
type awaited struct {
	name  string
	of    history.Interval // or one of the following
	kinds kindSet          // of what a relay wants
	limit int32            // bars of its history; 0 is all that are kept
}

const (
	ofQuotes  history.Interval = 0xff
	ofAnyBars history.Interval = 0xfe // of all intervals, in an unsubscribe
	ofRelayed history.Interval = 0xfd // bars and trades as a relay follows them
)

func (a awaited) compare(b awaited) int {
	return cmp.Or(strings.Compare(a.name, b.name), cmp.Compare(a.of, b.of))
}

// appendAwaited appends what is wanted of names that are not known. Those that can never be the name of a symbol are left
// out. It does not keep the names, which are parts of what a client sent.
func appendAwaited(all []awaited, names []string, of history.Interval, limit int) []awaited {
	for _, name := range names {
		if market.CheckSymbol(name) == nil {
			all = append(all, awaited{name: strings.Clone(name), of: of, limit: int32(limit)})
		}
	}
	return all
}

// unionAwaited is what one of two waits for: in order, each once. The limits of b hold where both have one.
func unionAwaited(a, b []awaited) []awaited {
	all := append(slices.Clone(b), a...)
	slices.SortStableFunc(all, awaited.compare)
	once := all[:0]
	for _, x := range all {
		if n := len(once); n > 0 && once[n-1].compare(x) == 0 {
			once[n-1].kinds |= x.kinds
		} else {
			once = append(once, x)
		}
	}
	return once
}

// awaitedCount is how many names there are whose quotes are wanted, how many bars and trades, and how many names that a relay wants
// bars and trades of.
type awaitedCount struct{ quotes, series, relayed int }

// add counts what is wanted of a name, n times.
func (c *awaitedCount) add(a awaited, n int) {
	switch a.of {
	case ofQuotes:
		c.quotes += n
	case ofRelayed:
		c.relayed += n
	default:
		c.series += n
	}
}

func countAwaited(all []awaited) (c awaitedCount) {
	for _, a := range all {
		c.add(a, 1)
	}
	return c
}

// knows reports whether one of the names has become known.
func (c *catalog) knows(all []awaited) bool {
	return slices.ContainsFunc(all, func(a awaited) bool {
		_, known := c.dir.ID(a.name)
		return known
	})
}

// waitlist is what those subscribers and long polls of a shard share who wait for the same names. When a name becomes
// known, it is noted here once, and each of them is told when it has its turn.
type waitlist struct {
	key     waitKey
	all     []awaited    // static: in order
	ofName  []int        // where each stands among those that are wanted of its name; -1 once that is known
	left    int          // of all, whose names are not known
	count   awaitedCount // of those
	known   []learnt     // in the order in which they became known
	members []*subscriber
	polls   []*poll
	noted   bool  // among those that are ripe
	memory  int64 // reserved for it
}

// learnt is a name that has become known.
type learnt struct {
	place int32 // in the list
	id    market.SymbolID
}

// waitKey is what a waitlist is known by, as a [listKey] is that of a list.
type waitKey struct {
	n    int
	sums [2]uint64
}

func keyOfAwaited(all []awaited) waitKey {
	k := waitKey{n: len(all)}
	for i, seed := range listSeeds {
		var h maphash.Hash
		h.SetSeed(seed)
		for _, a := range all {
			h.WriteString(a.name) // of at most 32 bytes
			h.Write(binary.LittleEndian.AppendUint64([]byte{byte(len(a.name)), byte(a.of)}, uint64(a.kinds)<<32|uint64(uint32(a.limit))))
		}
		k.sums[i] = h.Sum64()
	}
	return k
}

// waitlists are a shard's. A name that becomes known is looked up once, however many wait for it.
type waitlists struct {
	byKey  map[waitKey]*waitlist // those of which no name is known yet: others cannot be joined
	byName map[string][]awaiting
	most   int             // names there have been since byName was made
	total  *atomic.Int64   // of all shards
	look   chan<- struct{} // is told when there is a first one
	ripe   []*waitlist     // scratch
}

func newWaitlists(h *Hub) waitlists {
	return waitlists{byKey: map[waitKey]*waitlist{}, byName: map[string][]awaiting{}, total: &h.awaited, look: h.look}
}

// awaiting is a waitlist that a name belongs to, and the place in it.
type awaiting struct {
	list  *waitlist
	place int32
}

// hold is the shared list of what is awaited, which is in order; nil when there is no memory for a new one, which reserve
// takes. The caller joins it. Only what the directory has afterwards is noted.
func (w *waitlists) hold(all []awaited, reserve func(int64) bool) *waitlist {
	key := keyOfAwaited(all)
	if x := w.byKey[key]; x != nil {
		return x
	}
	bytes := 0
	for _, a := range all {
		bytes += len(a.name)
	}
	need := admission.MemoryNames(len(all), bytes)
	if !reserve(need) {
		return nil
	}
	if w.total.Add(1) == 1 {
		select {
		case w.look <- struct{}{}:
		default:
		}
	}
	x := &waitlist{key: key, all: all, ofName: make([]int, len(all)), left: len(all), count: countAwaited(all), memory: need}
	for i, a := range all {
		of := w.byName[a.name]
		x.ofName[i] = len(of)
		w.byName[a.name] = append(of, awaiting{x, int32(i)})
	}
	w.most = max(w.most, len(w.byName))
	w.byKey[key] = x
	return x
}

// abandon ends a list on which nobody is.
func (w *waitlists) abandon(x *waitlist, memory *admission.Memory) {
	if len(x.members)+len(x.polls) > 0 {
		return
	}
	w.close(x)
	for i, at := range x.ofName {
		if at < 0 {
			continue
		}
		name := x.all[i].name
		of := remove(w.byName[name], at, func(moved awaiting) { moved.list.ofName[moved.place] = at })
		if w.byName[name] = of; len(of) == 0 {
			delete(w.byName, name)
		}
	}
	w.shrink()
	w.total.Add(-1)
	memory.Free(x.memory)
}

// shrink makes the map anew when few names are left of many: a map keeps the memory of the most that it has had, which is reckoned
// no more, and takes as long to walk.
func (w *waitlists) shrink() {
	if w.most < 4096 || len(w.byName) > w.most/16 {
		return
	}
	byName := make(map[string][]awaiting, len(w.byName))
	maps.Copy(byName, w.byName)
	w.byName, w.most = byName, len(byName)
}

// close has nobody join a list any more.
func (w *waitlists) close(x *waitlist) {
	if w.byKey[x.key] == x {
		delete(w.byKey, x.key)
	}
}

// learn notes that a name is known.
func (w *waitlists) learn(name string, id market.SymbolID) {
	for _, one := range w.byName[name] {
		x := one.list
		x.ofName[one.place] = -1
		if !x.noted {
			x.noted = true
			w.ripe = append(w.ripe, x)
			w.close(x)
		}
		x.left--
		x.count.add(x.all[one.place], -1)
		x.known = append(x.known, learnt{one.place, id})
	}
	delete(w.byName, name)
}

// learn notes the symbols that the directory has from one number on, up to another. Whoever waits for one of them gets a
// turn.
func (sh *shard) learn(from, to int) {
	w := &sh.waitlists
	dir := sh.hub.dir
	if to-from <= len(w.byName) {
		for id := from; id < to; id++ {
			w.learn(dir.Symbol(market.SymbolID(id)).Symbol, market.SymbolID(id))
		}
	} else {
		for name := range w.byName {
			if id, known := dir.ID(name); known {
				w.learn(name, id)
			}
		}
	}
	for _, x := range w.ripe {
		x.noted = false
		for _, s := range x.members {
			sh.later(s)
		}
		for _, p := range x.polls {
			p.wake()
		}
	}
	clear(w.ripe)
	w.ripe = w.ripe[:0]
	w.shrink()
}

// waiter is one who is on a waitlist.
type waiter struct {
	list  *waitlist
	place int32 // among its members
	told  int32 // of what the list knows
}

// ripe reports whether names have become known that the subscriber has not been told of. From then on it is sent nothing of
// a newer flush before it follows them, so its position holds for them, too. A nil waiter waits for nothing.
func (w *waiter) ripe() bool { return w != nil && int(w.told) < len(w.list.known) }

// count counts what is still awaited. It costs nothing, however much that is.
func (w *waiter) count() awaitedCount {
	if w == nil {
		return awaitedCount{}
	}
	return w.list.count
}

// left is what is still awaited.
func (w *waiter) left() (all []awaited) {
	if w == nil {
		return nil
	}
	if w.list.left == len(w.list.all) {
		return w.list.all
	}
	for i, a := range w.list.all {
		if w.list.ofName[i] >= 0 {
			all = append(all, a)
		}
	}
	return all
}
