//go:build unix

package dashboard

import "syscall"

// limitReceiveBuffer sets how many bytes the kernel takes for a client before they are read.
func limitReceiveBuffer(fd uintptr, bytes int) {
	syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, bytes)
}
