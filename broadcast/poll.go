package broadcast

import (
	"sync/atomic"

	"tickertape/broadcast/board"
)

// poll is a long poll while it waits. It belongs to a shard, which makes the frames of its watch in any case. A frame
// with changes wakes the poll, so changes elsewhere do not.
type poll struct {
	shard *shard // static
	woken chan struct{}
	full  atomic.Bool // there was no memory for its list

	// owned by the shard while it waits
	list  *list  // held; nil where it does not wait
	watch *watch // nil where it does not wait
	index int    // among the watch's polls
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
	l := sh.lists.hold(x.named.list, h.dir.Len(), h.admission.Memory)
	if l == nil {
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

// stopWaiting ends the waiting.
func (p *poll) stopWaiting() {
	sh := p.shard
	if x := p.watch; x != nil {
		p.watch = nil
		x.polls = remove(x.polls, p.index, func(moved *poll) { moved.index = p.index })
		sh.watches.abandon(x)
	}
	if p.list != nil {
		sh.lists.drop(p.list, sh.hub.admission.Memory)
		p.list = nil
	}
}

// leave ends the waiting from anywhere.
func (p *poll) leave() { p.shard.post(p.stopWaiting) }
