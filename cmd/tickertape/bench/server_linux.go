package bench

import (
	"runtime"
	"syscall"
)

// apart keeps ^C away from the server, which the run needs for its last figures, and ends it with the
// run should that one be killed.
func apart() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// stay holds the caller's thread for as long as its goroutine lives: Linux takes the end of the thread
// that has started a process for the end of its parent.
func stay() { runtime.LockOSThread() }
