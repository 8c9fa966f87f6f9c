package conn

import (
	"net"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// socket is the link of a TCP connection, written without waiting: what the kernel does not take is the tail, and the
// poller notifies it when it takes more.
type socket struct {
	// what each write looks at stands together
	fd      int  // static; valid until close
	acks    acks // owned by the owner's goroutine, as the following
	closed  bool
	stalled bool   // it took nothing for the write timeout
	trusted bool   // it owes little, and so the kernel may give it up
	want    uint32 // the events that are waited for
	tail    []byte
	kept    int64 // reserved for it

	// static
	key    int32
	owner  Owner
	c      *Conn
	conn   *net.TCPConn
	poller *poller
}

const readSize = 16 << 10

// readBuffers are for what is read at once.
var readBuffers = sync.Pool{New: func() any { return new([readSize]byte) }}

// openSocket makes a connection of a socket, nil when it cannot be written without waiting.
func openSocket(s *Sockets, c Conn, nc net.Conn) *Conn {
	tcp, ok := nc.(*net.TCPConn)
	if !ok {
		return nil
	}
	p := s.epoll()
	if p == nil {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	l := beside(c)
	l.owner, l.conn, l.poller = c.owner, tcp, p
	if err := raw.Control(func(fd uintptr) { l.fd = int(fd) }); err != nil || !p.add(l) {
		return nil
	}
	l.trust(false)
	return l.c
}

// beside is a connection with its socket. Each write looks at both, so they stand together.
func beside(c Conn) *socket {
	if !c.framing.isWebSocket() {
		x := &struct {
			conn   Conn
			socket socket
		}{conn: c}
		x.socket.c, x.conn.link = &x.conn, &x.socket
		return &x.socket
	}
	x := &struct {
		conn   Conn
		socket socket
		in     fromClient
	}{conn: c}
	x.socket.c, x.conn.link, x.conn.in = &x.conn, &x.socket, &x.in
	return &x.socket
}

func (l *socket) write(frames [][]byte) (bool, error) {
	if l.closed {
		return false, ErrBroken
	}
	total := 0
	for _, f := range frames {
		total += len(f)
	}
	n, err := l.send(frames)
	if err != nil {
		return false, err
	}
	if n == total {
		return true, nil
	}
	l.tail = make([]byte, 0, total-n)
	for _, f := range frames {
		skip := min(n, len(f))
		n -= skip
		l.tail = append(l.tail, f[skip:]...)
	}
	if !l.owner.Reserve(Unsent, int64(cap(l.tail))) {
		return false, ErrUnsent
	}
	l.kept = int64(cap(l.tail))
	l.await(unix.EPOLLOUT)
	return false, nil
}

func (l *socket) resume() (bool, error) {
	if l.closed {
		return false, ErrBroken
	}
	n, err := l.send1(l.tail)
	if err != nil {
		return false, err
	}
	if l.tail = l.tail[n:]; len(l.tail) == 0 {
		l.tail = nil
		if l.kept > 0 {
			l.owner.Release(Unsent, l.kept)
			l.kept = 0
		}
		return true, nil
	}
	l.await(unix.EPOLLOUT)
	return false, nil
}

// touch reads a little of what write needs.
func (l *socket) touch() uint64 { return uint64(l.fd) }

// send writes what the kernel takes of frames. The error is one of this package's.
func (l *socket) send(frames [][]byte) (n int, err error) {
	if len(frames) == 1 {
		return l.send1(frames[0])
	}
	for len(frames) > 0 {
		some := frames[:min(len(frames), mostFrames)]
		frames = frames[len(some):]
		size := 0
		for _, f := range some {
			size += len(f)
		}
		sent, err := l.sendSome(some)
		n += sent
		if err != nil || sent < size {
			return n, err
		}
	}
	return n, nil
}

// send1 writes what the kernel takes of one frame.
func (l *socket) send1(b []byte) (int, error) {
	for len(b) > 0 {
		n, err := writeNow(l.fd, b)
		switch err {
		case 0:
			l.took(n)
			return n, nil
		case unix.EAGAIN:
			return 0, nil
		case unix.EINTR:
		default:
			return 0, reasonOf(err)
		}
	}
	return 0, nil
}

// sendSome writes what the kernel takes of mostFrames frames at most.
func (l *socket) sendSome(frames [][]byte) (int, error) {
	for {
		n, err := writeAllNow(l.fd, frames)
		switch err {
		case 0:
			l.took(n)
			return n, nil
		case unix.EAGAIN:
			return 0, nil
		case unix.EINTR:
		default:
			return 0, reasonOf(err)
		}
	}
}

// writeNow is send(2) that never waits, so the Go scheduler need not know. It would take the processor
// away from whoever is in a system call for some 20 µs, which cost a quarter of all that a flush does.
// send(2) spares what write(2) does for files: 14.0 instead of 15.2 µs a frame for 19,000 sockets.
func writeNow(fd int, b []byte) (int, unix.Errno) {
	n, _, err := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)),
		unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	return int(n), err
}

// mostFrames is how many frames one system call writes at most.
const mostFrames = 16

// writeAllNow is writeNow for several frames: sendmsg(2).
func writeAllNow(fd int, frames [][]byte) (int, unix.Errno) {
	var parts [mostFrames]unix.Iovec
	n := 0
	for _, f := range frames {
		if len(f) > 0 {
			parts[n].Base = &f[0]
			parts[n].SetLen(len(f))
			n++
		}
	}
	if n == 0 {
		return 0, 0
	}
	m := unix.Msghdr{Iov: &parts[0]}
	m.SetIovlen(n)
	sent, _, err := unix.RawSyscall(unix.SYS_SENDMSG, uintptr(fd), uintptr(unsafe.Pointer(&m)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	return int(sent), err
}

// took counts what the kernel has taken.
func (l *socket) took(n int) {
	l.acks.taken += uint64(n)
	if l.trusted && !l.acks.little() {
		l.trust(false)
	}
}

// left looks at what the kernel holds for the client. That is a system call, and of those whose writes are short and far
// apart, half as dear as the writes: they are trusted to the kernel.
func (l *socket) left(now time.Time) time.Duration {
	timeout := l.c.limits.WriteTimeout
	if l.closed {
		return timeout
	}
	if l.trusted {
		l.acks.unseen(now)
		return timeout
	}
	quiet := l.acks.little()
	left := l.acks.left(unacknowledged(l.fd), now, timeout)
	l.stalled = left <= 0
	if quiet && l.acks.since == 0 {
		l.trust(true)
	}
	return left
}

// trust sets whether the kernel gives the client up that acknowledges nothing for the write timeout. The kernel also gives up one
// whose window is closed now and then, though not where it holds so little that this is sent at once when the window opens.
// So it may while that is so, and not a write longer.
func (l *socket) trust(on bool) {
	l.trusted = on
	after := time.Duration(0)
	if on {
		after = l.c.limits.WriteTimeout
	}
	setUserTimeout(l.fd, after)
}

// await has the poller notify it when one of the events is there.
func (l *socket) await(events uint32) {
	l.want |= events
	l.poller.arm(l)
}

// happened is called on the owner's goroutine when the poller has reported events.
func (l *socket) happened(events uint32) {
	if l.closed {
		return
	}
	if events&(unix.EPOLLERR|unix.EPOLLHUP) != 0 {
		events |= l.want // whoever tries will learn why
	}
	events &= l.want
	if l.want &^= events; l.want != 0 {
		l.poller.arm(l)
	}
	if events&unix.EPOLLOUT != 0 {
		l.c.proceed()
	}
	if events&unix.EPOLLIN != 0 && !l.closed {
		l.c.readable()
	}
}

func (l *socket) listen() {
	if !l.closed {
		l.await(unix.EPOLLIN)
	}
}

// readNow reads what is there without waiting. The error is one of this package's: the connection is over.
func (l *socket) readNow(b []byte) (int, error) {
	if l.closed {
		return 0, ErrBroken
	}
	n, err := unix.Read(l.fd, b)
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
		return 0, nil
	case err != nil:
		return 0, reasonOf(err)
	case n == 0:
		return 0, ErrHungUp
	}
	return n, nil
}

func (l *socket) close() {
	if !l.closed {
		l.closed = true
		l.tail = nil
		l.poller.remove(l)
		drop(l.fd, l.stalled, l.c.limits.WriteTimeout)
		l.conn.Close()
	}
}
