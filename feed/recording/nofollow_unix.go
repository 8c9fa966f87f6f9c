//go:build unix

package recording

import "syscall"

// noFollow has the opening of a symbolic link fail.
const noFollow = syscall.O_NOFOLLOW
