package attack

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// silences hold connections, and send as little as they can.
func silences() []Attack {
	const body = "Content-Length: 1000\r\n"
	return []Attack{
		{Name: "body-quotes", What: "/api/quotes with a body that never comes", Short: 200, Long: 11000,
			run: bodyless("/api/quotes?symbols=AAPL", body)},
		{Name: "body-healthz", What: "the same of /healthz", Long: 11000, run: bodyless("/healthz", body)},
		{Name: "body-page", What: "the same of the page", Long: 11000, run: bodyless("/", body)},
		{Name: "body-events", What: "the same of /events", Short: 50, Long: 11000, run: bodyless("/events?symbols=AAPL", body)},
		{Name: "body-ws", What: "a handshake with a body that never comes", Long: 11000, run: bodyless("/ws",
			body+"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")},
		{Name: "body-poll", What: "a long poll with a body that never comes", Short: 50, Long: 11000,
			run: bodyless("/api/quotes?symbols=AAPL&wait=25s", body)},
		{Name: "body-chunked", What: "a body whose chunks never come", Short: 50, Long: 11000,
			run: bodyless("/api/symbols?query=a", "Transfer-Encoding: chunked\r\n")},
		{Name: "body-expected", What: "a body that is announced with Expect", Long: 11000,
			run: bodyless("/api/symbols?query=a", body+"Expect: 100-continue\r\n")},
		{Name: "body-trickled", What: "a body, a byte a second", Long: 11000, run: trickledBody},
		{Name: "idle", What: "keep-alive connections that ask once, ulimit -n 300", Files: 300, Short: 400, Long: 4000, run: idle},
		{Name: "half-header", What: "a header, a byte a second, ulimit -n 300", Files: 300, Short: 400, Long: 4000, run: halfHeader},
		{Name: "mute", What: "connections that say nothing, ulimit -n 300", Files: 300, Short: 400, Long: 4000, run: mute},
	}
}

// bodyless sends a header that announces a body, and no body. It reads the answer and waits for the end.
func bodyless(path, headers string) func(context.Context, *attacker) error {
	return func(ctx context.Context, a *attacker) error {
		c, err := a.send(ctx, a.request(path, headers))
		if err != nil {
			return err
		}
		defer c.Close()
		return answered(c)
	}
}

// answered reads an answer to the end of the connection; its status may be a refusal.
func answered(c net.Conn) error {
	line, err := bufio.NewReaderSize(c, 128).ReadString('\n')
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, c); err != nil {
		return err
	}
	return refusedAnswer([]byte(line))
}

// refusedAnswer is a refusal when the beginning of an answer has the status of an error.
func refusedAnswer(head []byte) error {
	_, status, _ := strings.Cut(string(head), " ")
	if len(status) >= 3 && status[0] >= '4' {
		return refusal(fmt.Sprint("status ", status[:3]))
	}
	return nil
}

func trickledBody(ctx context.Context, a *attacker) error {
	return trickle(ctx, a, a.request("/api/quotes?symbols=AAPL", "Content-Length: 1000\r\n"))
}

func halfHeader(ctx context.Context, a *attacker) error {
	return trickle(ctx, a, strings.TrimSuffix(a.request("/", "X-Long: "), "\r\n"))
}

// trickle sends the beginning of a request, and then a byte a second.
func trickle(ctx context.Context, a *attacker, request string) error {
	c, err := a.send(ctx, request)
	if err != nil {
		return err
	}
	defer c.Close()
	return every(ctx, time.Second, func() error {
		_, err := c.Write([]byte{'x'})
		return err
	})
}

func idle(ctx context.Context, a *attacker) error {
	c, err := a.dial(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	r := bufio.NewReaderSize(c, 512)
	if _, err := a.ask(c, r, "/api/version"); err != nil {
		return err
	}
	_, err = r.ReadByte()
	return err
}

func mute(ctx context.Context, a *attacker) error {
	c, err := a.dial(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.Read(make([]byte, 1))
	return err
}
