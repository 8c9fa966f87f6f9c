//go:build !linux

package bench

import "syscall"

// apart keeps ^C away from the server, which the run needs for its last figures.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// stay is for Linux.
func stay() {}
