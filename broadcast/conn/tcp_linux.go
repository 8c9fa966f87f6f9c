package conn

import (
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// unacknowledged is how many bytes the system holds that the client has not acknowledged.
func unacknowledged(fd int) int {
	n, err := unix.IoctlGetInt(fd, unix.SIOCOUTQ)
	if err != nil {
		return 0
	}
	return n
}

// setUserTimeout sets how long the kernel waits for a client to acknowledge something; 0 is as long as it waits by
// itself.
func setUserTimeout(fd int, d time.Duration) {
	unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(d.Milliseconds())) // a kernel that refuses it has its own
}

// drop is called before a socket is closed, when nobody looks any more after what the kernel still has for the client. It
// goes at once where the client takes nothing, and otherwise when that acknowledges nothing for a time.
func drop(fd int, atOnce bool, after time.Duration) {
	if atOnce {
		unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
		return
	}
	setUserTimeout(fd, after)
}

// withSocket calls do with the socket of a TCP connection, and reports whether it has.
func withSocket(c net.Conn, do func(fd int)) bool {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return false
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return false
	}
	return raw.Control(func(fd uintptr) { do(int(fd)) }) == nil
}
