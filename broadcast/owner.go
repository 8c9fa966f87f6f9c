package broadcast

import (
	"errors"
	"time"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/conn"
)

// What a subscriber's connection calls: conn.Owner.

// limits bound what a client may do on its connection.
func (b *Board) limits() conn.Limits {
	return conn.Limits{MaxMessage: b.cfg.MaxMessage, MessageTimeout: b.door.Config.MessageTimeout, WriteTimeout: b.cfg.WriteTimeout}
}

// Post has the shard do a job.
func (s *subscriber) Post(job func()) bool { return s.shard.post(job) }

// Writable goes on with what there is to say.
func (s *subscriber) Writable() {
	s.busy = false
	s.pump()
}

// Blocked notes that nothing can be said at the moment.
func (s *subscriber) Blocked() {
	s.busy = true
	s.shard.wheel.hasten(s, s.shard.now, s.shard.board.cfg.WriteTimeout)
}

// Remind has the subscriber looked at in time.
func (s *subscriber) Remind(after time.Duration) { s.shard.wheel.hasten(s, s.shard.now, after) }

// Message has a worker read a message.
func (s *subscriber) Message(m conn.Incoming) {
	limited := !s.meter.Message(s.shard.board.door.Config, s.shard.now)
	s.shard.board.workers.put(&unread{sub: s, message: m, limited: limited})
}

// Allow charges the client's budgets.
func (s *subscriber) Allow(b conn.Budget, n int) bool {
	board := s.shard.board
	if b == conn.Control {
		return s.meter.Control(board.door.Config, s.shard.now)
	}
	longest := board.cfg.MaxMessage
	if s.transport == transportSSE {
		longest = 0 // no message is expected
	}
	return s.meter.In(n, longest, board.door.Config, s.shard.now)
}

// Reserve takes memory of all subscribers'.
func (s *subscriber) Reserve(m conn.Memory, n int64) bool {
	if m == conn.Unsent {
		return s.place.Keep(n, true)
	}
	return s.shard.board.door.Unfinished(n)
}

// Release gives it back.
func (s *subscriber) Release(m conn.Memory, n int64) {
	if m == conn.Unsent {
		s.place.Let(n)
		return
	}
	s.shard.board.door.Unfinished(-n)
}

// Closed ends the subscription.
func (s *subscriber) Closed(why error) { s.leave(why) }

// Ended forgets the subscriber.
func (s *subscriber) Ended() {
	s.shard.all = take(s.shard.all, s.index, func(moved *subscriber) { moved.index = s.index })
	s.release()
}

// goodbyeFor is how to answer what ends a connection; what the client is refused is noted.
func (s *subscriber) goodbyeFor(why error) goodbye {
	var g goodbye
	var c conn.Close
	switch {
	case errors.As(why, &g):
		return g
	case errors.As(why, &c):
		if c.Peer {
			return goodbye{code: c.Code, label: goneClosed.label}
		}
		if c.Code == conn.TooBig {
			s.refused(admission.ReasonMessage)
		}
		return goodbye{code: c.Code, label: "policy", reason: c.Reason}
	}
	for _, e := range s.shard.board.ends() {
		if errors.Is(why, e.err) {
			if e.refused {
				s.refused(e.reason)
			}
			return e.goodbye
		}
	}
	return goneError
}

// end is a way for a connection to end.
type end struct {
	err     error
	goodbye goodbye
	refused bool // something was, for a reason
	reason  admission.Reason
}

func (b *Board) ends() []end {
	return []end{
		{err: conn.ErrHungUp, goodbye: goneClosed},
		{err: conn.ErrStalled, goodbye: goneStalled},
		{conn.ErrUnfinished, policy("unfinished", "a message took too long to come"), true, admission.ReasonMessageTimeout},
		{conn.ErrBytes, policy("flood", "too many bytes"), true, admission.ReasonConnectionBytesIn},
		{conn.ErrControl, policy("flood", "too many pings, pongs or fragments"), true, admission.ReasonConnectionControl},
		{conn.ErrUnsent, goneMemory, true, admission.ReasonMemory},
		{conn.ErrUnread, comeBack(1013, full, b.cfg.Retry), true, admission.ReasonTotalUnfinished},
	}
}
