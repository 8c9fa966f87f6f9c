//go:build unix

package bench

import (
	"errors"
	"io"
	"net"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// newIntake reads a plain connection into the buffer of a tally, and an encrypted one into its own.
func newIntake(c net.Conn, all *tallies, hint int, take taker) (intake, error) {
	s, isPlain := c.(syscall.Conn)
	if !isPlain {
		return newCopyingIntake(c, all, hint, take), nil
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return nil, err
	}
	i := &plainIntake{raw: raw, tallies: all, hint: hint, take: take}
	i.ready = i.readOnce
	return i, nil
}

// plainIntake borrows a buffer only when there is something to read: while ten thousand wait, they hold none.
type plainIntake struct {
	raw     syscall.RawConn
	tallies *tallies
	hint    int
	take    taker
	ready   func(fd uintptr) bool // readOnce, bound once
	limit   int
	more    bool // there was as much as fits
	err     error
}

func (i *plainIntake) read(limit int) error {
	if i.more {
		i.more = false
		runtime.Gosched() // the others have waited
	}
	i.limit, i.err = limit, nil
	if err := i.raw.Read(i.ready); err != nil {
		return err
	}
	return i.err
}

// readOnce reads what is there. It is false when nothing is.
func (i *plainIntake) readOnce(fd uintptr) bool {
	t := i.tallies.take(i.hint)
	defer t.mu.Unlock()
	for {
		n, err := unix.Read(int(fd), t.buffer[:min(i.limit, len(t.buffer))])
		switch {
		case err == nil && n == 0:
			i.err = io.EOF
		case err == nil:
			i.err = i.take(t, t.buffer[:n], time.Now())
			i.more = n == len(t.buffer)
		case errors.Is(err, unix.EAGAIN):
			return false
		case errors.Is(err, unix.EINTR):
			continue
		default:
			i.err = err
		}
		return true
	}
}
