package broadcast

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/klauspost/compress/flate"
	"golang.org/x/sync/errgroup"

	"tickertape/broadcast/admission"
)

// workers read clients' messages, so that no shard has to: they parse them, find the symbols that are named, and
// see to it that the work is paid for. A connection has one message with them at most.
type workers struct {
	board   *Board
	queue   chan *webSocketConn // never closed
	inflate sync.Pool           // of io.ReadCloser that are flate.Resetter
}

// mostQueued is how many messages may wait for a worker.
const mostQueued = 4096

const maxBadMessages = 20 // in a row

func newWorkers(b *Board) *workers {
	return &workers{board: b, queue: make(chan *webSocketConn, mostQueued)}
}

// run reads messages until ctx ends.
func (w *workers) run(ctx context.Context) error {
	var g errgroup.Group
	for range runtime.GOMAXPROCS(0) {
		g.Go(func() error {
			for {
				select {
				case c := <-w.queue:
					w.read(ctx, c)
				case <-ctx.Done():
					return nil
				}
			}
		})
	}
	return g.Wait()
}

// put has the connection's message read. Where too many wait, it is refused unread.
func (w *workers) put(c *webSocketConn) {
	select {
	case w.queue <- c:
	default:
		c.sub.refused(admission.ReasonTotalWork)
		c.message = incoming{}
		c.sub.ask(&request{fault: &fault{rateLimited, "the server is busy: try again in 1 s"}})
	}
}

// read reads one message and hands it to the subscriber.
func (w *workers) read(ctx context.Context, c *webSocketConn) {
	s := c.sub
	door := w.board.door
	r, why := request{}, (*goodbye)(nil)
	if !door.Slice(ctx, func() { r, why = w.parse(c) }) {
		return // the board ends, and cuts everyone off
	}
	if why != nil {
		s.shard.post(func() { s.leave(*why) })
		return
	}
	var wait time.Duration
	if r.fault == nil {
		var err error
		wait, err = w.pay(ctx, c, &r)
		var f *fault
		if errors.As(refused(err), &f) {
			r.fault = f
		} else if err != nil {
			return // the board ends: nothing was found that a shard could answer with
		}
	}
	if r.fault == nil {
		c.bad = 0
	} else {
		r.forget()
		if c.bad++; c.bad > maxBadMessages {
			s.shard.post(func() { s.leave(policy("policy", "too many bad messages")) })
			return
		}
	}
	c.message = incoming{}
	ask := func() { s.shard.post(func() { s.ask(&r) }) }
	if wait > 0 {
		time.AfterFunc(wait, ask) // a worker has others to serve
		return
	}
	ask()
}

// pay finds what a request wants and pays for it, and reserves the memory that it takes until it is answered. It
// returns how long the request has to wait for its turn.
func (w *workers) pay(ctx context.Context, c *webSocketConn, r *request) (time.Duration, error) {
	s := c.sub
	visitor := s.place.Visitor()
	wait, refusal := w.board.door.Reckon(visitor, admission.Message(len(c.message.data)))
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

// parse makes a request of a message. The goodbye is for one that broke the protocol.
func (w *workers) parse(c *webSocketConn) (request, *goodbye) {
	m := c.message
	if m.kind != opText {
		return request{}, &goodbye{code: 1003, label: "policy", reason: "messages are text"}
	}
	if m.packed {
		data, err := w.unpack(m.data)
		switch {
		case errors.Is(err, errTooBig):
			c.sub.refused(admission.ReasonMessage)
			return request{}, &goodbye{code: 1009, label: "policy", reason: "message too big"}
		case err != nil:
			return request{}, &goodbye{code: 1007, label: "policy", reason: "a compressed message is damaged"}
		}
		m.data, c.message.data = data, data
	}
	if !utf8.Valid(m.data) {
		return request{}, &goodbye{code: 1007, label: "policy", reason: "text is not UTF-8"}
	}
	r := parseRequest(m.data)
	if m.limited {
		c.sub.refused(admission.ReasonConnectionMessages)
		r = request{ID: r.ID, fault: &fault{rateLimited, "too many messages: slow down"}}
	}
	return r, nil
}

var errTooBig = errors.New("broadcast: message too big")

// unpack undoes permessage-deflate (RFC 7692, section 7.2.2), up to the longest message that is allowed.
func (w *workers) unpack(data []byte) ([]byte, error) {
	in := io.MultiReader(bytes.NewReader(data), bytes.NewReader([]byte{0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff}))
	inflater, ok := w.inflate.Get().(io.ReadCloser)
	if ok {
		inflater.(flate.Resetter).Reset(in, nil)
	} else {
		inflater = flate.NewReader(in)
	}
	defer w.inflate.Put(inflater)
	longest := w.board.cfg.MaxMessage
	out, err := io.ReadAll(io.LimitReader(inflater, int64(longest)+1))
	if len(out) > longest {
		return nil, errTooBig
	}
	return out, err
}
