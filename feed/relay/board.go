package relay

import (
	"fmt"

	"tickertape/feed"
)

// board is what the other node has told, over all connections to it. It has one user at a time.
type board struct {
	entries  []entry // by id
	round    int     // counts the images of everything
	partial  bool    // a recording begins with changes: of what was before them nothing is known
	position position
}

// position is how far a board is up to date; the zero value is nowhere.
type position struct {
	epoch string
	seq   uint64
}

func (p position) String() string {
	if p.epoch == "" {
		return ""
	}
	return fmt.Sprintf("%s-%d", p.epoch, p.seq)
}

// entry is what was told of one symbol.
type entry struct {
	quote   feed.Quote
	round   int  // that last told it; 0: nothing was told
	whole   bool // all is known, not only what has changed
	waiting bool // to be published when the board is up to date
}

// apply takes in what a message says of a symbol: all that is known of it when whole, else what changed.
func (b *board) apply(id feed.SymbolID, r *reading, whole bool) *entry {
	for int(id) >= len(b.entries) {
		b.entries = append(b.entries, entry{quote: feed.Quote{Symbol: feed.SymbolID(len(b.entries))}})
	}
	e := &b.entries[id]
	if whole {
		e.quote = feed.Quote{Symbol: id}
	}
	e.whole = e.whole || whole || !b.partial
	e.quote.Merge(&r.values)
	e.quote.Set &^= r.gone
	if e.quote.Set&feed.FieldState == 0 {
		e.quote.State = feed.Live // left out or taken away: live
	}
	e.round = b.round
	return e
}

// image is the entry as it is published.
func (e *entry) image() feed.Quote {
	q := e.quote
	q.Set |= feed.FieldState
	q.Whole = e.whole
	return q
}

// begin starts an image of everything, for there is no position.
func (b *board) begin() {
	b.position = position{}
	b.round++
}

// release adds what waits to images, and says that symbols are down which the newest image of everything leaves out.
func (b *board) release(images []feed.Quote) []feed.Quote {
	for i := range b.entries {
		e := &b.entries[i]
		if e.round != 0 && e.round != b.round && e.quote.State != feed.Down {
			e.quote.State = feed.Down
			e.quote.Set |= feed.FieldState
			e.waiting = true
		}
		if e.waiting {
			e.waiting = false
			images = append(images, e.image())
		}
	}
	return images
}
