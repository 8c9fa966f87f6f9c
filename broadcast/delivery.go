package broadcast

import (
	"cmp"
	"slices"
	"time"

	"tickertape/broadcast/board"
	"tickertape/broadcast/conn"
	"tickertape/broadcast/history"
	"tickertape/broadcast/wire"
	"tickertape/feed/market"
)

// What one subscriber is sent, and when.

// A turn of a subscriber ends after so many bytes, or so many messages, that are made for it alone: others wait.
const (
	turnBytes = 64 << 10
	turnSteps = 32
)

// sendPending sends what there is to send, until the connection is full or the turn is over. The rest waits for another
// turn.
func (s *subscriber) sendPending() {
	until := s.shard.tally.bytes[s.transport] + s.shard.hub.lengths.turn
	for n := 0; !s.busy && !s.gone; n++ {
		if n == turnSteps || s.shard.tally.bytes[s.transport] >= until {
			s.shard.later(s)
			return
		}
		more, err := s.sendNext()
		if err != nil {
			s.leave(err)
			return
		}
		if !more {
			return
		}
	}
}

// sendNext sends the next message, if there is any, in the order that outbox describes.
func (s *subscriber) sendNext() (more bool, err error) {
	switch {
	case !s.outbox.empty():
		return true, s.outbox.next(s)
	case s.paused:
		return false, nil
	}
	if x := s.shard.sources.After(s.sources); x != nil {
		s.sources = x.Version
		return true, s.sendStatus(x)
	}
	if s.waits.ripe() {
		s.outbox.add(&catchUp{})
		return true, nil
	}
	if s.watch == nil {
		return false, nil
	}
	if sent, err := s.keepPace(); sent || err != nil {
		return sent, err
	}
	hasSeries := len(s.follows.series) > 0 || s.follows.relays()
	missedFrame := s.sent < s.watch.seq || hasSeries && s.sentSeries < s.watch.seq
	if !s.behind && !missedFrame {
		return false, nil
	}
	if missedFrame {
		s.shard.tally.catchUps++
		s.countTaken()
	}
	s.outbox.add(&catchUp{})
	return true, nil
}

// offerFrame writes a frame of the subscriber's watch if the connection can be written and the subscriber is in step.
// Otherwise it gets one catch-up instead: all that it missed, newest values only.
func (s *subscriber) offerFrame(f *frame) {
	switch {
	case s.busy:
		s.miss(f.from, f.newestTrades)
		return
	case f.seq <= s.sent:
		return
	case !s.outbox.empty() || s.waits.ripe() || !s.inStep(f):
		s.fallBehind(f.from, f.newestTrades)
		s.shard.later(s)
		return
	}
	frames := f.framed(s.shard.hub, s.framing)
	for at, n := 0, 0; at < len(frames); at += n {
		n = upTo(s.shard.hub.lengths.part, frames[at:])
		if err := s.put(frames[at : at+n]...); err != nil {
			s.leave(err)
			return
		}
		if s.busy && at+n < len(frames) {
			s.restOf(f, at+n)
			return
		}
	}
	s.sent, s.sentSeries, s.newestSent = f.seq, f.seq, f.seq
	if s.countTaken(); s.pace != nil {
		s.sendPending() // a verdict may be due
	}
}

// restOf queues the parts of a frame that were not sent, from one on, as a catch-up: newer values may be sent instead, so
// the frame is not kept for one slow reader.
func (s *subscriber) restOf(f *frame, at int) {
	s.stepOut(f.newestTrades)
	parts := f.list()
	for i, p := range parts[:at] {
		if p.seriesPlace >= 0 && s.newestTrades != nil && (i+1 == len(parts) || parts[i+1].seriesPlace != p.seriesPlace) {
			s.newestTrades[p.seriesPlace] = f.watch.newestTrades[p.seriesPlace]
		}
	}
	s.newestSent = f.seq
	c := &catchUp{begun: true, at: f.seq, place: len(s.follows.series)}
	if p := parts[at]; p.seriesPlace >= 0 {
		c.place = p.seriesPlace // from its beginning, even if some of it was sent: repeating it changes nothing
	} else if at > 0 && parts[at-1].isQuotes() {
		s.sentSeries = f.seq
		c.quotes = s.restOfQuotes(f, parts[at-1].next)
	}
	s.outbox.add(c)
	s.countTaken()
}

// upTo is how many of the frames are no longer than a limit together: one at least.
func upTo(limit int, frames [][]byte) int {
	n := 0
	for i, b := range frames {
		if n += len(b); n > limit && i > 0 {
			return i
		}
	}
	return len(frames)
}

// sendMessage writes a message without quotes. The connection can be written.
func (s *subscriber) sendMessage(k wire.Kind, message any) error {
	p := &s.shard.part
	p.begin(k)
	p.data = wire.AppendJSON(p.data, message)
	return s.write(p, false)
}

// write writes a message that is for this subscriber alone: it is not compressed. ends is whether it may be the last of what
// a flush has for the client.
func (s *subscriber) write(p *part, ends bool) error {
	s.newestSent = max(s.newestSent, p.seq)
	return s.put(s.frameOf(p, ends))
}

// frameOf is a message as its connection sends it: on an event stream with the position, where it ends what a flush has
// for the client.
func (s *subscriber) frameOf(p *part, ends bool) []byte {
	epoch := s.shard.hub.board.Epoch()
	p.prepare(epoch)
	if ends = ends && s.transport == EventStream && !s.outbox.owes(s.shard.hub); ends {
		p.message.SetID(epoch, uint64(s.position()))
	}
	return p.framed(s.framing, ends)
}

// put writes framed messages.
func (s *subscriber) put(frames ...[]byte) error {
	free, err := s.conn.Write(frames...)
	if err != nil {
		return err
	}
	sh := s.shard
	now := sh.clock()
	s.wrote = instantOf(now)
	for _, b := range frames {
		sh.tally.sent(s.transport, len(b))
	}
	sh.tally.writes[s.transport]++
	if !free {
		s.busy, s.stallCounted = true, false
		sh.wheel.hasten(s, now, sh.hub.cfg.WriteTimeout)
	}
	return nil
}

// news are the symbols, bars and trades that are followed since they have become known, of which the client is still to be told.
type news struct {
	ids    []market.SymbolID // whose quotes
	series []series          // in order, each once
}

func (n *news) empty() bool { return len(n.ids)+len(n.series) == 0 }

// tell sends the next message about the news: first that of quotes and trades, then one for the bars of each interval. A relay may
// have thousands of names in each, so they are made one by one.
func (s *subscriber) tell(n *news) error {
	kind := history.Trades
	if len(n.ids) == 0 && !slices.ContainsFunc(n.series, series.isTrades) {
		kind = slices.MinFunc(n.series, func(a, b series) int { return cmp.Compare(a.interval(), b.interval()) }).interval()
	}
	h := s.shard.hub
	var names wire.List
	n.series = slices.DeleteFunc(n.series, func(one series) bool {
		if one.interval() != kind {
			return false
		}
		names.Add(h.dir.Symbol(one.symbol()).Symbol)
		return true
	})
	m := wire.Subscribed{Type: "subscribed", Symbols: h.appendSymbols(&resolved{named: n.ids})} // without a rate: it is no answer
	switch {
	case kind != history.Trades:
		m.Bars, m.Interval = names.JSON(), kind.String()
	case len(names) > 0:
		m.Trades = names.JSON()
	}
	n.ids = nil
	p := &s.shard.part
	p.begin("subscribed")
	p.data = m.AppendTo(p.data)
	return s.write(p, false)
}

// sendStatus sends the state of a source.
func (s *subscriber) sendStatus(x *board.Source) error {
	return s.sendMessage("status", wire.StatusOf(x, "status"))
}

// miss notes a frame of what changed after from that the connection had no room for: a later message will have it.
// newestTrades are those of its watch at from.
func (s *subscriber) miss(from board.Seq, newestTrades []uint64) {
	s.fallBehind(from, newestTrades)
	sh := s.shard
	sh.tally.merged++
	if !s.stallCounted {
		s.stallCounted = true
		sh.tally.stalls++
	}
	if s.pace == nil {
		s.pace = &pace{}
		s.pace.begin(sh.now, s.watch.frames-1)
	}
}

// countTaken counts an update that the subscriber was sent.
func (s *subscriber) countTaken() {
	if s.pace != nil {
		s.pace.taken++
	}
}

// keepPace sends a message when the subscriber begins to read more slowly than it asked for, and when that is over.
func (s *subscriber) keepPace() (sent bool, err error) {
	if s.pace == nil {
		return false, nil
	}
	rate, recovered := s.pace.verdict(s.shard.now, s.watch.frames)
	switch {
	case recovered:
		s.shard.hub.metrics.slow.Dec()
		return true, s.sendMessage("rate", wire.Rate{Type: "rate", Rate: s.granted(), Asked: s.granted(), Reason: "recovered"})
	case rate > 0:
		if s.pace.newlySlow {
			s.shard.hub.metrics.slow.Inc()
		}
		return true, s.sendMessage("rate", wire.Rate{Type: "rate", Rate: rate, Asked: s.granted(), Reason: "slow_consumer"})
	case s.pace.over(s.shard.now):
		s.pace = nil
	}
	return false, nil
}

// onTimer does what is due by the clock: a heartbeat, or the end of one who takes nothing.
func (s *subscriber) onTimer() {
	sh := s.shard
	cfg := sh.hub.cfg
	next, err := s.conn.Check(sh.now)
	if err != nil {
		s.leave(err)
		return
	}
	if s.busy {
		sh.wheel.put(s, sh.now, min(cfg.Heartbeat, cfg.WriteTimeout)/8) // the beat is late
		return
	}
	due, err := s.beat()
	if err != nil {
		s.leave(err)
		return
	}
	if !s.gone {
		sh.wheel.put(s, sh.now, min(next, due))
	}
}

// beat sends the message or comment of a heartbeat where one is due, and returns when the next is.
func (s *subscriber) beat() (next time.Duration, err error) {
	sh := s.shard
	text := conn.Comment(s.framing)
	now := instantOf(sh.now)
	message, comment, next := s.due(now, sh.hub.cfg.Heartbeat, text != nil)
	switch wrote := s.wrote; {
	case message && comment:
		err = s.put(text, s.frameOf(s.heartbeatMessage(), true))
		s.commented = now
	case message:
		err = s.put(s.frameOf(s.heartbeatMessage(), true))
	case comment:
		err = s.put(text)
		s.wrote, s.commented = wrote, now // a comment is no message
	}
	if err == nil && message {
		s.sendPending() // a verdict may be due
	}
	return next, err
}

// heartbeatMessage is the message that is sent where there was no other.
func (s *subscriber) heartbeatMessage() *part {
	p := &s.shard.part
	p.begin("heartbeat")
	p.data = wire.AppendHeartbeat(p.data, s.sent, time.Now())
	return p
}
