package broadcast

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// originAllowed tells whether the page that makes a request may. A request without an Origin is
// no page's. One from this server's own host passes, so does one that the configuration lists by
// scheme, host and port.
func originAllowed(r *http.Request, allowed []string) bool {
	origins := r.Header.Values("Origin")
	switch {
	case len(origins) == 0:
		return true
	case len(origins) > 1:
		return false
	}
	origin := strings.ToLower(origins[0])
	if slices.Contains(allowed, "*") || slices.ContainsFunc(allowed, func(a string) bool { return strings.ToLower(a) == origin }) {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host == strings.ToLower(r.Host)
}

// allowOrigin lets the page of an allowed other origin read the answer.
func allowOrigin(w http.ResponseWriter, r *http.Request) {
	if origin := r.Header.Get("Origin"); origin != "" {
		w.Header().Set("Access-Control-Allow-Origin", origin)
		w.Header().Set("Access-Control-Expose-Headers", "ETag, Retry-After")
	}
	w.Header().Add("Vary", "Origin")
}
