package conn

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"tickertape/broadcast/conn/conntest"
)

const timeLimit = 10 * time.Second

// loop is a goroutine that does jobs in their order, as an owner's.
type loop struct {
	wake chan struct{}
	done chan struct{}

	mu   sync.Mutex
	jobs []func() // guarded by mu
	over bool     // guarded by mu
}

func newLoop() *loop {
	l := &loop{wake: make(chan struct{}, 1), done: make(chan struct{})}
	go l.run()
	return l
}

func (l *loop) Post(job func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return false
	}
	l.jobs = append(l.jobs, job)
	l.nudge()
	return true
}

func (l *loop) nudge() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *loop) run() {
	defer close(l.done)
	for range l.wake {
		l.mu.Lock()
		jobs, over := l.jobs, l.over
		l.jobs = nil
		l.mu.Unlock()
		for _, job := range jobs {
			job()
		}
		if over {
			return
		}
	}
}

// stop ends it after what has been posted.
func (l *loop) stop() {
	l.mu.Lock()
	l.over = true
	l.nudge()
	l.mu.Unlock()
	<-l.done
}

// echo is an owner that sends messages back.
type echo struct {
	*loop
	conn   *Conn
	ended  chan struct{}
	limits map[Budget]int // how much of a budget there is; nothing is no limit
	memory map[Memory]int64

	// owned by the loop
	busy    bool
	waiting [][]byte // an answer that could not be written yet
	closed  error    // what Closed was given
	used    map[Budget]int
	kept    map[Memory]int64
	calls   int // of Closed
}

func newEcho() *echo {
	return &echo{loop: newLoop(), ended: make(chan struct{}), used: map[Budget]int{}, kept: map[Memory]int64{}}
}

func (e *echo) Writable() {
	e.busy = false
	if frames := e.waiting; frames != nil {
		e.waiting = nil
		e.write(frames...)
		e.conn.Listen()
	}
}
func (e *echo) Blocked()             { e.busy = true }
func (e *echo) Remind(time.Duration) {}

func (e *echo) write(frames ...[]byte) {
	free, err := e.conn.Write(frames...)
	if err != nil {
		e.conn.Close(Close{}, nil)
		return
	}
	e.busy = !free
}

func (e *echo) Message(in Incoming) {
	text, err := in.Text()
	if err != nil {
		var why Close
		errors.As(err, &why)
		e.conn.Close(why, nil)
		return
	}
	var m Message
	m.Set(append(make([]byte, Room), text...), "echo")
	frame := m.Frame(e.conn.Framing(), false)
	if e.busy {
		e.waiting = append(e.waiting, frame)
		return
	}
	e.write(frame)
	e.conn.Listen()
}

func (e *echo) Allow(b Budget, n int) bool {
	e.used[b] += n
	most, limited := e.limits[b]
	return !limited || e.used[b] <= most
}

func (e *echo) Reserve(m Memory, n int64) bool {
	if most, limited := e.memory[m]; limited && e.kept[m]+n > most {
		return false
	}
	e.kept[m] += n
	return true
}

func (e *echo) Release(m Memory, n int64) { e.kept[m] -= n }

func (e *echo) Closed(why error) {
	e.closed = why
	e.calls++
	var c Close
	errors.As(why, &c)
	e.conn.Close(c, nil)
}

func (e *echo) Ended() { close(e.ended) }

// mode is how connections are served.
type mode struct {
	epoll, pipe bool
}

var modes = map[string]mode{"epoll": {epoll: true}, "no epoll": {}, "pipe": {pipe: true}}

// server serves echoes, or whatever serve makes of a request.
type server struct {
	*httptest.Server
	sockets *Sockets
	dial    func() (net.Conn, error)
	owners  sync.WaitGroup // of connections
}

func startSockets(t testing.TB, w mode) *Sockets {
	s := NewSockets(w.epoll, slog.New(slog.DiscardHandler))
	runSockets(t, s)
	return s
}

func startServer(t testing.TB, w mode, handler func(s *server) http.Handler) *server {
	t.Helper()
	s := &server{sockets: startSockets(t, w)}
	s.Server = httptest.NewUnstartedServer(handler(s))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	address := s.Listener.Addr().String()
	s.dial = func() (net.Conn, error) { return net.Dial("tcp", address) }
	if w.pipe {
		s.Listener.Close()
		pipes := conntest.NewPipeListener()
		s.Listener, s.dial = pipes, pipes.Dial
	}
	s.Start()
	t.Cleanup(func() {
		s.Close()
		s.owners.Wait() // before the sockets end: the clients have closed theirs, and the server will see it
	})
	return s
}
