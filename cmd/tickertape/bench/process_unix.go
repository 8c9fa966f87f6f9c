//go:build unix

package bench

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// processorTime is what this process has used since its beginning, in user and system mode.
func processorTime() (time.Duration, error) {
	var r unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &r); err != nil {
		return 0, err
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano()), nil
}

// raiseDescriptors raises the limit of open files as far as it can, and returns it.
func raiseDescriptors() (uint64, error) {
	var r unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &r); err != nil {
		return 0, err
	}
	if r.Cur < r.Max {
		raised := unix.Rlimit{Cur: r.Max, Max: r.Max}
		if unix.Setrlimit(unix.RLIMIT_NOFILE, &raised) == nil {
			r = raised // else it stays as it is
		}
	}
	return uint64(r.Cur), nil
}

// limitReceiveBuffer sets how many bytes the kernel takes for a connection before they are read. A kernel that
// refuses makes the reader no faster.
func limitReceiveBuffer(fd uintptr, bytes int) {
	unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, bytes)
}

// askToEnd tells a server to drain and end. It may have ended.
func askToEnd(p *os.Process) { p.Signal(syscall.SIGTERM) }
