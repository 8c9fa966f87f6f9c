package broadcast

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"tickertape/broadcast/admission"
	"tickertape/feed/market"
)

// resolved are the symbols that names stand for.
type resolved struct {
	list    symbolList        // sorted, each once
	named   []market.SymbolID // each once, in the order of the names
	unknown []string          // names that the feed and the watchlists do not know, each once
}

// watchlist is a configured list, and what its names were found to be.
type watchlist struct {
	symbols []string // static
	found   atomic.Pointer[found]
}

// found are the symbols of a watchlist while the directory has so many.
type found struct {
	size    int
	all     bool
	ids     []market.SymbolID // each once, in order
	unknown []string
}

// in finds the symbols of the list, once for as long as the directory stays as it is.
func (w *watchlist) in(dir *market.Directory) *found {
	size := dir.Len()
	if f := w.found.Load(); f != nil && f.size == size {
		return f
	}
	f := &found{size: size}
	seen := make(map[string]bool, len(w.symbols))
	for _, symbol := range w.symbols {
		if seen[symbol] {
			continue
		}
		seen[symbol] = true
		if symbol == "*" {
			f.all = true
		} else if id, ok := dir.ID(symbol); ok {
			f.ids = append(f.ids, id)
		} else {
			f.unknown = append(f.unknown, symbol)
		}
	}
	w.found.Store(f)
	return f
}

// listOf is the watchlist that a name such as "#tech" stands for, nil where there is none.
func (b *Board) listOf(name string) *watchlist {
	list, isList := strings.CutPrefix(name, "#")
	if !isList {
		return nil
	}
	return b.lists[list]
}

// mostOverlap is how many times as many symbols as may be followed the lists of a request may have altogether:
// lists may share symbols.
const mostOverlap = 4

// costOf is what it costs to resolve names, and false where they are too many anyway.
func (b *Board) costOf(names []string, most int) (admission.Cost, bool) {
	listed := 0
	lists := map[*watchlist]struct{}{}
	for _, name := range names {
		w := b.listOf(name)
		if w == nil {
			continue
		}
		if _, twice := lists[w]; !twice {
			lists[w] = struct{}{}
			if listed += len(w.symbols); listed > mostOverlap*most {
				return admission.Cost{}, false
			}
		}
	}
	return admission.Names(len(names), listed), true
}

// tooManyListed is the fault of a request whose lists have too many symbols.
func tooManyListed(most int) error {
	return &fault{tooManySymbols, fmt.Sprintf("the lists have more than %d times the %d symbols that are allowed", mostOverlap, most)}
}

// resolve finds symbols by name, where "*" is everyone and "#name" a watchlist. Each name, list and symbol counts once; more than
// most symbols, or names that are none, are an error that begins with key.
func (b *Board) resolve(key string, names []string, most int) (resolved, error) {
	var r resolved
	if names = distinct(names); len(names) > most {
		return r, tooMany(key, len(names), most)
	}
	members := make([]uint64, b.dir.Len()/64+1)
	add := func(id market.SymbolID) {
		for int(id/64) >= len(members) { // it has been added since
			members = append(members, 0)
		}
		if members[id/64]&(1<<(id%64)) == 0 {
			members[id/64] |= 1 << (id % 64)
			r.named = append(r.named, id)
		}
	}
	listed := 0
	for _, name := range names {
		if w := b.listOf(name); w != nil {
			f := w.in(b.dir)
			if listed += len(w.symbols); listed > mostOverlap*most {
				return r, tooManyListed(most)
			}
			r.list.all = r.list.all || f.all
			r.unknown = append(r.unknown, f.unknown...)
			for _, id := range f.ids {
				add(id)
			}
		} else if name == "*" {
			r.list.all = true
		} else if id, ok := b.dir.ID(name); ok {
			add(id)
		} else {
			r.unknown = append(r.unknown, name)
		}
		if len(r.named) > most {
			return r, tooMany(key, len(r.named), most)
		}
	}
	slices.Sort(r.unknown)
	r.unknown = slices.Compact(r.unknown)
	r.list.ids = slices.Clone(r.named)
	slices.Sort(r.list.ids)
	return r, nil
}

// appendSymbols appends the symbols that were named as a JSON list, "*" for everyone.
func (b *Board) appendSymbols(out []byte, r *resolved) []byte {
	out = append(out, '[')
	if r.list.all {
		out = append(out, `"*"`...)
	}
	for i, id := range r.named {
		if i > 0 || r.list.all {
			out = append(out, ',')
		}
		out = append(out, '"')
		out = append(out, b.dir.Symbol(id).Symbol...) // feed.CheckSymbol lets nothing through that needs an escape
		out = append(out, '"')
	}
	return append(out, ']')
}
