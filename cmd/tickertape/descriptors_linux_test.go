package main

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Connections that are no subscribers took every descriptor, so that nobody was served and nothing was said.
func TestIdleConnectionsDoNotTakeTheServer(t *testing.T) {
	for name, request := range map[string]string{
		"keep-alive":                    "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"a body that never comes":       "GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n",
		"nothing said":                  "",
		"a header that does not end":    "GET /healthz HTTP/1.1\r\nX: ",
		"an expectation without a body": "GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\nExpect: gold\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// Neither timeout is soon enough to help.
			s := startBinary(t, "TICKERTAPE_ADMIN_LISTEN=127.0.0.1:0", "TICKERTAPE_LIMITS_HEADER_TIMEOUT=1m", "TICKERTAPE_LIMITS_IDLE_TIMEOUT=1m")
			// The limit that the server began with is higher: accept itself has to fail, and get over it.
			limit := unix.Rlimit{Cur: 300, Max: 300}
			if err := unix.Prlimit(s.cmd.Process.Pid, unix.RLIMIT_NOFILE, &limit, nil); err != nil {
				t.Fatal(err)
			}
			for range 400 {
				c, err := net.DialTimeout("tcp", s.addr, within)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				fmt.Fprint(c, request)
			}
			c, err := net.DialTimeout("tcp", s.addr, within)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			c.SetDeadline(time.Now().Add(within))
			fmt.Fprint(c, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
			answer, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil || answer.StatusCode != http.StatusOK {
				t.Fatalf("/healthz: %v %v", answer, err)
			}
		})
	}
}

func TestHealthAsksTheAdminPort(t *testing.T) {
	t.Parallel()
	admin := "TICKERTAPE_ADMIN_LISTEN=" + freeAddress(t)
	s := startBinary(t, admin)
	ask := func(environ ...string) (string, error) {
		c := exec.Command(binaryPath(t), "health")
		c.Dir, c.Env = t.TempDir(), plainEnvironment(environ...)
		out, err := c.CombinedOutput()
		return string(out), err
	}
	nobody := "TICKERTAPE_LISTEN=" + freeAddress(t)
	if out, err := ask(nobody, admin); err != nil {
		t.Errorf("with an admin port: %v %s", err, out)
	}
	if out, err := ask("TICKERTAPE_LISTEN=" + s.addr); err != nil {
		t.Errorf("without: %v %s", err, out)
	}
	if _, err := ask(nobody); err == nil {
		t.Error("nobody is well")
	}
	if log := s.logged(); !strings.Contains(log, "serving health and metrics") {
		t.Errorf("logged %s", log)
	}
}
