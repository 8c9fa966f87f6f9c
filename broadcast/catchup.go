package broadcast

import (
	"slices"
	"time"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/board"
	"tickertape/broadcast/history"
	"tickertape/broadcast/wire"
	"tickertape/feed/market"
)

// catchUp is an item that sends one subscriber all that it has missed of what it follows, newest values only: bars and
// trades, and then quotes. Its messages are made one by one, each when the one before has been written. Each series is
// sent as of the newest flush then, and so are the quotes, or what changes all the time would never be sent. The
// subscriber's position is afterwards the flush at which the catch-up began, so the next one may repeat some bars.
type catchUp struct {
	resumed bool // after a pause: the quotes are a snapshot

	begun   bool
	at      board.Seq // the flush that it began at
	place   int       // of the series whose turn it is
	reader  history.Reader
	reading bool // reader is at the series whose turn it is
	quotes  quotesOut

	relayed     walk // of what is followed as a relay does
	relayedSent bool

	learnt map[series]int // those of names that have become known, and the limits of their histories, until they are sent
	news   news
}

func (c *catchUp) send(s *subscriber) (done bool, err error) {
	if !c.begun {
		c.begun, c.at = true, s.shard.hub.board.Seq()
		if x := s.watch; x != nil && s.sentSeries == x.seq {
			s.stepOut(x.newestTrades)
		}
	}
	switch {
	case !c.news.empty():
		return false, s.tell(&c.news)
	case s.waits.ripe() && !c.reading && !c.relayed.reading && !c.quotes.made:
		return false, c.learn(s)
	}
	if sent, err := c.sendSeries(s); sent || err != nil {
		return false, err
	}
	if done, err := c.sendRelayed(s); !done || err != nil {
		return false, err
	}
	if s.waits.ripe() && !c.quotes.made { // nothing was left of the series that was read
		return false, c.learn(s)
	}
	if c.place == len(s.follows.series) && !c.quotes.made {
		s.sentSeries = c.at
	}
	if s.follows.list.empty() {
		s.sent = max(s.sentSeries, s.newestSent)
		s.caughtUp()
		return true, nil
	}
	if !c.quotes.made {
		c.quotes = s.changedQuotes(c.resumed)
	}
	return c.quotes.send(s)
}

// sendSeries writes the next message about bars or trades, if there is one.
func (c *catchUp) sendSeries(s *subscriber) (sent bool, err error) {
	for c.place < len(s.follows.series) {
		one := s.follows.series[c.place]
		if !c.reading {
			c.reader = s.readerOf(c.place)
			if limit, new := c.learnt[one]; new {
				c.reader = history.Reader{Interval: one.interval(), Limit: limit, FromStart: true}
			} else if !s.shard.hub.board.HasChanges(one.symbol(), &c.reader) {
				c.place++
				continue
			}
		}
		any, more := s.shard.makeSeries(one, &c.reader)
		if c.reading = more; !more {
			if s.newestTrades != nil {
				s.newestTrades[c.place] = c.reader.Newest
			}
			delete(c.learnt, one)
			c.place++
		}
		if any {
			return true, s.write(&s.shard.part, !more && c.lastOfSeries(s))
		}
	}
	return false, nil
}

// lastOfSeries notes, on an event stream, that nothing is left of the flush that the catch-up began at, once its series are
// sent: what follows then is of later flushes. It reports whether that is so.
func (c *catchUp) lastOfSeries(s *subscriber) bool {
	if s.transport != EventStream || s.seriesChanged(c.place) {
		return false
	}
	if f := &s.follows; !f.list.empty() {
		if s.leftOut || s.board.ChangedSince(s.sent, f.list.List, f.fields) {
			return false
		}
		s.sent = max(s.sent, c.at)
	}
	s.sentSeries = max(s.sentSeries, c.at)
	return true
}

// learn follows what has become known of the names that the subscriber waits for, and begins to tell it. Nothing of them was known
// at the flush that the subscriber is at, so what it has missed since has all of their quotes: it is sent as a snapshot. What is
// followed as a relay does has changed since, too, from its first bar and trade on.
func (c *catchUp) learn(s *subscriber) error {
	sh, w := s.shard, s.waits
	h := sh.hub
	before := s.countSeries()
	var ids []market.SymbolID
	var more []series
	var relayed [kinds]board.List
	for _, one := range w.list.known[w.told:] {
		switch a := w.list.all[one.place]; a.of {
		case ofQuotes:
			ids = append(ids, one.id)
		case ofRelayed:
			for kind := range a.kinds.all() {
				relayed[kind].IDs = append(relayed[kind].IDs, one.id)
				c.news.series = append(c.news.series, seriesOf(one.id, kind))
			}
		default:
			if c.learnt == nil {
				c.learnt = map[series]int{}
			}
			before++ // what was reserved for it is for what is followed from now on
			c.learnt[seriesOf(one.id, a.of)] = int(a.limit)
			more = append(more, seriesOf(one.id, a.of))
		}
	}
	w.told = int32(len(w.list.known))
	slices.Sort(ids)
	list := sh.lists.hold(joined(s.follows.list.List, board.List{IDs: ids}), h.dir.Len(), h.admission.Memory.ReserveNeeded)
	if list == nil || !learnRelayed(s, &relayed) {
		if list != nil {
			s.drop(list)
		}
		s.refused(admission.ReasonMemory)
		return wire.ComeBack(wire.Full, h.cfg.Retry)
	}
	c.news.ids, c.news.series = ids, union(c.news.series, more)
	if s.follows.relay != nil {
		more = slices.DeleteFunc(more, s.follows.relay.has)
	}
	s.setSeries(union(s.follows.series, more))
	s.setList(list)
	if s.waitsFor.Store(int32(w.list.left)); w.list.left == 0 {
		s.setWaits(nil)
	}
	s.place.Release(admission.MemorySeries * int64(before-s.countSeries()))
	s.rejoin()
	c.place, c.resumed = 0, c.resumed || len(ids) > 0
	return s.tell(&c.news)
}

// historyOut is an item that sends one series from its beginning, or from a position of the client's, up to the
// subscriber's flush.
type historyOut struct {
	series series
	reader history.Reader
	begun  bool
}

func (x *historyOut) send(s *subscriber) (done bool, err error) {
	if !x.begun {
		x.begun, x.reader.At = true, max(s.sentSeries, s.newestSent)
	}
	any, more := s.shard.makeSeries(x.series, &x.reader)
	if !more && s.newestTrades != nil {
		if i, followed := slices.BinarySearch(s.follows.series, x.series); followed {
			s.newestTrades[i] = x.reader.Newest
		}
	}
	if !any {
		return !more, nil
	}
	return !more, s.write(&s.shard.part, !more)
}

// owes reports whether a snapshot or a history is still to be sent that was asked for, beside what the first item does while that
// runs. If the position moved before, a client that resumed from it would never get that. A name that is unknown has nothing up
// to any position that there is.
func (o *outbox) owes(h *Hub) bool {
	left, b := o.items, h.board
	if o.inFirst {
		left = left[1:]
	}
	return slices.ContainsFunc(left, func(x item) bool {
		switch x := x.(type) {
		case *request:
			return x.plan != nil && x.kind == wire.Subscribe && (x.plan.quotes || len(x.plan.relayed) > 0 || h.knows(x.plan.awaited) ||
				slices.ContainsFunc(x.plan.series, func(one requested) bool {
					r := x.plan.reader(one)
					return b.HasChanges(one.symbol(), &r)
				}))
		case *snapshotOut:
			return true
		case *historyOut:
			return b.HasChanges(x.series.symbol(), &x.reader)
		}
		return false
	})
}

// quotesOut is an item that sends quotes, in parts: a snapshot, or what has changed. The next one begins with the quote
// that the one before left out first, and what it begins with is never left out, so all come round.
type quotesOut struct {
	made    bool
	kind    wire.Kind
	resumed bool // the snapshot says so
	cursor  board.Cursor
	all     bool // all that is followed: the subscriber is where it ends
	count   int
}

// asOf has the quotes read as of a flush, instead of the newest when they begin.
func (q *quotesOut) asOf(b *board.Board, at board.Seq) {
	c := &q.cursor
	c.Begun, c.At, c.Places = true, at, c.List.Len(b.Size())
}

// send writes the next part. An empty update is not written.
func (q *quotesOut) send(s *subscriber) (done bool, err error) {
	sh := s.shard
	p := &sh.part
	sh.makeQuotes(p, q, time.Now())
	if !p.more {
		s.sentQuotes(q) // what the connection does not take now, it takes before anything else
		if q.kind == wire.Update && q.count == 0 {
			return true, nil
		}
	}
	if p.kind == wire.Update && p.oldest > 0 {
		sh.hub.metrics.age.Observe(max(0, float64(sh.clock().UnixMicro()-int64(p.oldest))/1e6))
	}
	return !p.more, s.write(p, !p.more)
}
