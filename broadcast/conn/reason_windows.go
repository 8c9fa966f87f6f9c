package conn

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// What the system says of a client that has closed the connection or reset it, and of one that does not answer any more.
var (
	hungUp     = [...]syscall.Errno{windows.WSAECONNRESET, windows.WSAECONNABORTED, windows.ERROR_BROKEN_PIPE}
	unanswered = [...]syscall.Errno{windows.WSAETIMEDOUT, windows.WSAEHOSTUNREACH, windows.WSAENETUNREACH}
)
