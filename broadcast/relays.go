package broadcast

import (
	"fmt"
	"hash/maphash"
	"sync/atomic"
	"time"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/board"
	"tickertape/broadcast/history"
	"tickertape/broadcast/wire"
	"tickertape/feed/market"
)

// A relay follows bars and trades of whole lists of symbols, beyond max_series. What it has missed is what changed after its
// position, so nothing is kept for each series. It is sent in turns, one catch-up for each flush: it has no frames, which
// nobody would share, and whoever has frames does not wait for it.

// relayPlaces are the places of subscribers that follow bars and trades as relays do.
type relayPlaces struct {
	most  int64 // static
	taken atomic.Int64
}

// take takes a place, or says why there is none.
func (p *relayPlaces) take() error {
	if p.most == 0 {
		return &wire.Fault{Code: wire.TooManySymbols,
			Message: `bars and trades of "*", or beyond max_series, are not for anybody here (broadcast.relays: 0)`}
	}
	if p.taken.Add(1) > p.most {
		p.taken.Add(-1)
		return &wire.Fault{Code: wire.Full,
			Message: fmt.Sprintf(`bars and trades of "*", or beyond max_series, are for %d at once (broadcast.relays): try again later`, p.most)}
	}
	return nil
}

// free gives a place back.
func (p *relayPlaces) free() { p.taken.Add(-1) }

// kinds is how many kinds of series there are: bars of each interval, and trades.
const kinds = history.NumIntervals + 1

// relayed are the symbols whose bars and trades a relay follows: lists by interval, that of its trades last; nil where there are
// none. It is never changed, only replaced.
type relayed struct{ lists [kinds]*list }

// has reports whether a series is followed.
func (r *relayed) has(x series) bool {
	l := r.lists[x.interval()]
	return l != nil && l.follows(x.symbol())
}

// nothing reports whether nothing is followed.
func (r *relayed) nothing() bool { return r.lists == [kinds]*list{} }

// follows reports whether a list has a symbol.
func (x *list) follows(id market.SymbolID) bool {
	if x.All || x.long() {
		return x.All || x.has(id)
	}
	at := x.place(id)
	return at < len(x.IDs) && x.IDs[at] == id
}

// keyOfRelayed is what a set of series is known by, with what is followed beside it as a relay does.
func keyOfRelayed(k seriesKey, r *relayed) seriesKey {
	var all struct {
		series seriesKey
		lists  [kinds]listKey
	}
	all.series = k
	for i, l := range r.lists {
		if l != nil {
			all.lists[i] = l.key
		}
	}
	k.n = -1 - k.n
	for i, seed := range listSeeds {
		k.sums[i] = maphash.Comparable(seed, all)
	}
	return k
}

// relaying is what a subscriber follows as a relay does, while it has a place.
type relaying struct {
	*relayed
	next *relayed // followed once everything of before has been sent; nil where there is none
}

// wholeLists is what a request asks for of one interval, or of trades, as a relay does.
type wholeLists struct {
	kind  history.Interval
	list  board.List
	limit int // bars of each history; 0 is all that are kept
}

// planRelayed adds to a plan the bars and trades that a subscribe asks for as a relay does.
func (p *planner) planRelayed(x *plan, r *wire.Request) error {
	x.relay = true
	var unknown []string
	add := func(key string, names []string, kind history.Interval, limit int) ([]byte, error) {
		named, err := p.resolve(key, names, p.cfg.MaxSymbols)
		if err != nil {
			return nil, err
		}
		unknown = append(unknown, named.unknown...)
		if named.list.All {
			named.list.IDs, named.named = nil, nil
		}
		if !named.list.Empty() {
			x.relayed = append(x.relayed, wholeLists{kind, named.list, limit})
		}
		return p.listOfNamed(&named), nil
	}
	var err error
	for _, bars := range r.Bars { // one, or none
		if x.bars, err = add("bars", bars.Names, bars.Interval, bars.Limit); err != nil {
			return err
		}
		x.interval = bars.Interval.String()
	}
	if len(r.Trades) > 0 {
		if x.trades, err = add("trades", r.Trades, history.Trades, 0); err != nil {
			return err
		}
	}
	x.listUnknown(&x.named.unknown, &unknown)
	return nil
}

// relayedReader reads series of a request from the client's position on.
func (x *plan) relayedReader(w *wholeLists) history.Reader {
	return x.reader(requested{series: seriesOf(0, w.kind), limit: w.limit})
}

// costOfRelayed is the cost of the histories that a request asks for as a relay does.
func (p *planner) costOfRelayed(x *plan) (cost admission.Cost) {
	for i := range x.relayed {
		w := &x.relayed[i]
		n := p.board.CostOf(w.list, x.relayedReader(w))
		cost = cost.Plus(admission.Bars(n)).Plus(admission.Rewatch(len(w.list.IDs)))
	}
	return cost
}

// prepareRelayed holds what a request asks for as a relay does, until it is followed. Its subscriber takes a place, if it has
// none.
func prepareRelayed(s *subscriber, plan *plan) error {
	if len(plan.relayed) == 0 {
		return nil
	}
	h := s.shard.hub
	if s.follows.relay == nil {
		if err := h.relays.take(); err != nil {
			return err
		}
		s.follows.relay = &relaying{relayed: &relayed{}}
	}
	x := s.follows.relay
	next := &relayed{}
	for kind, l := range x.lists {
		var all board.List
		if l != nil {
			all = l.List
		}
		for i := range plan.relayed {
			if w := &plan.relayed[i]; int(w.kind) == kind {
				all = joined(all, w.list)
			}
		}
		if all.Empty() {
			continue
		}
		if next.lists[kind] = s.shard.lists.hold(all, h.dir.Len(), h.admission.Memory); next.lists[kind] == nil {
			x.next = next
			cancelRelayed(s)
			return noMemory
		}
	}
	x.next = next
	return nil
}

// cancelRelayed forgets what was prepared.
func cancelRelayed(s *subscriber) {
	x := s.follows.relay
	if x == nil || x.next == nil {
		return
	}
	dropRelayed(s, x.next)
	x.next = nil
	endRelaying(s)
}

// dropRelayed lets lists go.
func dropRelayed(s *subscriber, x *relayed) {
	for _, l := range x.lists {
		if l != nil {
			s.drop(l)
		}
	}
}

// followRelayed follows what was prepared.
func followRelayed(s *subscriber) {
	x := s.follows.relay
	if x == nil || x.next == nil {
		return
	}
	s.leaveWatch()
	dropRelayed(s, x.relayed)
	x.relayed, x.next = x.next, nil
}

// unfollowRelayed stops following what an unsubscribe names.
func unfollowRelayed(s *subscriber, u *unfollowing) bool {
	x := s.follows.relay
	if x == nil {
		return true
	}
	h := s.shard.hub
	next := &relayed{}
	for kind, l := range x.lists {
		if l == nil {
			continue
		}
		left := l.List
		switch named := &u.bars.list; {
		case history.Interval(kind) == history.Trades:
			left = without(left, u.trades.list, h.dir.Len())
		case u.allIntervals || u.interval == history.Interval(kind):
			left = without(left, *named, h.dir.Len())
		}
		if left.Empty() {
			continue
		}
		if next.lists[kind] = s.shard.lists.hold(left, h.dir.Len(), h.admission.Memory); next.lists[kind] == nil {
			dropRelayed(s, next)
			return false
		}
	}
	x.next = next
	followRelayed(s)
	endRelaying(s)
	return true
}

// endRelaying gives the place of a subscriber back that follows nothing as a relay does.
func endRelaying(s *subscriber) {
	if x := s.follows.relay; x != nil && x.nothing() && x.next == nil {
		s.follows.relay = nil
		s.shard.hub.relays.free()
	}
}

// stopRelaying is for a subscriber that leaves.
func stopRelaying(s *subscriber) {
	x := s.follows.relay
	if x == nil {
		return
	}
	dropRelayed(s, x.relayed)
	if x.next != nil {
		dropRelayed(s, x.next)
	}
	s.follows.relay = nil
	s.shard.hub.relays.free()
}

// relayedChanged reports whether anything that is followed as a relay does has changed after the subscriber's flush.
func relayedChanged(x *follower) bool {
	if x.relay == nil {
		return false
	}
	for at := market.SymbolID(0); ; {
		next, found, over := x.board.NextTraded(at, x.sentSeries)
		switch {
		case over:
			return false
		case !found:
			at = next
			continue
		}
		for kind := range kinds {
			if x.relay.has(seriesOf(next, history.Interval(kind))) {
				return true
			}
		}
		at = next + 1
	}
}

// walk makes the messages of series that a relay follows, in their order.
type walk struct {
	at      series // whose turn it is
	reader  history.Reader
	reading bool // reader is at the series whose turn it is
}

// A relay is sent so many messages at once, at most, of so many series that are looked at.
const (
	messagesAtOnce = 64
	seriesAtOnce   = 4096
)

// fill adds the next messages of series that have changed after a flush, as many as are written at once. from makes the reader
// of a series. It reports whether there are no more.
func (w *walk) fill(sh *shard, of *relayed, after board.Seq, from func(series) history.Reader, out *parts) (over bool) {
	b, bytes := sh.hub.board, 0
	for looked := 0; looked < seriesAtOnce && out.used < messagesAtOnce && bytes < sh.hub.lengths.part; looked++ {
		if w.at.interval() > history.Trades {
			w.at = seriesOf(w.at.symbol()+1, 0)
		}
		if !w.reading {
			next, found, over := b.NextTraded(w.at.symbol(), after)
			if next != w.at.symbol() {
				w.at = seriesOf(next, 0)
			}
			if over || !found {
				return over
			}
			if !of.has(w.at) {
				w.at++
				continue
			}
			if w.reader = from(w.at); !b.HasChanges(w.at.symbol(), &w.reader) {
				w.at++
				continue
			}
		}
		p := out.add()
		p.begin(w.at.kind())
		var any, more bool
		p.data, any, more = sh.hub.encoder.appendSeries(p.data, w.at, &w.reader, sh.now)
		if p.seq = w.reader.At; !more {
			p.seq = w.reader.After // the reader has done with it
			w.at++
		}
		if w.reading = more; any {
			bytes += len(p.data)
		} else {
			out.used--
		}
	}
	return false
}

// writeRelayed writes messages that are for this subscriber alone, together.
func writeRelayed(s *subscriber, out *parts) error {
	if out.used == 0 {
		return nil
	}
	var frames [messagesAtOnce + 1][]byte
	for i, p := range out.list() {
		s.newestSent = max(s.newestSent, p.seq)
		p.prepare(s.shard.hub.board.Epoch())
		frames[i] = p.framed(s.framing, false)
	}
	return s.put(frames[:out.used]...)
}

// addPosition adds the message that says up to which flush a relay has all bars and trades.
func addPosition(s *subscriber, at board.Seq, out *parts) {
	seq := max(s.newestSent, at)
	for _, p := range out.list() {
		seq = max(seq, p.seq)
	}
	p := out.add()
	p.begin("position")
	p.seq = seq
	p.data = wire.AppendPosition(p.data, seq, time.Now(), board.Position{Epoch: s.board.Epoch(), Seq: at}.String())
}

// sendRelayed writes the next messages of a catch-up that are about what is followed as a relay does, and reports whether
// nothing was left to write.
func (c *catchUp) sendRelayed(s *subscriber) (done bool, err error) {
	x := s.follows.relay
	if x == nil || c.relayedSent || x.nothing() {
		return true, nil
	}
	after := s.sentSeries
	out := &s.shard.turns.relayed
	out.used = 0
	c.relayedSent = c.relayed.fill(s.shard, x.relayed, after, func(one series) history.Reader {
		return history.Reader{Interval: one.interval(), After: after, Resumed: one.isTrades()}
	}, out)
	if c.relayedSent {
		addPosition(s, c.at, out)
	}
	return false, writeRelayed(s, out)
}

// relayedHistory is an item that sends the histories of whole lists, up to the subscriber's flush.
type relayedHistory struct {
	of    relayed
	first history.Reader // of each series
	begun bool
	walk  walk
}

func (x *relayedHistory) send(s *subscriber) (done bool, err error) {
	if !x.begun {
		x.begun, x.first.At = true, max(s.sentSeries, s.newestSent)
	}
	out := &s.shard.turns.relayed
	out.used = 0
	done = x.walk.fill(s.shard, &x.of, x.first.After, func(series) history.Reader { return x.first }, out)
	return done, writeRelayed(s, out)
}

// relayedHistories are the items that a subscribe of a relay ends with.
func relayedHistories(plan *plan) (items []item) {
	for i := range plan.relayed {
		w := &plan.relayed[i]
		x := &relayedHistory{first: plan.relayedReader(w)}
		x.of.lists[w.kind] = listFor(w.list)
		items = append(items, x)
	}
	return append(items, step(func(s *subscriber) error {
		out := &s.shard.turns.relayed
		out.used = 0
		addPosition(s, s.sentSeries, out)
		return writeRelayed(s, out)
	}))
}

// listFor is a list for one item, which shares it with nobody.
func listFor(l board.List) *list { return &list{List: l} }
