package broadcast

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/board"
	"tickertape/broadcast/history"
	"tickertape/broadcast/wire"
	"tickertape/feed/market"
)

// resolved are the symbols that names stand for.
type resolved struct {
	list    board.List        // sorted, each once
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

// resolvedIn finds the symbols of the list, once for as long as the directory stays as it is.
func (w *watchlist) resolvedIn(dir *market.Directory) *found {
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

// catalog finds symbols by the names that clients have for them.
type catalog struct {
	dir   *market.Directory
	lists map[string]*watchlist // by name
	cfg   *Config
}

// listOf is the watchlist that a name such as "#tech" stands for, nil where there is none.
func (c *catalog) listOf(name string) *watchlist {
	list, isList := strings.CutPrefix(name, "#")
	if !isList {
		return nil
	}
	return c.lists[list]
}

// mostOverlap is how many times as many symbols as may be followed the lists of a request may have altogether:
// lists may share symbols.
const mostOverlap = 4

// costOf is what it costs to resolve names, and false where they are too many anyway.
func (c *catalog) costOf(names []string, most int) (admission.Cost, bool) {
	listed := 0
	lists := map[*watchlist]struct{}{}
	for _, name := range names {
		w := c.listOf(name)
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
	return &wire.Fault{Code: wire.TooManySymbols,
		Message: fmt.Sprintf("the lists have more than %d times the %d symbols that are allowed", mostOverlap, most)}
}

// resolve finds symbols by name, where "*" is everyone and "#name" a watchlist. Each name, list and symbol counts once; more than
// most symbols, or names that are none, are an error that begins with key.
func (c *catalog) resolve(key string, names []string, most int) (resolved, error) {
	var r resolved
	if names = wire.Distinct(names); len(names) > most {
		return r, wire.TooMany(key, len(names), most)
	}
	members := make([]uint64, c.dir.Len()/64+1)
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
		if w := c.listOf(name); w != nil {
			f := w.resolvedIn(c.dir)
			if listed += len(w.symbols); listed > mostOverlap*most {
				return r, tooManyListed(most)
			}
			r.list.All = r.list.All || f.all
			r.unknown = append(r.unknown, f.unknown...)
			for _, id := range f.ids {
				add(id)
			}
		} else if name == "*" {
			r.list.All = true
		} else if id, ok := c.dir.ID(name); ok {
			add(id)
		} else {
			r.unknown = append(r.unknown, name)
		}
		if len(r.named) > most {
			return r, wire.TooMany(key, len(r.named), most)
		}
	}
	slices.Sort(r.unknown)
	r.unknown = slices.Compact(r.unknown)
	r.list.IDs = slices.Clone(r.named)
	slices.Sort(r.list.IDs)
	return r, nil
}

// appendSymbols is the list of the symbols that were named as JSON, "*" for everyone.
func (c *catalog) appendSymbols(r *resolved) []byte {
	var out wire.List
	if r.list.All {
		out.Add("*")
	}
	for _, id := range r.named {
		out.Add(c.dir.Symbol(id).Symbol)
	}
	return out.JSON()
}

// listOfNamed is the list of symbols that were named as JSON; nil where there are none.
func (c *catalog) listOfNamed(r *resolved) []byte {
	if len(r.named) == 0 && !r.list.All {
		return nil
	}
	return c.appendSymbols(r)
}

// resolveSeries finds the symbols whose bars or trades are named.
func (c *catalog) resolveSeries(key string, names []string) (resolved, error) {
	if slices.Contains(names, "*") {
		return resolved{}, &wire.Fault{Code: wire.BadRequest,
			Message: key + `: "*" is for messages of a WebSocket alone; name symbols or "#watchlist"`}
	}
	named, err := c.resolve("bars and trades", names, c.cfg.MaxSeries)
	if err == nil && named.list.All {
		err = &wire.Fault{Code: wire.BadRequest, Message: key + ": the list has all symbols; name fewer"}
	}
	return named, err
}

// resolveUnfollow finds the bars and trades that are to be followed no more.
func (c *catalog) resolveUnfollow(r *wire.Request) (u unfollowing, err error) {
	u.allIntervals = r.Of == ""
	for _, bars := range r.Bars { // one, or none
		u.interval = bars.Interval
		if u.bars, err = c.resolve("bars", bars.Names, c.cfg.MaxSymbols); err != nil {
			return u, err
		}
	}
	u.trades, err = c.resolve("trades", r.Trades, c.cfg.MaxSymbols)
	return u, err
}

// unfollowing is what a message says of bars and trades that are to be followed no more.
type unfollowing struct {
	bars, trades resolved
	interval     history.Interval
	allIntervals bool // interval
}

// has reports whether a series is one of them.
func (u *unfollowing) has(x series) bool {
	named := &u.bars
	if x.isTrades() {
		named = &u.trades
	} else if !u.allIntervals && x.interval() != u.interval {
		return false
	}
	_, found := slices.BinarySearch(named.list.IDs, x.symbol())
	return found || named.list.All
}
