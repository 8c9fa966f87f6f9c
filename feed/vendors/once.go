package vendors

import (
	"errors"
	"fmt"
	"sync"
)

// Once keeps what is said once in the life of the process, however often it happens. All connections to a vendor share one. The
// zero value has said nothing. Any goroutine may call its methods.
type Once struct {
	mu   sync.Mutex
	said map[string]bool // guarded by mu
}

// First reports whether something is to be said for the first time. What is one of a few fixed words.
func (o *Once) First(what string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	first := !o.said[what]
	if o.said == nil {
		o.said = map[string]bool{}
	}
	o.said[what] = true
	return first
}

// Lacks logs the first time that a vendor refuses a channel without which prices are right all the same. A decoder counts its
// refusals; one that is not answered is counted here.
func (o *Once) Lacks(e *Env, source, channel string, reason error) {
	if errors.Is(reason, ErrNoReply) {
		e.Faults.Count(source, Failed, reason)
	}
	if o.First(channel) {
		e.Log.Warn("channel refused; prices come without it, and it is asked for again", KeySource, source, KeyChannel, channel,
			KeyReason, fmt.Sprintf("%.200s", reason.Error()))
	}
}
