package main

//lint:file-ignore SA1019 nhooyr.io/websocket is the library wanted by name; its successor is one import away

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"nhooyr.io/websocket"
)

// dial opens a WebSocket as a page of that server would, and reads its hello. It ends with the test
// or after within.
func dial(t *testing.T, server, path string) (*websocket.Conn, context.Context) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	t.Cleanup(cancel)
	c, _, err := websocket.Dial(ctx, strings.Replace(server, "http", "ws", 1)+path, &websocket.DialOptions{
		Subprotocols: []string{"tickertape.v1.json"},
		HTTPHeader:   http.Header{"Origin": {server}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.CloseNow() })
	c.SetReadLimit(1 << 20)
	if _, b, err := c.Read(ctx); err != nil || !strings.Contains(string(b), `"type":"hello"`) {
		t.Fatalf("the first message is %s, %v, want hello", b, err)
	}
	if got := c.Subprotocol(); got != "tickertape.v1.json" {
		t.Errorf("subprotocol %q", got)
	}
	return c, ctx
}

// closing reads a WebSocket to its end and returns the close frame.
func closing(ctx context.Context, c *websocket.Conn) (closed websocket.CloseError, err error) {
	for {
		if _, _, err = c.Read(ctx); err != nil {
			if errors.As(err, &closed) {
				err = nil
			}
			return closed, err
		}
	}
}

// say sends one message.
func say(ctx context.Context, t *testing.T, c *websocket.Conn, text string) {
	t.Helper()
	if err := c.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// hear reads on to the next message with this text in it.
func hear(ctx context.Context, t *testing.T, c *websocket.Conn, text string) {
	t.Helper()
	for {
		_, b, err := c.Read(ctx)
		if err != nil {
			t.Fatalf("waiting for %s: %v", text, err)
		}
		if strings.Contains(string(b), text) {
			return
		}
	}
}

// farewell is how a subscriber was sent away.
type farewell struct {
	who   string
	at    time.Time
	wrong error
}

func TestSIGTERMSendsEverybodyAwayOverTheDrainWindow(t *testing.T) {
	t.Parallel()
	const drain, each = 2 * time.Second, 20
	s := startBinary(t, "TICKERTAPE_DRAIN="+drain.String(), "TICKERTAPE_BROADCAST_RETRY=700ms")
	left := make(chan farewell, 2*each)
	for range each {
		c, ctx := dial(t, s.url, "/ws?symbols=AAPL,MSFT")
		go func() {
			closed, err := closing(ctx, c)
			if err == nil && (closed.Code != 1012 || closed.Reason != "retry_ms=700") {
				err = fmt.Errorf("closed with %d %q, want 1012 retry_ms=700", closed.Code, closed.Reason)
			}
			left <- farewell{"WebSocket", time.Now(), err}
		}()
		e := openEvents(t, s.url+"/events?symbols=AAPL,MSFT")
		e.until(t, "hello")
		go func() {
			last, err := lastEvent(e)
			left <- farewell{"SSE", time.Now(), errors.Join(err, restarting(last))}
		}()
	}
	// Two who take nothing must not hold up the others, nor the end.
	stall(t, s.addr, "GET /ws?symbols=* HTTP/1.1\r\nHost: "+
		s.addr+"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	stall(t, s.addr, "GET /events?symbols=* HTTP/1.1\r\nHost: "+s.addr+"\r\n\r\n")

	began := time.Now()
	s.signal(t, syscall.SIGTERM)
	first := <-left
	if status, body, err := fetch(s.url + "/readyz"); err != nil || status != http.StatusServiceUnavailable ||
		!strings.Contains(body, "draining") {
		t.Errorf("after the first goodbye /readyz says %d %s %v, want 503 draining", status, body, err)
	}
	if status, _, err := fetch(s.url + "/healthz"); err != nil || status != http.StatusOK {
		t.Errorf("while draining /healthz says %d %v, want 200: nobody should restart it", status, err)
	}
	late, err := lastEvent(openEvents(t, s.url+"/events?symbols=AAPL"))
	if err != nil || late.retry == "" || !strings.Contains(late.data, `"code":"draining"`) {
		t.Errorf("a newcomer while draining gets %+v, %v; want retry and the error draining", late, err)
	}
	all := []farewell{first}
	for len(all) < 2*each {
		all = append(all, <-left)
	}
	code := s.exit(t)
	took := time.Since(began)

	for _, f := range all {
		if f.wrong != nil {
			t.Errorf("%s: %v", f.who, f.wrong)
		}
	}
	if code != exitOK {
		t.Errorf("exit code %d, want 0", code)
	}
	// A busy machine may take more than the second that is promised. The two would hold it up for write_timeout, 30 s.
	if took > drain+5*time.Second {
		t.Errorf("the end took %v, want drain (%v) and little more", took, drain)
	}
	slices.SortFunc(all, func(a, b farewell) int { return a.at.Compare(b.at) })
	// Of 40 even draws less than half the window is a one in a billion chance.
	if spread := all[len(all)-1].at.Sub(all[0].at); spread < drain/2 {
		t.Errorf("all were sent away within %v of %v", spread, drain)
	}
}

// lastEvent reads a stream to its orderly end.
func lastEvent(s *eventStream) (last event, err error) {
	for {
		e, err := s.next()
		if errors.Is(err, io.EOF) {
			return last, nil
		}
		if err != nil {
			return last, err
		}
		last = e
	}
}

// restarting says what the last event of a stream lacks to send a browser away for a while.
func restarting(e event) error {
	if ms, err := strconv.Atoi(e.retry); err != nil || ms < 1 || ms > 700 {
		return fmt.Errorf("the stream ends with retry: %q, want 1 to 700 ms", e.retry)
	}
	if e.name != "error" || !strings.Contains(e.data, `"code":"restarting"`) {
		return fmt.Errorf("the stream ends with %s %s, want the error restarting", e.name, e.data)
	}
	return nil
}

// stall sends a request and reads no more than the answer's first line.
func stall(t *testing.T, addr, request string) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(within))
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReaderSize(c, 16).ReadSlice('\n'); err != nil && !errors.Is(err, bufio.ErrBufferFull) {
		t.Fatalf("the answer begins with %q, %v", line, err)
	}
}

func TestSecondSignalExitsAtOnce(t *testing.T) {
	for _, second := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(second.String(), func(t *testing.T) {
			t.Parallel()
			s := startBinary(t, "TICKERTAPE_DRAIN=10m")
			openEvents(t, s.url+"/events?symbols=AAPL").until(t, "hello")
			s.signal(t, syscall.SIGTERM)
			eventually(t, "draining", func() error {
				status, _, err := fetch(s.url + "/readyz")
				if err == nil && status != http.StatusServiceUnavailable {
					err = fmt.Errorf("/readyz: %d", status)
				}
				return err
			})
			began := time.Now()
			s.signal(t, second)
			code := s.exit(t)
			if took := time.Since(began); code == exitOK || took > 2*time.Second {
				t.Errorf("exit code %d after %v, want another than 0 at once", code, took)
			}
			if !strings.Contains(s.logged(), "second signal") {
				t.Error("the log does not say why it ended")
			}
		})
	}
}

func TestEndWithoutSubscribersWaitsForNothing(t *testing.T) {
	t.Parallel()
	s := startBinary(t, "TICKERTAPE_DRAIN=10m")
	s.signal(t, syscall.SIGINT)
	if code := s.exit(t); code != exitOK {
		t.Errorf("exit code %d, want 0", code)
	}
}

func TestWhatCannotStartSaysWhyInOneLine(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() }) // not before the subtests, which run in parallel
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	replay := func(path string) []string {
		return []string{"TICKERTAPE_LISTEN=127.0.0.1:0", "TICKERTAPE_FEED_SOURCE=replay", "TICKERTAPE_FEED_REPLAY_FILE=" + path}
	}
	for name, test := range map[string]struct {
		environ []string
		code    int
		want    []string // in the line
	}{
		"port taken": {[]string{"TICKERTAPE_LISTEN=" + taken.Addr().String()}, exitError,
			[]string{taken.Addr().String(), "address already in use"}},
		"no key": {[]string{"TICKERTAPE_LISTEN=127.0.0.1:0", "TICKERTAPE_FEED_SOURCE=alpaca", "APCA_API_KEY_ID="}, exitConfig,
			[]string{"bad configuration: feed.alpaca.key_file", "APCA_API_KEY_ID is not set"}},
		"no such recording":     {replay(filepath.Join(dir, "none.ndjson")), exitError, []string{"none.ndjson", "no such file"}},
		"recording is a folder": {replay(dir), exitError, []string{dir, "version: 99"}},
		"empty recording":       {replay(file("empty.ndjson", "")), exitError, []string{"empty.ndjson"}},
		"no recording":          {replay(file("letter.txt", "Dear Sir,\nthis is no recording.\n")), exitError, []string{"letter.txt"}},
		"another format": {replay(file("future.ndjson", `{"format":"tickertape.ticks","version":99,"source":"sim"}`+"\n")), exitError,
			[]string{"future.ndjson", "99"}},
		"broken compression": {replay(file("torn.zst", "\x28\xb5\x2f\xfdnonsense")), exitError, []string{"torn.zst"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), within)
			defer cancel()
			cmd := exec.CommandContext(ctx, binaryPath(t))
			cmd.Dir, cmd.Env = t.TempDir(), plainEnvironment(test.environ...)
			out, err := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != test.code {
				t.Errorf("exit code %d (%v), want %d", code, err, test.code)
			}
			text, ended := strings.CutSuffix(string(out), "\n")
			if !ended || strings.Contains(text, "\n") || !strings.HasPrefix(text, "tickertape: ") {
				t.Errorf("it says\n%s\nwant one line from tickertape", out)
			}
			for _, want := range test.want {
				if !strings.Contains(text, want) {
					t.Errorf("it says %q, want something of %q", text, want)
				}
			}
		})
	}
}
