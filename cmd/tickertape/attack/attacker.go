package attack

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"
)

// attacker is one hostile client.
type attacker struct {
	index   int // among its crowd
	address int // number of its source address
	spec    *Spec
	narrow  bool // has the smallest receive buffer
	slots   chan struct{}
	tally   *tally
}

const (
	dialTime   = 10 * time.Second
	perAddress = 1000 // attackers behind one source address, which has 28,232 ports
	narrowest  = 2 << 10
)

// A refusal is what a server said when it would not serve: a status, or a close code with its reason.
type refusal string

func (r refusal) Error() string { return string(r) }

// dial connects from one of the addresses 127.0.1.1 and up: honest clients are at 127.0.0.1.
func (a *attacker) dial(ctx context.Context) (net.Conn, error) {
	select {
	case a.slots <- struct{}{}:
		defer func() { <-a.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	d := net.Dialer{
		Timeout:         dialTime,
		KeepAliveConfig: net.KeepAliveConfig{Enable: false},
		LocalAddr:       &net.TCPAddr{IP: net.IPv4(127, 0, byte(1+a.address/250), byte(1+a.address%250))},
		Control: func(_, _ string, raw syscall.RawConn) error {
			return raw.Control(func(fd uintptr) {
				releasePort(fd)
				if a.narrow {
					limitReceiveBuffer(fd, narrowest)
				}
			})
		},
	}
	c, err := d.DialContext(ctx, "tcp", a.spec.Addr)
	if err != nil {
		return nil, err
	}
	a.tally.connected()
	return &ending{c, context.AfterFunc(ctx, func() { c.Close() })}, nil
}

// ending is a connection that ends with a context.
type ending struct {
	net.Conn
	forget func() bool
}

func (e *ending) Close() error {
	e.forget()
	return e.Conn.Close()
}

// send connects and sends a request.
func (a *attacker) send(ctx context.Context, request string) (net.Conn, error) {
	c, err := a.dial(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := io.WriteString(c, request); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// request is the text of a GET. Each header ends in \r\n.
func (a *attacker) request(path string, headers ...string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: " + a.spec.Addr + "\r\n" + strings.Join(headers, "") + "\r\n"
}

// hammer asks on one connection, again and again, and reads each answer, until ctx or the connection ends. It counts
// refusals and goes on asking.
func hammer(path string, headers ...string) func(context.Context, *attacker) error {
	return func(ctx context.Context, a *attacker) error {
		c, err := a.dial(ctx)
		if err != nil {
			return err
		}
		defer c.Close()
		r := bufio.NewReader(c)
		for ctx.Err() == nil {
			answer, err := a.ask(c, r, path, headers...)
			if err != nil {
				return err
			}
			if answer.Close {
				return io.EOF
			}
		}
		return ctx.Err()
	}
}

// ask sends one request and reads the answer to its end.
func (a *attacker) ask(c net.Conn, r *bufio.Reader, path string, headers ...string) (*http.Response, error) {
	if _, err := io.WriteString(c, a.request(path, headers...)); err != nil {
		return nil, err
	}
	answer, err := http.ReadResponse(r, nil)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return nil, err
	}
	if answer.StatusCode >= 400 {
		a.tally.refused(refusal(fmt.Sprint("status ", answer.StatusCode)))
	}
	return answer, nil
}

// every calls do at once and then each period until ctx ends or it fails.
func every(ctx context.Context, period time.Duration, do func() error) error {
	t := time.NewTicker(period)
	defer t.Stop()
	for {
		if err := do(); err != nil {
			return err
		}
		select {
		case <-t.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// some are n different symbols, drawn anew in each call.
func (a *attacker) some(n int) []string {
	names := make([]string, 0, n)
	for _, i := range rand.Perm(len(a.spec.Symbols))[:min(n, len(a.spec.Symbols))] {
		names = append(names, a.spec.Symbols[i])
	}
	return names
}
