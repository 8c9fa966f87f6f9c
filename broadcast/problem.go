package broadcast

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"
)

// Problem is an error as RFC 9457 has it.
type Problem struct {
	Status int    `json:"status"`
	Title  string `json:"title"`
	Detail string `json:"detail"`         // names the key and the value
	Code   string `json:"code,omitempty"` // an error code of PROTOCOL.md, where one fits

	RetryAfter time.Duration `json:"-"` // 0: coming back does not help
}

// Write answers a request with the problem.
func (p Problem) Write(w http.ResponseWriter) {
	p.Title = http.StatusText(p.Status)
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	h.Del("ETag")
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(max(1, int(p.RetryAfter.Round(time.Second).Seconds()))))
	}
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p) // a client that has gone needs no answer
}

// badQuery is the problem with a query that parseQuery refused.
func badQuery(err error) Problem {
	p := Problem{Status: http.StatusBadRequest, Code: badRequest, Detail: err.Error()}
	var f *fault
	if errors.As(err, &f) {
		p.Code, p.Detail = f.code, f.message
	}
	return p
}
