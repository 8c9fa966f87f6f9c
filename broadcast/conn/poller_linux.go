package conn

import (
	"context"
	"fmt"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// poller notifies owners when a socket can be written again or read, so that a connection with nothing to say costs no
// goroutine. It is an epoll instance of our own, which the Go runtime's polls like any other file.
type poller struct {
	// static
	file *os.File
	raw  syscall.RawConn
	fd   int

	mu      sync.Mutex
	sockets map[int32]*socket // guarded by mu, by key
	last    int32             // guarded by mu: key
}

func newPoller() (*poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("create epoll: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("epoll without waiting: %w", err)
	}
	file := os.NewFile(uintptr(fd), "epoll")
	raw, err := file.SyscallConn()
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("poll epoll: %w", err)
	}
	return &poller{file: file, raw: raw, fd: fd, sockets: map[int32]*socket{}}, nil
}

// run waits for events until ctx ends.
func (p *poller) run(ctx context.Context) error {
	closed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(closed)
		p.file.Close()
	})
	defer func() {
		if !stop() {
			<-closed
		}
	}()
	events := make([]unix.EpollEvent, 256)
	for {
		n, failed := 0, error(nil)
		err := p.raw.Read(func(fd uintptr) bool {
			n, failed = unix.EpollWait(int(fd), events, 0)
			return n > 0 || failed != nil && failed != unix.EINTR
		})
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("poll epoll: %w", err)
		case failed != nil:
			return fmt.Errorf("wait for epoll: %w", failed)
		}
		for _, e := range events[:n] {
			if l := p.socket(e.Fd); l != nil {
				l.owner.Post(func() { l.happened(e.Events) })
			}
		}
	}
}

func (p *poller) socket(key int32) *socket {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sockets[key]
}

func (p *poller) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.sockets)
}

// add gives the socket a key and watches it for nothing yet.
func (p *poller) add(l *socket) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for taken := true; taken; _, taken = p.sockets[p.last] {
		p.last++
	}
	l.key = p.last
	if err := unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, l.fd, &unix.EpollEvent{Events: unix.EPOLLONESHOT, Fd: l.key}); err != nil {
		return false
	}
	p.sockets[l.key] = l
	return true
}

// arm waits for the socket's events, once. An error means that the socket is gone, which a write finds.
func (p *poller) arm(l *socket) {
	unix.EpollCtl(p.fd, unix.EPOLL_CTL_MOD, l.fd, &unix.EpollEvent{Events: l.want | unix.EPOLLONESHOT, Fd: l.key})
}

func (p *poller) remove(l *socket) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.sockets, l.key)
	unix.EpollCtl(p.fd, unix.EPOLL_CTL_DEL, l.fd, nil)
}
