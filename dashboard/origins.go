package dashboard

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"tickertape/broadcast/admission"
)

// origin is where a page is from: a scheme and a host in lower case, and a port in digits. Where the page names no port
// it is the scheme's own.
type origin struct{ scheme, host, port string }

// defaultPorts are the ports of the schemes that pages come by.
var defaultPorts = map[string]string{"http": "80", "https": "443"}

// parseOrigin reads an Origin header, which is exactly scheme://host[:port] (RFC 6454, section 6.2). It returns
// false for anything else, such as null, and for anything beyond it, such as a path or a user.
func parseOrigin(s string) (origin, bool) {
	scheme, rest, found := strings.Cut(strings.ToLower(s), "://")
	if !found || defaultPorts[scheme] == "" {
		return origin{}, false
	}
	return hostedAt(scheme, rest)
}

// hostedAt is the origin of the pages that a host, with a port or without, serves by a scheme.
func hostedAt(scheme, host string) (origin, bool) {
	o := origin{scheme: scheme, host: strings.ToLower(host), port: defaultPorts[scheme]}
	if at := strings.LastIndexByte(o.host, ':'); at >= 0 && !strings.HasSuffix(o.host, "]") {
		n, err := strconv.ParseUint(o.host[at+1:], 10, 16)
		if err != nil {
			return origin{}, false
		}
		o.host, o.port = o.host[:at], strconv.FormatUint(n, 10)
	}
	if inner, found := strings.CutPrefix(o.host, "["); found {
		inner, found = strings.CutSuffix(inner, "]")
		addr, err := netip.ParseAddr(inner)
		if !found || err != nil || addr.Zone() != "" {
			return origin{}, false
		}
		o.host = addr.String()
		return o, true
	}
	return o, o.host != "" && !strings.ContainsAny(o.host, "/?#@:[]\\ \t,;%\"<>")
}

// schemeOf is the scheme that a browser made the request by. Behind a proxy it is the one that the proxy names in
// X-Forwarded-Proto. A page cannot set that header on a WebSocket or an event stream; to send it to another origin it has
// to ask first, which is refused.
func schemeOf(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	if forwarded, _, _ := strings.Cut(r.Header.Get("X-Forwarded-Proto"), ","); forwarded != "" {
		return strings.ToLower(strings.TrimSpace(forwarded))
	}
	return "http"
}

// origins are the pages that may read what the server answers.
type origins struct {
	any       bool // every page may
	allowed   []origin
	admission *admission.Admission
}

// CheckOrigins reports every entry of a list of origins that is neither "*" nor an origin, by index.
func CheckOrigins(list []string) error {
	var errs []error
	for i, o := range list {
		if _, ok := parseOrigin(o); !ok && o != "*" {
			errs = append(errs, fmt.Errorf(`origins[%d]: %q is not "*" or scheme://host[:port] with http or https`, i, o))
		}
	}
	return errors.Join(errs...)
}

// newOrigins reads a list that CheckOrigins has passed.
func newOrigins(list []string, adm *admission.Admission) *origins {
	all := &origins{any: slices.Contains(list, "*"), admission: adm}
	for _, text := range list {
		if o, ok := parseOrigin(text); ok {
			all.allowed = append(all.allowed, o)
		}
	}
	return all
}

// allow reports whether the page that makes a request may read the answer. A request without an Origin is from no page.
// One from this server's own scheme, host and port passes, and one from an origin in the list.
func (o *origins) allow(r *http.Request) bool {
	header := r.Header.Values("Origin")
	switch {
	case len(header) == 0:
		return true
	case len(header) > 1:
		return false
	}
	from, ok := parseOrigin(header[0])
	if !ok {
		return header[0] == "null" && o.any
	}
	if o.any || slices.Contains(o.allowed, from) {
		return true
	}
	own, ok := hostedAt(schemeOf(r), r.Host)
	return ok && own == from
}

// shownOrigin is the Origin of a request without a user and password, which no browser sends.
func shownOrigin(r *http.Request) string {
	origin := r.Header.Get("Origin")
	if at := strings.LastIndexByte(origin, '@'); at >= 0 {
		return "***" + origin[at:]
	}
	return origin
}

// refused counts and logs that a page of another origin was refused.
func (o *origins) refused(r *http.Request) {
	o.admission.Refusals.NoteValue(admission.ReasonOrigin, o.admission.Visitor(r).Addr, shownOrigin(r))
}

// check lets pages of this server and of the listed origins read what next answers. It refuses pages of any other.
func (o *origins) check(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Add("Vary", "Origin")
		if !o.allow(r) {
			o.refused(r)
			problem{Status: http.StatusForbidden, Detail: fmt.Sprintf("Origin: %.100q is not allowed", shownOrigin(r))}.write(w)
			return
		}
		if origin := r.Header.Get("Origin"); origin != "" {
			head.Set("Access-Control-Allow-Origin", origin)
			head.Set("Access-Control-Expose-Headers", "ETag, Retry-After")
		}
		if r.Method == http.MethodOptions {
			head.Set("Access-Control-Allow-Methods", "GET, HEAD")
			head.Set("Access-Control-Allow-Headers", "If-None-Match, Last-Event-ID")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}
