package dashboard

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"tickertape/broadcast/admission"
)

func TestAdminPortServesHealthAndMetrics(t *testing.T) {
	s := serveWith(t, func(c *terms) { c.Admin.Listen = "127.0.0.1:0" })
	admin := "http://" + s.AdminAddr()
	for url, want := range map[string]int{
		admin + "/metrics":        200,
		admin + "/healthz":        200,
		admin + "/readyz":         503, // no quote yet
		admin + "/":               404,
		admin + "/api/symbols":    404,
		admin + "/ws":             404,
		s.url + "/metrics":        404,
		s.url + "/healthz":        200,
		s.url + "/readyz":         503,
		s.url + "/api/watchlists": 200,
	} {
		if answer, body := fetch(t, url); answer.StatusCode != want {
			t.Errorf("%s: %s %.100s, want %d", url, answer.Status, body, want)
		}
	}
	if got := serveWith(t, func(*terms) {}).AdminAddr(); got != "" {
		t.Errorf("without one it is at %q", got)
	}
}

func TestAdminPortIsReachedWhenThePublicOneIsFull(t *testing.T) {
	s := serveWith(t, func(c *terms) {
		c.Admin.Listen = "127.0.0.1:0"
		c.Admin.Connections = 2
		c.Limits.Total.Connections = 3
		c.polls = func() int { return 0 } // they count as others here
	})
	position := s.position(t)
	for range 3 {
		fmt.Fprintf(s.dial(t), "GET /api/quotes?symbols=AAPL&wait=30s&since=%s HTTP/1.1\r\nHost: localhost\r\n\r\n", position)
	}
	within(t, timeLimit, "full", func() bool { return s.connections(t, "public", "active") == 3 })
	for _, path := range []string{"/healthz", "/metrics"} {
		if answer, _ := fetch(t, "http://"+s.AdminAddr()+path, "Connection", "close"); answer.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", path, answer.Status)
		}
	}
	if got := rest(t, s.dial(t), timeLimit); !strings.HasPrefix(got, "HTTP/1.1 503") {
		t.Errorf("the public port says %q", got)
	}
}

// The key that the log names is the one that helps.
func TestFullAdminPortHasAReasonOfItsOwn(t *testing.T) {
	s := serveWith(t, func(c *terms) {
		c.Admin.Listen = "127.0.0.1:0"
		c.Admin.Connections = 1
	})
	for range 2 {
		answer, _ := fetch(t, "http://"+s.AdminAddr()+"/healthz") // the first is idle and makes room
		if answer.StatusCode != http.StatusOK {
			t.Errorf("answered %s", answer.Status)
		}
		http.DefaultClient.CloseIdleConnections()
		c, err := net.Dial("tcp", s.AdminAddr())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		answerTo(t, c)
	}
	within(t, timeLimit, "counted", func() bool { return s.refused(t, admission.ReasonAdminConnections) > 0 })
	// It is counted first, and logged then.
	within(t, timeLimit, "logged", func() bool {
		return strings.Contains(s.log.String(), "reason=admin_connections key=admin.connections")
	})
}

func TestAdminPortIsAnother(t *testing.T) {
	for value, want := range map[string]string{
		"":               "",
		":9090":          "",
		"127.0.0.1:8080": `admin.listen: "127.0.0.1:8080" is the same as listen`,
		"9090":           `admin.listen: "9090" is not host:port`,
		":http":          `admin.listen: port "http" of ":http" is not between 0 and 65535`,
	} {
		cfg := DefaultConfig()
		cfg.Admin.Listen = value
		if err := cfg.Validate(); fmt.Sprint(err) != cmp.Or(want, "<nil>") {
			t.Errorf("%q: %v, want %s", value, err, want)
		}
	}
	cfg := DefaultConfig()
	cfg.Admin.Connections = 0
	if err := cfg.Validate(); err == nil || err.Error() != "admin.connections: 0 is not between 1 and 10000" {
		t.Errorf("%v", err)
	}
}
