package consolidate

import (
	"slices"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// track is what one source has said of one symbol.
type track struct {
	line    int          // the connection that said it last
	own     market.State // what the source says of the symbol's trading
	heard   time.Time    // when the newest news came
	gap     time.Duration
	well    time.Time   // since when it speaks without a longer pause
	traded  market.Time // exchange time of the newest last price
	quoted  market.Time // of the newest quote
	regular market.Price
	last    market.Price // in or out of the session: what the next one is held against
	bid     market.Price // 0: none
	ask     market.Price
	ids     *window
	held    []market.Tick // trades that moved too far to be believed yet
	heldAt  time.Time     // when the first of them came
	dropped [16]uint64    // ids of the trades that were refused last
	drops   int           // how many ever were
	tally   *market.Tally // nil where there is one source only
}

// known tells whether the source has ever said anything of it.
func (t *track) known() bool { return !t.heard.IsZero() || t.own != market.Live }

// newest is the exchange time of the newest of its news.
func (t *track) newest() market.Time { return max(t.traded, t.quoted) }

// steadiness is how many times its usual pause a symbol may be silent.
const steadiness = 10

// patience is how long the symbol may be without news: stale_after or, where its news are rarer, some of its
// usual pauses.
func (t *track) patience(c Config) time.Duration {
	return min(max(c.StaleAfter, steadiness*t.gap), c.StaleMost)
}

// hear notes that there are news. A pause of its own is not one of the usual ones.
func (t *track) hear(now time.Time, c Config) {
	if t.heard.IsZero() {
		t.heard, t.well = now, now
		return
	}
	pause := now.Sub(t.heard)
	if pause <= 0 {
		return
	}
	if pause > max(t.patience(c), c.StaleAfter) {
		t.well = now
	}
	if t.gap == 0 {
		t.gap = pause
	} else {
		t.gap += (pause - t.gap) / 8
	}
	t.heard = now
}

// sum notes an image, which is as old as what it sums up. The day's figures alone are no news of the price.
func (t *track) sum(im *market.Quote, now time.Time, c Config) {
	if im.Set&(market.FieldPrice|market.FieldExtended|market.FieldBid|market.FieldAsk) == 0 {
		return
	}
	age := time.Duration(0)
	if im.Set&market.FieldTime != 0 {
		age = max(now.Sub(im.Time.Std()), 0)
	}
	if at := now.Add(-age); t.heard.IsZero() || age == 0 {
		t.hear(at, c)
	} else if at.After(t.heard) {
		t.heard = at
	}
}

// drop remembers a trade that was refused: it may be taken back.
func (t *track) drop(id uint64) {
	t.dropped[t.drops%len(t.dropped)] = id
	t.drops++
}

// seen is how many of the newest trades are told from a second telling of one.
const seen = 128

// window is the newest trades of a symbol, by their ids.
type window struct {
	numbers vendors.Sequence // where the source numbers them
	ring    [seen]uint64     // where it does not
	n       int
}

// new notes a trade and tells whether it is one that was not there before. Where trades are numbered
// upwards, anything up to the newest was there before, but for what is known to be missing.
func (w *window) new(id uint64, at market.Time, numbered bool) bool {
	if numbered {
		place, _, _ := w.numbers.Take(id, at)
		return place != vendors.Repeated
	}
	if slices.Contains(w.ring[:min(w.n, seen)], id) {
		return false
	}
	w.ring[w.n%seen] = id
	w.n++
	return true
}
