package broadcast

import (
	"slices"
	"time"

	"tickertape/broadcast/board"
	"tickertape/feed/market"
)

// watch is what those subscribers of a shard share who want the same: quotes of the same symbols with the same fields,
// the same bars and trades, and all of it at the same rate. A frame is made once for all of them.
type watch struct {
	// what each change of a symbol looks at stands together
	seq     board.Seq     // the flush that a member in step is at
	every   time.Duration // static: least time between two frames; 0 is each flush
	quotes  []int         // of the flush that is being published: the places of quotes that concern it
	changed []int         // of the same: the places of its series that may have changed
	waiting int           // its place among the watches with changes that it is too early to send; -1 elsewhere
	fields  market.Fields // static

	members      []*subscriber
	polls        []*poll   // long polls, which wait for its next frame
	frames       uint64    // how many there were
	last         time.Time // when the newest one was made, or due
	newestTrades []uint64  // numbers of the newest trades of a member in step, by series; nil without trades

	// static
	list    *list
	series  []series // in order
	relayed *relayed // nil unless its members follow bars and trades as relays do
	key     watchKey

	// places
	placeInLong   int   // in the watches of all, or of long lists
	placeInRelays int   // in those of relays
	ofSymbol      []int // in those of each symbol of a short list
	ofSeries      []int // in those of each series
}

// watchKey is what a watch is known by, on every shard alike.
type watchKey struct {
	list   listKey
	series seriesKey
	fields market.Fields
	every  time.Duration
}

// interest is what the members of a watch follow, and how.
type interest struct {
	list    *list // held
	fields  market.Fields
	series  []series // in order, and never changed
	relayed *relayed // as in a watch
	every   time.Duration
}

func (i *interest) key() watchKey {
	k := watchKey{list: i.list.key, series: keyOfSeries(i.series), every: i.every}
	if !i.list.empty() {
		k.fields = i.fields
	}
	if i.relayed != nil {
		k.series = keyOfRelayed(k.series, i.relayed)
	}
	return k
}

// allBusy reports whether all members are busy with what they were sent before, and nobody polls.
func (x *watch) allBusy() bool {
	if len(x.polls) > 0 {
		return false
	}
	for _, s := range x.members {
		if !s.busy {
			return false
		}
	}
	return true
}

// single reports whether nobody shares the watch.
func (x *watch) single() bool { return len(x.members)+len(x.polls) == 1 }

// forget lets go what the flush that is being published has changed.
func (x *watch) forget() { x.quotes, x.changed = x.quotes[:0], x.changed[:0] }

// advanceTo sets the flush that members in step are at, with or without a frame. A frame has waited for a
// flush, and for its turn in it, so the next is counted from when this one was due: the rate is kept on average. After
// a longer silence it is counted from now.
func (x *watch) advanceTo(seq board.Seq, now time.Time, interval time.Duration) {
	x.seq = seq
	if x.last = x.last.Add(x.every); now.Sub(x.last) > 2*interval {
		x.last = now
	}
}

// knowTrades sets the numbers of the newest trades of a member in step.
func (x *watch) knowTrades(b *board.Board) {
	for i, one := range x.series {
		if one.isTrades() {
			x.newestTrades[i] = b.NewestTrade(one.symbol(), x.seq)
		}
	}
}

// hasTrades reports whether a set of series has any trades.
func hasTrades(all []series) bool { return slices.ContainsFunc(all, series.isTrades) }

// wakePolls wakes those who wait for a frame.
func (x *watch) wakePolls() {
	for len(x.polls) > 0 {
		p := x.polls[len(x.polls)-1]
		p.stopWaiting()
		p.wake()
	}
}
