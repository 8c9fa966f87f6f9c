package dashboard

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"tickertape/broadcast/admission"
)

// hosts are the names that a request may call the server by: those of loopback, the address that its connection
// came in on, and those of the list. A page of another name has had that name lead here, so that the browser takes
// it for this server's own (DNS rebinding).
type hosts struct {
	any   bool
	exact map[host]bool // with port "" of any port
	below map[host]bool // every name below this one
}

// host is what a Host header says: a name in lower case without the dot at its end, or an address, and the port
// in digits, "" where there is none.
type host struct{ name, port string }

// longestName is how many bytes a name may have (RFC 1035, section 2.3.4). Every name above it is looked up, which
// takes the square of its length.
const longestName = 253

// parseHost reads a Host header (RFC 9110, section 7.2). It returns false for what is none.
func parseHost(s string) (host, bool) {
	name, port := s, ""
	if at := strings.LastIndexByte(s, ':'); at >= 0 && !strings.HasSuffix(s, "]") {
		name, port = s[:at], s[at+1:]
	}
	if port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return host{}, false
		}
		port = strconv.FormatUint(n, 10)
	}
	if inner, found := strings.CutPrefix(name, "["); found {
		inner, found = strings.CutSuffix(inner, "]")
		addr, err := netip.ParseAddr(inner)
		if !found || err != nil || !addr.Is6() || addr.Zone() != "" {
			return host{}, false
		}
		return host{addr.String(), port}, true
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if len(name) > longestName {
		return host{}, false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" {
			return host{}, false
		}
	}
	for _, r := range name {
		if !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.') {
			return host{}, false
		}
	}
	return host{name, port}, true
}

// newHosts reads a list whose entries checkHost has passed, and the address that the server listens on.
func newHosts(list []string, listen string) *hosts {
	h := &hosts{exact: map[host]bool{}, below: map[host]bool{}}
	if name, _, err := net.SplitHostPort(listen); err == nil && name != "" {
		if strings.Contains(name, ":") {
			name = "[" + name + "]"
		}
		list = append([]string{name}, list...)
	}
	for _, entry := range list {
		if entry == "*" {
			h.any = true
			continue
		}
		rest, wild := strings.CutPrefix(entry, "*.")
		name, ok := parseHost(rest)
		switch {
		case !ok:
		case wild:
			h.below[name] = true
		default:
			h.exact[name] = true
		}
	}
	return h
}

// checkHost says what is wrong with an entry of the list.
func checkHost(entry string) error {
	if entry == "*" {
		return nil
	}
	rest, wild := strings.CutPrefix(entry, "*.")
	name, ok := parseHost(rest)
	if _, err := netip.ParseAddr(name.name); !ok || strings.HasSuffix(entry, ":") || wild && err == nil {
		return fmt.Errorf(`%q is not a name, name:port, *.name or "*"`, entry)
	}
	return nil
}

// allow reports whether a request that came in on an address may call the server so.
func (h *hosts) allow(asked string, local net.Addr) bool {
	if h.any {
		return true
	}
	name, ok := parseHost(asked)
	if !ok {
		return false
	}
	if name.name == "localhost" || strings.HasSuffix(name.name, ".localhost") {
		return true
	}
	if addr, err := netip.ParseAddr(name.name); err == nil {
		addr = addr.Unmap()
		if addr.IsLoopback() || addr == addressOf(local) {
			return true
		}
	}
	if h.exact[name] || h.exact[host{name: name.name}] {
		return true
	}
	for rest := name.name; ; {
		_, above, found := strings.Cut(rest, ".")
		if !found {
			return false
		}
		if h.below[host{above, name.port}] || h.below[host{name: above}] {
			return true
		}
		rest = above
	}
}

// addressOf is the IP address of a socket's end, zero where it has none.
func addressOf(a net.Addr) netip.Addr {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	return tcp.AddrPort().Addr().Unmap().WithZone("")
}

// check refuses requests that call the server by another name. One of HTTP/1.0 without a Host is no browser's: the
// health checks of some proxies are like that.
func (h *hosts) check(adm *admission.Admission, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
		if r.Host == "" && !r.ProtoAtLeast(1, 1) || h.allow(r.Host, local) {
			next.ServeHTTP(w, r)
			return
		}
		adm.Refusals.NoteValue(admission.ReasonHost, adm.Visitor(r).Addr, r.Host)
		problem{Status: http.StatusMisdirectedRequest,
			Detail: fmt.Sprintf("Host: %.100q is not a name of this server; its configuration lists them under hosts", r.Host)}.write(w)
	})
}
