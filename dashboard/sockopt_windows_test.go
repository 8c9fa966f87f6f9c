package dashboard

import "syscall"

// limitReceiveBuffer sets how many bytes the system takes for a client before they are read.
func limitReceiveBuffer(fd uintptr, bytes int) {
	syscall.SetsockoptInt(syscall.Handle(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, bytes)
}
