package conn

import "time"

// acks is how much of what the system has taken for a client that client has acknowledged. Whether one that may owe more than a
// little takes anything is judged by this, and not by TCP_USER_TIMEOUT: that also runs while the client's window is closed now and
// then, and ends one that reads slowly all the time. It belongs to the owner's goroutine.
type acks struct {
	taken uint64        // bytes that the system has taken; each write adds to it
	acked uint64        // of those, what the client had acknowledged when last looked
	since time.Duration // when it was first known to owe something, and no more was acknowledged since; after started, 0 while nothing is owed
}

// started is before all times of acks and of progress, which take a third of a time.Time like this.
var started = time.Now().Add(-time.Second)

// settled reports whether all had been acknowledged when last looked, and the system has taken nothing since.
func (a *acks) settled() bool { return a.acked == a.taken }

// little reports whether all had been acknowledged when last looked but what goes into the window of any client that reads.
func (a *acks) little() bool { return a.taken-a.acked <= 1024 }

// unseen notes, without a look, that the client may owe something.
func (a *acks) unseen(now time.Time) {
	if a.since == 0 && a.taken != a.acked {
		a.since = now.Sub(started)
	}
}

// left is how long the client may still take nothing, where held bytes are not acknowledged. It is 0 or less when the
// client has taken nothing for the timeout.
func (a *acks) left(held int, now time.Time, timeout time.Duration) time.Duration {
	acked, at := a.taken-uint64(held), now.Sub(started)
	if held == 0 {
		a.acked, a.since = acked, 0
		return timeout
	}
	if acked != a.acked || a.since == 0 {
		a.acked, a.since = acked, at
	}
	return timeout - (at - a.since)
}
