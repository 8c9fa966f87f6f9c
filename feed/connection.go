package feed

import (
	"context"
	"sync"
	"time"

	"tickertape/feed/market"
)

// connection is one Run of the source, in a goroutine of its own.
type connection struct {
	cancel   context.CancelFunc
	consumed chan struct{} // one value for each batch that the supervisor is done with; never closed
	done     chan struct{} // closed when Run has returned and the supervisor knows

	// owned by the supervisor
	before *connection // the one that it replaces; nil: none, or it has ended and been forgotten
	ended  bool
	ending bool // the other side has announced that it ends the connection
}

// arrival is what a connection hands over: a batch or its end. With a batch, its goroutine waits until that was consumed,
// so that the slices can stay the source's and a source cannot run ahead of who listens.
type arrival struct {
	from  *connection
	batch market.Batch
	ended bool // Run has returned, and there is no batch
	err   error
}

// running reports whether there is such a connection that has not ended.
func (c *connection) running() bool { return c != nil && !c.ended }

const (
	// renewAgain is how long after a failed renewal the next one is tried; sooner where the other side is about to end the
	// connection.
	renewAgain      = time.Minute
	renewEarlyAgain = 2 * time.Second
	// A connection whose end was announced is replaced at once, but no more often than this: whatever stands behind a vendor's
	// address may announce the end of each.
	earlyEvery, earlyAtOnce = time.Minute, 3
	// mostHeld is how many trades of a connection that is joining are held. Beyond that, the older half is forgotten: the
	// connection before it has brought them.
	mostHeld = 20_000
)

// connected runs one connection and, where its life is limited or its end is announced, those that replace it, until the last
// has ended. It returns the error of the last one, or the break that cut it off.
func (s *supervised) connected(ctx context.Context) error {
	s.heard, s.good, s.heartbeat = time.Now(), time.Time{}, 0
	var goroutines sync.WaitGroup
	defer goroutines.Wait()
	ctx, cut := context.WithCancelCause(ctx)
	defer cut(nil)
	silence := time.NewTimer(s.cfg.Silence)
	defer silence.Stop()
	renewal := time.NewTimer(time.Hour)
	defer renewal.Stop()
	s.awaitLife(renewal)

	s.newest = s.connect(ctx, &goroutines, nil)
	for {
		select {
		case a := <-s.arrivals:
			if !a.ended {
				ending := a.batch.Ending && s.Info().Remote
				s.pass(a.from, a.batch)
				a.from.consumed <- struct{}{}
				if a.batch.Heartbeat > 0 {
					silence.Reset(s.patience())
				}
				if ending && !a.from.ending {
					a.from.ending = true
					s.replaceEarly(renewal, 0)
				}
				continue
			}
			a.from.ended = true
			switch {
			case a.from != s.newest: // the newest takes over once it has data
				s.replaceEarly(renewal, 0)
			case !s.newest.before.running(): // all have ended
				if br := asBreak(context.Cause(ctx)); br != nil {
					return br
				}
				return a.err
			default:
				if ctx.Err() == nil {
					s.log.Warn("feed could not renew its connection, and tries again", keySource, s.Info().Name, keyMessage, a.err)
				}
				s.newest = s.newest.before
				renewal.Reset(renewAgain)
				s.replaceEarly(renewal, renewEarlyAgain)
			}
		case <-silence.C:
			silence.Reset(s.checkSilence(cut))
		case <-renewal.C:
			if s.newest.before.running() {
				s.newest.cancel() // it never had data
				continue
			}
			s.newest.before = nil
			s.log.Info("feed renews its connection", keySource, s.Info().Name, keyAnnounced, s.newest.ending)
			s.metrics.renewals.Inc()
			s.newest = s.connect(ctx, &goroutines, s.newest)
			s.awaitLife(renewal)
		}
	}
}

// awaitLife has the newest connection replaced before its life is over, or never where that is not limited.
func (s *supervised) awaitLife(renewal *time.Timer) {
	if limited, is := s.source.(interface{ Life() time.Duration }); is {
		renewal.Reset(limited.Life())
	} else {
		renewal.Stop()
	}
}

// replaceEarly has the newest connection replaced after a wait, or later where that happens too often. It does nothing unless
// the other side has announced the end of that connection, which stands alone.
func (s *supervised) replaceEarly(renewal *time.Timer, wait time.Duration) {
	if s.newest.ending && !s.newest.before.running() {
		renewal.Reset(max(wait, s.early.Reserve().Delay()) + 1) // a timer of 0: see backoff
	}
}

// connect starts a connection. If it replaces another, it ends that one before it hands over its own first data.
func (s *supervised) connect(ctx context.Context, goroutines *sync.WaitGroup, before *connection) *connection {
	c := &connection{before: before, consumed: make(chan struct{}, 1), done: make(chan struct{})}
	ctx, c.cancel = context.WithCancel(ctx)
	hand := func(b market.Batch) {
		s.arrivals <- arrival{from: c, batch: b}
		<-c.consumed
	}
	goroutines.Go(func() {
		defer c.cancel()
		replaced := before == nil
		var held []market.Tick
		err := s.source.Run(ctx, func(b market.Batch) {
			switch {
			case replaced || len(b.Ticks)+len(b.Images) == 0:
			case b.Joining && !before.over():
				if s.Info().Numbered {
					held = hold(held, b.Ticks)
				}
				b.Ticks, b.Images, b.Lost = nil, nil, 0
			default:
				replaced = true
				before.cancel()
				<-before.done
				if len(held) > 0 {
					hand(market.Batch{Ticks: held})
					held = nil
				}
			}
			hand(b)
		})
		s.arrivals <- arrival{from: c, ended: true, err: err}
		close(c.done) // so the supervisor hears of the end before it has anything of a successor
	})
	return c
}

// over reports whether the supervisor has heard that the connection has ended.
func (c *connection) over() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// hold adds the trades among ticks that can be told from those of another connection, by their IDs, to what is held.
func hold(held, ticks []market.Tick) []market.Tick {
	for i := range ticks {
		if k := &ticks[i]; k.Kind == market.KindTrade && k.ID != 0 {
			if len(held) == mostHeld {
				held = append(held[:0], held[mostHeld/2:]...)
			}
			held = append(held, *k)
		}
	}
	return held
}
