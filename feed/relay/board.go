package relay

import (
	"fmt"

	"tickertape/feed/market"
)

// board is what the other node has published, over all connections to it. It has one user at a time.
type board struct {
	entries  []entry // by id
	round    int     // counts the images of everything
	partial  bool    // a recording begins with changes: of what was before them nothing is known
	position position
	unknown  map[string]bool // names that the server does not know, or not yet
}

func newBoard() *board { return &board{unknown: map[string]bool{}} }

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

// entry is what was published of one symbol.
type entry struct {
	quote   market.Quote
	round   int  // in which it last came; 0: it has not
	whole   bool // all is known, not only what has changed
	waiting bool // to be published when the board is up to date
}

// apply adds what a message says of a symbol: all that is known of it when whole, otherwise what has changed.
func (b *board) apply(id market.SymbolID, r *reading, whole bool) *entry {
	for int(id) >= len(b.entries) {
		b.entries = append(b.entries, entry{quote: market.Quote{Symbol: market.SymbolID(len(b.entries))}})
	}
	e := &b.entries[id]
	if whole {
		e.quote = market.Quote{Symbol: id}
	}
	e.whole = e.whole || whole || !b.partial
	e.quote.Merge(&r.values)
	e.quote.Set &^= r.gone
	if e.quote.Set&market.FieldState == 0 {
		e.quote.State = market.Live // left out or null: live
	}
	e.round = b.round
	return e
}

// image is the entry as it is published.
func (e *entry) image() market.Quote {
	q := e.quote
	q.Set |= market.FieldState
	q.Whole = e.whole
	return q
}

// greet begins a connection to a run of the server, and reports whether it goes on from the position. It does not when a name was
// unknown: what the server has learned of it since can be older than the position.
func (b *board) greet(epoch string) (resumes bool) {
	resumes = b.position.epoch == epoch && len(b.unknown) == 0
	clear(b.unknown)
	if !resumes { // an image of everything comes
		b.position = position{}
		b.round++
	}
	return resumes
}

// learned notes that the server knows a name by now, and returns whether that is new. Until its quote has come, no position
// holds.
func (b *board) learned(name string) bool {
	if !b.unknown[name] {
		return false
	}
	delete(b.unknown, name)
	b.position = position{}
	return true
}

// release adds what waits to images, and says that symbols are down which the newest image of everything leaves out.
func (b *board) release(images []market.Quote) []market.Quote {
	for i := range b.entries {
		e := &b.entries[i]
		if e.round != 0 && e.round != b.round && e.quote.State != market.Down {
			e.quote.State = market.Down
			e.quote.Set |= market.FieldState
			e.waiting = true
		}
		if e.waiting {
			e.waiting = false
			images = append(images, e.image())
		}
	}
	return images
}
