package broadcast

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"tickertape/broadcast/admission"
)

// Problem is an error as RFC 9457 has it.
type Problem struct {
	Status int    `json:"status"`
	Title  string `json:"title"`
	Detail string `json:"detail"`         // names the key and the value
	Code   string `json:"code,omitempty"` // an error code of PROTOCOL.md, where one fits

	RetryAfter time.Duration `json:"-"` // 0: coming back does not help
}

// Error makes a problem what ends the handling of a request.
func (p Problem) Error() string { return p.Detail }

// Write answers a request with the problem.
func (p Problem) Write(w http.ResponseWriter) {
	p.Title = http.StatusText(p.Status)
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	h.Del("ETag")
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(p.RetryAfter.Seconds()))))
	}
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p) // a client that has gone needs no answer
}

// badQuery is the problem with a query that makes no sense, or is refused.
func badQuery(err error) Problem {
	var r *admission.Refusal
	var p Problem
	switch {
	case errors.As(err, &r):
		return RefusalProblem(r)
	case errors.As(err, &p):
		return p
	}
	p = Problem{Status: http.StatusBadRequest, Code: badRequest, Detail: err.Error()}
	var f *fault
	if errors.As(err, &f) {
		p.Code, p.Detail = f.code, f.message
	}
	return p
}
