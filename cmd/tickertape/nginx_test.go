package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
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

// freeAddress is an address that nobody listens on, nor will: others are on 127.0.0.1, and may be given its port there.
func freeAddress(t *testing.T) string {
	t.Helper()
	host := "127.0.0.1"
	if runtime.GOOS == "linux" { // where all of 127.0.0.0/8 is this machine
		host = "127.0.0.2"
	}
	l, err := net.Listen("tcp", host+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// startNginx runs nginx with deploy/proxy/nginx.conf, of which only addresses and paths are
// replaced, and what more says by pairs, in front of the server at addr. It returns the URL of the proxy.
func startNginx(t *testing.T, addr string, more ...string) string {
	t.Helper()
	nginx := nginxBinary(t)
	b, err := os.ReadFile("../../deploy/proxy/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	dir, listen := t.TempDir(), freeAddress(t)
	conf := strings.NewReplacer(more...).Replace(string(b))
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

func TestNginxRefusesWhatTheServerDoes(t *testing.T) {
	t.Parallel()
	s := startBinary(t, "TICKERTAPE_HOSTS=ticks.example")
	proxy := startNginx(t, s.addr)
	for name, c := range map[string]struct {
		host string
		body string
		want int
	}{
		"the public name":        {"ticks.example", "", http.StatusOK},
		"another name":           {"evil.example", "", http.StatusMisdirectedRequest},
		"a short body":           {"ticks.example", "x", http.StatusRequestEntityTooLarge},
		"a body beyond nginx's":  {"ticks.example", strings.Repeat("x", 2000), http.StatusRequestEntityTooLarge},
		"a name with any port":   {"ticks.example:81", "", http.StatusOK},
		"a name as a page's own": {"localhost", "", http.StatusOK},
	} {
		req, err := http.NewRequest(http.MethodGet, proxy+"/healthz", strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Host = c.host
		answer, err := client.Do(req)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		answer.Body.Close()
		if answer.StatusCode != c.want {
			t.Errorf("%s: %s, want %d", name, answer.Status, c.want)
		}
	}
}

// What nginx refuses by itself says when to come back, too; what it lets through says nothing of the kind.
func TestNginxSaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	s := startBinary(t)
	for name, c := range map[string]struct {
		more    []string // see startNginx
		stream  bool     // one connection is taken
		refused bool
	}{
		"as shipped":      {},
		"few requests":    {more: []string{"burst=6000 nodelay", "burst=1 nodelay", "rate=200r/s", "rate=1r/m"}, refused: true},
		"few connections": {more: []string{"limit_conn connections 2000", "limit_conn connections 1"}, stream: true, refused: true},
	} {
		proxy := startNginx(t, s.addr, c.more...)
		if c.stream {
			stream, err := client.Get(proxy + "/events?symbols=AAPL")
			if err != nil {
				t.Fatal(err)
			}
			defer stream.Body.Close()
		}
		var answer *http.Response
		for range 3 {
			var err error
			if answer, err = client.Get(proxy + "/api/version"); err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
		}
		status, after, code := http.StatusOK, "", "hello"
		if c.refused {
			status, after, code = http.StatusTooManyRequests, "5", "limited"
		}
		events, err := client.Get(proxy + "/events?symbols=NONE")
		if err != nil {
			t.Fatal(err)
		}
		first := make([]byte, 400)
		n, _ := io.ReadAtLeast(events.Body, first, 100) // fewer are what there is
		events.Body.Close()
		if text := string(first[:n]); events.StatusCode != http.StatusOK || events.Header.Get("Content-Type") != "text/event-stream" ||
			!strings.HasPrefix(text, "retry: ") || !strings.Contains(text, code) {
			t.Errorf("%s: events are %s, %q; want %s", name, events.Status, text, code)
		}
		if got := answer.Header.Get("Retry-After"); answer.StatusCode != status || got != after {
			t.Errorf("%s: %s, Retry-After %q; want %d, %q", name, answer.Status, got, status, after)
		}
	}
}

// One customer's addresses are one client, however they are written.
func TestNginxCountsNetworksOfIPv6(t *testing.T) {
	t.Parallel()
	proxy := startNginx(t, "127.0.0.1:1", "server_tokens off;", "set_real_ip_from 127.0.0.1; real_ip_header X-Test;", "return 404;",
		"return 200 $client;")
	for address, want := range map[string]string{
		"203.0.113.9":          "203.0.113.9",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2",
		"2001:db8:1:2::6":      "2001:db8:1:2",
		"2001:db8:1:0:3:4:5:6": "2001:db8:1",
		"2001:db8:1:0:3:0:0:6": "2001:db8:1",
		"2001:db8:1::6":        "2001:db8:1",
		"2001:db8:0:0:3:0:0:0": "2001:db8",
		"2001:db8:0:0:3:4:5:6": "2001:db8",
		"2001:db8::6":          "2001:db8",
		"2001:db8:0:1:3:4:5:6": "2001:db8:0:1",
		"2001:0:0:0:3:4:5:6":   "2001",
	} {
		req, _ := http.NewRequest(http.MethodGet, proxy+"/metrics", nil) // it is no bad address
		req.Header.Set("X-Test", address)
		answer, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(answer.Body) // what is missing shows
		answer.Body.Close()
		if string(got) != want {
			t.Errorf("%s is counted as %s, want %s", address, got, want)
		}
	}
}

// An event that waits in the proxy's buffer for more would be late; one update is far smaller than it.
func TestNginxPassesEventsWithoutBuffering(t *testing.T) {
	t.Parallel()
	s := startBinary(t)
	proxy := startNginx(t, s.addr)

	// With two a second, it takes far longer than this to fill a buffer.
	const late = 10 * time.Second
	began := time.Now()
	e := openEvents(t, proxy+"/events?symbols=AAPL&fields=p&rate=2")
	e.until(t, "hello")
	if took := time.Since(began); took > late {
		t.Errorf("the first event came after %v, want less than %v", took, late)
	}
	e.until(t, "snapshot")
	for range 5 {
		var update struct{ Time int64 }
		if err := json.Unmarshal([]byte(e.until(t, "update").data), &update); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(time.UnixMicro(update.Time)); took > late {
			t.Errorf("an update came %v after it was sent", took)
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
