package broadcast

import (
	"slices"
	"sync/atomic"
	"time"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/conn"
	"tickertape/feed/market"
)

// subscriber is one who listens over WebSocket or SSE. Its backlog is one number: whatever it has
// not been told is exactly the symbols it follows that changed after sent, so memory does not
// grow with how slowly it reads. Beside it there is at most the rest of one message, in its connection.
type subscriber struct {
	// static
	shard     *shard
	transport transport
	conn      *conn.Conn
	as        conn.Framing // the conn's

	// owned by the shard
	busy      bool // the connection takes nothing at the moment
	missed    bool // a frame, while it was busy
	gone      bool // has said goodbye
	paused    bool
	behind    bool // may have missed something that no frame to come will tell
	owed      bool // the last delivery left some out: what changed since is told whole
	sent      Seq
	watch     *watch // nil while paused or following nothing
	member    int    // place among the watch's members
	index     int    // in the shard's list of all
	seat      seat   // in the shard's wheel
	start     int    // place in list where the next delivery begins
	list      *list  // nobody where no quotes are followed
	next      *list  // held to be followed when what was followed before has been told; nil where there is none
	fields    market.Fields
	asked     float64   // updates a second; 0 is each flush
	standing  uint64    // the version of the sources' standing that it has been told
	wrote     time.Time // when the newest message was written
	commented time.Time // when the newest comment of an event stream was
	pace      *pace     // nil while it keeps up
	followed  *followed // series; nil when there are none
	queued    bool      // in the shard's backlog

	// owned by the shard, what waits until the connection can be written; nothing does while it can
	delivery *delivery      // under way
	todo     []func() error // then this
	request  *request       // then this

	place   *admission.Place // static
	meter   admission.Meter
	bad     int          // messages in a row; owned by the worker that has one of them
	kept    int64        // reserved for the request that is being answered
	follows atomic.Int32 // how many symbols; the shard writes it
}

// newSubscriber finds a shard for a subscriber who was let in. Until it has entered nothing is said to it.
func newSubscriber(b *Board, t transport, place *admission.Place) *subscriber {
	sh := b.place()
	sh.load.Add(1)
	s := &subscriber{shard: sh, transport: t, fields: market.AllFields, list: nobody, place: place}
	place.Own(&s.meter)
	return s
}

// enter begins to tell the client everything, until one of the two leaves. Its conn is made. It begins with
// requests, which are paid for.
func (s *subscriber) enter(requests []request) {
	s.shard.board.arrivals.Add(1)
	if !s.shard.post(func() { s.begin(requests) }) {
		s.conn.Cut()
		s.gone = true
		s.release()
	}
}

func (s *subscriber) begin(requests []request) {
	sh := s.shard
	s.as = s.conn.Framing()
	s.index = len(sh.all)
	sh.all = append(sh.all, s)
	if sh.impatient {
		s.gone = true
		s.conn.Close(conn.Close{}, nil)
		return
	}
	m := sh.board.metrics
	m.subscribers.WithLabelValues(s.transport.String()).Inc()
	m.tiers[tierOf(s.asked)].Inc()
	s.wrote, s.commented = sh.now, sh.now
	sh.wheel.put(s, sh.now, sh.board.cfg.Heartbeat)
	s.depart()
	s.todo = append(s.todo, s.hello)
	for i := range requests {
		if want := requests[i].want; want != nil {
			s.kept += want.memory()
		}
		s.todo = append(s.todo, func() error { return s.answerFirst(&requests[i]) })
	}
	s.todo = append(s.todo, s.listen)
	s.pump()
}

// answerFirst does what the query asks for. Without memory for it the stream ends: its client could ask again on a
// WebSocket alone.
func (s *subscriber) answerFirst(r *request) error {
	if r.fault == nil {
		if err := s.noted(s.subscribe(r)); err != noMemory {
			return s.told(nil, err)
		}
		return comeBack(1013, full, s.shard.board.cfg.Retry)
	}
	return s.answer(r)
}

// listen lets the next request come, after the one before has been answered.
func (s *subscriber) listen() error {
	s.place.Let(s.kept)
	s.kept = 0
	s.conn.Listen()
	return nil
}

// refused notes that something of the client's was refused.
func (s *subscriber) refused(reason admission.Reason) {
	s.shard.board.door.Journal.Refused(reason, s.place.Visitor().Addr)
}

// A turn of a subscriber ends when it has been told so many bytes, or in so many steps, of what is made for it
// alone: others wait.
const (
	turnBytes = 64 << 10
	turnSteps = 32
)

// pump says all that there is to say, as far as the connection takes it and the turn reaches. The rest has to wait for
// another turn.
func (s *subscriber) pump() {
	until := s.shard.tally.bytes[s.transport] + turnBytes
	for step := 0; !s.busy && !s.gone; step++ {
		if step == turnSteps || s.shard.tally.bytes[s.transport] >= until {
			s.shard.later(s)
			return
		}
		more, err := s.step()
		if err != nil {
			s.leave(err)
			return
		}
		if !more {
			return
		}
	}
}

// step says the most pressing thing, if there is any.
func (s *subscriber) step() (more bool, err error) {
	switch {
	case s.delivery != nil:
		return true, s.tellPart()
	case len(s.todo) > 0:
		step := s.todo[0]
		if s.todo = s.todo[1:]; len(s.todo) == 0 {
			s.todo = nil
		}
		return true, step()
	case s.request != nil:
		r := s.request
		s.request = nil
		err := s.answer(r)
		s.todo = append(s.todo, s.listen)
		return true, err
	case s.paused:
		return false, nil
	case s.standing < s.shard.standing.version:
		f := s.shard.standing.after(s.standing)
		s.standing = f.version
		return true, s.say("status", f.message("status"))
	}
	if said, err := s.saySeries(); said || err != nil {
		return said, err
	}
	if s.watch == nil {
		return false, nil
	}
	if said, err := s.keepPace(); said || err != nil {
		return said, err
	}
	if !s.behind && s.sent >= s.watch.seq {
		return false, nil
	}
	if s.sent < s.watch.seq {
		s.shard.tally.catchUps++
		s.took()
	}
	s.catchUp()
	return true, nil
}

// ask takes in a request that has been read, which is answered when the connection can be written.
func (s *subscriber) ask(r *request) {
	if r.want != nil {
		s.kept += r.want.memory()
	}
	if s.gone {
		return
	}
	s.request = r
	s.pump()
}

func (s *subscriber) hello() error {
	sh := s.shard
	b := sh.board
	s.standing, s.sent = sh.standing.version, b.store.now()
	return s.say("hello", helloMessage{
		Type: "hello", Protocol: 1, Epoch: b.store.epoch, Seq: s.sent, Time: micros(time.Now()),
		Interval: b.cfg.Interval.Milliseconds(), Heartbeat: b.cfg.Heartbeat.Milliseconds(),
		Source: sh.standing.names(), Simulated: sh.standing.simulated, Status: sh.standing.state.String(), Sources: sh.standing.messages(),
	})
}

// offer writes a frame of the subscriber's watch if the connection can be written.
func (s *subscriber) offer(f *frame) {
	switch {
	case s.busy:
		s.miss()
		return
	case f.seq <= s.sent:
		return
	case s.behind || s.owed || s.sent < f.from:
		s.shard.later(s)
		return
	}
	if s.followed != nil {
		if !s.seriesAtOnce() {
			s.shard.later(s)
			return
		}
		if err := s.sayAllSeries(); err != nil {
			s.leave(err)
			return
		}
		if s.busy {
			s.miss()
			return
		}
	}
	for i, p := range f.parts {
		err := s.put(s.shard.framed(f, i, s.as))
		if err != nil {
			s.leave(err)
			return
		}
		if s.busy && p.more {
			// the frame will be history, so its rest is not kept for one slow reader, but built as far as it still holds
			s.delivery = &delivery{kind: update, list: s.list.symbolList, fields: s.fields, from: f.from,
				begun: true, at: f.seq, total: s.list.len(s.shard.board.store.size()), done: p.next}
			s.took()
			return
		}
	}
	s.sent = f.seq
	if s.took(); s.pace != nil {
		s.pump() // a verdict may be due
	}
}

// catchUp tells all that changed among the followed symbols since the last delivery, if anything did.
func (s *subscriber) catchUp() {
	s.delivery = &delivery{kind: update, list: s.list.symbolList, fields: s.fields, from: s.sent, whole: s.owed, start: s.start}
}

// tellPart writes the next part of the delivery. An update that would say nothing is not written.
func (s *subscriber) tellPart() error {
	sh, d := s.shard, s.delivery
	first := !d.begun
	p := &sh.part
	sh.board.store.part(p, d, time.Now())
	if first && d.kind == update && d.told == 0 && !p.more {
		s.delivered(d)
		return nil
	}
	if !p.more {
		s.delivered(d) // what the connection does not take now, it takes before anything else
	}
	p.loose = s.followed != nil && s.followed.seq < d.at
	if p.kind == update && p.news > 0 {
		sh.board.metrics.age.Observe(max(0, float64(sh.clock().UnixMicro()-int64(p.news))/1e6))
	}
	return s.write(p)
}

// delivered notes how far the subscriber is.
func (s *subscriber) delivered(d *delivery) {
	s.delivery = nil
	s.sent = d.at
	switch {
	case d.owed:
		s.behind, s.owed, s.start = true, true, s.placeOf(d.list.at(d.first))
	case d.list.all == s.list.all && len(d.list.ids) == len(s.list.ids): // all that it follows
		s.behind, s.owed, s.start = false, false, 0
	}
}

// placeOf is where in the followed symbols id stands.
func (s *subscriber) placeOf(id market.SymbolID) int {
	if s.list.all {
		return int(id)
	}
	place, _ := slices.BinarySearch(s.list.ids, id)
	return place
}

// say writes a message without quotes. The connection can be written.
func (s *subscriber) say(k kind, message any) error {
	p := &s.shard.part
	p.begin(k)
	p.data = appendMessage(p.data, message)
	return s.write(p)
}

func (s *subscriber) write(p *part) error {
	return s.put(p.framed(s.as, s.shard.board.store.epoch))
}

// put writes framed messages.
func (s *subscriber) put(frames ...[]byte) error {
	free, err := s.conn.Write(frames...)
	if err != nil {
		return err
	}
	sh := s.shard
	s.wrote = sh.clock()
	for _, b := range frames {
		sh.tally.sent(int(s.transport), len(b))
	}
	if !free {
		s.busy, s.missed = true, false
		sh.wheel.hasten(s, s.wrote, sh.board.cfg.WriteTimeout)
	}
	return nil
}

// leave ends the subscription and says goodbye.
func (s *subscriber) leave(why error) {
	if s.gone {
		s.conn.Cut()
		return
	}
	s.gone = true
	g := s.goodbyeFor(why)
	sh := s.shard
	m := sh.board.metrics
	s.leaveWatch()
	s.unfollow(func(*series) bool { return true })
	sh.wheel.remove(s)
	m.subscribers.WithLabelValues(s.transport.String()).Dec()
	m.tiers[tierOf(s.asked)].Dec()
	m.gone.WithLabelValues(s.transport.String(), g.label).Inc()
	if s.pace != nil && s.pace.slow {
		m.slow.Dec()
	}
	s.delivery, s.todo, s.request, s.pace = nil, nil, nil, nil
	s.drop(s.list)
	if s.next != nil {
		s.drop(s.next)
	}
	s.list, s.next = nobody, nil
	var last []byte
	if g.code != 0 && s.transport == transportSSE {
		last = farewell(g, sh.board.cfg.Retry, s.as)
	}
	s.conn.Close(conn.Close{Code: g.code, Reason: g.reason}, last)
}

func (s *subscriber) release() {
	s.shard.load.Add(-1)
	s.place.Leave()
}

// leaveWatch ends the membership in a watch, if there is one.
func (s *subscriber) leaveWatch() {
	if s.watch != nil {
		s.shard.watches.leave(s, s.watch)
		s.watch = nil
	}
}

// rejoin makes the subscriber a member of the watch for what it follows now. The watch may be
// further than the subscriber is.
func (s *subscriber) rejoin() {
	s.leaveWatch()
	s.behind, s.start = true, 0
	if !s.paused && !s.list.empty() {
		s.watch = s.shard.watches.join(s, s.list, s.fields, s.every(), s.shard.board.store.now())
		if s.pace != nil {
			s.pace.begin(s.shard.now, s.watch.frames)
		}
	}
}
