package vendors

//lint:file-ignore SA1019 nhooyr.io/websocket is the library wanted by name; its successor is one import away

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"nhooyr.io/websocket"

	"tickertape/feed"
)

// Closed is the close frame with which the other side ended a connection.
type Closed struct {
	where  string
	Code   int    // RFC 6455, 7.4
	Reason string // with no secret in it
}

func (c *Closed) Error() string {
	return fmt.Sprintf("%s closed the connection: %d %s", c.where, c.Code, strconv.QuoteToASCII(c.Reason))
}

// Unwrap is the error of the WebSocket library, with the cleaned reason.
func (c *Closed) Unwrap() error {
	return websocket.CloseError{Code: websocket.StatusCode(c.Code), Reason: c.Reason}
}

// StatusError is an HTTP status that was not the expected one.
type StatusError struct {
	Code   int    // such as 404
	Status string // such as "404 Not Found"
	Body   string // the first 4 KiB of the answer, with no secret in it; "" for a handshake
	advice string // what an operator should know; "" is nothing
}

func (e *StatusError) Error() string {
	text := e.Status
	if e.advice != "" {
		text += ": " + e.advice
	}
	if e.Body != "" {
		text += fmt.Sprintf(" %.200q", e.Body)
	}
	return text
}

// leastMaintenance is how long a server must ask to be left alone for it to be a maintenance. One that is full or restarts asks for less.
const leastMaintenance = 30 * time.Second

const mostBody = 4 << 10 // bytes of an answer that an error keeps

// refused is the break for an HTTP status that was not the expected one. what is the start of its text; keyed says that the
// request had a key.
func refused(what string, r *http.Response, body string, keyed bool) *feed.Break {
	failed := &StatusError{Code: r.StatusCode, Status: r.Status, Body: body[:min(len(body), mostBody)]}
	cause := feed.Lost
	switch r.StatusCode {
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden:
		cause = feed.Refused
		switch {
		case keyed:
			failed.advice = "the key or the plan does not allow it"
		case r.StatusCode == http.StatusForbidden:
			failed.advice = "this machine or this request is refused; a firewall or the terms can be why"
		default:
			failed.advice = "a key or a password is wanted, and none is sent"
		}
	case http.StatusUnavailableForLegalReasons:
		cause, failed.advice = feed.Refused, "not offered in the place of this machine"
	case http.StatusNotFound, http.StatusTeapot: // 418 is a ban at Binance
		cause = feed.Refused
	}
	after := retryAfter(r.Header.Get("Retry-After"))
	if r.StatusCode == http.StatusServiceUnavailable && after >= leastMaintenance { // it knows when it will be back
		cause = feed.Maintenance
	}
	b := feed.Breakf(cause, "%s: %w", what, failed)
	b.After = after
	return b
}

// HasStatus reports whether an error of [REST.Get] is an answer with one of some HTTP statuses.
func HasStatus(err error, codes ...int) bool {
	var status *StatusError
	return errors.As(err, &status) && slices.Contains(codes, status.Code)
}

// RefuseMalformed is an error of [REST.Get], as a refusal where the vendor does not understand the request: repeated, it would fare no
// better. That depends on what is asked for, as on a symbol. nil stays nil.
func RefuseMalformed(err error) error {
	if HasStatus(err, http.StatusBadRequest, http.StatusUnprocessableEntity) {
		return &feed.Break{Cause: feed.Refused, Err: err}
	}
	return err
}

const mostRetryAfter = 86_400 // seconds

// retryAfter reads the header Retry-After, which is a number of seconds or a date; 0 where it is neither.
func retryAfter(text string) time.Duration {
	if s, err := strconv.Atoi(text); err == nil && s > 0 {
		return time.Duration(min(s, mostRetryAfter)) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(time.Until(at), 0)
	}
	return 0
}

// redact makes an error of a library fit to be logged. It leaves out what stands around the cause, which has the whole
// address in it, and hides secrets.
func redact(err error, secrets []Secret) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		err = failed.Err
	}
	return hide(err, secrets)
}

// hide takes secrets out of the text of an error. errors.Is finds its causes in any case. errors.As finds them unless the
// text holds a secret: nobody could print what it finds.
func hide(err error, secrets []Secret) error {
	text := err.Error()
	if shown := cleanText(text, secrets); shown != text {
		return &redacted{shown, err}
	}
	return err
}

// redacted is an error whose own text holds a secret.
type redacted struct {
	text string // without it
	err  error
}

func (r *redacted) Error() string        { return r.text }
func (r *redacted) Is(target error) bool { return errors.Is(r.err, target) }
