//go:build !unix

package attack

// Attacks need Linux (see TestAttack in cmd/tickertape): elsewhere this package only compiles. A connection's port
// stays taken for as long as the system keeps it, and the receive buffer has the system's own size.

func releasePort(uintptr) {}

func limitReceiveBuffer(uintptr, int) {}
