package broadcast

import (
	"context"
	"errors"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/conn"
)

// workers read clients' messages, so that no shard has to: they parse them, find the symbols that are named, and
// see to it that the work is paid for. A connection has one message with them at most.
type workers struct {
	board *Board
	queue chan *unread // never closed
}

// unread is a message that a worker is to read.
type unread struct {
	sub     *subscriber
	message conn.Incoming
	limited bool // it is one too many
	length  int  // of its text, once it has been read
}

// mostQueued is how many messages may wait for a worker.
const mostQueued = 4096

const maxBadMessages = 20 // in a row

func newWorkers(b *Board) *workers {
	return &workers{board: b, queue: make(chan *unread, mostQueued)}
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
func (w *workers) put(u *unread) {
	select {
	case w.queue <- u:
	default:
		u.sub.refused(admission.ReasonTotalWork)
		u.sub.ask(&request{fault: &fault{rateLimited, "the server is busy: try again in 1 s"}})
	}
}

// read reads one message and hands it to the subscriber.
func (w *workers) read(ctx context.Context, u *unread) {
	s := u.sub
	door := w.board.door
	r, why := request{}, error(nil)
	if !door.Slice(ctx, func() { r, why = w.parse(u) }) {
		return // the board ends, and cuts everyone off
	}
	if why != nil {
		s.shard.post(func() { s.leave(why) })
		return
	}
	var wait time.Duration
	if r.fault == nil {
		var err error
		wait, err = w.pay(ctx, u, &r)
		var f *fault
		if errors.As(refused(err), &f) {
			r.fault = f
		} else if err != nil {
			return // the board ends: nothing was found that a shard could answer with
		}
	}
	if r.fault == nil {
		s.bad = 0
	} else {
		r.forget()
		if s.bad++; s.bad > maxBadMessages {
			s.shard.post(func() { s.leave(policy("policy", "too many bad messages")) })
			return
		}
	}
	ask := func() { s.shard.post(func() { s.ask(&r) }) }
	if wait > 0 {
		time.AfterFunc(wait, ask) // a worker has others to serve
		return
	}
	ask()
}

// pay finds what a request wants and pays for it, and reserves the memory that it takes until it is answered. It
// returns how long the request has to wait for its turn.
func (w *workers) pay(ctx context.Context, u *unread, r *request) (time.Duration, error) {
	s := u.sub
	visitor := s.place.Visitor()
	wait, refusal := w.board.door.Reckon(visitor, admission.Message(u.length))
	if refusal != nil {
		return 0, refusal
	}
	more, err := w.board.payFor(ctx, visitor, r, int(s.follows.Load()), s.fields)
	if err != nil {
		r.want = nil // nothing is kept for it
		return 0, err
	}
	if !s.place.Keep(r.want.memory(), false) {
		r.want = nil
		s.refused(admission.ReasonMemory)
		return 0, noMemory
	}
	return max(wait, more), nil
}

// parse makes a request of a message. The error is for one that broke the protocol.
func (w *workers) parse(u *unread) (request, error) {
	text, err := u.message.Text()
	if err != nil {
		return request{}, err
	}
	u.length = len(text)
	r := parseRequest(text)
	if u.limited {
		u.sub.refused(admission.ReasonConnectionMessages)
		r = request{ID: r.ID, fault: &fault{rateLimited, "too many messages: slow down"}}
	}
	return r, nil
}
