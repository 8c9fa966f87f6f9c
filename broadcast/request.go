package broadcast

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/board"
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
// the histories.
func (r *request) subscribe(s *subscriber) error {
	h, plan := s.shard.hub, r.plan
	size := h.dir.Len()
	before := s.follows.list.List
	all := before
	if !plan.named.list.Empty() {
		all = joined(all, plan.named.list)
	}
	if most := h.cfg.MaxSymbols; !all.All && len(all.IDs) > most {
		return wire.TooMany("symbols", len(all.IDs), most)
	}
	followed := make([]series, len(plan.series))
	for i := range plan.series {
		followed[i] = plan.series[i].series
	}
	followed = union(s.follows.series, followed)
	if n, most := len(followed), h.cfg.MaxSeries; n > most {
		return wire.TooMany("bars and trades", n, most)
	}
	if err := prepareRelayed(s, plan); err != nil {
		return err
	}
	if x := s.follows.relay; x != nil { // its bars and trades need not be followed twice
		followed = slices.DeleteFunc(followed, cmp.Or(x.next, x.relayed).has)
	}
	list := s.shard.lists.hold(all, size, h.admission.Memory)
	if list == nil {
		cancelRelayed(s)
		return noMemory
	}
	if !s.place.Reserve(admission.MemorySeries*int64(len(followed)-len(s.follows.series)), false) {
		s.drop(list)
		cancelRelayed(s)
		return noMemory
	}
	var items []item
	if s.follows.nothing() {
		s.sent = h.board.Seq()
		s.sentSeries = s.sent
	} else {
		items = append(items, &catchUp{})
	}
	s.follows.next = list
	wanted := plan.quotes
	snapshot := &snapshotOut{list: without(plan.named.list, before, size), fields: plan.fields, since: plan.since, resumed: plan.resumed}
	if plan.fields != s.follows.fields && !all.Empty() {
		snapshot.list, wanted = all, true
		snapshot.resumed = plan.resumed && before.Empty() // the position is of what is added
	}
	items = append(items, step(func(s *subscriber) error { return r.follow(s, followed) }))
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
	return nil
}

// follow follows what a subscribe asks for, and answers it.
func (r *request) follow(s *subscriber, followed []series) error {
	plan, list := r.plan, s.follows.next
	s.follows.next = nil
	if plan.rate != 0 {
		s.setRate(plan.rate)
	}
	followRelayed(s)
	s.setSeries(followed)
	s.setList(list)
	s.follows.fields = plan.fields
	s.rejoin()
	return r.answer(s, "subscribed", s.granted())
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

// unsubscribe stops following; after its answer nothing more is sent of those symbols.
func (r *request) unsubscribe(s *subscriber) error {
	h, plan := s.shard.hub, r.plan
	left := slices.DeleteFunc(slices.Clone(s.follows.series), plan.drop.has)
	if plan.quotes {
		size := h.dir.Len()
		list := s.shard.lists.hold(without(s.follows.list.List, plan.named.list, size), size, h.admission.Memory)
		if list == nil {
			return noMemory
		}
		s.setList(list)
	}
	if gone := len(s.follows.series) - len(left); gone > 0 {
		s.setSeries(left)
		s.place.Release(admission.MemorySeries * int64(gone))
	}
	if !unfollowRelayed(s, &plan.drop) {
		return noMemory
	}
	if s.watch == nil {
		s.rejoin()
	}
	return r.answer(s, "unsubscribed", 0)
}
