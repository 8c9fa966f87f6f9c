package broadcast

import (
	"fmt"
	"hash/maphash"
	"iter"
	"slices"
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

// kindSet has a bit for each of them.
type kindSet uint16

// all are those that the set has.
func (k kindSet) all() iter.Seq[history.Interval] {
	return func(yield func(history.Interval) bool) {
		for kind := range history.Interval(kinds) {
			if k.has(kind) && !yield(kind) {
				return
			}
		}
	}
}

func (k kindSet) has(kind history.Interval) bool { return k&(1<<kind) != 0 }

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

// wholeLists is what a request asks for of one interval, or of trades, as a relay does. The list may be empty, while nothing is known
// of its names.
type wholeLists struct {
	kind  history.Interval
	list  board.List
	limit int // bars of each history; 0 is all that are kept
}

// planRelayed adds to a plan the bars and trades that a subscribe asks for as a relay does. Names that are not known are waited for,
// except beside "*", which has them.
func (p *planner) planRelayed(x *plan, r *wire.Request) error {
	x.relay = true
	var unknown []string
	add := func(key string, names []string, kind history.Interval, limit int) ([]byte, error) {
		named, err := p.resolve(key, names, p.cfg.MaxSymbols)
		if err != nil {
			return nil, err
		}
		unknown = append(unknown, named.unknown...)
		before := len(x.awaited)
		if named.list.All {
			named.list.IDs, named.named = nil, nil
		} else {
			x.awaited = appendAwaited(x.awaited, named.unknown, ofRelayed, 0)
		}
		for i := range x.awaited[before:] {
			x.awaited[before+i].kinds = 1 << kind
		}
		if !named.list.Empty() || len(x.awaited) > before {
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
	x.awaited = unionAwaited(nil, x.awaited)
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

// holdRelayed holds lists by kind. It returns nil when there is no memory, which reserve takes.
func holdRelayed(sh *shard, lists *[kinds]board.List, reserve func(int64) bool) *relayed {
	x := &relayed{}
	for kind, l := range lists {
		if l.Empty() {
			continue
		}
		if x.lists[kind] = sh.lists.hold(l, sh.hub.dir.Len(), reserve); x.lists[kind] == nil {
			dropRelayed(sh, x)
			return nil
		}
	}
	return x
}

// dropRelayed lets lists go that were held; nil has none.
func dropRelayed(sh *shard, x *relayed) {
	if x == nil {
		return
	}
	for _, l := range x.lists {
		if l != nil {
			sh.lists.drop(l, sh.hub.admission.Memory)
		}
	}
}

// all are the lists by kind; nil has none.
func (r *relayed) all() (lists [kinds]board.List) {
	if r == nil {
		return lists
	}
	for kind, l := range r.lists {
		if l != nil {
			lists[kind] = l.List
		}
	}
	return lists
}

// prepareRelayed holds all that is to be followed as a relay does, once a request is followed, too. Its subscriber takes a place, if
// it has none. It returns nil where the request asks for nothing so.
func prepareRelayed(s *subscriber, plan *plan) (*relayed, error) {
	if len(plan.relayed) == 0 {
		return nil, nil
	}
	h := s.shard.hub
	if s.follows.relay == nil {
		if err := h.relays.take(); err != nil {
			return nil, err
		}
	}
	lists := s.follows.relay.all()
	for i := range plan.relayed {
		w := &plan.relayed[i]
		lists[w.kind] = joined(lists[w.kind], w.list)
	}
	next := holdRelayed(s.shard, &lists, h.admission.Memory.Reserve)
	if next == nil {
		cancelRelayed(s, &relayed{})
		return nil, noMemory
	}
	return next, nil
}

// cancelRelayed forgets what was prepared; nil is nothing.
func cancelRelayed(s *subscriber, next *relayed) {
	if next == nil {
		return
	}
	dropRelayed(s.shard, next)
	if s.follows.relay == nil {
		s.shard.hub.relays.free()
	}
}

// followRelayed follows what was prepared; nil is as before.
func followRelayed(s *subscriber, next *relayed) {
	if next == nil {
		return
	}
	s.leaveWatch()
	dropRelayed(s.shard, s.follows.relay)
	s.follows.relay = next
}

// learnRelayed follows symbols, too, that have become known, by kind. It returns false when there is no memory.
func learnRelayed(s *subscriber, more *[kinds]board.List) bool {
	if !slices.ContainsFunc(more[:], func(l board.List) bool { return !l.Empty() }) {
		return true
	}
	lists := s.follows.relay.all()
	for kind := range more {
		slices.Sort(more[kind].IDs)
		lists[kind] = joined(lists[kind], more[kind])
	}
	next := holdRelayed(s.shard, &lists, s.shard.hub.admission.Memory.ReserveNeeded)
	followRelayed(s, next)
	return next != nil
}

// leftOfRelayed holds what is left of what is followed as a relay does, without what an unsubscribe names. It returns false when
// there is no memory.
func leftOfRelayed(s *subscriber, u *unfollowing) (next *relayed, ok bool) {
	if s.follows.relay == nil {
		return nil, true
	}
	h := s.shard.hub
	lists := s.follows.relay.all()
	for kind := range history.Interval(kinds) {
		switch {
		case kind == history.Trades:
			lists[kind] = without(lists[kind], u.trades.list, h.dir.Len())
		case u.allIntervals || u.interval == kind:
			lists[kind] = without(lists[kind], u.bars.list, h.dir.Len())
		}
	}
	next = holdRelayed(s.shard, &lists, h.admission.Memory.Reserve)
	return next, next != nil
}

// endRelaying gives the place of a subscriber back that follows nothing as a relay does, nor waits for anything so.
func endRelaying(s *subscriber) {
	if x := s.follows.relay; x != nil && x.nothing() && s.waits.count().relayed == 0 {
		s.follows.relay = nil
		s.shard.hub.relays.free()
	}
}

// stopRelaying is for a subscriber that leaves.
func stopRelaying(s *subscriber) {
	if x := s.follows.relay; x != nil {
		dropRelayed(s.shard, x)
		s.follows.relay = nil
		s.shard.hub.relays.free()
	}
}

// relayedChanged reports whether anything that is followed as a relay does has changed after the subscriber's flush.
func relayedChanged(x *follower) bool {
	if !x.relays() {
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
	if c.relayedSent || !s.follows.relays() {
		return true, nil
	}
	after := s.sentSeries
	out := &s.shard.turns.relayed
	out.used = 0
	c.relayedSent = c.relayed.fill(s.shard, s.follows.relay, after, func(one series) history.Reader {
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
		if w.list.Empty() {
			continue
		}
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
