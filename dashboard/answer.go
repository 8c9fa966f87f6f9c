package dashboard

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// cut returns a function that ends the writing of an answer.
func cut(w http.ResponseWriter) func() {
	control := http.NewResponseController(w)
	return func() { control.SetWriteDeadline(time.Unix(1, 0)) } // without deadlines, the least rate ends it
}

// hasTag reports whether an If-None-Match names the tag.
func hasTag(header, etag string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		if tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/"); tag == etag || tag == "*" {
			return true
		}
	}
	return false
}

// longAccept is how many bytes the Accept headers of a request may have. Longer ones are not parsed: that would cost more
// than the answer.
const longAccept = 1 << 10

// acceptsGzip reports whether an answer may be compressed (RFC 9110, section 12.5.3).
func acceptsGzip(headers []string) bool {
	all := strings.Join(headers, ",")
	return len(all) <= longAccept && slices.ContainsFunc(strings.Split(all, ","), func(offer string) bool {
		coding, q, _ := strings.Cut(strings.ReplaceAll(offer, " ", ""), ";")
		refused := q != "" && strings.Trim(strings.TrimPrefix(q, "q="), "0.") == "" // of weight 0
		return strings.EqualFold(coding, "gzip") && !refused
	})
}
