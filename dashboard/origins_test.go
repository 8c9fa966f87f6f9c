package dashboard

import (
	"bytes"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestOriginIsExactlySchemeHostAndPort(t *testing.T) {
	for name, c := range map[string]struct {
		host      string
		tls       bool
		forwarded string   // X-Forwarded-Proto
		listed    []string // in the configuration
		allow     string
		refuse    string
	}{
		"plain": {
			host: "Ticks.example:8080", allow: "http://ticks.example:8080 HTTP://TICKS.example:8080 http://ticks.example:08080",
			refuse: "https://ticks.example:8080 http://ticks.example http://ticks.example:80 http://u@ticks.example:8080 http://u:p@ticks.example:8080 " +
				"http://ticks.example:8080/ http://ticks.example:8080/a http://ticks.example:8080?a http://ticks.example:8080#a http://ticks.example:8080, " +
				"http:ticks.example:8080 http:///ticks.example:8080 //ticks.example:8080 ticks.example:8080 ws://ticks.example:8080 null http:// http://:8080 " +
				"http://ticks.example:8080:8080 http://ticks.example:x http://ticks.example:80800 http://ticks.example\\@evil.example:8080 http://a.ticks.example:8080",
		},
		"default port of http": {host: "ticks.example", allow: "http://ticks.example http://ticks.example:80",
			refuse: "http://ticks.example:443 https://ticks.example"},
		"default port is named": {host: "ticks.example:80", allow: "http://ticks.example",
			refuse: "http://ticks.example:8080"},
		"encrypted": {host: "ticks.example", tls: true, allow: "https://ticks.example https://ticks.example:443",
			refuse: "http://ticks.example https://ticks.example:80"},
		"encrypted, and a header that is not asked": {host: "ticks.example", tls: true, forwarded: "http", allow: "https://ticks.example",
			refuse: "http://ticks.example"},
		"behind a proxy with TLS": {host: "ticks.example", forwarded: "https", allow: "https://ticks.example",
			refuse: "http://ticks.example"},
		"behind two proxies": {host: "ticks.example", forwarded: "HTTPS , http", allow: "https://ticks.example",
			refuse: "http://ticks.example"},
		"behind a proxy without TLS": {host: "ticks.example", forwarded: "http", allow: "http://ticks.example",
			refuse: "https://ticks.example"},
		"behind a proxy that makes no sense": {host: "ticks.example", forwarded: "gopher",
			refuse: "http://ticks.example https://ticks.example gopher://ticks.example"},
		"an address": {host: "[::1]:8080", allow: "http://[::1]:8080 http://[0:0::1]:8080",
			refuse: "http://[::1] http://[::2]:8080 http://::1:8080 http://[::1%25lo]:8080"},
		"no host": {host: "", refuse: "http:// http://ticks.example null"},
		"listed": {host: "ticks.example", listed: []string{"https://desk.example", "http://lab.example:81"},
			allow:  "http://ticks.example https://desk.example https://Desk.example:443 http://lab.example:81",
			refuse: "http://desk.example https://u@desk.example https://desk.example/ http://lab.example https://desk.example:81 null"},
		"any": {host: "ticks.example", listed: []string{"*"}, allow: "http://evil.example null",
			refuse: "http://u@ticks.example http://evil.example/ evil.example"},
	} {
		request := func(origin string) *http.Request {
			r := httptest.NewRequest(http.MethodGet, "/ws", nil)
			r.Host = c.host
			r.Header.Set("Origin", origin)
			if c.forwarded != "" {
				r.Header.Set("X-Forwarded-Proto", c.forwarded)
			}
			if c.tls {
				r.TLS = &tls.ConnectionState{}
			}
			return r
		}
		for origin := range strings.FieldsSeq(c.allow) {
			if !newOrigins(c.listed, nil).allow(request(origin)) {
				t.Errorf("%s: %s is refused", name, origin)
			}
		}
		for origin := range strings.FieldsSeq(c.refuse) {
			if newOrigins(c.listed, nil).allow(request(origin)) {
				t.Errorf("%s: %s is let in", name, origin)
			}
		}
		twice := request("http://ticks.example")
		twice.Header.Add("Origin", "http://ticks.example")
		if newOrigins(c.listed, nil).allow(twice) || newOrigins(c.listed, nil).allow(request("")) {
			t.Errorf("%s: two origins, or an empty one, are let in", name)
		}
	}
}

func TestRefusedOriginsAreLogged(t *testing.T) {
	s := serveWith(t, func(*terms) {})
	for _, path := range []string{"/events?symbols=AAPL", "/ws"} {
		req, _ := http.NewRequest(http.MethodGet, s.url+path, nil)
		req.Header.Set("Origin", "https://user:CANARY@evil.example")
		req.Header.Set("Connection", "Upgrade")
		req.Header.Set("Upgrade", "websocket")
		req.Header.Set("Sec-WebSocket-Version", "13")
		req.Header.Set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
		answer, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(answer.Body); err != nil || bytes.Contains(body, []byte("CANARY")) {
			t.Errorf("%s: answered %q, %v", path, body, err)
		}
		answer.Body.Close()
	}
	if got := s.log.String(); strings.Count(got, "level=WARN") != 1 || !strings.Contains(got, "key=broadcast.origins") ||
		!strings.Contains(got, "value=***@evil.example") {
		t.Errorf("logged %q, want one line with the key and the origin", got)
	}
}

func TestPagesOfOtherOriginsNeedLeave(t *testing.T) {
	s := serveWith(t, func(c *terms) { c.Origins = []string{"https://desk.example:8443"} })
	host := strings.TrimPrefix(s.url, "http://")
	for origin, allowed := range map[string]bool{
		"":                                 true,
		"http://" + host:                   true,
		"https://desk.example:8443":        true,
		"HTTPS://Desk.Example:8443":        true,
		"https://desk.example":             false,
		"http://desk.example:8443":         false,
		"https://a.desk.example:8443":      false,
		"https://evildesk.example:8443":    false,
		"https://desk.example:8443.evil":   false,
		"null":                             false,
		"file://" + host:                   false,
		"http://" + host + "@evil.example": false,
	} {
		for _, path := range []string{"/events", "/api/quotes"} {
			req, _ := http.NewRequest(http.MethodOptions, s.url+path+"?symbols=AAPL", nil)
			if origin != "" {
				req.Header.Set("Origin", origin)
			}
			answer, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if got := answer.StatusCode == http.StatusNoContent; got != allowed || allowed &&
				answer.Header.Get("Access-Control-Allow-Origin") != origin {
				t.Errorf("%s from %q: %s, want allowed: %v", path, origin, answer.Status, allowed)
			}
		}
	}
}

func TestPagesOfOtherOriginsGetNoWebSocket(t *testing.T) {
	for name, other := range map[string]string{"http": "https", "https": "http"} {
		t.Run(name, func(t *testing.T) {
			s := serveWith(t, func(c *terms) {
				c.Origins, c.Hosts = []string{"https://desk.example:8443", "http://plain.example"}, []string{"x"}
			})
			dial := s.dial
			if name == "https" {
				dial = s.dialTLS(t)
			}
			// first opens a WebSocket, and returns the type of its first message, or its close code.
			first := func(header ...string) string {
				c := dial(t)
				defer c.Close()
				p := upgrade(t, c, "/ws", header...)
				if p.answer.StatusCode != http.StatusSwitchingProtocols {
					t.Fatalf("answered with %s", p.answer.Status)
				}
				return p.next()
			}
			for origin, allowed := range map[string]bool{
				"https://desk.example:8443":      true,
				"HTTPS://DESK.example:8443":      true,
				"http://plain.example":           true,
				name + "://x":                    true, // the Host that a client asks for
				strings.ToUpper(name) + "://X":   true,
				name + "://x:1":                  false,
				other + "://x":                   false, // a page that was not encrypted may be anybody's
				"http://desk.example:8443":       false,
				"https://desk.example":           false,
				"https://plain.example":          false,
				"https://a.desk.example:8443":    false,
				"https://evildesk.example:8443":  false,
				"https://desk.example:8443.evil": false,
				"http://x.evil.example":          false,
				"http://x@evil.example":          false,
				"file://x":                       false,
				"ws://x":                         false,
				"null":                           false,
				"":                               false,
				"x":                              false,
			} {
				want := "1008"
				if allowed {
					want = "hello"
				}
				if got := first("Origin", origin); got != want {
					t.Errorf("from %q: %s, want %s", origin, got, want)
				}
			}
			if got := first("Origin", name+"://x", "Origin", name+"://x"); got != "1008" {
				t.Errorf("from two origins: %s, want 1008", got)
			}
			if got := first(); got != "hello" {
				t.Errorf("from no page: %s, want hello", got)
			}
		})
	}
}
