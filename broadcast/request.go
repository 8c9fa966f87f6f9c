package broadcast

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/board"
	"tickertape/broadcast/history"
	"tickertape/broadcast/wire"
	"tickertape/feed/market"
)

// request is what a client asks for, as an item of its outbox: the answer, and what follows from it.
type request struct {
	kind  wire.Type
	id    wire.ID
	plan  *plan       // of a subscribe or an unsubscribe
	fault *wire.Fault // what is wrong with it, where something is
	first bool        // it is of a stream's query

	caughtUp bool // of a subscribe: what was followed before has been sent
}

// send does what a client asked for. A fault is sent, and the connection lives on. Without memory for what a query asks for
// the stream ends: its client could ask again on a WebSocket alone.
func (r *request) send(s *subscriber) (done bool, err error) {
	switch {
	case r.fault != nil:
		err = r.fault
	case r.kind == wire.Subscribe:
		err = r.subscribe(s)
	case r.kind == wire.Unsubscribe:
		err = r.unsubscribe(s)
	case r.kind == wire.Ping:
		err = s.sendMessage("pong", wire.Pong{Type: "pong", ID: []byte(r.id), Time: time.Now().UnixMicro()})
	case r.kind == wire.Pause:
		s.pause()
	case r.kind == wire.Resume:
		s.unpause()
	}
	var f *wire.Fault
	if !errors.As(err, &f) {
		return true, err
	}
	if r.fault == nil {
		s.shard.hub.countTooMany(s.place.Visitor(), err)
	}
	if err == noMemory {
		s.refused(admission.ReasonMemory)
		if r.first {
			return true, wire.ComeBack(wire.Full, s.shard.hub.cfg.Retry)
		}
	}
	return true, s.sendMessage("error", wire.Error{Type: "error", ID: []byte(r.id), Code: f.Code.String(), Message: f.Message})
}

// noMemory is the fault of a request that would take more than there is.
var noMemory error = &wire.Fault{Code: wire.Full, Message: "the server has no memory left for this: try again later"}

// subscribe follows what the request asks for too. What was followed before is sent first, in a pause too, so that one position
// holds for all; then come the answer, a snapshot of what was added, or of everything where the fields are others, and
// the histories. Names that are unknown are waited for.
func (r *request) subscribe(s *subscriber) error {
	h := s.shard.hub
	switch {
	case s.waits.ripe(), !r.caughtUp && !s.follows.nothing():
		r.caughtUp = true
		s.outbox.insert(&catchUp{}, r)
		return nil
	case !r.caughtUp:
		s.sent = h.board.Seq()
		s.sentSeries = s.sent
	}
	r.plan = h.refreshed(r.plan) // what is unknown yet has no quote in the flush that the subscriber is at
	plan, size := r.plan, h.dir.Len()
	before := s.follows.list.List
	items := make([]item, 0, len(plan.series)+2)
	wanted := plan.quotes
	snapshot := &snapshotOut{list: without(plan.named.list, before, size), fields: plan.fields, since: plan.since, resumed: plan.resumed}
	otherFields := plan.fields != s.follows.fields
	if err := r.follow(s, size); err != nil {
		return err
	}
	if all := s.follows.list.List; otherFields && !all.Empty() {
		snapshot.list, wanted = all, true
		snapshot.resumed = plan.resumed && before.Empty() // the position is of what is added
	}
	if wanted {
		items = append(items, snapshot)
	}
	for _, x := range plan.series {
		items = append(items, &historyOut{series: x.series, reader: plan.reader(x)})
	}
	if plan.relay {
		items = append(items, relayedHistories(plan)...)
	}
	if len(plan.series)+len(plan.relayed) > 0 {
		items = append(items, step((*subscriber).catchUpToHistory))
	}
	s.outbox.insert(items...)
	return r.answer(s, "subscribed", s.granted())
}

// follow has the subscriber follow what a subscribe asks for, and wait for the names that are unknown. Without room for them or
// memory nothing is changed. size is that of the directory.
func (r *request) follow(s *subscriber, size int) error {
	h, plan := s.shard.hub, r.plan
	all := s.follows.list.List
	if !plan.named.list.Empty() {
		all = joined(all, plan.named.list)
	}
	followed := make([]series, len(plan.series))
	for i := range plan.series {
		followed[i] = plan.series[i].series
	}
	followed = union(s.follows.series, followed)
	var waits []awaited // where they are others than before
	count := s.waits.count()
	if len(plan.awaited) > 0 {
		waits = unionAwaited(s.waits.left(), plan.awaited)
		count = countAwaited(waits)
	}
	if n, most := max(len(all.IDs)+count.quotes, count.relayed), h.cfg.MaxSymbols; n > most {
		return wire.TooMany("symbols", n, most)
	}
	if n, most := len(followed)+count.series, h.cfg.MaxSeries; n > most {
		return wire.TooMany("bars and trades", n, most)
	}
	relay, err := prepareRelayed(s, plan)
	if err != nil {
		return err
	}
	if x := cmp.Or(relay, s.follows.relay); x != nil { // its bars and trades need not be followed twice
		followed = slices.DeleteFunc(followed, x.has)
	}
	list := s.shard.lists.hold(all, size, h.admission.Memory.Reserve)
	if list == nil {
		cancelRelayed(s, relay)
		return noMemory
	}
	more := int64(len(followed) + count.series - s.countSeries())
	if !s.place.Reserve(admission.MemorySeries*more, false) {
		s.drop(list)
		cancelRelayed(s, relay)
		return noMemory
	}
	if len(plan.awaited) > 0 && !s.await(waits, plan.size) {
		s.place.Release(admission.MemorySeries * more)
		s.drop(list)
		cancelRelayed(s, relay)
		return noMemory
	}
	if plan.rate != 0 {
		s.setRate(plan.rate)
	}
	followRelayed(s, relay)
	s.setSeries(followed)
	s.setList(list)
	s.follows.fields = plan.fields
	s.rejoin()
	return nil
}

// answer answers with the lists of what a request named.
func (r *request) answer(s *subscriber, k wire.Kind, rate float64) error {
	plan := r.plan
	p := &s.shard.part
	p.begin(k)
	m := wire.Subscribed{
		Type: string(k), ID: r.id, Rate: rate, Interval: plan.interval,
		Unknown: plan.unknown, Symbols: plan.symbols, Bars: plan.bars, Trades: plan.trades,
	}
	p.data = m.AppendTo(p.data)
	return s.write(p, false)
}

// snapshotOut is an item that sends the quotes of a list as of the subscriber's flush.
type snapshotOut struct {
	list    board.List
	fields  market.Fields
	since   board.Seq
	resumed bool // what changed after since is enough
	quotes  quotesOut
}

func (x *snapshotOut) send(s *subscriber) (done bool, err error) {
	if !x.quotes.made {
		x.quotes = quotesOut{made: true, kind: wire.Snapshot}
		x.quotes.cursor = board.Cursor{List: x.list, Fields: x.fields, Mode: board.Snapshot}
		if x.resumed {
			x.quotes.resumed, x.quotes.cursor.Mode, x.quotes.cursor.From = true, board.Resumed, x.since
		}
		x.quotes.asOf(s.board, s.sent)
	}
	return x.quotes.send(s)
}

// unsubscribe stops following, and waiting; after its answer nothing more is sent of those symbols. Without memory for what is left
// nothing is changed.
func (r *request) unsubscribe(s *subscriber) error {
	h := s.shard.hub
	if s.waits.ripe() {
		s.outbox.insert(&catchUp{}, r)
		return nil
	}
	r.plan = h.refreshed(r.plan)
	plan, before := r.plan, s.countSeries()
	waits, size := s.waits.left(), h.dir.Len()
	relay, ok := leftOfRelayed(s, &plan.drop)
	if !ok {
		return noMemory
	}
	list := s.follows.list
	if plan.quotes {
		list = s.shard.lists.hold(without(list.List, plan.named.list, size), size, h.admission.Memory.Reserve)
		if list == nil {
			dropRelayed(s.shard, relay)
			return noMemory
		}
	}
	if left := r.stillAwaited(h, waits); !slices.Equal(left, waits) && !s.await(left, plan.size) {
		if plan.quotes {
			s.drop(list)
		}
		dropRelayed(s.shard, relay)
		return noMemory
	}
	if plan.quotes {
		s.setList(list)
	}
	if left := slices.DeleteFunc(slices.Clone(s.follows.series), plan.drop.has); len(left) < len(s.follows.series) {
		s.setSeries(left)
	}
	s.place.Release(admission.MemorySeries * int64(before-s.countSeries()))
	followRelayed(s, relay)
	endRelaying(s)
	if s.watch == nil {
		s.rejoin()
	}
	return r.answer(s, "unsubscribed", 0)
}

// stillAwaited is what an unsubscribe leaves of what is awaited.
func (r *request) stillAwaited(h *Hub, all []awaited) (left []awaited) {
	for _, a := range all {
		if a.of == ofRelayed {
			for kind := range a.kinds.all() {
				if r.hasAwaited(h, a.name, kind) {
					a.kinds &^= 1 << kind
				}
			}
			if a.kinds == 0 {
				continue
			}
		} else if r.hasAwaited(h, a.name, a.of) {
			continue
		}
		left = append(left, a)
	}
	return left
}

// hasAwaited reports whether an unsubscribe names what is awaited.
func (r *request) hasAwaited(h *Hub, name string, of history.Interval) bool {
	drop := &r.plan.drop
	all := r.plan.named.list
	any := of
	switch of {
	case ofQuotes:
	case history.Trades:
		all = drop.trades.list
	default:
		all, any = drop.bars.list, ofAnyBars
		if !drop.allIntervals && drop.interval != of {
			return false
		}
	}
	if all.All {
		return true
	}
	if id, known := h.dir.ID(name); known {
		if _, found := slices.BinarySearch(all.IDs, id); found {
			return true
		}
	}
	return slices.ContainsFunc([]history.Interval{of, any}, func(of history.Interval) bool {
		_, found := slices.BinarySearchFunc(r.plan.awaited, awaited{name: name, of: of}, awaited.compare)
		return found
	})
}
