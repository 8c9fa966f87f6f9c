//go:build !unix

package dashboard

import (
	"net"
	"time"
)

// answerAtOnce writes an answer, says that nothing follows, and reads what the client has sent, since the system would
// tell it otherwise that the connection is broken. Windows has no single read or write that does not wait: all of it
// has a millisecond.
func answerAtOnce(c *net.TCPConn, answer []byte) {
	c.SetDeadline(time.Now().Add(time.Millisecond))
	c.Write(answer)
	c.CloseWrite()
	var rest [4 << 10]byte
	c.Read(rest[:])
}
