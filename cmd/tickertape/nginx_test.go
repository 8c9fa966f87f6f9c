package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// nginxBinary finds nginx, which Debian keeps where only root looks.
func nginxBinary(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("nginx")
	if errors.Is(err, exec.ErrNotFound) {
		path, err = exec.LookPath("/usr/sbin/nginx")
	}
	if err != nil {
		t.Skip("nginx is not installed; make test does it")
	}
	return path
}

// freeAddress is an address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// startNginx runs nginx with deploy/proxy/nginx.conf, of which only addresses and paths are
// replaced, in front of the server at addr. It returns the URL of the proxy.
func startNginx(t *testing.T, addr string) string {
	t.Helper()
	nginx := nginxBinary(t)
	b, err := os.ReadFile("../../deploy/proxy/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	dir, listen := t.TempDir(), freeAddress(t)
	conf := string(b)
	for old, replacement := range map[string]string{
		"server 127.0.0.1:8080;":    "server " + addr + ";",
		"listen 80;":                "listen " + listen + ";",
		"/run/nginx.pid":            dir + "/nginx.pid",
		"/var/log/nginx/error.log":  dir + "/error.log",
		"/var/log/nginx/access.log": dir + "/access.log",
	} {
		if n := strings.Count(conf, old); n != 1 {
			t.Fatalf("nginx.conf has %q %d times, want once", old, n)
		}
		conf = strings.Replace(conf, old, replacement, 1)
	}
	for _, temp := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} { // need not be root
		conf = strings.Replace(conf, "http {\n", fmt.Sprintf("http {\n    %s_temp_path %s/%s;\n", temp, dir, temp), 1)
	}
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(nginx, "-c", file, "-e", dir+"/error.log", "-g", "daemon off;")
	if os.Geteuid() == 0 {
		cmd.Args[len(cmd.Args)-1] += " user root;" // the test's folder is nobody else's
	}
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		<-ended
		if t.Failed() {
			log, _ := os.ReadFile(dir + "/error.log")
			t.Logf("nginx says:\n%s%s", said.String(), log)
		}
	})
	eventually(t, "listening", func() error {
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("nginx ended: %v", err)
		default:
		}
		c, err := net.Dial("tcp", listen)
		if err == nil {
			c.Close()
		}
		return err
	})
	return "http://" + listen
}

func TestNginxPassesThePageAndTheAPI(t *testing.T) {
	t.Parallel()
	s := startBinary(t)
	proxy := startNginx(t, s.addr)

	status, page, err := fetch(proxy + "/")
	if err != nil || status != http.StatusOK || !strings.Contains(page, "<title>") {
		t.Fatalf("/: %d %v %.200s, want the page", status, err, page)
	}
	for _, m := range regexp.MustCompile(`(?:src|href)="\./(assets/[^"]+)"`).FindAllStringSubmatch(page, -1) {
		direct, want, err := fetch(s.url + "/" + m[1])
		if err != nil {
			t.Fatal(err)
		}
		if status, body, err := fetch(proxy + "/" + m[1]); err != nil || status != direct || body != want {
			t.Errorf("/%s: %d, %d bytes, %v; want %d, %d bytes", m[1], status, len(body), err, direct, len(want))
		}
	}
	eventually(t, "quoting", func() error { // a symbol may open later than the market does
		_, body, err := fetch(s.url + "/api/quotes?symbols=AAPL")
		if err == nil && !strings.Contains(body, `"s":"AAPL"`) {
			err = errors.New(body)
		}
		return err
	})
	for path, want := range map[string]string{
		"/api/quotes?symbols=AAPL":           `"s":"AAPL"`,
		"/api/symbols?query=apple":           `"Apple Inc."`,
		"/api/watchlists":                    `"watchlists"`,
		"/readyz":                            `"ready"`,
		"/api/quotes?symbols=AAPL&rate=much": `"detail"`,
	} {
		wantStatus := http.StatusOK
		if strings.Contains(want, "detail") {
			wantStatus = http.StatusBadRequest
		}
		if status, body, err := fetch(proxy + path); err != nil || status != wantStatus || !strings.Contains(body, want) {
			t.Errorf("%s: %d %.200s %v, want %d with %s", path, status, body, err, wantStatus, want)
		}
	}
	if status, _, err := fetch(proxy + "/metrics"); err != nil || status != http.StatusNotFound {
		t.Errorf("/metrics: %d %v, want 404: they are not for everybody", status, err)
	}
}

// An event that waits in the proxy's buffer for more would be late; one update is far smaller than it.
func TestNginxPassesEventsWithoutBuffering(t *testing.T) {
	t.Parallel()
	s := startBinary(t)
	proxy := startNginx(t, s.addr)

	began := time.Now()
	e := openEvents(t, proxy+"/events?symbols=AAPL&fields=p")
	e.until(t, "hello")
	if took := time.Since(began); took > time.Second {
		t.Errorf("the first event came after %v, want less than 1s", took)
	}
	e.until(t, "snapshot")
	for range 5 {
		var update struct{ Time int64 }
		if err := json.Unmarshal([]byte(e.until(t, "update").data), &update); err != nil {
			t.Fatal(err)
		}
		if late := time.Since(time.UnixMicro(update.Time)); late > time.Second {
			t.Errorf("an update came %v after it was sent", late)
		}
	}
	if e.answer.Header.Get("Content-Encoding") != "" || e.answer.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("the stream's headers are %v", e.answer.Header)
	}
}

func TestNginxPassesWebSocketsAndTheirEnd(t *testing.T) {
	t.Parallel()
	s := startBinary(t, "TICKERTAPE_DRAIN=100ms", "TICKERTAPE_BROADCAST_RETRY=1234ms")
	proxy := startNginx(t, s.addr)

	c, ctx := dial(t, proxy, "/ws")
	say(ctx, t, c, `{"type":"subscribe","id":1,"symbols":["AAPL","MSFT"]}`)
	hear(ctx, t, c, `"type":"subscribed","id":1`)
	hear(ctx, t, c, `"type":"snapshot"`)
	for range 3 {
		hear(ctx, t, c, `"type":"update"`)
	}
	say(ctx, t, c, `{"type":"ping","id":2}`)
	hear(ctx, t, c, `"type":"pong","id":2`)

	e := openEvents(t, proxy+"/events?symbols=AAPL")
	e.until(t, "snapshot")
	s.signal(t, syscall.SIGTERM)
	if closed, err := closing(ctx, c); err != nil || closed.Code != 1012 || closed.Reason != "retry_ms=1234" {
		t.Errorf("through nginx the end is %d %q, %v; want 1012 retry_ms=1234", closed.Code, closed.Reason, err)
	}
	if last, err := lastEvent(e); err != nil || last.retry == "" || !strings.Contains(last.data, `"restarting"`) {
		t.Errorf("through nginx the stream ends with %+v, %v; want retry and the error restarting", last, err)
	}
	if code := s.exit(t); code != exitOK {
		t.Errorf("exit code %d, want 0", code)
	}
}
