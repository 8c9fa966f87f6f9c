package broadcast

import (
	"errors"
	"slices"
	"time"

	"tickertape/feed"
)

// subscriber is one who listens over WebSocket or SSE. Its backlog is one number: whatever it has
// not been told is exactly the symbols it follows that changed after sent, so memory does not
// grow with how slowly it reads. Beside it there is at most the rest of one message, in its line.
type subscriber struct {
	// static
	shard     *shard
	transport transport
	conn      conn
	as        framing // the conn's

	// owned by the shard
	busy     bool // the line takes nothing at the moment
	missed   bool // a frame, while it was busy
	gone     bool // has said goodbye
	paused   bool
	behind   bool // may have missed something that no frame to come will tell
	owed     bool // the last delivery left some out: what changed since is told whole
	sent     Seq
	watch    *watch // nil while paused or following nothing
	member   int    // place among the watch's members
	place    int    // in the shard's list of all
	seat     seat   // in the shard's wheel
	start    int    // place in list where the next delivery begins
	list     symbolList
	fields   feed.Fields
	asked    float64   // updates a second; 0 is each flush
	standing uint64    // the version of the sources' standing that it has been told
	wrote    time.Time // when the newest message was written
	pace     *pace     // nil while it keeps up
	followed *followed // series; nil when there are none

	// owned by the shard, what waits for the line to be free; nothing does while it is
	delivery *delivery      // under way
	todo     []func() error // then this
	request  *request       // then this
}

// newSubscriber finds a shard for a subscriber. Until it has entered nothing is said to it.
func newSubscriber(b *Board, t transport) *subscriber {
	sh := b.place()
	sh.load.Add(1)
	return &subscriber{shard: sh, transport: t, fields: feed.AllFields}
}

// enter begins to tell the client everything, until one of the two leaves. Its conn is made.
func (s *subscriber) enter(q query) {
	s.shard.board.arrivals.Add(1)
	if !s.shard.post(func() { s.begin(q) }) {
		s.conn.cut()
		s.gone = true
		s.release()
	}
}

func (s *subscriber) begin(q query) {
	sh := s.shard
	s.as = s.conn.framing()
	s.place = len(sh.all)
	sh.all = append(sh.all, s)
	if sh.impatient {
		s.gone = true
		s.conn.bye(goneError)
		return
	}
	m := sh.board.metrics
	m.subscribers.WithLabelValues(s.transport.String()).Inc()
	m.tiers[tierOf(s.asked)].Inc()
	s.wrote = sh.now
	sh.wheel.put(s, sh.now, sh.board.cfg.Heartbeat)
	s.depart()
	s.todo = append(s.todo, s.hello)
	if q.names() || q.rate != 0 || q.fields != feed.AllFields {
		s.todo = append(s.todo, func() error {
			s.ration(q.rate)
			r := request{Symbols: q.symbols, Since: q.since, Trades: q.trades, asks: q.asks[:min(1, len(q.asks))]}
			return s.told(nil, s.subscribe(&r, q.fields, q.symbols != nil))
		})
	}
	for i := 1; i < len(q.asks); i++ { // an answer names one interval
		s.todo = append(s.todo, func() error {
			return s.told(nil, s.subscribe(&request{Since: q.since, asks: q.asks[i : i+1]}, s.fields, false))
		})
	}
	s.todo = append(s.todo, s.listen)
	s.pump()
}

func (s *subscriber) listen() error {
	s.conn.listen()
	return nil
}

// resume goes on when the line may be free again.
func (s *subscriber) resume() {
	free, err := s.conn.resume()
	switch {
	case err != nil:
		s.leave(err)
	case free:
		s.busy = false
		s.pump()
	}
}

// pump says all that there is to say, as far as the line takes it.
func (s *subscriber) pump() {
	for !s.busy && !s.gone {
		more, err := s.next()
		if err != nil {
			s.leave(err)
			return
		}
		if !more {
			return
		}
	}
}

// next says the most pressing thing, if there is any.
func (s *subscriber) next() (more bool, err error) {
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

// ask takes in a request, which is answered when the line is free.
func (s *subscriber) ask(r *request) {
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

// offer writes a frame of the subscriber's watch if the line is free.
func (s *subscriber) offer(f *frame) {
	switch {
	case s.busy:
		s.miss()
		return
	case f.seq <= s.sent:
		return
	case s.behind || s.owed || s.sent < f.from:
		s.pump()
		return
	}
	if s.followed != nil {
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
		err := s.put(p.kind, s.shard.framed(f, i, s.as))
		if err != nil {
			s.leave(err)
			return
		}
		if s.busy && p.more {
			// the frame will be history, so its rest is not kept for one slow reader, but built as far as it still holds
			s.delivery = &delivery{kind: update, list: s.list, fields: s.fields, from: f.from,
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
	s.delivery = &delivery{kind: update, list: s.list, fields: s.fields, from: s.sent, whole: s.owed, start: s.start}
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
		s.delivered(d) // what the line does not take now, it takes before anything else
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
func (s *subscriber) placeOf(id feed.SymbolID) int {
	if s.list.all {
		return int(id)
	}
	place, _ := slices.BinarySearch(s.list.ids, id)
	return place
}

// say writes a message without quotes. The line is free.
func (s *subscriber) say(k kind, message any) error {
	p := &s.shard.part
	p.begin(k)
	p.data = appendMessage(p.data, message)
	return s.write(p)
}

func (s *subscriber) write(p *part) error {
	return s.put(p.kind, p.framed(s.as, s.shard.board.store.epoch))
}

// put writes a framed message.
func (s *subscriber) put(k kind, b []byte) error {
	free, err := s.conn.write(b)
	if err != nil {
		return err
	}
	sh := s.shard
	s.wrote = sh.clock()
	sh.tally.sent(int(s.transport), len(b))
	if !free {
		s.busy, s.missed = true, false
		sh.wheel.hasten(s, s.wrote, sh.board.cfg.WriteTimeout)
	}
	return nil
}

// leave ends the subscription and says goodbye.
func (s *subscriber) leave(why error) {
	if s.gone {
		s.conn.cut()
		return
	}
	s.gone = true
	g := goneError
	errors.As(why, &g)
	sh := s.shard
	m := sh.board.metrics
	if s.watch != nil {
		sh.watches.leave(s, s.watch)
		s.watch = nil
	}
	s.unfollow(func(*series) bool { return true })
	sh.wheel.remove(s)
	m.subscribers.WithLabelValues(s.transport.String()).Dec()
	m.tiers[tierOf(s.asked)].Dec()
	m.gone.WithLabelValues(s.transport.String(), g.label).Inc()
	if s.pace != nil && s.pace.slow {
		m.slow.Dec()
	}
	s.delivery, s.todo, s.request, s.pace = nil, nil, nil, nil
	s.list = symbolList{}
	s.conn.bye(g)
}

// ended is called when the connection is over.
func (s *subscriber) ended() {
	all := s.shard.all
	last := len(all) - 1
	all[s.place] = all[last]
	all[s.place].place = s.place
	all[last] = nil
	s.shard.all = all[:last]
	s.release()
}

func (s *subscriber) release() {
	s.shard.load.Add(-1)
	s.shard.board.roster.exit()
}

// rejoin makes the subscriber a member of the watch for what it follows now. The watch may be
// further than the subscriber is.
func (s *subscriber) rejoin() {
	w := &s.shard.watches
	if s.watch != nil {
		w.leave(s, s.watch)
		s.watch = nil
	}
	s.behind, s.start = true, 0
	if !s.paused && !s.list.empty() {
		s.watch = w.join(s, s.list, s.fields, s.every(), s.shard.board.store.now())
		s.list = s.watch.list // one copy for all
		if s.pace != nil {
			s.pace.begin(s.shard.now, s.watch.frames)
		}
	}
}
