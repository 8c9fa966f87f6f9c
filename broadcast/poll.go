package broadcast

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/board"
	"tickertape/broadcast/wire"
)

// poll is a long poll while it waits. It belongs to a shard, which makes the frames of its watch in any case. A frame
// with changes wakes the poll, so changes elsewhere do not.
type poll struct {
	shard *shard // static
	woken chan struct{}
	full  atomic.Bool // there was no memory for its list

	// owned by the shard while it waits
	list  *list     // held; nil where it does not wait
	names *waitlist // of which it waits for one to become known; nil where it waits for none
	named int       // among the list's polls
	watch *watch    // nil where it does not wait
	index int       // among the watch's polls
}

func (p *poll) wake() {
	select {
	case p.woken <- struct{}{}:
	default:
	}
}

// join has the poll wait for what changes after seq.
func (p *poll) join(x *plan, seq board.Seq) {
	sh := p.shard
	h := sh.hub
	p.stopWaiting()
	if h.board.Seq() != seq { // there was a commit meanwhile
		p.wake()
		return
	}
	l := sh.lists.hold(x.named.list, h.dir.Len(), h.admission.Memory.Reserve)
	if l == nil || !p.await(x) {
		if l != nil {
			sh.lists.drop(l, h.admission.Memory)
		}
		p.full.Store(true)
		p.wake()
		return
	}
	var all []series
	for _, one := range x.series {
		all = append(all, one.series)
	}
	p.list = l
	p.watch = sh.watches.get(interest{list: l, fields: x.fields, series: union(nil, all)}, seq)
	p.index = len(p.watch.polls)
	p.watch.polls = append(p.watch.polls, p)
}

// await has the poll wait for the names that are not known. It returns false when there is no memory.
func (p *poll) await(x *plan) bool {
	if len(x.awaited) == 0 {
		return true
	}
	sh := p.shard
	l := sh.waitlists.hold(x.awaited, sh.hub.admission.Memory.Reserve)
	if l == nil {
		return false
	}
	p.names, p.named = l, len(l.polls)
	l.polls = append(l.polls, p)
	if now := sh.hub.dir.Len(); now > x.size {
		sh.learn(x.size, now)
	}
	return true
}

// stopWaiting ends the waiting.
func (p *poll) stopWaiting() {
	sh := p.shard
	if x := p.watch; x != nil {
		p.watch = nil
		x.polls = remove(x.polls, p.index, func(moved *poll) { moved.index = p.index })
		sh.watches.abandon(x)
	}
	if l := p.names; l != nil {
		p.names = nil
		l.polls = remove(l.polls, p.named, func(moved *poll) { moved.named = p.named })
		sh.waitlists.abandon(l, sh.hub.admission.Memory)
	}
	if p.list != nil {
		sh.lists.drop(p.list, sh.hub.admission.Memory)
		p.list = nil
	}
}

// leave ends the waiting from anywhere.
func (p *poll) leave() { p.shard.post(p.stopWaiting) }

// Wait waits, where the request is a long poll, until something that it asks for has changed, and no less than its rate
// allows. It returns false when its time is over and nothing has changed. The error is a wire.Ending where the server
// drains or has no memory for it, or that of ctx.
func (q *Query) Wait(ctx context.Context) (changed bool, err error) {
	if !q.polls {
		return true, nil
	}
	m := q.hub.metrics
	m.subscribers.WithLabelValues(LongPoll.String()).Inc()
	defer m.subscribers.WithLabelValues(LongPoll.String()).Dec()
	changed, reason, err := q.await(ctx)
	m.gone.WithLabelValues(LongPoll.String(), reason).Inc()
	if !changed || err != nil {
		return false, err
	}
	return true, q.keep(admission.MemoryAnswer - admission.MemoryPoll)
}

// await is Wait. It also returns how the wait has ended, for the metrics.
func (q *Query) await(ctx context.Context) (changed bool, reason string, err error) {
	h := q.hub
	over := time.NewTimer(q.wait)
	defer over.Stop()
	var early <-chan time.Time // with a rate, until an answer may be given
	if q.rate > 0 {
		timer := time.NewTimer(min(q.wait, time.Duration(float64(time.Second)/q.rate)))
		defer timer.Stop()
		early = timer.C
	}
	p := &poll{shard: h.leastLoaded(), woken: make(chan struct{}, 1)}
	defer p.leave()
	changed = q.changed(ctx, p)
	for !changed || early != nil {
		select {
		case <-p.woken:
			if p.full.Load() {
				return false, "memory", h.noMemoryFor(q.visitor)
			}
			changed = q.changed(ctx, p)
		case <-early:
			early = nil
		case <-over.C:
			return changed, "answered", nil
		case <-h.admission.Leaving():
			return false, "restarting", wire.ComeBack(wire.Draining, h.cfg.Retry)
		case <-ctx.Done():
			return false, "closed", ctx.Err()
		}
	}
	return true, "answered", nil
}

// changed reports whether something that the request asks for has changed. If not, the poll waits for the next change.
func (q *Query) changed(ctx context.Context, p *poll) (changed bool) {
	h := q.hub
	seq := h.board.Seq()
	x := q.plan
	h.admission.Slice(ctx, func() {
		q.refresh() // it may be of thousands of names, and of all polls at once
		x = q.plan
		changed = h.board.ChangedSince(x.since, x.named.list, x.fields) || slices.ContainsFunc(x.series, func(one requested) bool {
			r := x.reader(one)
			return h.board.HasChanges(one.symbol(), &r)
		})
	})
	if !changed && !p.shard.post(func() { p.join(x, seq) }) {
		p.wake()
	}
	return changed
}
