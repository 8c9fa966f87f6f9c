package relay

import (
	"fmt"

	"tickertape/feed/market"
)

// board is what the other node has told, over all connections to it. It has one user at a time.
type board struct {
	entries   []entry // by id
	round     int     // counts the images of everything
	partial   bool    // a recording begins with changes: of what was before them nothing is known
	position  position
	strangers map[string]bool // names that the server does not know, or not yet
}

func newBoard() *board { return &board{strangers: map[string]bool{}} }

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
	quote   market.Quote
	round   int  // that last told it; 0: nothing was told
	whole   bool // all is known, not only what has changed
	waiting bool // to be published when the board is up to date
}

// apply takes in what a message says of a symbol: all that is known of it when whole, else what changed.
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
		e.quote.State = market.Live // left out or taken away: live
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

// greet begins a connection to a run of the server, and tells whether it goes on from the position. It does not when a name was
// unknown: what the server has learned of it since can be older than the position.
func (b *board) greet(epoch string) (resumes bool) {
	resumes = b.position.epoch == epoch && len(b.strangers) == 0
	clear(b.strangers)
	if !resumes { // an image of everything comes
		b.position = position{}
		b.round++
	}
	return resumes
}

// met takes in that the server knows a name by now, and tells whether it is news. Until what it says of it is there, no
// position holds.
func (b *board) met(name string) bool {
	if !b.strangers[name] {
		return false
	}
	delete(b.strangers, name)
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
