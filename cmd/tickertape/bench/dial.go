package bench

import (
	"context"
	"net"
	"net/netip"
	"syscall"
)

const (
	// perAddress is how many connections one source address makes to one server. Linux has 28,232 ports
	// for that, and some may still be in use from a run before.
	perAddress = 25_000

	// slowWindow is the receive buffer of a slow reader in bytes; Linux doubles it. With the usual buffer the
	// kernel would accept megabytes before the reader reads them.
	slowWindow = 4 << 10
)

// dialer opens the connections of one run.
type dialer struct {
	target *target
	slots  chan struct{} // as many dials may be under way
}

// dials is how many may be under way at once: enough to be quick over a connection with high latency, and few enough
// for the accept queue of a server.
const dials = 256

func newDialer(t *target) *dialer { return &dialer{t, make(chan struct{}, dials)} }

// dial connects for subscriber i and, for https, encrypts.
func (d *dialer) dial(ctx context.Context, i int, slow bool) (net.Conn, error) {
	n := net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: false}, LocalAddr: sourceAddress(d.target.addr(), i)}
	if slow {
		n.Control = func(_, _ string, c syscall.RawConn) error {
			return c.Control(func(fd uintptr) { limitReceiveBuffer(fd, slowWindow) })
		}
	}
	c, err := n.DialContext(ctx, "tcp", d.target.addr())
	if err != nil {
		return nil, err
	}
	if d.target.secure() {
		c = d.target.encrypt(c)
	}
	return c, nil
}

// sourceAddress is the address that subscriber i connects from. It is nil, which is the system's choice, as long as one
// address has enough ports, and where the server is not on loopback. On Linux all of 127.0.0.0/8 is loopback.
func sourceAddress(server string, i int) net.Addr {
	a, err := netip.ParseAddrPort(server)
	if err != nil || i < perAddress || !a.Addr().Unmap().IsLoopback() || !a.Addr().Unmap().Is4() {
		return nil
	}
	n := 1 + i/perAddress // 127.0.0.2 is the second
	return &net.TCPAddr{IP: net.IPv4(127, 0, byte(n>>8), byte(n))}
}
