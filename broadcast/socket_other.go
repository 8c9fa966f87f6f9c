//go:build !linux

package broadcast

import (
	"context"
	"errors"
	"net"
)

// socket does not exist here: every connection has a goroutine that writes it.
type socket struct{ line }

func newSocket(*subscriber, net.Conn, func()) (line, bool) { return nil, false }

func (*socket) awaitRead() {}

func (*socket) readNow([]byte) (n int, again bool) { return 0, false }

type poller struct{}

func newPoller() (*poller, error) { return nil, errors.New("no epoll on this system") }

func (*poller) run(context.Context) error { return nil }
