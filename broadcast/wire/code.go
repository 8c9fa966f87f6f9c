package wire

import (
	"fmt"
	"net/http"
	"time"
)

// Code is why a request is refused or a connection ends. The table of codes says how each is sent.
type Code uint8

const (
	// What is wrong with a request. The connection lives on.
	BadJSON Code = iota
	BadRequest
	UnknownType
	BadRate
	TooManySymbols
	UnknownSymbol
	RateLimited

	// Why a client is not let in, or is sent away, and may come back.
	Full
	Limited
	Draining
	Restarting

	// Why a client is sent away that would break the same rule again.
	Origin
	Flood
	Unfinished
	TooManyBad
	BadFrame
	NotText
	BadText
	TooBig

	// How a connection ends without a word.
	Closed
	Broken
	Stalled
	NoMemoryUnsent
	CutOff

	numCodes = iota
)

// Close codes of RFC 6455, section 7.4.1, and of the registry that it begins.
const (
	closeProtocol    = 1002
	closeUnsupported = 1003
	closeBadPayload  = 1007
	closePolicy      = 1008
	closeTooBig      = 1009
	closeRestart     = 1012
	closeTryLater    = 1013
)

// codes says how each is sent. Names and metrics are public: they stay.
var codes = [numCodes]struct {
	name   string // in an error message and an event stream; "" where none is sent
	close  int    // of a WebSocket; 0 where the connection lives on, or nothing can be said any more
	status int    // of an answer over HTTP; 0 where there is none
	back   bool   // coming back later helps
	metric string // the reason of a disconnect and the result of a connect; "" where the connection lives on
	text   string // for people; "" where whoever refuses says more; an [Ending] with a Reason sends that instead
}{
	BadJSON:        {name: "bad_json", status: http.StatusBadRequest},
	BadRequest:     {name: "bad_request", status: http.StatusBadRequest},
	UnknownType:    {name: "unknown_type", status: http.StatusBadRequest},
	BadRate:        {name: "bad_rate", status: http.StatusBadRequest},
	TooManySymbols: {name: "too_many_symbols", status: http.StatusBadRequest},
	UnknownSymbol:  {name: "unknown_symbol", status: http.StatusNotFound},
	RateLimited:    {name: "rate_limited", status: http.StatusTooManyRequests, back: true},

	Full: {name: "full", close: closeTryLater, status: http.StatusServiceUnavailable, back: true, metric: "full",
		text: "the server is full: come back later"},
	Limited: {name: "limited", close: closeTryLater, status: http.StatusTooManyRequests, back: true, metric: "limited"},
	Draining: {name: "draining", close: closeRestart, status: http.StatusServiceUnavailable, back: true, metric: "draining",
		text: "the server is draining: come back later"},
	Restarting: {name: "restarting", close: closeRestart, status: http.StatusServiceUnavailable, back: true, metric: "restarting",
		text: "the server is restarting: come back later"},

	Origin: {name: "origin", close: closePolicy, status: http.StatusForbidden, metric: "origin",
		text: "origin not allowed"},
	Flood: {name: "flood", close: closePolicy, metric: "flood",
		text: "too many bytes, pings, pongs or fragments"},
	Unfinished: {name: "unfinished", close: closePolicy, metric: "unfinished",
		text: "a message took too long to come"},
	TooManyBad: {name: "policy", close: closePolicy, metric: "policy",
		text: "too many bad messages"},
	BadFrame: {name: "policy", close: closeProtocol, metric: "policy"},
	NotText: {name: "policy", close: closeUnsupported, metric: "policy",
		text: "messages are text"},
	BadText: {name: "policy", close: closeBadPayload, metric: "policy",
		text: "text is not UTF-8, or a compressed message is damaged"},
	TooBig: {name: "policy", close: closeTooBig, metric: "policy",
		text: "message too big"},

	Closed:         {metric: "closed"},
	Broken:         {metric: "error"},
	Stalled:        {metric: "stalled"},
	NoMemoryUnsent: {metric: "memory"},
	CutOff:         {metric: "restarting"},
}

// String is the code's name in messages.
func (c Code) String() string { return codes[c].name }

// CloseCode is that of a WebSocket; 0 where nothing can be said.
func (c Code) CloseCode() int { return codes[c].close }

// Status is that of an answer over HTTP; 0 where there is none.
func (c Code) Status() int { return codes[c].status }

// ComeBack reports whether coming back later helps.
func (c Code) ComeBack() bool { return codes[c].back }

// Metric is the value of a label.
func (c Code) Metric() string { return codes[c].metric }

// Text says it to people; "" where there is no more to say than the name.
func (c Code) Text() string { return codes[c].text }

// Ending is how a connection ends: one close, with its code.
type Ending struct {
	Code   Code
	Reason string        // for people instead of the code's text; ASCII, at most 123 bytes
	Detail string        // the same for an answer over HTTP, where that says more
	Retry  time.Duration // the client is welcome after a random part of it; 0 where coming back does not help
}

// Error makes an ending what ends the serving of a subscriber.
func (e Ending) Error() string { return "ending: " + e.Code.Metric() }

// ComeBack is the ending of a client that is welcome after a random part of retry.
func ComeBack(code Code, retry time.Duration) Ending {
	return Ending{Code: code, Reason: fmt.Sprintf("retry_ms=%d", retry.Milliseconds()), Retry: retry}
}

// Text is the reason that a client gets.
func (e Ending) Text() string {
	if e.Reason != "" {
		return e.Reason
	}
	return e.Code.Text()
}
