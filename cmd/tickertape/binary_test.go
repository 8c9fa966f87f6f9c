package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// within is how long the tests of the binary wait for what should happen at once. A machine that
// is busy with other things may be slow; what has to be quick is measured apart.
const within = 30 * time.Second

// TestMain fails when a goroutine is left behind, of run or of a test.
func TestMain(m *testing.M) {
	code := m.Run()
	http.DefaultClient.CloseIdleConnections()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, "goroutines are left:", err)
		code = 1
	}
	if dir := binaryDir; dir != "" {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

var binaryDir string // set by makeBinaryDir

var makeBinaryDir = sync.OnceValues(func() (dir string, err error) {
	binaryDir, err = os.MkdirTemp("", "tickertape-test-")
	return binaryDir, err
})

// buildBinary builds the program once for all tests, with the race detector when they have it.
var buildBinary = sync.OnceValues(func() (path string, err error) {
	if info, ok := debug.ReadBuildInfo(); ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		return goBuild("tickertape", "build", "-race", ".")
	}
	return goBuild("tickertape", "build", ".")
})

// goBuild has the go command make a program of a name of its own.
func goBuild(name, command string, args ...string) (path string, err error) {
	dir, err := makeBinaryDir()
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, name)
	args = append([]string{command, "-o", path}, args...)
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", command, err, out)
	}
	return path, nil
}

func binaryPath(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the binary and runs it as a process: minutes for all such tests")
	}
	path, err := buildBinary()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// plainEnvironment is this process's without any of ours, and with the given entries. The race
// detector would sleep a second at exit.
func plainEnvironment(entries ...string) []string {
	environ := slices.DeleteFunc(os.Environ(), func(e string) bool { return strings.HasPrefix(e, "TICKERTAPE_") })
	return append(append(environ, "GORACE=atexit_sleep_ms=0"), entries...)
}

// server is the real binary, serving.
type server struct {
	addr string // host:port
	url  string
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended

	mu  sync.Mutex
	log bytes.Buffer // guarded by mu
}

// startBinary runs the program as launchBinary does and waits until it is ready.
func startBinary(t *testing.T, environ ...string) *server {
	t.Helper()
	s := launchBinary(t, environ...)
	awaitReady(t, s)
	return s
}

func awaitReady(t *testing.T, s *server) {
	t.Helper()
	eventually(t, "ready", func() error {
		status, body, err := fetch(s.url + "/readyz")
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("/readyz: %d %s", status, body)
		}
		return err
	})
}

// launchBinary runs the program in an empty directory on a free port, with environment entries for its
// configuration, until it serves; its market begins without a past. It is killed with the test unless it has ended.
func launchBinary(t *testing.T, environ ...string) *server {
	t.Helper()
	return launch(t, exec.Command(binaryPath(t)), environ...)
}

// launch is launchBinary with a command that ends in the program.
func launch(t *testing.T, cmd *exec.Cmd, environ ...string) *server {
	t.Helper()
	s := &server{cmd: cmd, done: make(chan struct{})}
	s.cmd.Dir = t.TempDir()
	s.cmd.Env = plainEnvironment(append([]string{"TICKERTAPE_LISTEN=127.0.0.1:0", "TICKERTAPE_LOG_FORMAT=json",
		"TICKERTAPE_FEED_SIM_PAST=0s"}, environ...)...)
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.cmd.Process.Kill() // it may have ended
		<-s.done
		if t.Failed() {
			t.Logf("the server's log:\n%s", s.logged())
		}
	})
	address := make(chan string, 1)
	go func() {
		defer close(s.done)
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			s.mu.Lock()
			s.log.Write(append(lines.Bytes(), '\n'))
			s.mu.Unlock()
			var line struct{ Msg, URL string }
			if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "serving" {
				address <- line.URL
			}
		}
		s.cmd.Wait() // its error is the exit code
	}()
	select {
	case s.url = <-address:
		s.addr = strings.TrimPrefix(s.url, "http://")
	case <-s.done:
		t.Fatalf("the server ended, exit code %d", s.cmd.ProcessState.ExitCode())
	case <-time.After(within):
		t.Fatal("the server does not say where it serves")
	}
	return s
}

func (s *server) logged() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

func (s *server) signal(t *testing.T, sig os.Signal) {
	t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

// exit waits for the end and returns the exit code.
func (s *server) exit(t *testing.T) int {
	t.Helper()
	select {
	case <-s.done:
		return s.cmd.ProcessState.ExitCode()
	case <-time.After(within):
		t.Fatal("the server does not end")
		return 0
	}
}

// eventually asks until check has nothing to complain of.
func eventually(t *testing.T, what string, check func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("not %s within %v: %v", what, within, err)
		}
	}
}

var client = &http.Client{Timeout: within, Transport: &http.Transport{DisableKeepAlives: true}}

// fetch gets a URL, on a connection of its own.
func fetch(url string) (status int, body string, err error) {
	answer, err := client.Get(url)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(b), err
}

// event is one server-sent event; without a name it is a block of comments or of retry alone.
type event struct {
	name, id, data, retry string
}

// eventStream is a client of /events as the specification has it.
type eventStream struct {
	answer *http.Response
	lines  *bufio.Reader
}

// openEvents asks for a stream, which ends with the test, or after within.
func openEvents(t *testing.T, url string) *eventStream {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", url, answer.Status)
	}
	return &eventStream{answer, bufio.NewReader(answer.Body)}
}

// next reads up to the next empty line. io.EOF is an orderly end.
func (s *eventStream) next() (e event, err error) {
	for {
		line, err := s.lines.ReadString('\n')
		if err != nil {
			if errors.Is(err, io.EOF) && line != "" {
				err = io.ErrUnexpectedEOF
			}
			return e, err
		}
		field, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch field {
		case "":
			return e, nil
		case "event":
			e.name = value
		case "id":
			e.id = value
		case "data":
			e.data = value
		case "retry":
			e.retry = value
		}
	}
}

// until reads on to the next event of this name.
func (s *eventStream) until(t *testing.T, name string) event {
	t.Helper()
	for {
		e, err := s.next()
		if err != nil {
			t.Fatalf("waiting for a %s event: %v", name, err)
		}
		if e.name == name {
			return e
		}
	}
}
