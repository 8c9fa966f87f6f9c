package broadcast

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"tickertape/broadcast/board"
	"tickertape/broadcast/wire"
)

// shard is a goroutine that owns a part of the subscribers: what they follow, how far each is, and
// every byte that is written to them. It never waits for any of them, so it needs no lock, and
// what is written to many of them is made once in buffers that it keeps.
type shard struct {
	// static
	hub     *Hub
	flushes chan *flush // never closed; unbuffered, so that a flush begins only when the last has ended
	inbox   inbox
	load    atomic.Int64 // subscribers placed here
	times   times

	// owned by run
	all       []*subscriber
	cutting   bool // new subscribers are cut off
	watches   watches
	lists     lists
	waitlists waitlists
	wheel     wheel
	sources   *board.SourceStates // which the subscribers have or are being sent
	now       time.Time           // the clock, a few writes old at most
	writes    int                 // since the clock was read
	part      part                // what is sent to one
	frame     frame               // what is sent to many
	tally     tally
	turns     turns
	singles   singles

	picked [quotesAtOnce]board.Picked // scratch
}

// times are what others look at; 0 is none.
type times struct {
	asked   atomicInstant // when a flush came that has not been published yet
	working atomicInstant // when the shard began with what it is at
	due     atomicInstant // when the next frame is that waits for its time
}

// singles are the watches of one member each that a flush concerns.
type singles struct {
	began   time.Time // when publishing the newest flush began
	watches []*watch  // scratch
	first   int       // which of them comes first at the next flush
	sink    uint64    // what was touched, so that it is not left out
}

func newShard(h *Hub) *shard {
	return &shard{hub: h, flushes: make(chan *flush), inbox: inbox{wake: make(chan struct{}, 1)},
		watches: watches{board: h.board, byKey: map[watchKey]*watch{}}, lists: lists{},
		waitlists: newWaitlists(h), wheel: newWheel(h.cfg.Heartbeat),
		now: time.Now(), sources: h.board.SourceStates()}
}

// inbox takes jobs for a shard from anywhere.
type inbox struct {
	wake chan struct{} // one slot, never closed

	mu   sync.Mutex
	jobs []func() // guarded by mu
	over bool     // guarded by mu: nobody does them any more
}

// post has the shard do a job, after those posted before. It reports false when the shard has ended.
func (sh *shard) post(job func()) bool {
	in := &sh.inbox
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.over {
		return false
	}
	in.jobs = append(in.jobs, job)
	in.nudge()
	return true
}

func (in *inbox) nudge() {
	select {
	case in.wake <- struct{}{}:
	default:
	}
}

// take removes the oldest job; nil: there is none.
func (in *inbox) take() (job func()) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.jobs) == 0 {
		return nil
	}
	job, in.jobs[0] = in.jobs[0], nil
	if in.jobs = in.jobs[1:]; len(in.jobs) == 0 {
		in.jobs = nil
	} else {
		in.nudge()
	}
	return job
}

// work does the jobs that have been posted, for a tenth of the interval at most: a flush may wait. One that has thousands of names
// waited for takes milliseconds.
func (sh *shard) work() {
	for until := sh.now.Add(sh.hub.cfg.Interval / 10); sh.now.Before(until); sh.now = time.Now() {
		job := sh.inbox.take()
		if job == nil {
			return
		}
		job()
	}
}

// soon is the least time that a timer is set to: at 0, one in a synctest bubble crashes the race
// detector (golang.org/issue/78156).
const soon = time.Nanosecond

// run serves the subscribers until ctx ends; whoever is left then is cut off.
func (sh *shard) run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		now := time.Now()
		timer.Reset(max(min(sh.wheel.next().Sub(now), sh.turns.wait(now)), soon))
		sh.times.working.Store(0)
		select {
		case f := <-sh.flushes:
			sh.wake()
			if f.names != nil {
				sh.learn(f.names.from, f.names.to)
			} else {
				sh.publish(f)
			}
			sh.times.asked.Store(0)
			sh.hub.published <- struct{}{}
		case <-sh.inbox.wake:
			sh.wake()
			sh.work()
		case <-timer.C:
			sh.wake()
			sh.wheel.advance(sh.now, (*subscriber).onTimer)
		case <-ctx.Done():
			sh.end()
			return
		}
		sh.turns.serve(sh)
		sh.tally.report(sh.hub.metrics)
	}
}

// wake notes that there is something to do.
func (sh *shard) wake() {
	sh.now = time.Now()
	sh.times.working.Store(instantOf(sh.now))
}

// late is how long the shard has held a flush that it has not published, or has worked on one job.
func (sh *shard) late(now time.Time) time.Duration {
	var late time.Duration
	for _, before := range [...]instant{sh.times.working.Load(), sh.times.asked.Load()} {
		if before != 0 {
			late = max(late, instantOf(now).since(before))
		}
	}
	return late
}

// end cuts everyone off and does what is left to do.
func (sh *shard) end() {
	sh.cut()
	for {
		if job := sh.inbox.take(); job != nil {
			job()
		} else if sh.inbox.close() {
			break
		}
	}
	sh.tally.report(sh.hub.metrics)
}

// close ends the inbox unless a job has come.
func (in *inbox) close() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.over = len(in.jobs) == 0
	return in.over
}

// clock reads the time again now and then, since a flush to thousands takes a while.
func (sh *shard) clock() time.Time {
	if sh.writes++; sh.writes&31 == 0 {
		sh.now = time.Now()
	}
	return sh.now
}

// cut ends every connection of the shard, and of those who come yet.
func (sh *shard) cut() {
	sh.cutting = true
	for _, s := range sh.all {
		s.leave(wire.Ending{Code: wire.CutOff})
	}
	for _, s := range sh.all {
		s.conn.Cut()
	}
}

// later gives the subscriber another turn.
func (sh *shard) later(s *subscriber) {
	if !s.queued && !s.gone {
		s.queued = true
		sh.turns.queue = append(sh.turns.queue, s)
	}
}
