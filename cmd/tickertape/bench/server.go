package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Launch says how to start a server.
type Launch struct {
	Executable string
	Config     string // --config; "" is none

	// Plain is for a server with the defaults: it reads no config.yaml and no TICKERTAPE_ variables of this machine.
	Plain bool
}

const (
	startTime = 30 * time.Second // until it serves and is ready
	stopTime  = 10 * time.Second // from SIGTERM to the end; the drain window is none
)

// server is one that the run has started.
type server struct {
	url  string
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	dir  string        // empty, to run in; "" is this one

	mu   sync.Mutex
	last string // guarded by mu: the last line of its log
}

// startServer starts a server on a free port of the loopback address, with the simulated feed, and waits
// until it is ready. Whoever starts it must stop it.
func startServer(ctx context.Context, l Launch, m Market) (*server, error) {
	s := &server{done: make(chan struct{})}
	args := []string{"serve"}
	if l.Config != "" {
		args = append(args, "--config", l.Config)
	}
	s.cmd = exec.Command(l.Executable, args...)
	s.cmd.Env = environment(os.Environ(), l.Plain, m)
	s.cmd.SysProcAttr = apart()
	if l.Plain {
		dir, err := os.MkdirTemp("", "tickertape-bench-") // where no config.yaml lies
		if err != nil {
			return nil, fmt.Errorf("start a server: %w", err)
		}
		s.dir, s.cmd.Dir = dir, dir
	}
	started := make(chan error, 1)
	address := make(chan string, 1)
	go s.watch(started, address)
	if err := <-started; err != nil {
		return nil, errors.Join(fmt.Errorf("start a server: %w", err), s.stop())
	}
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	err := error(nil)
	select {
	case s.url = <-address:
		err = s.ready(ctx)
	case <-s.done:
		err = s.ended()
	case <-ctx.Done():
		err = fmt.Errorf("it does not serve: %w", context.Cause(ctx))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start a server: %w", err), s.stop())
	}
	return s, nil
}

// environment is the environment of the server: that of this process, and over it what the run needs.
func environment(inherited []string, plain bool, m Market) []string {
	var environ []string
	for _, e := range inherited {
		if !plain || !strings.HasPrefix(e, "TICKERTAPE_") {
			environ = append(environ, e)
		}
	}
	environ = append(environ,
		"TICKERTAPE_LISTEN=127.0.0.1:0",
		"TICKERTAPE_DRAIN=0s",
		"TICKERTAPE_LOG_LEVEL=info", // the port is in the log
		"TICKERTAPE_LOG_FORMAT=json",
		"TICKERTAPE_FEED_SOURCE=sim",
		"TICKERTAPE_FEED_SIM_RATE="+strconv.Itoa(m.Ticks),
		"TICKERTAPE_FEED_SIM_SYMBOLS="+strconv.Itoa(m.Symbols),
		"TICKERTAPE_FEED_SIM_PAST=0s", // ticks of the past would have no latency
		"TICKERTAPE_BROADCAST_INTERVAL="+m.Interval.String(),
	)
	if m.Compression {
		environ = append(environ, "TICKERTAPE_BROADCAST_COMPRESSION=true")
	}
	return environ
}

// watch starts the process and reads its log to the end.
func (s *server) watch(started chan<- error, address chan<- string) {
	defer close(s.done)
	stay() // the process ends with the thread that has started it
	log, err := s.cmd.StderrPipe()
	if err == nil {
		err = s.cmd.Start()
	}
	started <- err
	if err != nil {
		return
	}
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line struct{ Msg, URL string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "serving" {
			address <- line.URL
			continue
		}
		s.mu.Lock()
		s.last = lines.Text()
		s.mu.Unlock()
	}
	s.cmd.Wait() // its error is the exit code
}

// ready waits until the server has quotes.
func (s *server) ready(ctx context.Context) error {
	t, err := parseTarget(s.url)
	if err != nil {
		return err
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		_, err := t.get(ctx, "/readyz", nil)
		if err == nil {
			t.client.CloseIdleConnections()
			return nil
		}
		select {
		case <-tick.C:
		case <-s.done:
			return s.ended()
		case <-ctx.Done():
			return err
		}
	}
}

// ended is the error of a server that ended by itself, with the last line of its log.
func (s *server) ended() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Errorf("the server ended, %v: %s", s.cmd.ProcessState, s.last)
}

// gone is the error of a server that has ended by itself, nil while it runs.
func (s *server) gone() error {
	select {
	case <-s.done:
		return s.ended()
	default:
		return nil
	}
}

// stop ends the server, if it has not, and waits for it.
func (s *server) stop() error {
	defer func() {
		if s.dir != "" {
			os.RemoveAll(s.dir)
		}
	}()
	if s.cmd.Process == nil {
		return nil // it never began
	}
	askToEnd(s.cmd.Process)
	late := time.NewTimer(stopTime)
	defer late.Stop()
	select {
	case <-s.done:
		return nil
	case <-late.C:
	}
	s.cmd.Process.Kill()
	<-s.done
	return fmt.Errorf("stop the server: it did not end within %v of the signal", stopTime)
}
