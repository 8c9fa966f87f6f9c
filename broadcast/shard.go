package broadcast

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"tickertape/broadcast/conn"
)

// shard is a goroutine that owns a part of the subscribers: what they follow, how far each is, and
// every byte that is written to them. It never waits for any of them, so it needs no lock, and
// what is written to many of them is made once in buffers that it keeps.
type shard struct {
	// static
	board   *Board
	flushes chan *news // never closed; unbuffered, so that a flush begins only when the last has ended
	inbox   inbox
	load    atomic.Int64 // subscribers placed here
	asked   atomic.Int64 // when a flush came that has not been told yet, in Unix nanoseconds; 0 when all have
	working atomic.Int64 // when it began with what it is at; 0 when it waits

	// owned by run
	all       []*subscriber
	impatient bool // whoever comes is cut off
	watches   watches
	lists     lists
	followers []*subscriber // who follow series
	seriesDue time.Time     // when the first of those is due who wait for their time with news; zero when none does
	wheel     wheel
	standing  *standing // of the sources, which the subscribers have been told or are told now
	now       time.Time // the clock, a few writes old at most
	writes    int       // since the clock was read
	part      part      // what is said to one
	frame     frame     // what is said to many
	tally     tally
	backlog   backlog
	polls     []*poll   // that wait for bars or trades
	began     time.Time // the telling of the newest flush
	alone     []*watch  // scratch: those of one member that a flush concerns
	first     int       // which of the watches of one member comes first at the next flush
}

func newShard(b *Board) *shard {
	return &shard{board: b, flushes: make(chan *news), inbox: inbox{wake: make(chan struct{}, 1)},
		watches: watches{byKey: map[watchKey]*watch{}}, lists: lists{}, wheel: newWheel(b.cfg.Heartbeat), now: time.Now(), standing: b.standing}
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

// take removes up to most jobs.
func (in *inbox) take(most int) []func() {
	in.mu.Lock()
	defer in.mu.Unlock()
	jobs := in.jobs
	if len(jobs) <= most {
		in.jobs = nil
		return jobs
	}
	in.jobs = jobs[most:]
	in.nudge()
	return jobs[:most:most]
}

const turn = 16 // jobs between two looks at the clock

// work does the jobs that have been posted, for a tenth of the interval at most: a flush may wait.
func (sh *shard) work() {
	until := sh.now.Add(sh.board.cfg.Interval / 10)
	for sh.now.Before(until) {
		jobs := sh.inbox.take(turn)
		if len(jobs) == 0 {
			return
		}
		for _, job := range jobs {
			job()
		}
		sh.now = time.Now()
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
		timer.Reset(max(min(sh.wheel.next().Sub(now), sh.backlog.wait(now)), soon))
		sh.working.Store(0)
		select {
		case n := <-sh.flushes:
			sh.wake()
			sh.tell(n)
			sh.asked.Store(0)
			sh.board.told <- struct{}{}
		case <-sh.inbox.wake:
			sh.wake()
			sh.work()
		case <-timer.C:
			sh.wake()
			sh.wheel.turn(sh.now, (*subscriber).look)
		case <-ctx.Done():
			sh.end()
			return
		}
		sh.backlog.serve(sh)
		sh.tally.report(sh.board.metrics)
	}
}

// wake notes that there is something to do.
func (sh *shard) wake() {
	sh.now = time.Now()
	sh.working.Store(sh.now.UnixNano())
}

// late is how long the shard has had a flush without telling it, or has been at one thing.
func (sh *shard) late(now time.Time) time.Duration {
	var late time.Duration
	for _, since := range [...]int64{sh.working.Load(), sh.asked.Load()} {
		if since != 0 {
			late = max(late, now.Sub(time.Unix(0, since)))
		}
	}
	return late
}

// end cuts everyone off and does what is left to do.
func (sh *shard) end() {
	sh.cut()
	for {
		jobs := sh.inbox.take(turn)
		for _, job := range jobs {
			job()
		}
		if len(jobs) == 0 && sh.inbox.close() {
			break
		}
	}
	sh.tally.report(sh.board.metrics)
}

// close ends the inbox unless a job has come.
func (in *inbox) close() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.over = len(in.jobs) == 0
	return in.over
}

// tell tells a flush to everyone whom it concerns, and to those whose time has come what waited
// for it. The store stands still meanwhile, since the flush waits for all shards.
func (sh *shard) tell(n *news) {
	sh.began = time.Now()
	if n.standing != sh.standing {
		sh.standing = n.standing
		for i := len(sh.all) - 1; i >= 0; i-- { // backwards: whoever leaves is replaced by the last
			sh.all[i].pump()
		}
	}
	sh.alone = sh.alone[:0]
	for _, x := range sh.watches.touched(n) {
		sh.take(x, n)
	}
	if due := sh.watches.due; !due.IsZero() && !due.After(sh.now) {
		for _, x := range sh.watches.takeDue(sh.now) {
			sh.take(x, n)
		}
	}
	sh.tellFollowers()
	sh.tellAlone(n)
	sh.lookAtPolls()
}

// take tells a watch that many share, and leaves one of a single member to tellAlone.
func (sh *shard) take(x *watch, n *news) {
	switch {
	case x.deaf():
		sh.skip(x, n.seq)
	case x.alone():
		sh.alone = append(sh.alone, x)
	default:
		sh.tellWatch(x, n)
	}
}

// tellWatch makes the frame of a watch whose time has come, and writes it.
func (sh *shard) tellWatch(x *watch, n *news) {
	sh.frame.reset()
	if x.every == 0 {
		x.compose(&sh.frame, n, sh.board.store, sh.now)
	} else {
		x.gather(&sh.frame, x.list.symbolList, sh.board.store, sh.now)
	}
	sh.offer(x)
}

// tellAlone tells watches of one member each, after what many share: for half of an interval at most, so that the next
// flush is in time. Those who are left wait in the backlog, and come first at the next flush.
func (sh *shard) tellAlone(n *news) {
	all := sh.alone
	told := 0
	for ; told < len(all) && time.Since(sh.began) <= sh.board.cfg.Interval/2; told++ {
		sh.tellWatch(all[(sh.first+told)%len(all)], n)
	}
	if told < len(all) {
		sh.first = (sh.first + told) % len(all)
		for i := range len(all) - told {
			sh.postpone(all[(sh.first+i)%len(all)], n.seq)
		}
	}
	clear(all)
}

// postpone leaves a watch to the backlog.
func (sh *shard) postpone(x *watch, seq Seq) {
	x.pending = x.pending[:0]
	x.reach(seq, sh.now, sh.board.cfg.Interval)
	sh.wakePolls(x)
	for _, s := range x.members {
		sh.later(s)
	}
}

// offer writes the frame to every member of the watch that can take it.
func (sh *shard) offer(x *watch) {
	f := &sh.frame
	if len(f.parts) == 0 {
		return // nothing in the fields that it wants
	}
	x.told(f.seq, sh.now, sh.board.cfg.Interval)
	sh.wakePolls(x)
	f.watch = x.key
	for i := len(x.members) - 1; i >= 0; i-- {
		x.members[i].offer(f)
	}
	sh.now = time.Now()
	if f.news > 0 {
		sh.board.metrics.age.Observe(max(0, float64(sh.now.UnixMicro()-int64(f.news))/1e6))
	}
}

// skip makes no frame for a watch that nobody would take one of. What its members miss is told when they read again.
func (sh *shard) skip(x *watch, seq Seq) {
	x.pending = x.pending[:0]
	x.told(seq, sh.now, sh.board.cfg.Interval)
	for _, s := range x.members {
		s.miss()
	}
}

// framed is the i-th part of the frame as the framing has it.
func (sh *shard) framed(f *frame, i int, as conn.Framing) []byte {
	p := f.parts[i]
	if as != conn.Deflated || len(p.json()) < conn.DeflateFrom {
		return p.framed(as, sh.board.store.epoch)
	}
	if p.deflated == nil {
		p.deflated = sh.board.deflated.get(deflatedKey{f.watch, f.from, f.seq, i}, p.json())
	}
	return p.deflated
}

// clock reads the time again now and then, since a flush to thousands takes a while.
func (sh *shard) clock() time.Time {
	if sh.writes++; sh.writes&31 == 0 {
		sh.now = time.Now()
	}
	return sh.now
}
