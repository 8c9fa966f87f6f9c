package dashboard

import (
	"cmp"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/broadcast/admission"
)

// Gate admits connections by the client's address. Both methods are called from many goroutines and do not block.
type Gate interface {
	// AdmitConnection admits a connection, or says why not.
	AdmitConnection(addr netip.Addr) (admission.Reason, bool)
	// LeaveConnection is called once for each that was admitted: when it is closed, or hijacked. Whoever hijacks a connection
	// counts it from then on.
	LeaveConnection(addr netip.Addr)
}

// stage is what a connection is at.
type stage uint8

const (
	waiting   stage = iota // in line, not served yet
	fresh                  // served; no request has come yet
	active                 // a request is being answered
	writing                // of its answer, the client has not taken a piece yet
	idle                   // between two requests
	gone                   // closed, or hijacked: a subscriber's
	numStages = gone

	knocking = gone + 1 // not admitted yet
)

var stageNames = [numStages]string{waiting: "waiting", fresh: "new", active: "active", writing: "writing", idle: "idle"}

// stuckTime is how long a client has for its first request, or for a piece of an answer, when another connection
// needs the place.
const stuckTime = 250 * time.Millisecond

// hurriedTime is what it comes down to for a first request, while many connections come that send none.
const hurriedTime = stuckTime / 5

// workTime is how long it takes until one of many requests that are being answered may be done.
const workTime = 5 * time.Millisecond

// freeHeader is how much of a header each connection may send, however much the others hold.
const freeHeader = 4 << 10

// connections are those of one port that are no subscribers. When there are as many as there may be, one that
// does nothing, or waits for its client, makes room for the next. Every step takes the same time, however many there are.
type connections struct {
	// static
	most      int
	full      admission.Reason // of refusing one more, and of making room
	mostHeld  int              // bytes of requests, beyond freeHeader of each
	pieceTime time.Duration    // for a client to take one piece of an answer
	gate      Gate             // nil admits all
	polls     func() int       // requests that wait as long polls, which are counted as subscribers; nil is none
	refusals  *admission.RefusalLog

	mu         sync.Mutex
	count      [numStages]int   // guarded by mu
	roomWanted bool             // guarded by mu: somebody has found no place, and the next that has no request makes room
	held       int              // guarded by mu: bytes of requests that are being read or answered
	queues     [numStages]queue // guarded by mu: the connections by stage, those first that have been in it for longest

	counted       time.Time // guarded by mu: when this second began
	evicted       int       // guarded by mu: in this second
	evictedBefore int       // guarded by mu: in the one before
}

// enter admits a connection, which is waiting then, or says why not. It may close another for it. With after above
// zero there is no place yet, but may be one by then: the caller asks again, or gives up.
func (s *connections) enter(c *conn) (reason admission.Reason, after time.Duration, ok bool) {
	if s.gate != nil && !c.passed {
		if reason, ok := s.gate.AdmitConnection(c.addr); !ok {
			c.stage = gone
			return reason, 0, false
		}
	}
	c.passed = true
	polls := 0
	if s.polls != nil {
		polls = s.polls()
	}
	s.mu.Lock()
	here := -polls
	for _, n := range s.count {
		here += n
	}
	var evicted *conn
	if here >= s.most {
		if evicted, after = s.takeLeastMissed(); evicted == nil {
			s.roomWanted = after > 0
			s.mu.Unlock()
			return s.full, after, false
		}
	}
	s.roomWanted = false
	s.put(c, waiting)
	s.mu.Unlock()
	if evicted != nil {
		s.evict(evicted)
	}
	return 0, 0, true
}

// makeRoom closes a connection that does nothing, and reports whether there was one.
func (s *connections) makeRoom() bool {
	s.mu.Lock()
	c, _ := s.takeLeastMissed()
	s.mu.Unlock()
	if c == nil {
		return false
	}
	s.evict(c)
	return true
}

// takeLeastMissed takes out whoever is missed least: the oldest that is idle, or else the oldest that has sent no request
// within a moment, or else the one that has left its answer for longest. Where there is none it is nil, and after
// is when to look again.
func (s *connections) takeLeastMissed() (c *conn, after time.Duration) {
	after = workTime
	for _, from := range [...]stage{idle, fresh, writing} {
		c := s.queues[from].oldest
		if c == nil {
			continue
		}
		left := time.Until(c.since.Add(stuckTime))
		if from == fresh {
			left = time.Until(c.since.Add(s.firstRequestTime()))
		}
		if from == idle || left <= 0 {
			s.evicted++
			s.put(c, gone)
			return c, 0
		}
		after = min(after, left)
	}
	return nil, after
}

// firstRequestTime is how long a client has for its first request: the less, the faster the places turn over, or others
// would wait for thousands that send nothing.
func (s *connections) firstRequestTime() time.Duration {
	if now := time.Now(); now.Sub(s.counted) > time.Second {
		s.counted, s.evictedBefore, s.evicted = now, s.evicted, 0
	}
	turns := max(s.evictedBefore, s.evicted) / s.most
	return max(hurriedTime, stuckTime/time.Duration(1+turns))
}

// evict closes one that was taken out.
func (s *connections) evict(c *conn) {
	c.Conn.Close()
	s.depart(c)
	s.refusals.Note(s.full, c.addr)
}

// depart reports to the gate.
func (s *connections) depart(c *conn) {
	if s.gate != nil {
		s.gate.LeaveConnection(c.addr)
	}
}

// move puts a connection into another stage. One that is gone stays gone. One whose requests come all at once is
// between two of them for no longer than a moment, so that it makes room then or not at all.
func (s *connections) move(c *conn, to stage) {
	s.mu.Lock()
	if c.stage == gone {
		s.mu.Unlock()
		return
	}
	if to == idle && s.roomWanted {
		s.roomWanted = false
		s.put(c, gone)
		s.mu.Unlock()
		s.evict(c)
		return
	}
	s.put(c, to)
	s.mu.Unlock()
	if to == gone {
		s.depart(c)
	}
}

// write puts a connection that is active into the stage of writing, and back.
func (s *connections) write(c *conn, begins bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case begins && c.stage == active:
		s.put(c, writing)
	case !begins && c.stage == writing:
		s.put(c, active)
	}
}

// leave is called when a connection is closed; the second time it does nothing.
func (s *connections) leave(c *conn) { s.move(c, gone) }

// closeAll closes every connection that is still there when nobody is served any more. net/http has forgotten those that
// linger behind a refused body.
func (s *connections) closeAll() {
	for {
		s.mu.Lock()
		var next *conn
		for i := range s.queues {
			next = cmp.Or(next, s.queues[i].oldest)
		}
		s.mu.Unlock()
		if next == nil {
			return
		}
		next.shut()
	}
}

func (s *connections) put(c *conn, to stage) {
	if c.stage < numStages {
		s.count[c.stage]--
		s.queues[c.stage].remove(c)
	}
	c.stage, c.since = to, time.Now()
	if to < numStages {
		s.count[to]++
		s.queues[to].add(c)
	}
	if to == idle || to == gone {
		s.held -= c.held
		c.held = 0
	}
}

// received notes n bytes of a request, and reports whether there is room for them.
func (s *connections) received(c *conn, n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.stage == gone {
		return true // whoever reads learns it from the socket
	}
	c.held += n
	s.held += n
	return s.held <= s.mostHeld || c.held <= freeHeader
}

// requestBegun reports whether part of a request has come.
func (s *connections) requestBegun(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.stage != gone && c.held > 0
}

// has reports whether the connection is counted here.
func (s *connections) has(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.stage != gone
}

// watch is the http.Server's ConnState. Of a request that came together with the one before it
// net/http reports nothing: see markActive.
func (s *connections) watch(nc net.Conn, state http.ConnState) {
	c := nc.(*conn)
	switch state {
	case http.StateNew:
		s.move(c, fresh)
	case http.StateActive:
		s.move(c, active)
	case http.StateIdle:
		s.move(c, idle)
	case http.StateHijacked:
		c.hijacked.Store(true)
		s.move(c, gone)
	case http.StateClosed: // Close has said so
	}
}

// markActive marks the connection of a request as active.
func (s *connections) markActive(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c := connOf(r); c != nil {
			s.move(c, active)
		}
		h.ServeHTTP(w, r)
	})
}

// queue is a list of connections, oldest first.
type queue struct{ oldest, newest *conn }

func (q *queue) add(c *conn) {
	c.older = q.newest
	if q.newest == nil {
		q.oldest = c
	} else {
		q.newest.newer = c
	}
	q.newest = c
}

func (q *queue) remove(c *conn) {
	if c.older == nil {
		q.oldest = c.newer
	} else {
		c.older.newer = c.newer
	}
	if c.newer == nil {
		q.newest = c.older
	} else {
		c.newer.older = c.older
	}
	c.older, c.newer = nil, nil
}

// connectionMetrics is the metric of the connections of all ports.
type connectionMetrics map[string]*connections

var connectionsDesc = prometheus.NewDesc("tickertape_dashboard_connections",
	"Connections that are no subscribers, by port and state: waiting (to be served), new (no request yet), active, "+
		"writing (the client has yet to take a part of an answer), or idle (between two requests).",
	[]string{"port", "state"}, nil)

func (t connectionMetrics) Describe(ch chan<- *prometheus.Desc) { ch <- connectionsDesc }

func (t connectionMetrics) Collect(ch chan<- prometheus.Metric) {
	for port, s := range t {
		s.mu.Lock()
		count := s.count
		s.mu.Unlock()
		for i, name := range stageNames {
			ch <- prometheus.MustNewConstMetric(connectionsDesc, prometheus.GaugeValue, float64(count[i]), port, name)
		}
	}
}
