//go:build !unix

package bench

import "net"

// newIntake reads a connection into a buffer of its own. A read that waits without a buffer needs a socket that can
// be asked whether it is ready, which Windows does not have: there each subscriber holds 16 KiB.
func newIntake(c net.Conn, all *tallies, hint int, take taker) (intake, error) {
	return newCopyingIntake(c, all, hint, take), nil
}
