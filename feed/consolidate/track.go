package consolidate

import (
	"slices"
	"time"

	"tickertape/feed"
	"tickertape/feed/market"
)

// track is what one source has said of one symbol.
type track struct {
	source     *source
	connection *connection   // which said it last
	claimed    market.State  // what the source says of the symbol's trading
	heard      time.Time     // when the newest data came; zero: none yet
	pause      time.Duration // between data, on average
	steady     time.Time     // since when it has come without a longer pause
	traded     market.Time   // exchange time of the newest last price
	quoted     market.Time   // exchange time of the newest quote
	regular    market.Price  // the session's last price
	last       market.Price  // in or out of the session: what the next trade is compared with
	bid, ask   market.Price  // of the newest quote; 0: none
	seen       *window       // ids of the newest trades; nil: none had one
	held       []market.Tick // trades that moved too far and wait for their confirmation
	heldSince  time.Time     // when the first of them came
	refused    [16]uint64    // ring of the ids of the trades that were refused last
	refusals   int           // how many ever were
	tally      *market.Tally // what the source has said so far; nil where there is only one source
}

// known reports whether the source has ever said anything of the symbol.
func (t *track) known() bool { return !t.heard.IsZero() || t.claimed != market.Live }

// newest is the exchange time of the newest data.
func (t *track) newest() market.Time { return max(t.traded, t.quoted) }

// usualPauses is how many of its usual pauses a symbol may be silent.
const usualPauses = 10

// patience is how long the symbol may be silent before it is stale: stale_after or, where its data are rarer, ten of its
// usual pauses, but never longer than stale_most.
func (t *track) patience(c Config) time.Duration {
	return min(max(c.StaleAfter, usualPauses*t.pause), c.StaleMost)
}

// hear notes that data came. Only pauses between different instants count.
func (t *track) hear(now time.Time, c Config) {
	if t.heard.IsZero() {
		t.heard, t.steady = now, now
		return
	}
	pause := now.Sub(t.heard)
	if pause <= 0 {
		return
	}
	if pause > max(t.patience(c), c.StaleAfter) {
		t.steady = now
	}
	if t.pause == 0 {
		t.pause = pause
	} else {
		t.pause += (pause - t.pause) / 8
	}
	t.heard = now
}

// hearImage notes an image with prices. It is as old as the data in it; figures of the day alone are no data.
func (t *track) hearImage(im *market.Quote, now time.Time, c Config) {
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

// steadyFor is how long the symbol's data have come over a live connection without a longer pause.
func (t *track) steadyFor(now time.Time) time.Duration {
	if t.connection.liveSince.After(t.steady) {
		return now.Sub(t.connection.liveSince)
	}
	return now.Sub(t.steady)
}

// setLast notes a trade as the last one.
func (t *track) setLast(k *market.Tick, at market.Time) {
	t.traded, t.last = at, k.Price
	if k.Flags&market.SetsLast != 0 {
		t.regular = k.Price
	}
}

// noteRefused remembers the id of a trade that was refused: the source may still cancel it.
func (t *track) noteRefused(id uint64) {
	t.refused[t.refusals%len(t.refused)] = id
	t.refusals++
}

// wasRefused reports whether a trade is among those refused last.
func (t *track) wasRefused(id uint64) bool { return slices.Contains(t.refused[:], id) }

// windowSize is among how many of the newest trades a repeated one is recognised.
const windowSize = 128

// window is the newest trades of a symbol, by their ids.
type window struct {
	numbers feed.Sequence      // where the source numbers its trades
	ring    [windowSize]uint64 // where it does not
	n       int
}

// add notes a trade and reports whether it is new. Where trades are numbered upwards, all up to the newest are old but for
// those known to be missing.
func (w *window) add(id uint64, at market.Time, numbered bool) bool {
	if numbered {
		place, _, _ := w.numbers.Add(id, at)
		return place != feed.Repeated
	}
	if slices.Contains(w.ring[:min(w.n, windowSize)], id) {
		return false
	}
	w.ring[w.n%windowSize] = id
	w.n++
	return true
}
