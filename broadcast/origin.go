package broadcast

import (
	"fmt"
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

// CrossOrigin lets the pages of this server and of the configured origins read what h answers, and
// refuses those of any other.
func (b *Board) CrossOrigin(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Add("Vary", "Origin")
		if !originAllowed(r, b.cfg.Origins) {
			Problem{Status: http.StatusForbidden, Detail: fmt.Sprintf("Origin: %.100q is not allowed", r.Header.Get("Origin"))}.Write(w)
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
		h.ServeHTTP(w, r)
	})
}
