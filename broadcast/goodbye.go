package broadcast

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"
)

// goodbye is why a subscriber is sent away.
type goodbye struct {
	code   int    // WebSocket close code; 0 when nothing can be said any more
	label  string // of the metric
	reason string // for people and, as retry_ms=…, for clients; ASCII, under 123 bytes
	retry  time.Duration

	// of a refusal, as an answer over HTTP tells it
	status int
	detail string
}

// Error makes a goodbye what ends a subscriber's loop.
func (g goodbye) Error() string { return "goodbye: " + g.label }

// The ways to go without a word.
var (
	goneClosed  = goodbye{label: "closed"}  // the client left
	goneError   = goodbye{label: "error"}   // the socket broke
	goneStalled = goodbye{label: "stalled"} // the socket took nothing for write_timeout
	goneMemory  = goodbye{label: "memory"}  // there was none for the rest of a message
)

// policy is for one who broke a rule, and would again.
func policy(label, reason string) goodbye {
	return goodbye{code: 1008, label: label, reason: reason}
}

// comeBack is for one who is welcome later, after a random part of retry.
func comeBack(code int, label string, retry time.Duration) goodbye {
	return goodbye{code: code, label: label, retry: retry, reason: fmt.Sprintf("retry_ms=%d", retry.Milliseconds())}
}

// jitter is a random part of d, at least a tenth of it.
func jitter(d time.Duration) time.Duration { return d/10 + rand.N(d-d/10+1) }

// problem is the goodbye as an answer to a request.
func (g goodbye) problem() Problem {
	switch {
	case g.retry == 0:
		return Problem{Status: http.StatusForbidden, Detail: g.reason}
	case g.status == http.StatusTooManyRequests:
		return Problem{Status: g.status, Detail: g.detail, Code: rateLimited, RetryAfter: g.retry}
	case g.status != 0:
		return Problem{Status: g.status, Detail: g.detail, Code: g.label, RetryAfter: g.retry}
	}
	return Problem{Status: http.StatusServiceUnavailable, Detail: "the server is " + g.label + ": come back later", Code: g.label, RetryAfter: g.retry}
}
