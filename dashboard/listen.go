package dashboard

import (
	"context"
	"fmt"
	"net"
	"time"
)

// listener accepts connections whose kernel buffers suit a stream of newest values.
type listener struct {
	*net.TCPListener
	patience time.Duration // a peer that acknowledges nothing for so long is gone
}

// listen opens the port. Multipath TCP is off: its listeners do not hand their options on.
func listen(ctx context.Context, addr string, patience time.Duration) (*listener, error) {
	cfg := net.ListenConfig{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 30 * time.Second, Interval: 10 * time.Second, Count: 3}}
	cfg.SetMultipathTCP(false)
	l, err := cfg.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	return &listener{TCPListener: l.(*net.TCPListener), patience: patience}, nil
}

func (l *listener) Accept() (net.Conn, error) {
	c, err := l.AcceptTCP()
	if err != nil {
		return nil, err
	}
	raw, err := c.SyscallConn()
	if err == nil {
		raw.Control(func(fd uintptr) { setOptions(int(fd), l.patience) })
	}
	return c, nil
}
