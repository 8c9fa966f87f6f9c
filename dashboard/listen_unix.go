//go:build unix && !linux

package dashboard

import (
	"time"

	"golang.org/x/sys/unix"
)

// setOptions has dead peers found by the system's own keepalive, within hours. The other options are Linux's: elsewhere
// the system's buffers hold as much of a stream as they like, and write_timeout is what cuts a peer that is gone.
func setOptions(socket uintptr, _ time.Duration) {
	unix.SetsockoptInt(int(socket), unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
}
