package broadcast

import (
	"hash/maphash"
	"slices"
	"unsafe"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/board"
	"tickertape/feed/market"
)

// joined is the union of two lists.
func joined(l, m board.List) board.List {
	if l.All || m.All {
		return board.List{All: true}
	}
	ids := make([]market.SymbolID, 0, len(l.IDs)+len(m.IDs))
	a, b := l.IDs, m.IDs
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			ids, a = append(ids, a[0]), a[1:]
		case a[0] > b[0]:
			ids, b = append(ids, b[0]), b[1:]
		default:
			ids, a, b = append(ids, a[0]), a[1:], b[1:]
		}
	}
	return board.List{IDs: append(append(ids, a...), b...)}
}

// without are the members of l that m does not have; size is how many symbols there are.
func without(l, m board.List, size int) board.List {
	if m.All {
		return board.List{}
	}
	if l.All && len(m.IDs) == 0 {
		return l
	}
	var ids []market.SymbolID
	gone := m.IDs
	for i := range l.Len(size) {
		id := l.At(i)
		for len(gone) > 0 && gone[0] < id {
			gone = gone[1:]
		}
		if len(gone) == 0 || gone[0] != id {
			ids = append(ids, id)
		}
	}
	return board.List{IDs: ids}
}

// list is a list of symbols that all subscribers of a shard share who follow it, so that it takes its memory once.
type list struct {
	board.List
	key    listKey
	bits   []uint64 // of a long one: a bit for each symbol
	refs   int
	memory int64 // reserved for it
}

// listKey is what a list is known by. Two lists with one key are the same: nobody can force
// a collision, since the seeds of the sums are this process's secret.
type listKey struct {
	length int // -1 is all symbols
	sums   [2]uint64
}

var listSeeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

func keyOf(l board.List) listKey {
	if l.All {
		return listKey{length: -1}
	}
	k := listKey{length: len(l.IDs)}
	if len(l.IDs) > 0 {
		bytes := unsafe.Slice((*byte)(unsafe.Pointer(&l.IDs[0])), len(l.IDs)*int(unsafe.Sizeof(l.IDs[0])))
		for i, seed := range listSeeds {
			k.sums[i] = maphash.Bytes(seed, bytes)
		}
	}
	return k
}

// longList is from how many symbols on a list has a bit for each symbol: whether a flush concerns it is found by
// the symbols that changed, and joining and leaving its watches cost nothing. Below, each symbol knows who
// follows it.
const longList = 256

// noSymbols is the list of those who follow no quotes.
var noSymbols = &list{}

// lists are those that a shard's subscribers follow, by what is in them.
type lists map[listKey]*list

// hold is the shared list with these symbols, kept until it is dropped as often as it was held. It returns nil when
// there is no memory for a new one, which reserve takes. size is how many symbols there are.
func (t lists) hold(l board.List, size int, reserve func(int64) bool) *list {
	if l.Empty() {
		return noSymbols
	}
	key := keyOf(l)
	x := t[key]
	if x == nil {
		need := admission.MemoryList(len(l.IDs), size)
		if !reserve(need) {
			return nil
		}
		x = &list{List: board.List{All: l.All, IDs: slices.Clip(l.IDs)}, key: key, memory: need}
		if n := len(l.IDs); n >= longList {
			x.bits = make([]uint64, l.IDs[n-1]/64+1)
			for _, id := range l.IDs {
				x.bits[id/64] |= 1 << (id % 64)
			}
		}
		t[key] = x
	}
	x.refs++
	return x
}

// drop lets a list go.
func (t lists) drop(x *list, memory *admission.Memory) {
	if x == noSymbols {
		return
	}
	if x.refs--; x.refs == 0 {
		delete(t, x.key)
		memory.Free(x.memory)
	}
}

// has reports whether a long list has a symbol.
func (x *list) has(id market.SymbolID) bool {
	word := int(id / 64)
	return word < len(x.bits) && x.bits[word]&(1<<(id%64)) != 0
}

// long reports whether the list has a bit for each symbol.
func (x *list) long() bool { return x.bits != nil }

// empty reports whether there are no symbols.
func (x *list) empty() bool { return x.Empty() }

// place is where in the list id stands.
func (x *list) place(id market.SymbolID) int {
	if x.All {
		return int(id)
	}
	place, _ := slices.BinarySearch(x.IDs, id)
	return place
}
