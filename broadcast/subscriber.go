package broadcast

import (
	"errors"
	"math"
	"slices"
	"time"

	"tickertape/feed"
)

// conn is a transport to one subscriber. One goroutine writes it. Its errors are goodbyes.
type conn interface {
	write(p *part) error
	writeShared(p *sharedPart) error
	// beat says that the line lives, with a heartbeat message, or with nil without one, since
	// there was another message lately.
	beat(p *part) error
	// bye tells the client why it is sent away, as far as the transport can, and ends the connection.
	bye(g goodbye)
	// abort breaks the connection from any goroutine, whatever is under way.
	abort()
}

// subscriber is one who listens over WebSocket or SSE. Its backlog is one number: whatever it has
// not been told is exactly the symbols it follows that changed after sent, so memory does not
// grow with how slowly it reads.
type subscriber struct {
	// static
	board     *Board
	transport string
	conn      conn
	member    *member
	requests  chan request  // closed by nobody; nil where clients cannot ask
	left      chan goodbye  // one slot: the reader's end
	stop      chan struct{} // closed when run ends, so that the reader waits for nothing

	// owned by run
	list   symbolList
	fields feed.Fields
	asked  float64 // updates a second; 0 is each flush
	paused bool
	watch  *watch // nil while paused or following nothing
	sent   Seq
	behind bool // may have missed something that no frame to come will tell
	owed   bool // the last delivery left some out: what changed since is told whole
	start  int  // place in list where the next delivery begins
	status feed.Time
	pace   pace
	wrote  time.Time
}

func newSubscriber(b *Board, transport string) *subscriber {
	return &subscriber{
		board: b, transport: transport, member: newMember(), fields: feed.AllFields,
		left: make(chan goodbye, 1), stop: make(chan struct{}),
	}
}

// serve tells the client everything until one of the two leaves, and says goodbye.
func (s *subscriber) serve(q query) {
	b := s.board
	b.watches.enter(s.member)
	b.roster.seat(s.conn)
	b.metrics.subscribers.WithLabelValues(s.transport).Inc()
	err := s.run(q)
	var g goodbye
	if !errors.As(err, &g) {
		g = goneError
	}
	close(s.stop)
	if s.watch != nil {
		b.watches.leave(s.member, s.watch)
	}
	b.watches.exit(s.member)
	b.metrics.subscribers.WithLabelValues(s.transport).Dec()
	b.metrics.gone.WithLabelValues(s.transport, g.label).Inc()
	if s.pace.slow {
		b.metrics.slow.Dec()
	}
	s.conn.bye(g)
	b.roster.unseat(s.conn)
}

func (s *subscriber) run(q query) error {
	b := s.board
	if err := s.hello(); err != nil {
		return err
	}
	if q.symbols != nil || q.rate != 0 || q.fields != feed.AllFields {
		s.asked = q.rate
		r := request{Symbols: q.symbols, Since: q.since}
		if err := s.subscribe(&r, q.fields, q.symbols != nil); err != nil {
			return err
		}
	}
	beat := time.NewTimer(b.cfg.Heartbeat)
	defer beat.Stop()
	leave := b.roster.leave
	var turn <-chan time.Time
	for {
		select {
		case <-s.member.wake:
			if err := s.news(); err != nil {
				return err
			}
		case r := <-s.requests:
			if err := s.answer(&r); err != nil {
				return err
			}
		case g := <-s.left:
			return g
		case <-beat.C:
			rest := b.cfg.Heartbeat - time.Since(s.wrote)
			err := error(nil)
			if rest > 0 {
				err = s.conn.beat(nil)
			} else {
				err, rest = s.heartbeat(), b.cfg.Heartbeat
			}
			if err != nil {
				return err
			}
			beat.Reset(rest)
		case <-leave:
			leave = nil
			timer := time.NewTimer(b.roster.turn())
			defer timer.Stop()
			turn = timer.C
		case <-turn:
			return comeBack(1012, "restarting", b.cfg.Retry)
		}
	}
}

func (s *subscriber) hello() error {
	b := s.board
	status := b.store.state()
	s.status, s.sent = status.Since, b.store.now()
	return s.write(say("hello", helloMessage{
		Type: "hello", Protocol: 1, Epoch: b.store.epoch, Seq: s.sent, Time: micros(time.Now()),
		Interval: b.cfg.Interval.Milliseconds(), Heartbeat: b.cfg.Heartbeat.Milliseconds(),
		Source: b.source.Name, Simulated: b.source.Simulated, Status: status.State.String(),
	}))
}

// news tells what the subscriber was woken for.
func (s *subscriber) news() error {
	if s.paused {
		return nil
	}
	if status := s.board.store.state(); status.Since != s.status {
		s.status = status.Since
		err := s.write(say("status", statusMessage{Type: "status", Source: s.board.source.Name,
			Status: status.State.String(), Since: status.Since, Message: status.Message}))
		if err != nil {
			return err
		}
	}
	if s.watch == nil {
		return nil
	}
	f := s.watch.frame.Load()
	err := error(nil)
	switch {
	case s.behind:
		err = s.catchUp()
	case f == nil || f.seq <= s.sent:
		return nil
	default:
		err = s.update(f)
	}
	if err != nil {
		return err
	}
	s.pace.taken++
	return s.keepPace()
}

// update brings the subscriber to f or further: with f itself when it has been told all that was
// before, with a delivery of its own when it has missed some.
func (s *subscriber) update(f *frame) error {
	if s.owed || s.sent < f.from {
		s.board.metrics.catchUps.Inc()
		return s.catchUp()
	}
	for i, p := range f.parts {
		if i > 0 && s.watch.frame.Load() != f {
			// f is history: its rest is not kept for one slow reader, but built as far as it still holds
			return s.deliver(&delivery{kind: update, list: s.list, fields: s.fields, from: f.from,
				begun: true, at: f.seq, total: s.list.len(s.board.store.size()), done: f.parts[i-1].next})
		}
		if err := s.conn.writeShared(p); err != nil {
			return err
		}
		s.written(p.part)
	}
	s.sent = f.seq
	return nil
}

// catchUp tells all that changed among the followed symbols since the last delivery, if anything did.
func (s *subscriber) catchUp() error {
	return s.deliver(&delivery{kind: update, list: s.list, fields: s.fields, from: s.sent, whole: s.owed, start: s.start})
}

// deliver writes a delivery part by part and notes how far the subscriber is. An update that
// would say nothing is not written.
func (s *subscriber) deliver(d *delivery) error {
	for first := true; ; first = false {
		p := s.board.store.part(d, time.Now())
		if first && d.kind == update && d.told == 0 && !p.more {
			break
		}
		if err := s.write(p); err != nil {
			return err
		}
		if !p.more {
			break
		}
	}
	s.sent = d.at
	switch {
	case d.owed:
		s.behind, s.owed, s.start = true, true, s.place(d.list.at(d.first))
		s.member.nudge()
	case d.list.all == s.list.all && len(d.list.ids) == len(s.list.ids): // all that it follows
		s.behind, s.owed, s.start = false, false, 0
	}
	return nil
}

// place is where in the followed symbols id stands.
func (s *subscriber) place(id feed.SymbolID) int {
	if s.list.all {
		return int(id)
	}
	place, _ := slices.BinarySearch(s.list.ids, id)
	return place
}

func (s *subscriber) write(p *part) error {
	if err := s.conn.write(p); err != nil {
		return err
	}
	s.written(p)
	return nil
}

func (s *subscriber) written(p *part) {
	s.wrote = time.Now()
	if p.kind == update && p.news > 0 {
		s.board.metrics.age.Observe(max(0, float64(s.wrote.UnixMicro()-int64(p.news))/1e6))
	}
}

func (s *subscriber) heartbeat() error {
	if err := s.keepPace(); err != nil {
		return err
	}
	p := say("heartbeat", plainMessage{Type: "heartbeat", Seq: &s.sent, Time: micros(time.Now())})
	if err := s.conn.beat(p); err != nil {
		return err
	}
	s.wrote = time.Now()
	return nil
}

// granted is the rate that the subscriber gets at most, in updates a second.
func (s *subscriber) granted() float64 {
	most := math.Round(1e6/s.board.cfg.Interval.Seconds()) / 1e6
	if s.asked == 0 || s.asked > most {
		return most
	}
	return s.asked
}

// every is the least time between two updates; 0 is each flush.
func (s *subscriber) every() time.Duration {
	if s.asked == 0 {
		return 0
	}
	if every := time.Duration(float64(time.Second) / s.asked); every > s.board.cfg.Interval {
		return every
	}
	return 0
}

// keepPace says when the subscriber reads more slowly than it asked for, and when that is over.
func (s *subscriber) keepPace() error {
	if s.watch == nil {
		return nil
	}
	rate, recovered := s.pace.verdict(time.Now(), s.watch.frames.Load())
	switch {
	case recovered:
		s.board.metrics.slow.Dec()
		return s.write(say("rate", rateMessage{Type: "rate", Rate: s.granted(), Asked: s.granted(), Reason: "recovered"}))
	case rate > 0:
		if s.pace.first {
			s.board.metrics.slow.Inc()
		}
		return s.write(say("rate", rateMessage{Type: "rate", Rate: rate, Asked: s.granted(), Reason: "slow_consumer"}))
	}
	return nil
}

// rejoin makes the subscriber a member of the watch for what it follows now. The watch may be
// further than the subscriber is.
func (s *subscriber) rejoin() {
	old := s.watch
	s.watch, s.behind, s.start = nil, true, 0
	s.member.nudge()
	if !s.paused && !s.list.empty() {
		s.watch = s.board.watches.join(s.member, s.list, s.fields, s.every())
		s.pace.begin(time.Now(), s.watch.frames.Load())
	}
	if old != nil && old != s.watch {
		s.board.watches.leave(s.member, old)
	}
}
