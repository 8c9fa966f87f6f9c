//go:build unix

package conn

import "syscall"

// What the system says of a client that has closed the connection or reset it, and of one that does not answer any more.
var (
	hungUp     = [...]syscall.Errno{syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED}
	unanswered = [...]syscall.Errno{syscall.ETIMEDOUT, syscall.EHOSTUNREACH, syscall.ENETUNREACH}
)
