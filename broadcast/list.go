package broadcast

import (
	"hash/maphash"
	"slices"
	"unsafe"

	"tickertape/broadcast/admission"
	"tickertape/feed/market"
)

// symbolList is who is followed: the sorted ids, or everyone that the board has.
type symbolList struct {
	all bool
	ids []market.SymbolID
}

func (l symbolList) len(all int) int {
	if l.all {
		return all
	}
	return len(l.ids)
}

func (l symbolList) at(i int) market.SymbolID {
	if l.all {
		return market.SymbolID(i)
	}
	return l.ids[i]
}

func (l symbolList) empty() bool { return !l.all && len(l.ids) == 0 }

// with is the union of two lists.
func (l symbolList) with(m symbolList) symbolList {
	if l.all || m.all {
		return symbolList{all: true}
	}
	ids := make([]market.SymbolID, 0, len(l.ids)+len(m.ids))
	a, b := l.ids, m.ids
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
	return symbolList{ids: append(append(ids, a...), b...)}
}

// without are the members of l that m does not have; size is how many symbols there are.
func (l symbolList) without(m symbolList, size int) symbolList {
	if m.all {
		return symbolList{}
	}
	if l.all && len(m.ids) == 0 {
		return l
	}
	var ids []market.SymbolID
	gone := m.ids
	for i := range l.len(size) {
		id := l.at(i)
		for len(gone) > 0 && gone[0] < id {
			gone = gone[1:]
		}
		if len(gone) == 0 || gone[0] != id {
			ids = append(ids, id)
		}
	}
	return symbolList{ids: ids}
}

// list is a symbolList that all subscribers of a shard share who follow it, so that it takes its memory once.
type list struct {
	symbolList
	key     listKey
	members []uint64 // of a long one: a bit for each symbol
	refs    int
	memory  int64 // reserved for it
}

// listKey is what a list is known by. Two lists with one key are the same, as far as anybody can bring about:
// the seeds of its sums are this process's secret.
type listKey struct {
	length int // -1 is everyone
	sums   [2]uint64
}

var listSeeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

func keyOf(l symbolList) listKey {
	if l.all {
		return listKey{length: -1}
	}
	k := listKey{length: len(l.ids)}
	if len(l.ids) > 0 {
		bytes := unsafe.Slice((*byte)(unsafe.Pointer(&l.ids[0])), len(l.ids)*int(unsafe.Sizeof(l.ids[0])))
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

// nobody is the list of those who follow no quotes.
var nobody = &list{}

// lists are those that a shard's subscribers follow, by what is in them.
type lists map[listKey]*list

// hold is the shared list with these symbols, kept until it is dropped as often as it was held. It returns nil when
// there is no memory for a new one. size is how many symbols there are.
func (t lists) hold(l symbolList, size int, memory *admission.Memory) *list {
	if l.empty() {
		return nobody
	}
	key := keyOf(l)
	x := t[key]
	if x == nil {
		need := admission.MemoryList(len(l.ids), size)
		if !memory.Reserve(need) {
			return nil
		}
		x = &list{symbolList: symbolList{all: l.all, ids: slices.Clip(l.ids)}, key: key, memory: need}
		if n := len(l.ids); n >= longList {
			x.members = make([]uint64, l.ids[n-1]/64+1)
			for _, id := range l.ids {
				x.members[id/64] |= 1 << (id % 64)
			}
		}
		t[key] = x
	}
	x.refs++
	return x
}

// drop lets a list go.
func (t lists) drop(x *list, memory *admission.Memory) {
	if x == nobody {
		return
	}
	if x.refs--; x.refs == 0 {
		delete(t, x.key)
		memory.Free(x.memory)
	}
}

// has tells whether a long list has a symbol.
func (x *list) has(id market.SymbolID) bool {
	word := int(id / 64)
	return word < len(x.members) && x.members[word]&(1<<(id%64)) != 0
}

// long tells whether the list has a bit for each symbol.
func (x *list) long() bool { return x.members != nil }
