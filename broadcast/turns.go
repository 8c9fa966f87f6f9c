package broadcast

import "time"

// turns are the subscribers of a shard who wait for another turn: those that have missed a frame, and those whose
// snapshots and histories are long. What many share is sent before them, and they take a third of the shard's time at most.
type turns struct {
	queue []*subscriber
	rests time.Time // until then nobody in the queue has a turn

	relayed parts // scratch: what a relay is sent at once
}

// turnsSlice is how long turns are given at a time.
const turnsSlice = 4 * time.Millisecond

// wait is how long until the next turn is given.
func (b *turns) wait(now time.Time) time.Duration {
	if len(b.queue) == 0 {
		return time.Hour
	}
	return b.rests.Sub(now)
}

// serve gives turns to those who have waited longest.
func (b *turns) serve(sh *shard) {
	if b.wait(sh.now) > 0 {
		return
	}
	began, n := sh.now, 0
	for waiting := len(b.queue); n < waiting && sh.now.Sub(began) < turnsSlice; n++ {
		s := b.queue[n]
		s.queued = false
		if !s.gone {
			s.sendPending()
		}
		sh.now = time.Now()
	}
	left := copy(b.queue, b.queue[n:])
	clear(b.queue[left:])
	b.queue = b.queue[:left]
	b.rests = sh.now.Add(2 * sh.now.Sub(began))
}
