package broadcast

import (
	"context"
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
	count    int               // guarded by mu
	draining bool              // guarded by mu
	cut      bool              // guarded by mu: drain has lost patience
	window   time.Duration     // guarded by mu; read by all once leave is closed
	empty    chan struct{}     // closed when draining and count is 0
	conns    map[conn]struct{} // guarded by mu
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
		courtesy: semaphore.NewWeighted(64), conns: map[conn]struct{}{}}
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

// turn is when, from now on, a subscriber leaves while the roster drains.
func (r *roster) turn() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return rand.N(r.window + 1)
}

// drain asks everyone to leave at a random time within window, and returns when all have left. When
// ctx ends before, the rest is cut off.
func (r *roster) drain(ctx context.Context, window time.Duration) {
	r.mu.Lock()
	if r.draining {
		r.mu.Unlock()
		return
	}
	r.draining, r.window = true, window
	if r.count == 0 {
		close(r.empty)
	}
	close(r.leave)
	r.mu.Unlock()
	select {
	case <-r.empty:
	case <-ctx.Done():
		r.abort()
		<-r.empty
	}
}

// abort cuts everyone off.
func (r *roster) abort() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cut = true
	for c := range r.conns {
		c.abort()
	}
}

// seat makes a connection one that abort reaches.
func (r *roster) seat(c conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conns[c] = struct{}{}
	if r.cut {
		c.abort()
	}
}

func (r *roster) unseat(c conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, c)
}

func (r *roster) isDraining() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.draining
}
