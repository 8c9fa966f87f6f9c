package dashboard

import (
	"context"
	"fmt"
	"net"
	"syscall"
	"time"
)

// listen opens a port whose connections have kernel buffers that suit a stream of newest values and, until they become a
// subscriber's, are gone when the peer acknowledges nothing for ackTimeout. The options are set on the listener, and the kernel hands them
// on: setting them on each connection would cost a flood more than it costs the attacker. Multipath TCP is off,
// since its listeners do not hand their options on.
func listen(ctx context.Context, addr string, ackTimeout time.Duration) (*net.TCPListener, error) {
	cfg := net.ListenConfig{KeepAlive: -1, Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) { setOptions(fd, ackTimeout) })
	}}
	cfg.SetMultipathTCP(false)
	l, err := cfg.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	return l.(*net.TCPListener), nil
}
