package vendors

import (
	"log/slog"
	"net/http"

	"tickertape/feed/calendar"
	"tickertape/feed/market"
)

// Env is what the program gives to a feed.
type Env struct {
	Dir    *market.Directory
	Log    *slog.Logger
	Faults *Faults
	Hours  *calendar.Calendar
	HTTP   *http.Client // nil is the default one
	Tap    Tap          // sees everything that comes in; nil for none
}

// Client is the HTTP client for REST and handshakes.
func (e *Env) Client() *http.Client {
	if e.HTTP == nil {
		return http.DefaultClient
	}
	return e.HTTP
}

// Tap sees everything that comes in from the upstream, as it came. Its methods are called from
// any goroutine and keep nothing of what they are given, in which there are no secrets.
type Tap interface {
	// Frame is one message of a WebSocket connection.
	Frame(source string, connection uint64, text []byte, received market.Time)
	// Answer is the body of a good answer to GET path, which has the query with it.
	Answer(source, path string, body []byte, received market.Time)
}

// Decoder turns what came in on one connection into ticks, live and from a recording alike.
type Decoder interface {
	// Frame takes in one message and adds what it says to b. The text is lent for the call. What cannot
	// be used of it is counted ([Faults]) and left out; an error is a connection that ends by it, a
	// [feed.Break] where it may be dialled again.
	Frame(text []byte, received market.Time, b *market.Batch) error
	// Answer takes in the body of an answer to GET path, with its query, in the same way.
	Answer(path string, body []byte, received market.Time, b *market.Batch) error
}
