package broadcast

import "time"

// backlog are the subscribers of a shard who wait for another turn: those that have missed a frame, and those
// whose snapshots and histories are long. What many share is sent before them, and they take a third of the
// shard's time at most.
type backlog struct {
	queue []*subscriber
	rests time.Time // until then others have their turn
}

// backlogSlice is how long the backlog is served at a time.
const backlogSlice = 4 * time.Millisecond

// wait is how long until the backlog is served again.
func (b *backlog) wait(now time.Time) time.Duration {
	if len(b.queue) == 0 {
		return time.Hour
	}
	return b.rests.Sub(now)
}

// serve gives turns to those who have waited longest.
func (b *backlog) serve(sh *shard) {
	if b.wait(sh.now) > 0 {
		return
	}
	began, n := sh.now, 0
	for waiting := len(b.queue); n < waiting && sh.now.Sub(began) < backlogSlice; n++ {
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
