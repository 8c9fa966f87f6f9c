//go:build unix

package attack

import "golang.org/x/sys/unix"

// releasePort has a connection's port free for the next one as soon as this one is closed.
func releasePort(fd uintptr) {
	unix.SetsockoptLinger(int(fd), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
}

// limitReceiveBuffer sets how many bytes the kernel takes for the connection before they are read.
func limitReceiveBuffer(fd uintptr, bytes int) {
	unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, bytes)
}
