package broadcast

import (
	"sync/atomic"
	"time"
)

// instant is a time by the monotonic clock, in nanoseconds since the process started. It takes a third of a time.Time.
type instant int64

var processStart = time.Now()

func instantOf(t time.Time) instant { return instant(t.Sub(processStart)) }

// since is how long after another instant t is.
func (t instant) since(before instant) time.Duration { return time.Duration(t - before) }

// time is for comparing with times that the clock showed.
func (t instant) time() time.Time { return processStart.Add(time.Duration(t)) }

// atomicInstant is one that another goroutine looks at.
type atomicInstant struct{ ns atomic.Int64 }

func (a *atomicInstant) Store(t instant) { a.ns.Store(int64(t)) }
func (a *atomicInstant) Load() instant   { return instant(a.ns.Load()) }
