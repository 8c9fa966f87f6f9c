package broadcast

import (
	"context"
	"errors"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/conn"
	"tickertape/broadcast/wire"
)

// workers read clients' messages, so that no shard has to: they parse them, find the symbols that are named, and
// see to it that the work is paid for. A connection has one message with them at most.
type workers struct {
	hub   *Hub
	queue chan *unparsed // never closed
}

// unparsed is a message that a worker is to read.
type unparsed struct {
	sub        *subscriber
	message    conn.Incoming
	overBudget bool // it is one too many
	length     int  // of its text, once it has been read
}

// mostQueued is how many messages may wait for a worker.
const mostQueued = 4096

const maxBadMessages = 20 // in a row

func newWorkers(h *Hub) *workers {
	return &workers{hub: h, queue: make(chan *unparsed, mostQueued)}
}

// run reads messages until ctx ends.
func (w *workers) run(ctx context.Context) error {
	var g errgroup.Group
	for range runtime.GOMAXPROCS(0) {
		g.Go(func() error {
			for {
				select {
				case u := <-w.queue:
					w.read(ctx, u)
				case <-ctx.Done():
					return nil
				}
			}
		})
	}
	return g.Wait()
}

// put has a message read. Where too many wait, it is refused unread.
func (w *workers) put(u *unparsed) {
	select {
	case w.queue <- u:
	default:
		u.sub.refused(admission.ReasonTotalWork)
		u.sub.ask(&request{fault: &wire.Fault{Code: wire.RateLimited, Message: "the server is busy: try again in 1 s"}})
	}
}

// read reads one message and hands it to the subscriber.
func (w *workers) read(ctx context.Context, u *unparsed) {
	s := u.sub
	var r wire.Request
	var err error
	if !w.hub.admission.Slice(ctx, func() { r, err = w.parse(u) }) {
		return // the hub ends, and cuts everyone off
	}
	var broken conn.Close
	if errors.As(err, &broken) {
		s.shard.post(func() { s.leave(broken) })
		return
	}
	var wait time.Duration
	answer := &request{kind: r.Type, id: r.ID}
	if err == nil {
		answer.plan, wait, err = w.pay(ctx, u, &r)
		if err = faultOf(err); err != nil && !errors.As(err, &answer.fault) {
			return // the hub ends: nothing was found that a shard could answer with
		}
	} else {
		errors.As(err, &answer.fault)
	}
	if answer.fault == nil {
		s.bad = 0
	} else if s.bad++; s.bad > maxBadMessages {
		s.shard.post(func() { s.leave(wire.Ending{Code: wire.TooManyBad}) })
		return
	}
	ask := func() { s.shard.post(func() { s.ask(answer) }) }
	if wait > 0 {
		time.AfterFunc(wait, ask) // a worker has others to serve
		return
	}
	ask()
}

// pay plans a request and pays for it, and reserves the memory that it takes until it is answered. It
// returns how long the request has to wait for its turn.
func (w *workers) pay(ctx context.Context, u *unparsed, r *wire.Request) (*plan, time.Duration, error) {
	s := u.sub
	visitor := s.place.Visitor()
	if r.Relay {
		visitor = visitor.ForSeveral()
	}
	wait, refusal := w.hub.admission.ChargeDelay(visitor, admission.Message(u.length))
	if refusal != nil {
		return nil, 0, refusal
	}
	plan, more, err := w.hub.planFor(ctx, visitor, r, s.standing())
	if err != nil {
		return nil, 0, err
	}
	if !s.place.Reserve(plan.memory(), false) {
		s.refused(admission.ReasonMemory)
		return nil, 0, noMemory
	}
	return plan, max(wait, more), nil
}

// parse makes a request of a message. Its error is a conn.Close of one that broke the protocol, or a wire.Fault.
func (w *workers) parse(u *unparsed) (wire.Request, error) {
	text, err := u.message.Text()
	if err != nil {
		return wire.Request{}, err
	}
	u.length = len(text)
	r, err := wire.ParseMessage(text, w.hub.limits())
	if u.overBudget {
		u.sub.refused(admission.ReasonConnectionMessages)
		return wire.Request{ID: r.ID}, &wire.Fault{Code: wire.RateLimited, Message: "too many messages: slow down"}
	}
	return r, err
}
