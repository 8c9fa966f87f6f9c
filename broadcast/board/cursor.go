package board

import "tickertape/feed/market"

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

// Empty reports whether there are none.
func (l List) Empty() bool { return !l.All && len(l.IDs) == 0 }

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
	Updated   Mode = iota // the fields that changed after From
	AllFields             // all fields of a quote that changed after From, in whatever field
	Snapshot              // the fields that are known
	Resumed               // those of a quote that changed after From, in whatever field, and those that have gone since
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

	At      Seq           // the flush as of which it reads; 0: the newest, which the first read sets
	Sources *SourceStates // of the sources, which the first read sets
	Places  int           // in the list; the first read sets it
	Done    int           // places that have been looked at
	Begun   bool          // At and Places are set
	LeftOut bool          // some were left out
	First   int           // the place of the first of these
}

// Over reports whether all has been read.
func (c *Cursor) Over() bool { return c.Begun && c.Done >= c.Places }

// Picked is a quote that a cursor has read, and its fields that it wants: those that are not in Quote.Set are unknown.
type Picked struct {
	Version
	Fields market.Fields
}

// pick are the fields of v that are read, and whether v is read at all.
func (c *Cursor) pick(v *Version) (market.Fields, bool) {
	wanted := c.Fields | market.FieldState
	changed := v.Since(c.From) & wanted
	switch c.Mode {
	case AllFields:
		return wanted, true // it was left out, whatever changed since
	case Updated:
		return changed, changed != 0
	case Resumed:
		return v.Quote.Set&wanted | changed, true // it may have been left out before From was sent
	default:
		return v.Quote.Set & wanted, true
	}
}
