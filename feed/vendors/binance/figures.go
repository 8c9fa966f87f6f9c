package binance

import (
	"sync"
	"time"

	"tickertape/feed/calendar"
	"tickertape/feed/vendors"
)

// figures is of which symbols a source has published the trading day's figures, on this connection or one before. Their trades
// count on top of these figures on the next connection, too, until newer ones have come.
type figures struct {
	mu      sync.Mutex
	running int                          // guarded by mu: connections
	left    time.Time                    // guarded by mu: when the last connection ended
	known   map[*vendors.Instrument]bool // guarded by mu
}

// enter begins a connection. What was known on another day than today's is forgotten, unless a connection lasted meanwhile.
func (f *figures) enter(hours *calendar.Market) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.known == nil || hours == nil || f.running == 0 && !hours.Rolled(f.left).Equal(hours.Rolled(time.Now())) {
		f.known = map[*vendors.Instrument]bool{}
	}
	f.running++
}

// leave ends a connection.
func (f *figures) leave() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.running--
	f.left = time.Now()
}

// note notes that the figures of a symbol are published.
func (f *figures) note(in *vendors.Instrument) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.known[in] = true
}

// has reports whether the figures of a symbol are published.
func (f *figures) has(in *vendors.Instrument) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.known[in]
}
