package dashboard

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"tickertape/broadcast/admission"
)

func TestHostsAreAllowedByList(t *testing.T) {
	local := &net.TCPAddr{IP: net.ParseIP("192.0.2.7"), Port: 8080}
	for name, c := range map[string]struct {
		list   []string
		listen string
		allow  string
		refuse string
	}{
		"loopback and the connection's own address": {
			listen: ":8080",
			allow: "localhost LOCALHOST localhost. localhost:1 a.localhost A.b.localhost:80 127.0.0.1 127.9.8.7:99 [::1] [::1]:8080 [0:0:0:0:0:0:0:1] " +
				"[::ffff:127.0.0.1]:1 192.0.2.7 192.0.2.7:443 [::ffff:192.0.2.7]",
			refuse: "evil.example localhost.evil.example evillocalhost 192.0.2.8 192.0.2.7.evil.example 127.1 0x7f.1 [::2] 0.0.0.0 [::] ::1 " +
				"localhost:x localhost:-1 localhost:99999 localhost:+80 localhost:80:80 localhost.. .localhost [::1 ::1] [::1]x [::1%25eth0] u@localhost localhost/ localhost\\ löcalhost",
		},
		"the name that it listens by": {listen: "ticks.internal:80", allow: "ticks.internal Ticks.Internal:99",
			refuse: "internal x.ticks.internal"},
		"an address that it listens by": {listen: "[2001:db8::1]:80", allow: "[2001:db8:0::1] [2001:db8::1]:9", refuse: "[2001:db8::2]"},
		"a name of any port": {list: []string{"Ticks.Example."}, allow: "ticks.example TICKS.example:80 ticks.example.:81",
			refuse: "a.ticks.example ticks.example.evil example"},
		"a name of one port": {list: []string{"ticks.example:8443"}, allow: "ticks.example:8443 ticks.example:08443",
			refuse: "ticks.example ticks.example:443"},
		"every name below one": {list: []string{"*.ticks.example"}, allow: "a.ticks.example b.a.ticks.example:5",
			refuse: "ticks.example aticks.example a.ticks.example.evil"},
		"below one, up to a length": {list: []string{"*.e"}, allow: strings.Repeat("a.", 126) + "e.:5",
			refuse: strings.Repeat("a.", 126) + "ee.e " + strings.Repeat("a.", 30_000) + "e"},
		"below one, of one port": {list: []string{"*.ticks.example:5"}, allow: "a.ticks.example:5",
			refuse: "a.ticks.example a.ticks.example:6"},
		"an address": {list: []string{"203.0.113.5", "[2001:db8::5]:80"}, allow: "203.0.113.5:8 [2001:db8::5]:80",
			refuse: "[2001:db8::5] 203.0.113.6"},
		"any": {list: []string{"*"}, allow: "evil.example [::2]:5 %%%"},
	} {
		h := newHosts(c.list, c.listen)
		for _, entry := range c.list {
			if err := checkHost(entry); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		for asked := range strings.FieldsSeq(c.allow) {
			if !h.allow(asked, local) {
				t.Errorf("%s: %s is refused", name, asked)
			}
		}
		for asked := range strings.FieldsSeq(c.refuse) {
			if h.allow(asked, local) {
				t.Errorf("%s: %s is let in", name, asked)
			}
		}
		if h.allow("", local) && !h.any {
			t.Errorf("%s: no name is let in", name)
		}
	}
}

func TestBadHostsAreNamedWithIndexAndValue(t *testing.T) {
	for _, entry := range []string{"", "http://a.example", "a.example/", "a.example:", "a.example:http", "a.example:70000", "*.", "**.example",
		"a.*.example", "*.127.0.0.1", "a b", "[::1", "::1", "a..b", "u@a"} {
		cfg := DefaultConfig()
		cfg.Hosts = []string{"fine.example", entry}
		want := fmt.Sprintf("hosts[1]: %q is not ", entry)
		if err := cfg.Validate(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", entry, err, want)
		}
	}
}

func TestRequestsByAnotherNameAreMisdirected(t *testing.T) {
	s := serveWith(t, func(c *terms) {
		c.Hosts = []string{"ticks.example"}
		c.Admin.Listen = "127.0.0.1:0"
	})
	admin := "http://" + s.AdminAddr()
	for _, path := range []string{"/", "/api/quotes?symbols=AAPL", "/api/symbols", "/events?symbols=AAPL", "/ws", "/healthz", "/nothing",
		"/client/client.js"} {
		if got := statusAs(t, s.url+path, "evil.example"); got != http.StatusMisdirectedRequest {
			t.Errorf("%s by another name: %d, want 421", path, got)
		}
	}
	for _, path := range []string{"/metrics", "/healthz", "/readyz"} {
		if got := statusAs(t, admin+path, "evil.example:8080"); got != http.StatusMisdirectedRequest {
			t.Errorf("admin port, %s by another name: %d, want 421", path, got)
		}
	}
	for _, name := range []string{"ticks.example", "localhost:1", s.Addr(), "127.0.0.1"} {
		if got := statusAs(t, s.url+"/healthz", name); got != http.StatusOK {
			t.Errorf("as %s: %d, want 200", name, got)
		}
	}
	if got := s.refused(t, admission.ReasonHost); got != 11 {
		t.Errorf("%v refusals are counted, want 11", got)
	}
	if log := s.log.String(); strings.Count(log, "reason=host") != 1 || !strings.Contains(log, "level=WARN") ||
		!strings.Contains(log, "key=hosts") || !strings.Contains(log, "value=evil.example") {
		t.Errorf("logged %s", log)
	}
}

// Behind a trusted proxy it is not this that is the worst address.
func TestRefusalsNameTheClientOfAProxy(t *testing.T) {
	s := serveWith(t, func(c *terms) { c.Proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")} })
	for reason, request := range map[string]string{
		"host": "GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\nX-Forwarded-For: 203.0.113.5\r\n\r\n",
		"body": "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nX-Forwarded-For: 203.0.113.5\r\n\r\nhello",
	} {
		c := s.dial(t)
		fmt.Fprint(c, request)
		rest(t, c, timeLimit)
		for line := range strings.Lines(s.log.String()) {
			if strings.Contains(line, "reason="+reason) && !strings.Contains(line, "worst_address=203.0.113.5") {
				t.Errorf("logged %s", line)
			}
		}
	}
	if got := strings.Count(s.log.String(), "refused"); got != 2 {
		t.Errorf("%d refusals are logged, want 2", got)
	}
}

// statusAs is the answer to a request that calls the server by a name.
func statusAs(t *testing.T, url, name string) int {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = name
	answer, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}

func TestRequestsWithoutAHostAreHealthChecks(t *testing.T) {
	s := serveWith(t, func(*terms) {})
	for request, want := range map[string]string{
		"GET /healthz HTTP/1.0\r\n\r\n":                                           "HTTP/1.0 200",
		"GET /healthz HTTP/1.0\r\nHost: evil.example\r\n\r\n":                     "HTTP/1.0 421",
		"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n":                      "HTTP/1.1 400",
		"GET /healthz HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n":             "HTTP/1.1 421",
		"GET http://evil.example/healthz HTTP/1.0\r\n\r\n":                        "HTTP/1.0 421",
		"GET /healthz HTTP/1.0\r\nX-Forwarded-Host: localhost\r\nHost: e\r\n\r\n": "HTTP/1.0 421",
		"GET http://evil.example/ HTTP/1.0\r\nHost: localhost\r\n\r\n":            "HTTP/1.0 421",
		"OPTIONS * HTTP/1.0\r\nHost: evil.example\r\n\r\n":                        "HTTP/1.0 421",
	} {
		c := s.dial(t)
		fmt.Fprint(c, request)
		if got := rest(t, c, timeLimit); !strings.HasPrefix(got, want) {
			t.Errorf("%q: %.100q, want %s", request, got, want)
		}
	}
}

func FuzzHost(f *testing.F) {
	for _, s := range []string{"localhost", "ticks.example:8443", "a.below.example", "[::1]:80", "127.0.0.1.", "192.0.2.7", "::1", "[", "]:",
		"a:b:c", "..", "xn--a", "%6c", "\x00"} {
		f.Add(s)
	}
	h := newHosts([]string{"ticks.example:8443", "*.below.example"}, "127.0.0.1:8080")
	local := &net.TCPAddr{IP: net.ParseIP("192.0.2.7")}
	f.Fuzz(func(t *testing.T, s string) {
		checkHost(s)
		if !h.allow(s, local) {
			return
		}
		// Whatever is let through is one of these, by another way of reading it.
		name := strings.ToLower(s)
		if at := strings.LastIndex(name, ":"); at > strings.LastIndex(name, "]") {
			name = name[:at]
		}
		name = strings.TrimSuffix(name, ".")
		if inner, found := strings.CutPrefix(name, "["); found {
			name = strings.TrimSuffix(inner, "]")
		}
		ip := net.ParseIP(name)
		switch {
		case name == "localhost", strings.HasSuffix(name, ".localhost"), strings.HasSuffix(name, ".below.example"):
		case name == "ticks.example" && strings.HasSuffix(s, "8443"):
		case ip != nil && (ip.IsLoopback() || ip.Equal(local.IP)):
		default:
			t.Errorf("%q is let through", s)
		}
	})
}
