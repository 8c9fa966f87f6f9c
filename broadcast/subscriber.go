package broadcast

import (
	"sync/atomic"
	"time"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/conn"
	"tickertape/broadcast/wire"
	"tickertape/feed/market"
)

// subscriber is one who listens over WebSocket or an event stream. Its backlog is one number: what it is
// missing is what changed after sent of what it follows, so memory does not grow with how slowly it reads. Besides, its
// connection may hold the rest of one write.
type subscriber struct {
	// static
	shard     *shard
	conn      *conn.Conn
	transport Transport
	framing   conn.Framing // the conn's

	// owned by the shard. There may be a million of them, so a field is no larger than it has to be
	busy         bool // the connection takes nothing at the moment
	stallCounted bool // a frame, while it was busy
	gone         bool // has been sent away
	paused       bool
	follower     // what it follows, and how far it is
	membership   // where in the shard's books it stands
	outbox       outbox
	pace         *pace // nil while it keeps up
	heartbeat
	place    *admission.Place // static
	reserved int64            // for the request that is being answered

	meter    admission.Meter
	bad      int32        // messages in a row; owned by the worker that has one of them
	size     atomic.Int32 // how many symbols it follows; the shard writes it
	waitsFor atomic.Int32 // how many names it waits for; the shard writes it
}

// membership is where a subscriber stands in its shard's books.
type membership struct {
	watch  *watch // nil while it has paused, or follows nothing
	member int32  // place among the watch's members
	index  int32  // in the shard's list of all
	seat   seat   // in the shard's wheel
	queued bool   // in the shard's turns
}

// newSubscriber finds a shard for a subscriber who was let in. Until it has entered, nothing is sent to it.
func newSubscriber(h *Hub, t Transport, place *admission.Place) *subscriber {
	sh := h.leastLoaded()
	sh.load.Add(1)
	s := &subscriber{shard: sh, transport: t, place: place}
	s.follower = follower{board: h.board, cfg: h.cfg, follows: follows{list: noSymbols, fields: market.AllFields}}
	place.SetMeter(&s.meter)
	return s
}

// enter begins to send to the client, until one of the two leaves. Its conn is made. It begins with
// requests, which are paid for.
func (s *subscriber) enter(requests []request) {
	s.shard.hub.arrivals.Add(1)
	if !s.shard.post(func() { s.begin(requests) }) {
		s.conn.Cut()
		s.gone = true
		s.release()
	}
}

func (s *subscriber) begin(requests []request) {
	sh := s.shard
	s.framing = s.conn.Framing()
	s.index = int32(len(sh.all))
	sh.all = append(sh.all, s)
	if sh.cutting {
		s.gone = true
		s.conn.Close(conn.Close{}, nil)
		return
	}
	m := sh.hub.metrics
	m.subscribers.WithLabelValues(s.transport.String()).Inc()
	m.tiers[tierOf(s.follows.rate)].Inc()
	s.wrote = instantOf(sh.now)
	s.commented = s.wrote
	sh.wheel.put(s, sh.now, sh.hub.cfg.Heartbeat)
	s.leaveWhileDraining()
	s.outbox.add(step((*subscriber).hello))
	for i := range requests {
		if plan := requests[i].plan; plan != nil {
			s.reserved += plan.memory()
		}
		requests[i].first = true
		s.outbox.add(&requests[i])
	}
	s.outbox.add(step((*subscriber).listenAgain))
	s.sendPending()
}

// hello is the first message.
func (s *subscriber) hello() error {
	sh := s.shard
	h := sh.hub
	s.sources, s.sent = sh.sources.Version, h.board.Seq()
	s.sentSeries = s.sent
	return s.sendMessage("hello", wire.Hello{
		Type: "hello", Protocol: 1, Epoch: h.board.Epoch(), Seq: s.sent, Time: time.Now().UnixMicro(),
		Interval: h.cfg.Interval.Milliseconds(), Heartbeat: h.cfg.Heartbeat.Milliseconds(),
		Source: sh.sources.Names(), Simulated: sh.sources.Simulated, Replayed: sh.sources.Replayed, Status: sh.sources.State.String(),
		Awaits: true, Sources: wire.Statuses(sh.sources), Relays: h.cfg.Relays, Bars: h.cfg.History.Bars.Kept(),
	})
}

// listenAgain lets the next request come, after the one before has been answered.
func (s *subscriber) listenAgain() error {
	s.place.Release(s.reserved)
	s.reserved = 0
	s.conn.Listen()
	return nil
}

// ask takes in a request that has been read. It is answered after what is in the outbox.
func (s *subscriber) ask(r *request) {
	if r.plan != nil {
		s.reserved += r.plan.memory()
	}
	if s.gone {
		return
	}
	s.outbox.add(r, step((*subscriber).listenAgain))
	s.sendPending()
}

// refused notes that something of the client's was refused.
func (s *subscriber) refused(reason admission.Reason) {
	s.shard.hub.admission.Refusals.Note(reason, s.place.Visitor().Addr)
}

// leave ends the subscription and says why.
func (s *subscriber) leave(why error) {
	if s.gone {
		s.conn.Cut()
		return
	}
	s.gone = true
	sh := s.shard
	e := s.endingFor(why)
	m := sh.hub.metrics
	s.leaveWatch()
	sh.wheel.remove(s)
	m.subscribers.WithLabelValues(s.transport.String()).Dec()
	m.tiers[tierOf(s.follows.rate)].Dec()
	m.gone.WithLabelValues(s.transport.String(), e.Code.Metric()).Inc()
	if s.pace != nil && s.pace.slow {
		m.slow.Dec()
	}
	s.outbox.clear()
	s.pace, s.newestTrades = nil, nil
	s.drop(s.follows.list)
	stopRelaying(s)
	s.setWaits(nil)
	s.list, s.series = noSymbols, nil // a worker may read the fields
	s.hangUp(e, why)
}

func (s *subscriber) release() {
	s.shard.load.Add(-1)
	s.place.Leave()
}

// leaveWatch ends the membership in a watch, if there is one.
func (s *subscriber) leaveWatch() {
	if x := s.watch; x != nil {
		s.fallBehind(x.seq, x.newestTrades)
		s.shard.watches.leave(s, x)
		s.watch = nil
	}
}

// rejoin makes the subscriber a member of the watch for what it follows now. The watch may be further than the
// subscriber is.
func (s *subscriber) rejoin() {
	s.leaveWatch()
	s.behind, s.start = true, 0
	if s.paused || s.follows.nothing() {
		return
	}
	f := &s.follows
	h := s.shard.hub
	of := interest{list: f.list, fields: f.fields, series: f.series, every: s.every()}
	if f.relays() {
		of.relayed = f.relay
	}
	s.watch = s.shard.watches.join(s, of, h.board.Seq())
	if s.pace != nil {
		s.pace.begin(s.shard.now, s.watch.frames)
	}
}

// setList has the subscriber follow another list, which is held.
func (s *subscriber) setList(l *list) {
	s.leaveWatch()
	s.drop(s.follows.list)
	s.follows.list = l
	s.size.Store(int32(l.Len(s.shard.hub.dir.Len())))
}

// setSeries has the subscriber follow other series. Its progress in those that stay is kept.
func (s *subscriber) setSeries(all []series) {
	s.leaveWatch()
	before, newest := s.follows.series, s.newestTrades
	s.follows.series, s.newestTrades = all, nil
	if hasTrades(all) {
		s.newestTrades = make([]uint64, len(all))
		for i, j := 0, 0; i < len(all) && newest != nil; i++ {
			for j < len(before) && before[j] < all[i] {
				j++
			}
			if j < len(before) && before[j] == all[i] {
				s.newestTrades[i] = newest[j]
			}
		}
	}
}

// setWaits has the subscriber wait for other names, whose list is held; nil is none.
func (s *subscriber) setWaits(l *waitlist) {
	if w := s.waits; w != nil {
		if w.list == l {
			return
		}
		x := w.list
		x.members = remove(x.members, int(w.place), func(moved *subscriber) { moved.waits.place = w.place })
		s.waits = nil
		s.shard.waitlists.abandon(x, s.shard.hub.admission.Memory)
	}
	n := 0
	if l != nil {
		s.waits = &waiter{list: l, place: int32(len(l.members)), told: int32(len(l.known))}
		l.members = append(l.members, s)
		n = l.left
	}
	s.waitsFor.Store(int32(n))
}

// await has the subscriber wait for other names: those that the directory had not while it had no more than size symbols. It
// returns false when there is no memory, and changes nothing.
func (s *subscriber) await(all []awaited, size int) bool {
	sh := s.shard
	if len(all) == 0 {
		s.setWaits(nil)
		return true
	}
	l := sh.waitlists.hold(all, sh.hub.admission.Memory.Reserve)
	if l == nil {
		return false
	}
	s.setWaits(l)
	if now := sh.hub.dir.Len(); now > size {
		sh.learn(size, now)
	}
	return true
}

// standing is what the subscriber has. A worker may ask while it has a message.
func (s *subscriber) standing() standing {
	return standing{follows: int(s.size.Load()), awaits: int(s.waitsFor.Load()), fields: s.follows.fields}
}

// countSeries counts the bars and trades that the subscriber follows or waits for, except as a relay does.
func (s *subscriber) countSeries() int { return len(s.follows.series) + s.waits.count().series }

// drop lets a list go that was held.
func (s *subscriber) drop(l *list) { s.shard.lists.drop(l, s.shard.hub.admission.Memory) }

// setRate sets the rate that was asked for.
func (s *subscriber) setRate(rate float64) {
	tiers := &s.shard.hub.metrics.tiers
	tiers[tierOf(s.follows.rate)].Dec()
	s.follows.rate = rate
	tiers[tierOf(s.follows.rate)].Inc()
}

// leaveWhileDraining has the subscriber leave when its turn comes, while all are sent away.
func (s *subscriber) leaveWhileDraining() {
	turn, draining := s.shard.hub.admission.Turn()
	if !draining {
		return
	}
	time.AfterFunc(max(turn, soon), func() {
		s.shard.post(func() {
			if !s.gone {
				s.leave(wire.ComeBack(wire.Restarting, s.shard.hub.cfg.Retry))
			}
		})
	})
}

// catchUpToHistory sends the rest up to the flush of the newest history, even during a pause, where that is newer: one
// position has to hold for all.
func (s *subscriber) catchUpToHistory() error {
	if s.newestSent > s.sent {
		s.outbox.insert(&catchUp{})
	}
	return nil
}

// pause stops sending what is followed. Answers and heartbeats are still sent.
func (s *subscriber) pause() {
	s.paused = true
	s.rejoin()
}

// unpause sends what changed during a pause.
func (s *subscriber) unpause() {
	s.paused = false
	s.rejoin()
	if !s.follows.nothing() {
		s.outbox.insert(&catchUp{resumed: true})
	}
}
