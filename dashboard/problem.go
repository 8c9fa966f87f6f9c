package dashboard

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"tickertape/broadcast"
	"tickertape/broadcast/admission"
	"tickertape/broadcast/wire"
)

// problem is an error as RFC 9457 has it.
type problem struct {
	Status int    `json:"status"`
	Title  string `json:"title"`
	Detail string `json:"detail"`         // names the key and the value
	Code   string `json:"code,omitempty"` // an error code of PROTOCOL.md, where one fits

	RetryAfter time.Duration `json:"-"` // 0: coming back does not help
}

// write answers a request with the problem.
func (p problem) write(w http.ResponseWriter) {
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

// leastRetry is the least time after which a client that is refused may try again: Retry-After has whole seconds.
const leastRetry = time.Second

// problemOf makes a problem of why the hub or its admission has refused a request: a *wire.Fault, a wire.Ending or an
// *admission.Refusal. The status and the code are those of the table in wire. Any other error is a bad request.
func problemOf(err error) problem {
	var refusal *admission.Refusal
	if errors.As(err, &refusal) {
		err = broadcast.EndingOf(refusal, leastRetry)
	}
	var ending wire.Ending
	var fault *wire.Fault
	switch {
	case errors.As(err, &ending):
		detail := ending.Detail
		if detail == "" {
			detail = ending.Code.Text()
		}
		return problem{Status: ending.Code.Status(), Code: nameOf(ending.Code), Detail: detail, RetryAfter: ending.Retry}
	case errors.As(err, &fault):
		return problem{Status: fault.Code.Status(), Code: nameOf(fault.Code), Detail: fault.Message}
	}
	return problemOf(&wire.Fault{Code: wire.BadRequest, Message: err.Error()})
}

// nameOf is a code's name in a problem; "" where coming back does not help a client that is refused.
func nameOf(c wire.Code) string {
	switch {
	case c == wire.Limited:
		return wire.RateLimited.String()
	case c.ComeBack() || c.CloseCode() == 0:
		return c.String()
	default:
		return ""
	}
}

// parameters are those of a request's query. Its errors are [*wire.Fault]s.
func parameters(r *http.Request, allowed wire.Parameters) (url.Values, error) {
	v, err := wire.ParseValues(r.URL.RawQuery)
	if err == nil {
		err = allowed.Check(v)
	}
	return v, err
}

// plain serves a path that has no parameters.
func plain(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := parameters(r, wire.NoParameters); err != nil {
			problemOf(err).write(w)
			return
		}
		h.ServeHTTP(w, r)
	})
}
