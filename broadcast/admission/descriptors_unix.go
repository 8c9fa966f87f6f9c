//go:build unix

package admission

import "golang.org/x/sys/unix"

// OpenFiles is how many files this process may have open.
func OpenFiles() uint64 {
	var r unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &r); err != nil {
		return mostDescriptors
	}
	return uint64(r.Cur)
}
