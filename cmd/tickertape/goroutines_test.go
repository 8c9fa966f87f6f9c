package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// Whoever starts a goroutine waits for it: when run has returned, nothing of it goes on, whatever its clients do.
func TestRunLeavesNoGoroutine(t *testing.T) {
	for name, drain := range map[string]time.Duration{"at once": 0, "drained": 200 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			t.Cleanup(func() { // after those of the clients below
				if err := goleak.Find(before); err != nil {
					t.Error(err)
				}
			})
			cfg := DefaultConfig()
			cfg.Server.Drain = drain
			cfg.Feed.Sim.Rate, cfg.Feed.Sim.Past = 10, time.Minute // so few that a long poll waits
			url, stop := begin(t, cfg)
			ws, ctx := dial(t, url, "/ws?symbols=*&bars=AAPL&interval=1m&trades=AAPL")
			hear(ctx, t, ws, `"type":"update"`)
			addr := strings.TrimPrefix(url, "http://")
			converse(t, addr, "GET /events?symbols=AAPL&trades=AAPL HTTP/1.1\r\nHost: localhost\r\n\r\n", http.StatusOK)
			converse(t, addr, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", http.StatusOK) // and says nothing more
			converse(t, addr, "POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf", http.StatusRequestEntityTooLarge)
			poll := "/api/quotes?symbols=AAPL&fields=o&wait=1m&since=" + position(t, url)
			converse(t, addr, "GET "+poll+" HTTP/1.1\r\nHost: localhost\r\n\r\n", 0)
			converse(t, addr, "GET /healthz HTTP/1.1\r\nHost: lo", 0)
			converse(t, addr, "", 0)
			eventually(t, "with a long poll that waits", func() error {
				_, metrics, err := fetch(url + "/metrics")
				if err == nil && !strings.Contains(metrics, `tickertape_broadcast_subscribers{transport="poll"} 1`) {
					err = errors.New("no long poll waits")
				}
				return err
			})
			if err := stop(); err != nil {
				t.Errorf("run: %v", err)
			}
		})
	}
}

func TestRunThatFailsLeavesNoGoroutine(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for name, change := range map[string]func(c *Config){
		"its port is taken":     func(c *Config) { c.Server.Listen = taken.Addr().String() },
		"its admin port is":     func(c *Config) { c.Server.Admin.Listen = taken.Addr().String() },
		"no recording is there": func(c *Config) { c.Feed.Sources.Source, c.Feed.Replay.File = []string{"replay"}, "none.ndjson" },
		"a feed is not known":   func(c *Config) { c.Feed.Sources.Source = []string{"none"} },
		"a proxy is no address": func(c *Config) { c.TrustedProxies = []string{"none"} },
	} {
		t.Run(name, func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			cfg := DefaultConfig()
			cfg.Server.Listen = "127.0.0.1:0"
			change(&cfg)
			if err := run(t.Context(), cfg, slog.New(slog.DiscardHandler)); err == nil {
				t.Error("run returned no error")
			}
			if err := goleak.Find(before); err != nil {
				t.Error(err)
			}
		})
	}
}

// position is where a client would go on from.
func position(t *testing.T, url string) string {
	t.Helper()
	var answer struct {
		Epoch string
		Seq   int64
	}
	_, body, err := fetch(url + "/api/quotes?symbols=AAPL")
	if err == nil {
		err = json.Unmarshal([]byte(body), &answer)
	}
	if err != nil {
		t.Fatalf("read the position: %v", err)
	}
	return fmt.Sprintf("%s-%d", answer.Epoch, answer.Seq)
}

// begin runs the program in this process. stop ends it and returns its error.
func begin(t *testing.T, cfg Config) (url string, stop func() error) {
	t.Helper()
	cfg.Server.Listen = "127.0.0.1:0"
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	said, done := make(chan string, 1), make(chan error, 1)
	go func() { done <- run(ctx, cfg, slog.New(&listener{Handler: slog.DiscardHandler, url: said})) }()
	select {
	case url = <-said:
	case err := <-done:
		t.Fatalf("run ended: %v", err)
	case <-time.After(within):
		t.Fatal("not serving")
	}
	return url, func() error {
		cancel()
		return <-done
	}
}

// converse connects, sends a text, and reads the head of an answer with this status; 0 does not wait for one. The
// connection stays open until the test ends.
func converse(t *testing.T, addr, text string, status int) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(within))
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatalf("send %q: %v", text, err)
	}
	if status == 0 {
		return
	}
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || answer.StatusCode != status {
		t.Fatalf("%q is answered with %v, %v, want %d", text, answer, err, status)
	}
}
