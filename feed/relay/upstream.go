package relay

import (
	"fmt"

	"tickertape/feed/market"
)

// upstream is the state of the other node, as it has published it over all connections so far. One connection at a time uses it.
type upstream struct {
	entries  []upstreamSymbol // by id
	round    int              // how many connections have begun with an image of everything
	partial  bool             // a recording begins with changes: nothing is known of what was before them
	position position
	unknown  map[string]bool // names that the server does not know, or not yet
	lack     string          // why there are no bars and trades, for the status; "" where there are
}

func newUpstream() *upstream { return &upstream{unknown: map[string]bool{}} }

// position says how far it is up to date; the zero value: not at all.
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

// upstreamSymbol is what was published of one symbol.
type upstreamSymbol struct {
	quote   market.Quote
	round   int  // the round in which the symbol last came; 0: it has not
	whole   bool // all is known, not only what has changed
	waiting bool // changed, and to be published once all symbols are up to date
}

// apply applies what a message says of a symbol: all that is known of it if whole is true, else what has changed since this
// connection's last message about it.
func (u *upstream) apply(id market.SymbolID, r *reading, whole bool) *upstreamSymbol {
	for int(id) >= len(u.entries) {
		u.entries = append(u.entries, upstreamSymbol{quote: market.Quote{Symbol: market.SymbolID(len(u.entries))}})
	}
	e := &u.entries[id]
	if whole || e.round != u.round { // the first change after an image of everything that left it out says all, too
		e.quote = market.Quote{Symbol: id}
	}
	e.whole = e.whole || whole || !u.partial
	e.quote.Merge(&r.values)
	e.quote.Set &^= r.gone
	if e.quote.Set&market.FieldState == 0 {
		e.quote.State = market.Live // left out or null: live
	}
	e.round = u.round
	return e
}

// image is the entry as it is published.
func (e *upstreamSymbol) image() market.Quote {
	q := e.quote
	q.Set |= market.FieldState
	q.Replaces = e.whole
	return q
}

// onHello begins a connection to a run of the server, and reports whether it goes on from the position. It does not if a name
// was unknown: the quote of a symbol that the server knows since then can be older than the position.
func (u *upstream) onHello(epoch string) (resumes bool) {
	resumes = u.position.epoch == epoch && len(u.unknown) == 0
	clear(u.unknown)
	if !resumes { // an image of everything comes
		u.position = position{}
		u.round++
	}
	return resumes
}

// learned notes that the server knows a name, and reports whether that is new. If it is, the position is dropped: it says
// nothing of this symbol, whose quote is still to come.
func (u *upstream) learned(name string) bool {
	if !u.unknown[name] {
		return false
	}
	delete(u.unknown, name)
	u.position = position{}
	return true
}

// release adds the waiting entries to images. Symbols that the newest image of everything leaves out are down from now on.
func (u *upstream) release(images []market.Quote) []market.Quote {
	for i := range u.entries {
		e := &u.entries[i]
		if e.round != 0 && e.round != u.round && e.quote.State != market.Down {
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
