package broadcast

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"time"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/conn"
	"tickertape/broadcast/wire"
)

// What a subscriber's connection calls: conn.Owner.

// Post has the shard do a job.
func (s *subscriber) Post(job func()) bool { return s.shard.post(job) }

// Writable goes on with what there is to send.
func (s *subscriber) Writable() {
	s.busy = false
	s.sendPending()
}

// Blocked notes that nothing can be written at the moment.
func (s *subscriber) Blocked() {
	s.busy = true
	s.shard.wheel.hasten(s, s.shard.now, s.shard.hub.cfg.WriteTimeout)
}

// Remind has the subscriber looked at in time.
func (s *subscriber) Remind(after time.Duration) { s.shard.wheel.hasten(s, s.shard.now, after) }

// Message has a worker read a message.
func (s *subscriber) Message(m conn.Incoming) {
	limited := !s.meter.Message(s.shard.hub.admission.Config, s.shard.now)
	s.shard.hub.workers.put(&unparsed{sub: s, message: m, overBudget: limited})
}

// Allow charges the client's budgets.
func (s *subscriber) Allow(b conn.Budget, n int) bool {
	h := s.shard.hub
	if b == conn.Control {
		return s.meter.Control(h.admission.Config, s.shard.now)
	}
	longest := h.cfg.MaxMessage
	if s.transport == EventStream {
		longest = 0 // no message is expected
	}
	return s.meter.In(n, longest, h.admission.Config, s.shard.now)
}

// Reserve takes memory of all subscribers'.
func (s *subscriber) Reserve(m conn.Memory, n int64) bool {
	if m == conn.Unsent {
		return s.place.Reserve(n, true)
	}
	return s.shard.hub.admission.Unfinished(n)
}

// Release gives it back.
func (s *subscriber) Release(m conn.Memory, n int64) {
	if m == conn.Unsent {
		s.place.Release(n)
		return
	}
	s.shard.hub.admission.Unfinished(-n)
}

// Closed ends the subscription.
func (s *subscriber) Closed(why error) { s.leave(why) }

// Ended forgets the subscriber.
func (s *subscriber) Ended() {
	s.shard.all = remove(s.shard.all, int(s.index), func(moved *subscriber) { moved.index = s.index })
	s.release()
}

// endingFor is how to end a connection, and why. What the client is refused is noted.
func (s *subscriber) endingFor(why error) wire.Ending {
	var e wire.Ending
	var c conn.Close
	switch {
	case errors.As(why, &e):
		return e
	case errors.As(why, &c):
		return s.brokeProtocol(c)
	}
	for _, x := range endings {
		if !errors.Is(why, x.err) {
			continue
		}
		if x.refused {
			s.refused(x.reason)
		}
		if x.ending.Code.ComeBack() {
			return wire.ComeBack(x.ending.Code, s.shard.hub.cfg.Retry)
		}
		return x.ending
	}
	return wire.Ending{Code: wire.Broken}
}

// brokeProtocol is the ending of a client that has closed, or has broken the protocol.
func (s *subscriber) brokeProtocol(c conn.Close) wire.Ending {
	if c.Peer {
		return wire.Ending{Code: wire.Closed}
	}
	code := wire.BadFrame
	switch c.Code {
	case conn.Unsupported:
		code = wire.NotText
	case conn.BadPayload:
		code = wire.BadText
	case conn.TooBig:
		code = wire.TooBig
		s.refused(admission.ReasonMessage)
	}
	return wire.Ending{Code: code, Reason: c.Reason}
}

// endings say how a connection ends that cannot go on.
var endings = [...]struct {
	err     error
	ending  wire.Ending
	refused bool // something was, for a reason
	reason  admission.Reason
}{
	{err: conn.ErrHungUp, ending: wire.Ending{Code: wire.Closed}},
	{err: conn.ErrStalled, ending: wire.Ending{Code: wire.Stalled}},
	{conn.ErrUnfinished, wire.Ending{Code: wire.Unfinished}, true, admission.ReasonMessageTimeout},
	{conn.ErrBytes, wire.Ending{Code: wire.Flood, Reason: "too many bytes"}, true, admission.ReasonConnectionBytesIn},
	{conn.ErrControl, wire.Ending{Code: wire.Flood, Reason: "too many pings, pongs or fragments"}, true, admission.ReasonConnectionControl},
	{conn.ErrUnsent, wire.Ending{Code: wire.NoMemoryUnsent}, true, admission.ReasonMemory},
	{conn.ErrUnread, wire.Ending{Code: wire.Full}, true, admission.ReasonTotalUnfinished},
}

// hangUp closes the connection, and says why as far as the transport can.
func (s *subscriber) hangUp(e wire.Ending, why error) {
	var c conn.Close
	if errors.As(why, &c) && c.Peer {
		s.conn.Close(c, nil) // answered with its own code
		return
	}
	c = conn.Close{Code: e.Code.CloseCode(), Reason: e.Text()}
	var last []byte
	if c.Code != 0 && s.transport == EventStream {
		last = farewell(e, s.shard.hub.cfg.Retry, s.framing)
	}
	s.conn.Close(c, last)
}

// farewell is the end of an event stream: why, and when to come back, after a part of retry where the ending has no time
// of its own, since a browser's EventSource comes back in any case.
func farewell(e wire.Ending, retry time.Duration, as conn.Framing) []byte {
	var p part
	p.begin("error")
	p.data = wire.AppendJSON(p.data, wire.Error{Type: "error", Code: e.Code.String(), Message: e.Text()})
	p.prepare("")
	return conn.LastEvent(as, &p.message, jitter(cmp.Or(e.Retry, retry)))
}

// jitter is a random part of d, at least a tenth of it.
func jitter(d time.Duration) time.Duration { return d/10 + rand.N(d-d/10+1) }
