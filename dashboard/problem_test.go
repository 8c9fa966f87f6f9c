package dashboard

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/wire"
)

// Whoever comes back after the whole seconds of Retry-After does not come too early.
func TestRetryAfterIsNotTooEarly(t *testing.T) {
	for wait, want := range map[time.Duration]string{
		time.Millisecond: "1", time.Second: "1", time.Second + 1: "2", 1400 * time.Millisecond: "2", 5 * time.Second: "5",
	} {
		answer := httptest.NewRecorder()
		problemOf(&admission.Refusal{Reason: admission.ReasonAddressWork, Retry: wait}).write(answer)
		if got := answer.Header().Get("Retry-After"); got != want {
			t.Errorf("%v: Retry-After: %s, want %s", wait, got, want)
		}
	}
}

func TestProblemsAreThoseOfTheTableOfCodes(t *testing.T) {
	ending := wire.ComeBack(wire.Full, 3*time.Second)
	said := wire.ComeBack(wire.Limited, 4*time.Second)
	said.Detail = "too much"
	for name, c := range map[string]struct {
		err  error
		want problem
	}{
		"a budget of the client's": {&admission.Refusal{Reason: admission.ReasonAddressWork, Retry: 7 * time.Second},
			problem{Status: 429, Code: "rate_limited", Detail: "address_work: you have used up a budget: come back later",
				RetryAfter: 7 * time.Second}},
		"a server that is full": {&admission.Refusal{Reason: admission.ReasonFull},
			problem{Status: 503, Code: "full", Detail: "the server is full: come back later", RetryAfter: time.Second}},
		"a server that drains": {&admission.Refusal{Reason: admission.ReasonDraining, Retry: time.Second},
			problem{Status: 503, Code: "draining", Detail: "the server is draining: come back later", RetryAfter: time.Second}},
		"an ending": {ending, problem{Status: 503, Code: "full", Detail: "the server is full: come back later",
			RetryAfter: 3 * time.Second}},
		"an ending that says more": {said, problem{Status: 429, Code: "rate_limited", Detail: "too much", RetryAfter: 4 * time.Second}},
		"an origin":                {wire.Ending{Code: wire.Origin}, problem{Status: 403, Detail: "origin not allowed"}},
		"a fault": {wire.TooMany("symbols", 3, 2),
			problem{Status: 400, Code: "too_many_symbols", Detail: "symbols: 3 would be followed, more than the 2 allowed"}},
		"a symbol that is unknown": {fmt.Errorf("wrapped: %w", wire.Unknown("X")),
			problem{Status: 404, Code: "unknown_symbol", Detail: `symbol: "X" is unknown`}},
		"another error": {errors.Join(context.Canceled), problem{Status: 400, Code: "bad_request", Detail: "context canceled"}},
	} {
		if got := problemOf(c.err); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
