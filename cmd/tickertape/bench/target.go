package bench

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"tickertape/feed/vendors"
)

const (
	answerTime = 15 * time.Second // a busy server may be slow to answer
	maxAnswer  = 64 << 20         // bytes; 100,000 symbols are 15 MB
)

// target is the server that is measured.
type target struct {
	base   *url.URL // http or https, without a slash at its end
	client *http.Client
	found  atomic.Pointer[string] // host:port that answered last; nil before the first request
}

// addr is the host:port that answered; "" before the first request.
func (t *target) addr() string {
	if addr := t.found.Load(); addr != nil {
		return *addr
	}
	return ""
}

// parseTarget reads the value of --url. It connects to nobody.
func parseTarget(address string) (*target, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("--url: %.100q is not the address of a tickertape, such as http://localhost:8080", vendors.Redact(address))
	}
	switch u.Scheme {
	case "ws":
		u.Scheme = "http"
	case "wss":
		u.Scheme = "https"
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("--url: %.100q is not the address of a tickertape, such as http://localhost:8080", vendors.Redact(address))
	}
	path := strings.TrimRight(u.Path, "/")
	for _, end := range []string{"/ws", "/events"} {
		path = strings.TrimSuffix(path, end)
	}
	u.Path, u.RawPath = strings.TrimRight(path, "/"), ""
	// One connection is kept open, so that a server still answers when its line of new connections is full.
	return &target{base: u, client: &http.Client{Timeout: answerTime, Transport: &http.Transport{MaxIdleConnsPerHost: 1}}}, nil
}

// get asks for a path and returns the answer.
func (t *target) get(ctx context.Context, path string, query url.Values) ([]byte, error) {
	address := *t.base
	address.Path += path
	address.RawQuery = query.Encode()
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
		t.found.Store(new(i.Conn.RemoteAddr().String()))
	}})
	req, err := http.NewRequestWithContext(traced, http.MethodGet, address.String(), nil)
	if err != nil {
		return nil, err
	}
	answer, err := t.client.Do(req)
	if err != nil {
		return nil, err // which names the address
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %.200s", answer.Status, strings.TrimSpace(string(body)))
	}
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", address.Redacted(), err)
	}
	return body, nil
}

// symbols are all that the server has, in its order.
func (t *target) symbols(ctx context.Context) ([]string, error) {
	body, err := t.get(ctx, "/api/symbols", url.Values{"symbols": {"*"}})
	if err != nil {
		return nil, err
	}
	var answer struct {
		Symbols []struct {
			Symbol string `json:"symbol"`
		} `json:"symbols"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("get %s/api/symbols: not the answer of a tickertape: %w", t.base.Redacted(), err)
	}
	names := make([]string, len(answer.Symbols))
	for i, s := range answer.Symbols {
		names[i] = s.Symbol
	}
	return names, nil
}

// secure is whether the connections are encrypted.
func (t *target) secure() bool { return t.base.Scheme == "https" }

// local is whether the server runs on this machine, as far as its address says. It is known after
// the first request.
func (t *target) local() bool {
	a, err := netip.ParseAddrPort(t.addr())
	return err == nil && a.Addr().Unmap().IsLoopback()
}

// host is what the requests name as the server.
func (t *target) host() string { return t.base.Host }

// header is what every request carries beyond what it must.
func (t *target) header() http.Header {
	h := http.Header{}
	if user := t.base.User; user != nil {
		r := http.Request{Header: h}
		password, _ := user.Password()
		r.SetBasicAuth(user.Username(), password)
	}
	return h
}

// encrypt is the client's side of TLS around a connection, for HTTP/1.1.
func (t *target) encrypt(c net.Conn) net.Conn {
	return tls.Client(c, &tls.Config{ServerName: t.base.Hostname(), NextProtos: []string{"http/1.1"}})
}
