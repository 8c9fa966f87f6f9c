//go:build !linux

package conn

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
)

// socket does not exist here: every connection has goroutines of its own.
type socket struct{ link }

const readSize = 1

var readBuffers = sync.Pool{New: func() any { return new([readSize]byte) }}

func openSocket(*Sockets, Conn, net.Conn) *Conn { return nil }

func (*socket) write([][]byte) (bool, error) { return false, ErrBroken }

func (*socket) touch() uint64 { return 0 }

func (*socket) readNow([]byte) (int, error) { return 0, ErrBroken }

type poller struct{ file *os.File }

func newPoller() (*poller, error) { return nil, errors.New("no epoll on this system") }

func (*poller) run(context.Context) error { return nil }

func (*poller) count() int { return 0 }
