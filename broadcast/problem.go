package broadcast

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/wire"
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
	var f *wire.Fault
	switch {
	case errors.As(err, &r):
		return RefusalProblem(r)
	case errors.As(err, &p):
		return p
	case errors.As(err, &f):
		return Problem{Status: http.StatusBadRequest, Code: f.Code.String(), Detail: f.Message}
	}
	return Problem{Status: http.StatusBadRequest, Code: wire.BadRequest.String(), Detail: err.Error()}
}

// RefusalProblem is a refusal as an answer.
func RefusalProblem(r *admission.Refusal) Problem {
	return problemOf(codeOf(r), r.Detail(), max(r.Retry, time.Second))
}

// endingProblem is the ending of a stream that was not let in, as an answer.
func endingProblem(e wire.Ending) Problem {
	detail := e.Detail
	if detail == "" {
		detail = e.Code.Text()
	}
	return problemOf(e.Code, detail, e.Retry)
}

// problemOf is what a client is refused with a code.
func problemOf(c wire.Code, detail string, retry time.Duration) Problem {
	p := Problem{Status: c.Status(), Detail: detail, RetryAfter: retry}
	switch {
	case c == wire.Limited:
		p.Code = wire.RateLimited.String()
	case c.ComeBack() || c.CloseCode() == 0:
		p.Code = c.String()
	}
	return p
}
