package broadcast

import (
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
	"golang.org/x/sys/unix"
)

// spareDescriptors are left for the feed, files, health checks and the scrape.
const spareDescriptors = 256

// roster is everyone who is connected.
type roster struct {
	// static
	limit int
	retry time.Duration
	leave chan struct{} // closed by drain: everyone says goodbye within window

	// courtesy bounds those who are refused after a handshake, so that a browser learns why.
	courtesy *semaphore.Weighted

	mu       sync.Mutex
	count    int           // guarded by mu
	draining bool          // guarded by mu
	window   time.Duration // guarded by mu; read by all once leave is closed
	empty    chan struct{} // closed when draining and count is 0
}

func newRoster(cfg Config) *roster {
	limit := cfg.MaxSubscribers
	if limit == 0 {
		var r unix.Rlimit
		limit = 1 << 20
		if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &r); err == nil {
			limit = int(min(r.Cur, 1<<20))
		}
		limit = max(limit-spareDescriptors, limit/2)
	}
	return &roster{limit: limit, retry: cfg.Retry, leave: make(chan struct{}), empty: make(chan struct{}),
		courtesy: semaphore.NewWeighted(64)}
}

// enter lets one in, or says why not. Whoever is let in must exit.
func (r *roster) enter() (refusal goodbye, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.draining:
		return comeBack(1012, "draining", r.retry), false
	case r.count >= r.limit:
		return comeBack(1013, "full", r.retry), false
	}
	r.count++
	return goodbye{}, true
}

func (r *roster) exit() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.count--; r.count == 0 && r.draining {
		close(r.empty)
	}
}

// turn is when, from now on, a subscriber leaves while the roster drains; false while it does not.
func (r *roster) turn() (time.Duration, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return rand.N(r.window + 1), r.draining
}

// drain begins to send everyone away within window. It returns false when that had begun before.
func (r *roster) drain(window time.Duration) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.draining {
		return false
	}
	r.draining, r.window = true, window
	if r.count == 0 {
		close(r.empty)
	}
	close(r.leave)
	return true
}

func (r *roster) isDraining() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.draining
}
