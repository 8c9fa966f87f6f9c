//go:build !linux

package conn

import (
	"net"
	"time"
)

// Other systems are not asked what a client has acknowledged: what a write takes shows it.
func unacknowledged(int) int { return 0 }

func setUserTimeout(int, time.Duration) {}

func drop(int, bool, time.Duration) {}

func withSocket(net.Conn, func(fd int)) bool { return false }
