package conn

import (
	"context"
	"log/slog"
	"net"
	"sync"
)

// Sockets is what the connections of one server share. Its methods may be called from anywhere.
type Sockets struct {
	log *slog.Logger // static

	once    sync.Once
	poller  *poller      // made by the first who asks; nil where there is none
	polling chan *poller // one slot, never closed: the poller is to be run

	mu    sync.Mutex
	tasks int           // guarded by mu: goroutines of connections
	idle  chan struct{} // guarded by mu: closed when there are none; nil while nobody waits
}

// NewSockets starts nothing. Without epoll, every connection has goroutines of its own, as where the system has none.
func NewSockets(epoll bool, log *slog.Logger) *Sockets {
	s := &Sockets{log: log, polling: make(chan *poller, 1)}
	if !epoll {
		s.once.Do(func() {})
	}
	return s
}

// epoll is the poller, nil where sockets cannot be written without waiting.
func (s *Sockets) epoll() *poller {
	s.once.Do(func() {
		p, err := newPoller()
		if err != nil {
			s.log.Warn("connections have goroutines of their own", "error", err)
			return
		}
		s.poller = p
		s.polling <- p
	})
	return s.poller
}

// Run serves the connections until ctx ends, and then waits for their goroutines: the owners have to close or cut them.
func (s *Sockets) Run(ctx context.Context) error {
	var err error
	select {
	case p := <-s.polling:
		err = p.run(ctx)
	case <-ctx.Done():
		select {
		case p := <-s.polling:
			p.file.Close()
		default:
		}
	}
	if err == nil {
		s.join()
	}
	return err
}

// spawn runs a connection's goroutine, which Run waits for.
func (s *Sockets) spawn(run func()) {
	s.mu.Lock()
	s.tasks++
	s.mu.Unlock()
	go func() {
		defer s.joined()
		run()
	}()
}

func (s *Sockets) joined() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tasks--; s.tasks == 0 && s.idle != nil {
		close(s.idle)
		s.idle = nil
	}
}

// join waits until no connection has a goroutine.
func (s *Sockets) join() {
	s.mu.Lock()
	if s.tasks == 0 {
		s.mu.Unlock()
		return
	}
	if s.idle == nil {
		s.idle = make(chan struct{})
	}
	idle := s.idle
	s.mu.Unlock()
	<-idle
}

// Watched is how many sockets epoll serves.
func (s *Sockets) Watched() int {
	if p := s.epoll(); p != nil {
		return p.count()
	}
	return 0
}

// open makes a connection of a socket, or of what can only be written by waiting.
func (s *Sockets) open(nc net.Conn, framing Framing, owner Owner, limits Limits) *Conn {
	nc = bare(nc)
	if c := openSocket(s, Conn{owner: owner, limits: limits, framing: framing}, nc); c != nil {
		return c
	}
	c := newConn(framing, owner, limits)
	c.link = block(s, c, nc)
	return c
}

// bare is the socket of a connection that a server has wrapped for its own requests.
func bare(c net.Conn) net.Conn {
	if wrapped, ok := c.(interface{ Bare() net.Conn }); ok {
		return wrapped.Bare()
	}
	return c
}
