package bench

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// apart keeps Ctrl+C away from the server, which the run needs for its last figures. A run that is killed leaves it
// behind: only Linux ends a process with the one that started it.
func apart() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
}

// stay is for Linux, where a thread's end would end the server.
func stay() {}
