//go:build unix

package dashboard

import (
	"net"

	"golang.org/x/sys/unix"
)

// answerAtOnce writes an answer and says that nothing follows, without waiting. What the client has sent is read,
// since the kernel would tell it otherwise that the connection is broken.
func answerAtOnce(c *net.TCPConn, answer []byte) {
	raw, err := c.SyscallConn()
	if err != nil {
		return
	}
	raw.Control(func(fd uintptr) {
		var rest [4 << 10]byte
		unix.SendmsgN(int(fd), answer, nil, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
		unix.Shutdown(int(fd), unix.SHUT_WR)
		unix.Recvfrom(int(fd), rest[:], unix.MSG_DONTWAIT)
	})
}
