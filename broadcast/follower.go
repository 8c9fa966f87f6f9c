package broadcast

import (
	"math"
	"time"

	"tickertape/broadcast/board"
	"tickertape/broadcast/history"
	"tickertape/broadcast/wire"
	"tickertape/feed/market"
)

// follower is what one subscriber follows, and how far it is.
type follower struct {
	board *board.Board // static
	cfg   *Config      // static
	follows
	progress
}

// follows is what a subscriber has asked for.
type follows struct {
	list   *list         // noSymbols where no quotes are followed
	waits  *waiter       // for names that are not known yet; nil where it waits for none
	fields market.Fields // a worker reads them, too: they change only while none has a message, after Message and before Listen
	series []series      // in order, and never changed
	relay  *relayed      // nil unless it has the place of one who follows bars and trades, or waits for them, as a relay does
	rate   float64       // updates a second; 0 is each flush
}

// nothing reports whether nothing is followed.
func (f *follows) nothing() bool {
	return f.list.empty() && len(f.series) == 0 && !f.relays()
}

// relays reports whether bars and trades are followed as a relay does.
func (f *follows) relays() bool { return f.relay != nil && !f.relay.nothing() }

// progress is what a subscriber has been sent.
type progress struct {
	sent         board.Seq // all quotes up to this flush
	sentSeries   board.Seq // all bars and trades up to this flush
	newestSent   board.Seq // the highest of all messages: none with a lower one may follow
	newestTrades []uint64  // numbers of the newest trades, by series; nil while in step, when the watch has them, and without trades
	behind       bool      // it may have missed something that no frame to come will carry
	leftOut      bool      // the last catch-up left some quotes out: they are sent with all their fields
	start        int32     // place in its list where the next catch-up begins
	sources      uint64    // the version of the sources' states that it has
}

// granted is the rate that the subscriber gets at most, in updates a second.
func (x *follower) granted() float64 {
	most := math.Round(1e6/x.cfg.Interval.Seconds()) / 1e6
	if x.rate == 0 || x.rate > most {
		return most
	}
	return x.rate
}

// every is the least time between two updates; 0 is each flush.
func (x *follower) every() time.Duration {
	if x.rate == 0 {
		return 0
	}
	if every := time.Duration(float64(time.Second) / x.rate); every > x.cfg.Interval {
		return every
	}
	return 0
}

// position is the flush up to which everything that is followed has been sent. Some of it may have been sent as of a later
// one.
func (x *follower) position() board.Seq {
	switch {
	case x.list.empty():
		return x.sentSeries
	case len(x.series) == 0:
		return x.sent
	}
	return min(x.sent, x.sentSeries)
}

// inStep reports whether a frame has all that the subscriber is missing. If so, its newest trades are its watch's.
func (x *follower) inStep(f *frame) bool {
	if x.behind || x.leftOut || x.sent < f.from {
		return false
	}
	if len(x.series) == 0 {
		return true
	}
	switch {
	case x.sentSeries < f.from:
		return false
	case x.newestTrades != nil && x.sentSeries != f.from: // it would get trades twice
		return false
	}
	x.newestTrades = nil
	return true
}

// stepOut copies the newest trades of its watch, as of the subscriber's flush, for one who is no longer in step.
func (x *follower) stepOut(ofWatch []uint64) {
	if x.newestTrades == nil && len(ofWatch) > 0 {
		x.newestTrades = append(make([]uint64, 0, len(ofWatch)), ofWatch...)
	}
}

// fallBehind is stepOut for one who does not get a frame of what changed after from.
func (x *follower) fallBehind(from board.Seq, ofWatch []uint64) {
	if x.sentSeries == from {
		x.stepOut(ofWatch)
	}
}

// readerOf reads a followed series from where the subscriber is.
func (x *follower) readerOf(place int) history.Reader {
	r := history.Reader{Interval: x.series[place].interval(), After: x.sentSeries}
	if x.newestTrades != nil {
		r.Newest = x.newestTrades[place]
	}
	return r
}

// seriesChanged reports whether there is anything to send of the series that are followed, from a place on.
func (x *follower) seriesChanged(from int) bool {
	for i := from; i < len(x.series); i++ {
		r := x.readerOf(i)
		if x.board.HasChanges(x.series[i].symbol(), &r) {
			return true
		}
	}
	return false
}

// caughtUp notes that the subscriber may be in step, unless bars or trades have changed since they were sent.
func (x *follower) caughtUp() {
	x.behind, x.leftOut, x.start = false, false, 0
	switch {
	case x.sentSeries >= x.sent:
	case x.seriesChanged(0), relayedChanged(x):
		x.behind = true
	default:
		x.sentSeries = x.sent
	}
}

// changedQuotes are what a subscriber has missed; after a pause they are a snapshot.
func (x *follower) changedQuotes(resumed bool) quotesOut {
	f := &x.follows
	q := quotesOut{made: true, kind: wire.Update, all: true}
	q.cursor = board.Cursor{List: f.list.List, Fields: f.fields, From: x.sent, Start: int(x.start)}
	if resumed {
		q.kind, q.resumed, q.cursor.Mode = wire.Snapshot, true, board.Resumed
	}
	if x.leftOut { // what went away from those that were left out is not known
		q.cursor.Mode = board.AllFields
	}
	return q
}

// restOfQuotes are the quotes of a frame from a place in its list on.
func (x *follower) restOfQuotes(f *frame, from int) quotesOut {
	q := quotesOut{made: true, kind: wire.Update, all: true, count: 1}
	q.cursor = board.Cursor{List: x.list.List, Fields: x.fields, From: f.from}
	q.asOf(x.board, f.seq)
	q.cursor.Done = from
	return q
}

// sentQuotes notes how far the subscriber is.
func (x *follower) sentQuotes(q *quotesOut) {
	c := &q.cursor
	x.sent = c.At
	switch {
	case c.LeftOut:
		x.behind, x.leftOut, x.start = true, true, int32(x.list.place(c.List.At(c.First)))
	case q.all:
		x.caughtUp()
	}
}
