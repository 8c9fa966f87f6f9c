package dashboard

import (
	"time"

	"golang.org/x/sys/unix"
)

// unsentLimit is how much of a stream the kernel takes before a write waits. By default it would
// swallow megabytes for a reader that has stalled, and send it minutes of old prices.
const unsentLimit = 16 << 10

// setOptions tunes a listening socket and those that it accepts. A kernel that refuses an option serves without it. The user
// timeout ends requests alone: subscribers read slowly for as long as they like, so broadcast/conn takes it off theirs.
func setOptions(socket uintptr, ackTimeout time.Duration) {
	fd := int(socket)
	unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, unsentLimit)
	unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(ackTimeout.Milliseconds()))
	unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
	unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 30)
	unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 10)
	unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 3)
}
