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

// renewAgain is how long after a failed renewal the next one is tried.
const renewAgain = time.Minute

// connected runs one connection and, where its life is limited, those that replace it, until the last has ended. It returns the
// error of the last one, or the break that cut it off.
func (s *supervised) connected(ctx context.Context) error {
	s.heard, s.good, s.heartbeat = time.Now(), time.Time{}, 0
	var goroutines sync.WaitGroup
	defer goroutines.Wait()
	ctx, cut := context.WithCancelCause(ctx)
	defer cut(nil)
	silence := time.NewTimer(s.cfg.Silence)
	defer silence.Stop()
	var lifeOver <-chan time.Time // nil where the life of a connection is not limited
	var life *time.Timer
	limited, isLimited := s.source.(interface{ Life() time.Duration })
	if isLimited {
		life = time.NewTimer(limited.Life())
		defer life.Stop()
		lifeOver = life.C
	}

	s.newest = s.connect(ctx, &goroutines, nil)
	for {
		select {
		case a := <-s.arrivals:
			if !a.ended {
				s.pass(a.from, a.batch)
				a.from.consumed <- struct{}{}
				if a.batch.Heartbeat > 0 {
					silence.Reset(s.patience())
				}
				continue
			}
			a.from.ended = true
			switch {
			case a.from != s.newest: // the newest takes over once it has data
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
				life.Reset(renewAgain)
			}
		case <-silence.C:
			silence.Reset(s.checkSilence(cut))
		case <-lifeOver:
			if s.newest.before.running() {
				s.newest.cancel() // it never had data
				continue
			}
			s.newest.before = nil
			s.log.Info("feed renews its connection", keySource, s.Info().Name)
			s.metrics.renewals.Inc()
			s.newest = s.connect(ctx, &goroutines, s.newest)
			life.Reset(limited.Life())
		}
	}
}

// connect starts a connection. If it replaces another, it ends that one before it hands over its own first data.
func (s *supervised) connect(ctx context.Context, goroutines *sync.WaitGroup, before *connection) *connection {
	c := &connection{before: before, consumed: make(chan struct{}, 1), done: make(chan struct{})}
	ctx, c.cancel = context.WithCancel(ctx)
	goroutines.Go(func() {
		defer c.cancel()
		replaced := before == nil
		err := s.source.Run(ctx, func(b market.Batch) {
			if !replaced && len(b.Ticks)+len(b.Images) > 0 {
				replaced = true
				before.cancel()
				<-before.done
			}
			s.arrivals <- arrival{from: c, batch: b}
			<-c.consumed
		})
		s.arrivals <- arrival{from: c, ended: true, err: err}
		close(c.done) // so the supervisor hears of the end before it has anything of a successor
	})
	return c
}
