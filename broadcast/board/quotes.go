package board

import "tickertape/feed/market"

// Version is one symbol's quote as of the newest flush that changed it, with the flush that last changed each field.
type Version struct {
	Symbol   string
	Quote    market.Quote
	Last     Seq // the newest of Changed; 0: nothing was published yet
	Changed  [market.NumFields]Seq
	Received market.Time // when its newest tick came
}

// Since are the fields that changed after a flush.
func (v *Version) Since(seq Seq) market.Fields {
	var f market.Fields
	if v.Last <= seq {
		return 0
	}
	for i, s := range v.Changed {
		if s > seq {
			f |= 1 << i
		}
	}
	return f
}

// List is some symbols: the sorted ids, or all that the board has.
type List struct {
	All bool
	IDs []market.SymbolID
}

// Len is how many symbols there are, where the board has size.
func (l List) Len(size int) int {
	if l.All {
		return size
	}
	return len(l.IDs)
}

// At is the i-th symbol.
func (l List) At(i int) market.SymbolID {
	if l.All {
		return market.SymbolID(i)
	}
	return l.IDs[i]
}

// Mode is what a cursor reads of a quote.
type Mode uint8

const (
	Updated  Mode = iota // the fields that changed after From
	Whole                // all fields of a quote of which any changed after From
	Snapshot             // the fields that are known
	Resumed              // those of a quote that changed after From, and those that have gone since
)

// Cursor reads the quotes of a list, as of one flush, some at a time. A quote that has changed since is left out, and
// Owed says so. It belongs to one goroutine.
type Cursor struct {
	List
	Mode   Mode
	Fields market.Fields // that are wanted; the state always is, so that an old price never looks live
	From   Seq           // what changed after it
	Start  int           // the place in the list to begin with
	Newest bool          // a quote that has changed since the first read is read as it is, instead of left out

	At       Seq       // the flush as of which it reads; 0: the newest, which the first read sets
	Standing *Standing // of the sources, which the first read sets
	Places   int       // in the list; the first read sets it
	Done     int       // places that have been looked at
	Begun    bool      // At and Places are set
	Owed     bool      // some were left out
	First    int       // the place of the first of these
}

// Over tells whether all has been read.
func (c *Cursor) Over() bool { return c.Begun && c.Done >= c.Places }

// Picked is a quote that a cursor has read, and its fields that it wants: those that are not in Quote.Set are unknown.
type Picked struct {
	Version
	Fields market.Fields
}

// sweep is how many places are looked at under one lock.
const sweep = 8 * 256

// Read copies the next quotes that a cursor is after, in the order of its list, and returns how many. There may be none
// although it is not over.
func (b *Board) Read(c *Cursor, into []Picked) (n int) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if !c.Begun {
		c.Begun, c.At, c.Places = true, b.seq, c.Len(len(b.versions))
	}
	if c.Standing == nil {
		c.Standing = b.standing
	}
	for stop := min(c.Places, c.Done+sweep); c.Done < stop && n < len(into); c.Done++ {
		place := c.Start + c.Done
		if place >= c.Places {
			place -= c.Places
		}
		id := int(c.List.At(place))
		if id >= len(b.versions) || b.versions[id].Last <= c.From {
			continue
		}
		v := &b.versions[id]
		if v.Last > c.At && !c.Newest {
			if !c.Owed {
				c.Owed, c.First = true, place
			}
			continue
		}
		if f, wanted := c.pick(v); wanted {
			into[n] = Picked{*v, f}
			n++
		}
	}
	return n
}

// pick are the fields of v that are read, and whether v is read at all.
func (c *Cursor) pick(v *Version) (market.Fields, bool) {
	wanted := c.Fields | market.FieldState
	changed := v.Since(c.From) & wanted
	switch c.Mode {
	case Whole:
		return wanted, changed != 0
	case Updated:
		return changed, changed != 0
	case Resumed:
		return v.Quote.Set&wanted | changed, changed != 0
	default:
		return v.Quote.Set & wanted, true
	}
}

// Versions copies the newest versions of some symbols, which have been published. into has room for all of them.
func (b *Board) Versions(ids []market.SymbolID, into []Version) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for i, id := range ids {
		into[i] = b.versions[id]
	}
}

// Size is how many symbols have a place: ids below it.
func (b *Board) Size() int {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return len(b.versions)
}

// ChangedSince tells whether any of the symbols changed after a flush in one of the fields, or in its state.
func (b *Board) ChangedSince(seq Seq, list List, fields market.Fields) bool {
	for i, more := 0, true; more; i += sweep {
		var found bool
		if found, more = b.changedIn(i, seq, list, fields|market.FieldState); found {
			return true
		}
	}
	return false
}

// changedIn looks at a sweep of places from i on, and tells whether there are more behind them.
func (b *Board) changedIn(i int, seq Seq, list List, fields market.Fields) (found, more bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	places := list.Len(len(b.versions))
	for stop := min(places, i+sweep); i < stop; i++ {
		if id := int(list.At(i)); id < len(b.versions) && b.versions[id].Since(seq)&fields != 0 {
			return true, false
		}
	}
	return false, i < places
}

// CountSince counts the symbols of a list, and those of them that changed after a flush.
func (b *Board) CountSince(seq Seq, list List) (places, changed int) {
	for i, more := 0, true; more; i += sweep {
		var n int
		places, n, more = b.countIn(i, seq, list)
		changed += n
	}
	return places, changed
}

func (b *Board) countIn(i int, seq Seq, list List) (places, changed int, more bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	places = list.Len(len(b.versions))
	for stop := min(places, i+sweep); i < stop; i++ {
		if id := int(list.At(i)); id < len(b.versions) && b.versions[id].Last > seq {
			changed++
		}
	}
	return places, changed, i < places
}

// States counts the symbols by the state of their quote, by [market.State].
func (b *Board) States() []int {
	counts := make([]int, len(market.States()))
	b.mu.RLock()
	defer b.mu.RUnlock()
	for i := range b.versions {
		if b.versions[i].Last > 0 {
			counts[b.versions[i].Quote.State]++
		}
	}
	return counts
}
