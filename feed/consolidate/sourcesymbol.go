package consolidate

import (
	"hash/maphash"
	"slices"
	"time"

	"tickertape/feed"
	"tickertape/feed/calendar"
	"tickertape/feed/market"
)

// sourceSymbol is what one source has said of one symbol.
type sourceSymbol struct {
	source     *source
	connection *connection  // which said it last
	claimed    market.State // what the source says of the symbol's trading
	reason     string       // and why; "": it does not say
	rhythm
	traded    market.Time   // exchange time of the newest last price, in or out of the session
	regular   market.Time   // the same of one in the session
	quoted    market.Time   // exchange time of the newest quote
	last      market.Price  // in or out of the session: what the next trade is compared with
	bid, ask  market.Price  // of the newest quote; 0: none
	seen      *window       // ids of the newest trades; nil: none had one
	held      []market.Tick // trades that moved too far and wait for their confirmation
	heldSince time.Time     // when the first of them came
	refused   refusals      // the trades that were refused last
	tally     *market.Tally // what the source has said so far; nil where there is only one source
	market    *schedule     // nil: it never closes, and has no days
	day       calendar.SymbolDay
	overnight overnight

	seriesLeftOut bool // bars or trades were not published, since another source counted
}

// rhythm is how often data of a symbol come.
type rhythm struct {
	heard       time.Time     // when the newest came; zero: none yet
	meanGap     time.Duration // moving average of the time between them
	steadySince time.Time     // since when they have come without a gap longer than staleAfter
}

// refusals is a ring of trades.
type refusals struct {
	trades [16]print
	n      int // how many ever were
}

// print is a trade as a correction names it. Its id alone is not enough: some exchanges give the same to several trades of a day.
type print struct {
	id    uint64
	price market.Price
	size  market.Quantity
}

func printOf(k *market.Tick) print { return print{k.ID, k.Price, k.Size} }

// corrected is the trade that a correction is about.
func corrected(c *market.Correction) print { return print{c.ID, c.Old.Price, c.Old.Size} }

// known reports whether the source has ever said anything of the symbol.
func (ss *sourceSymbol) known() bool { return !ss.heard.IsZero() || ss.claimed != market.Live }

// newest is the exchange time of the newest data.
func (ss *sourceSymbol) newest() market.Time { return max(ss.traded, ss.quoted) }

// gapsUntilStale is how many mean gaps a symbol may be silent.
const gapsUntilStale = 10

// staleAfter is how long the symbol may be silent before it is stale: stale_after or, where its data are rarer, ten times its
// mean gap, but never longer than stale_most.
func (ss *sourceSymbol) staleAfter(c *Config) time.Duration {
	return min(max(c.StaleAfter, gapsUntilStale*ss.meanGap), c.StaleMost)
}

// frequent reports whether data of the symbol usually come so often that it is stale after stale_after, and no later.
func (ss *sourceSymbol) frequent(c *Config) bool {
	return ss.meanGap > 0 && gapsUntilStale*ss.meanGap <= c.StaleAfter
}

// hear notes that data came. Data of one instant leave no gap between them.
func (ss *sourceSymbol) hear(now time.Time, c *Config) {
	if ss.heard.IsZero() {
		ss.heard, ss.steadySince = now, now
		return
	}
	if ss.frequent(c) {
		ss.source.pause.spoke = true
	}
	gap := now.Sub(ss.heard)
	if gap <= 0 {
		return
	}
	if gap > max(ss.staleAfter(c), c.StaleAfter) {
		ss.steadySince = now
	}
	if ss.meanGap == 0 {
		ss.meanGap = gap
	} else {
		ss.meanGap += (gap - ss.meanGap) / 8
	}
	ss.heard = now
}

// hearImage notes an image with prices. It counts as data of the time in it; the day's figures alone are no data.
func (ss *sourceSymbol) hearImage(im *market.Quote, clock *clock, c *Config) {
	if im.Set&(market.FieldPrice|market.FieldExtended|market.FieldBid|market.FieldAsk) == 0 {
		return
	}
	age := time.Duration(0)
	if im.Set&market.FieldTime != 0 {
		age = time.Duration(max(-clock.ahead(im.Time), 0)) * time.Microsecond
	}
	if at := clock.now.Add(-age); ss.heard.IsZero() || age == 0 {
		ss.hear(at, c)
	} else if at.After(ss.heard) {
		ss.source.pause.spoke = ss.source.pause.spoke || ss.frequent(c)
		ss.heard = at
	}
}

// steadyFor is how long data of the symbol have come over a live connection without a gap longer than staleAfter.
func (ss *sourceSymbol) steadyFor(now time.Time) time.Duration {
	if ss.connection.liveSince.After(ss.steadySince) {
		return now.Sub(ss.connection.liveSince)
	}
	return now.Sub(ss.steadySince)
}

// setLast notes a trade as the last one.
func (ss *sourceSymbol) setLast(k *market.Tick, at market.Time) {
	ss.traded, ss.last = at, k.Price
	if k.Flags&market.SetsLast != 0 {
		ss.regular = at
	}
}

// noteRefused remembers a trade that was refused: the source may still cancel it.
func (ss *sourceSymbol) noteRefused(k *market.Tick) {
	if k.ID == 0 {
		return // nothing can name it
	}
	r := &ss.refused
	r.trades[r.n%len(r.trades)] = printOf(k)
	r.n++
}

// find is the place of a trade among those refused last; below zero where it is none of them. Where it was refused for its price, a
// correction has another.
func (r *refusals) find(p print) int {
	return slices.IndexFunc(r.trades[:], func(o print) bool { return o == p || o.id == p.id && o.id != 0 && o.price <= 0 })
}

// forget forgets a trade that was refused.
func (r *refusals) forget(p print) {
	if i := r.find(p); i >= 0 {
		r.trades[i] = print{}
	}
}

// has reports whether a trade is among those refused last.
func (r *refusals) has(p print) bool { return r.find(p) >= 0 }

// windowSize is among how many of the newest trades a repeated one is recognised.
const windowSize = 128

// window is the newest trades of a symbol.
type window struct {
	numbers feed.Sequence      // where the source numbers its trades
	ring    [windowSize]uint64 // hashes of them, where it does not
	n       int
}

// hashes makes the numbers that a window holds of trades.
var hashes = maphash.MakeSeed()

// add notes a trade and reports whether it is new. Of trades that are numbered upwards, one below the newest is new only if
// it is known to be missing. Of others, a repetition has the price, the size and the time as well: reporting facilities that share
// an exchange's letter give the same id to different trades.
func (w *window) add(k *market.Tick, at market.Time, numbered bool) bool {
	if numbered {
		place, _, _ := w.numbers.Add(k.ID, at)
		return place != feed.Repeated
	}
	hash := maphash.Comparable(hashes, struct {
		print
		at market.Time // 0 where the source does not say it: that of the receipt differs
	}{printOf(k), k.Time})
	if slices.Contains(w.ring[:min(w.n, windowSize)], hash) {
		return false
	}
	w.ring[w.n%windowSize] = hash
	w.n++
	return true
}
