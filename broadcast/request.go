package broadcast

import (
	"errors"
	"time"

	"tickertape/broadcast/admission"
)

// answer does what a client asked for in a message. A fault is told and the connection lives on.
func (s *subscriber) answer(r *request) error {
	err := error(nil)
	switch {
	case r.fault != nil:
		err = r.fault
	case r.Type == "subscribe":
		err = s.noted(s.subscribe(r))
	case r.Type == "unsubscribe":
		err = s.noted(s.unsubscribe(r))
	case r.Type == "ping":
		err = s.say("pong", plainMessage{Type: "pong", ID: raw(r.ID), Time: micros(time.Now())})
	case r.Type == "pause":
		s.paused = true
		s.rejoin()
	case r.Type == "resume":
		s.unpause()
	}
	return s.told(r.ID, err)
}

// told tells a fault, after which the connection lives on, and returns any other error.
func (s *subscriber) told(i id, err error) error {
	var f *fault
	if errors.As(err, &f) {
		return s.say("error", errorMessage{Type: "error", ID: raw(i), Code: f.code, Message: f.message})
	}
	return err
}

// noted counts what is refused when the symbols are added to those that are followed before.
func (s *subscriber) noted(err error) error {
	var f *fault
	if errors.As(err, &f) && f.code == full {
		s.refused(admission.ReasonMemory)
	}
	s.shard.board.noteTooMany(s.place.Visitor(), err)
	return err
}

func raw(i id) []byte { return []byte(i) }

// subscribe follows what is wanted too, and tells a snapshot of what was added, or of everything when the
// fields are others.
func (s *subscriber) subscribe(r *request) error {
	b, w := s.shard.board, r.want
	size := b.dir.Len()
	all := s.list.symbolList
	if !w.named.list.empty() {
		all = all.with(w.named.list)
	}
	if most := b.cfg.MaxSymbols; !all.all && len(all.ids) > most {
		return tooMany("symbols", len(all.ids), most)
	}
	tell := len(r.Symbols) > 0
	added := w.named.list.without(s.list.symbolList, size)
	if w.fields != s.fields && !all.empty() {
		added, tell = all, true
	}
	if n := s.wouldFollow(w.series.series); n > b.cfg.MaxSeries {
		return tooMany("bars and trades", n, b.cfg.MaxSeries)
	}
	list := s.shard.lists.hold(all, size, b.door.Memory)
	if list == nil {
		return noMemory
	}
	if !s.place.Keep(admission.MemorySeries*int64(len(w.series.series)), false) {
		s.drop(list)
		return noMemory
	}
	if r.Rate != nil {
		s.ration(*r.Rate)
	}
	answer := func() error {
		s.follow(w.series.series)
		return s.answerSubscribed(r)
	}
	if r.Symbols == nil && r.Rate == nil && w.fields == s.fields {
		s.drop(list)
		return answer() // of series alone
	}
	follow := func(d delivery) error {
		s.setList(list)
		s.fields = w.fields
		s.rejoin()
		if tell {
			s.delivery = &d
		}
		return answer()
	}
	snapshotOf := delivery{kind: snapshot, list: added, fields: w.fields, from: w.since, resumed: w.resumed}
	if s.list.empty() || w.fields != s.fields {
		return follow(snapshotOf)
	}
	// What was followed before is told first, in a pause too, so that one position holds for all.
	s.catchUp()
	s.next = list
	s.todo = append(s.todo, func() error {
		s.next = nil
		snapshotOf.begun, snapshotOf.at, snapshotOf.total = true, s.sent, added.len(b.store.size())
		return follow(snapshotOf)
	})
	return nil
}

// noMemory is the fault of a request that would take more than there is.
var noMemory = &fault{full, "the server has no memory left for this: try again later"}

// answerSubscribed says what is followed too.
func (s *subscriber) answerSubscribed(r *request) error {
	w := r.want
	return s.sayLists("subscribed", w, subscribedMessage{Type: "subscribed", ID: raw(r.ID), Rate: s.granted(), Interval: w.series.interval})
}

// unsubscribe stops following; after its answer nothing more is said of those symbols.
func (s *subscriber) unsubscribe(r *request) error {
	b, w := s.shard.board, r.want
	s.unfollowNamed(&w.drop)
	if len(r.Symbols) > 0 {
		size := b.dir.Len()
		list := s.shard.lists.hold(s.list.without(w.named.list, size), size, b.door.Memory)
		if list == nil {
			return noMemory
		}
		s.setList(list)
		s.rejoin()
	}
	return s.sayLists("unsubscribed", w, subscribedMessage{Type: "unsubscribed", ID: raw(r.ID), Interval: r.Interval})
}

// sayLists says a message with the lists of what is wanted, which are JSON already, since they may be long.
func (s *subscriber) sayLists(k kind, w *want, m subscribedMessage) error {
	p := &s.shard.part
	p.begin(k)
	p.data = appendMessage(p.data, m)
	p.data = p.data[:len(p.data)-1]
	if w.unknown != nil {
		p.data = append(append(p.data, `,"unknown":`...), w.unknown...)
	}
	p.data = append(p.data, `,"symbols":`...)
	p.data = append(p.data, w.symbols...)
	if w.bars != nil {
		p.data = append(append(p.data, `,"bars":`...), w.bars...)
	}
	if w.trades != nil {
		p.data = append(append(p.data, `,"trades":`...), w.trades...)
	}
	p.data = append(p.data, '}')
	return s.write(p)
}

// unpause tells what changed during a pause.
func (s *subscriber) unpause() {
	s.paused = false
	s.rejoin()
	if !s.list.empty() {
		s.delivery = &delivery{kind: snapshot, list: s.list.symbolList, fields: s.fields, from: s.sent, resumed: true}
	}
}

// setList has the subscriber follow another list, which is held.
func (s *subscriber) setList(l *list) {
	s.leaveWatch()
	s.drop(s.list)
	s.list = l
	s.follows.Store(int32(l.len(s.shard.board.dir.Len())))
}

// drop lets a list go that was held.
func (s *subscriber) drop(l *list) { s.shard.lists.drop(l, s.shard.board.door.Memory) }
