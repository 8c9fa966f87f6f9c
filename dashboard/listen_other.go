//go:build !linux

package dashboard

import (
	"time"

	"golang.org/x/sys/unix"
)

// setOptions has dead peers found; the other options are Linux's.
func setOptions(fd int, _ time.Duration) {
	unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
}
