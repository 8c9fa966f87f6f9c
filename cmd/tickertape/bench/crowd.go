package bench

import (
	"fmt"
	"maps"
	"sync"
	"time"
)

// crowd counts the subscribers that are connected, and those that were refused or lost.
type crowd struct {
	size    int
	settled chan struct{} // closed when each has either joined or been refused once

	mu         sync.Mutex
	asked      int            // guarded by mu, as is the rest: dials
	joined     int            // have their snapshot and are there
	pending    int            // have neither joined nor been refused yet
	refused    map[string]int // dials that led to no snapshot, by reason
	lost       map[string]int // connections that ended after it, by reason
	first      string         // what the first of either said
	compressed int            // handshakes that agreed to compress
	handshake  *latency
	snapshot   *latency
}

func newCrowd(size int) *crowd {
	return &crowd{
		size: size, settled: make(chan struct{}), pending: size,
		refused: map[string]int{}, lost: map[string]int{}, handshake: newLatency(), snapshot: newLatency(),
	}
}

func (c *crowd) dials() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
}

func (c *crowd) shookHands(took time.Duration, compressed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if compressed {
		c.compressed++
	}
	c.handshake.record(took.Microseconds())
}

func (c *crowd) join(took time.Duration, first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.joined++
	c.snapshot.record(took.Microseconds())
	if first {
		c.settle()
	}
}

// leave counts a connection that ended, or an attempt that failed. Connections that the run itself closes at its end are
// not counted.
func (c *crowd) leave(e *ending, hadJoined, first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	what := "refused"
	if hadJoined {
		c.joined--
		c.lost[e.reason]++
		what = "lost"
	} else {
		c.refused[e.reason]++
	}
	if c.first == "" {
		c.first = fmt.Sprintf("%s: %v", what, e)
	}
	if first {
		c.settle()
	}
}

// settle is called once for each subscriber.
func (c *crowd) settle() {
	if c.pending--; c.pending == 0 {
		close(c.settled)
	}
}

// Crowd counts the subscribers of a run.
type Crowd struct {
	Dials      int            `json:"dials"`
	Connected  int            `json:"connected"` // at the end
	Refused    map[string]int `json:"refused"`   // dials without a snapshot, by reason
	Lost       map[string]int `json:"lost"`      // connections that ended, by reason
	FirstError string         `json:"first_error,omitempty"`
	Compressed int            `json:"compressed"` // handshakes in which the server agreed to compress
	Handshake  *Percentiles   `json:"handshake"`  // from the dial to the handshake's end; null when there was none
	Snapshot   *Percentiles   `json:"snapshot"`   // from the dial to the whole first snapshot
}

// now is the crowd as it is.
func (c *crowd) now() Crowd {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Crowd{
		Dials: c.asked, Connected: c.joined, Compressed: c.compressed,
		Refused: maps.Clone(c.refused), Lost: maps.Clone(c.lost), FirstError: c.first,
		Handshake: c.handshake.percentiles(), Snapshot: c.snapshot.percentiles(),
	}
}

// counts are for the progress: connected, and dials that failed or connections that ended.
func (c *crowd) counts() (connected, failed int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.joined, sum(c.refused) + sum(c.lost)
}

func sum(counts map[string]int) (n int) {
	for _, v := range counts {
		n += v
	}
	return n
}
