package vendors

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"tickertape/feed"
	"tickertape/feed/market"
)

// Session is one connection to a vendor, from the handshake to its end. It is used once.
//
// Three goroutines run beside each other. One reads messages. One decodes and publishes: it alone calls the decoder, the
// reconciler and publish, so that none of them needs a lock. One runs Talk, which subscribes and asks over REST; it hands over
// with [Session.Do] what it learns. Run waits for all of them, and for those that Go starts.
type Session struct {
	// static
	Source   string // the name of the feed
	Env      *Env
	Dials    *rate.Limiter // of handshakes, which several sessions can share; nil: no limit
	Endpoint Endpoint
	Decoder  Decoder
	// Hear, where it is not nil, sees what each message says before it is published, and can add to it. An error ends the
	// session. It is called by the goroutine that decodes.
	Hear func(*Reconciler, *market.Batch) error
	// Talk logs in, subscribes and keeps asking for what the stream does not say; nil: nothing has to be said. Its error ends
	// the session. If it returns nil, the session goes on.
	Talk func(context.Context) error

	conn   *Conn
	group  *errgroup.Group
	frames chan frame    // closed by read
	free   chan []byte   // buffers of decoded messages. Never closed.
	calls  chan *call    // of Do. Never closed.
	parts  chan struct{} // one slot: a message is coming, though slowly. Never closed.
	broken error         // why read ended; set before frames is closed
	heard  atomic.Int64  // when the newest message came, as market.Time

	// owned by the goroutine that decodes
	publish    func(market.Batch)
	reconciler *Reconciler
	batch      market.Batch
}

// frame is one message of the other side.
type frame struct {
	text     []byte
	received market.Time
}

// call is a function for the goroutine that decodes.
type call struct {
	do   func(*Reconciler, *market.Batch) error
	err  error         // what it returned; valid once done is closed
	done chan struct{} // closed when all that it said is published
}

// queued is how many messages can wait to be decoded. Beyond that, no more are read.
const queued = 32

// mostReused is how many bytes a buffer has at most that is used again: a snapshot can be a hundred times as long as other messages.
const mostReused = 256 << 10

// Run dials, and publishes until ctx ends, for which it returns nil, or the connection does. Its errors are those of
// [Endpoint.Dial], [Conn.Read], the decoder, Hear and Talk; nearly all are a [feed.Break]. It calls publish from one
// goroutine and holds no lock meanwhile. When it returns, all goroutines of the session have ended.
func (s *Session) Run(ctx context.Context, publish func(market.Batch)) error {
	err := s.hold(ctx, publish)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (s *Session) hold(ctx context.Context, publish func(market.Batch)) error {
	if s.Dials != nil {
		if err := s.Dials.Wait(ctx); err != nil {
			return feed.Breakf(feed.Lost, "dial %s: %w", Shown(s.Endpoint.URL), err)
		}
	}
	conn, err := s.Endpoint.Dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	s.Env.Log.Debug("connected", KeySource, s.Source, KeyURL, conn.Where())
	s.conn, s.publish, s.reconciler = conn, publish, NewReconciler()
	s.frames, s.free, s.calls = make(chan frame, queued), make(chan []byte, queued), make(chan *call)
	s.parts = make(chan struct{}, 1)
	conn.onPart = func() {
		select {
		case s.parts <- struct{}{}:
		default:
		}
	}
	s.group, ctx = errgroup.WithContext(ctx)
	s.group.Go(func() error {
		s.read(ctx)
		return nil
	})
	talking, stop := context.WithCancelCause(ctx)
	talked := make(chan error, 1) // what Talk has returned
	s.group.Go(func() error {
		defer stop(nil)
		broken, err := s.decode(ctx)
		if !broken {
			return err
		}
		stop(&ending{err})
		if reason := <-talked; reason != nil { // a reply that came before the end says more than the break
			return reason
		}
		return err
	})
	s.Go(func() error {
		var err error
		if s.Talk != nil {
			err = ownReason(s.Talk(talking))
		}
		talked <- err
		return err
	})
	return s.shown(s.group.Wait())
}

// ending is the cause of Talk's context once the connection is broken. Where Talk, or a function that Go runs, returns it, the
// error is not their own.
type ending struct{ err error }

func (e *ending) Error() string { return e.err.Error() }
func (e *ending) Unwrap() error { return e.err }

// ownReason is err, or nil where err says only that the connection is broken already.
func ownReason(err error) error {
	var e *ending
	if errors.As(err, &e) {
		return nil
	}
	return err
}

// read queues messages until the connection ends. The reason is in broken, and is acted on after the queued messages.
func (s *Session) read(ctx context.Context) {
	defer close(s.frames)
	for {
		var buf []byte
		select {
		case buf = <-s.free:
		default:
		}
		text, err := s.conn.Read(ctx, buf)
		if err != nil {
			s.broken = err
			return
		}
		received := market.TimeOf(time.Now())
		s.heard.Store(int64(received))
		if tap := s.Endpoint.Tap; tap != nil {
			tap.Frame(s.Source, s.conn.number, cleanBytes(text, s.Endpoint.Secrets), received)
		}
		select {
		case s.frames <- frame{text, received}:
		case <-ctx.Done():
			s.broken = context.Cause(ctx)
			return
		}
	}
}

// decode decodes and publishes until the connection is broken, the decoder fails, or ctx ends.
func (s *Session) decode(ctx context.Context) (broken bool, err error) {
	for {
		select {
		case f, open := <-s.frames:
			if !open {
				return true, s.broken
			}
			if err := s.message(f); err != nil {
				return false, err
			}
		case c := <-s.calls:
			s.fresh()
			c.err = c.do(s.reconciler, &s.batch)
			s.pass()
			close(c.done)
		case <-s.parts:
			s.fresh()
			s.batch.Alive = true
			s.pass()
		case <-ctx.Done():
			return false, nil
		}
	}
}

// message decodes one message and publishes what it says, also where it ends the session.
func (s *Session) message(f frame) error {
	s.fresh()
	err := s.Decoder.Frame(f.text, f.received, &s.batch)
	if err == nil && s.Hear != nil {
		err = s.Hear(s.reconciler, &s.batch)
	}
	s.pass()
	if cap(f.text) <= mostReused {
		select {
		case s.free <- f.text:
		default:
		}
	}
	return err
}

// fresh empties the batch.
func (s *Session) fresh() {
	b := &s.batch
	b.Status, b.Actions, b.Alive, b.Lost, b.Heartbeat, b.Ending = nil, nil, false, 0, 0, false
	b.Images, b.Ticks, b.Corrections = b.Images[:0], b.Ticks[:0], b.Corrections[:0]
	b.Bars, b.Trades = b.Bars[:0], b.Trades[:0]
}

// pass publishes the batch unless it is empty.
func (s *Session) pass() {
	b := &s.batch
	if b.Status == nil && b.Actions == nil && !b.Alive && !b.Ending && b.Lost == 0 &&
		len(b.Images)+len(b.Ticks)+len(b.Corrections) == 0 && !b.HasSeries() {
		return
	}
	s.reconciler.Pass(b)
	s.publish(*b)
}

// shown is an error with no secret in its text, where text of the other side can be quoted.
func (s *Session) shown(err error) error {
	if err == nil || cleanText(err.Error(), s.Endpoint.Secrets) == err.Error() {
		return err
	}
	var b *feed.Break
	if errors.As(err, &b) {
		return &feed.Break{Cause: b.Cause, After: b.After, Err: hide(b.Err, s.Endpoint.Secrets)}
	}
	return hide(err, s.Endpoint.Secrets)
}

// Go runs a function beside Talk. Run waits for it, and its error ends the session. Talk, or a function that Go runs, may
// call it.
func (s *Session) Go(do func() error) {
	s.group.Go(func() error { return ownReason(do()) })
}

// Do has the goroutine that decodes call a function, which may use the decoder and the reconciler, and publishes what it adds
// to the batch. It returns when that is published, with the function's error. Once ctx has ended it may return without
// having called it. The decoder and Hear must not call it.
func (s *Session) Do(ctx context.Context, do func(*Reconciler, *market.Batch) error) error {
	c := &call{do: do, done: make(chan struct{})}
	select {
	case s.calls <- c:
		<-c.done
		return c.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// brokenTime is how long Write waits, after an error, for the session to end with the reason.
const brokenTime = time.Second

// Write sends one text message as soon as the endpoint's limit allows. The decoder and Hear should not call it: a vendor
// may stop reading while nobody reads its replies. If the connection has ended, Write waits for the end of the session and
// returns its error, which says why.
func (s *Session) Write(ctx context.Context, text []byte) error {
	err := s.conn.Write(ctx, text)
	if err != nil && !Pause(ctx, brokenTime) {
		return context.Cause(ctx)
	}
	return err
}

// Where is the address of the connection as it can be shown.
func (s *Session) Where() string { return s.conn.Where() }

// Keepalive sends a text at regular intervals, until ctx ends.
func (s *Session) Keepalive(ctx context.Context, every time.Duration, text []byte) error {
	for Pause(ctx, every) {
		if err := s.Write(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// Probe sends a text whenever nothing has come for quiet while the market is open: its reply is a sign of life. It returns when
// ctx ends.
func (s *Session) Probe(ctx context.Context, quiet time.Duration, text []byte, open func(time.Time) bool) error {
	for Pause(ctx, quiet) {
		now := time.Now()
		if now.Sub(market.Time(s.heard.Load()).Std()) < quiet || !open(now) {
			continue
		}
		if err := s.Write(ctx, text); err != nil {
			return err
		}
	}
	return nil
}
