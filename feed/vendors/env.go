package vendors

import (
	"log/slog"
	"net/http"
	"strings"

	"golang.org/x/time/rate"

	"tickertape/feed/calendar"
	"tickertape/feed/market"
)

// Env is what the program gives to each source.
type Env struct {
	Dir    *market.Directory
	Log    *slog.Logger
	Faults *Faults
	Hours  *calendar.Calendar
	HTTP   *http.Client // nil is the default one
	Tap    Tap          // sees everything that comes in; nil for none
}

const userAgent = "tickertape"

// Endpoint is a WebSocket address with the settings that all vendors share. Secrets are hidden in faults, too.
func (e *Env) Endpoint(source, address string, secrets ...Secret) Endpoint {
	return Endpoint{Source: source, URL: address, Header: http.Header{"User-Agent": {userAgent}},
		Secrets: e.hideSecrets(secrets), Client: e.client(), Tap: e.Tap}
}

// REST is the first part of REST addresses, with the settings that all vendors share. A nil limit is none.
func (e *Env) REST(source, base string, limit *rate.Limiter, secrets ...Secret) REST {
	return REST{Source: source, Base: strings.TrimSuffix(base, "/"), Header: http.Header{"User-Agent": {userAgent}}, Limit: limit,
		Secrets: e.hideSecrets(secrets), Client: e.client(), Tap: e.Tap}
}

func (e *Env) hideSecrets(secrets []Secret) []Secret {
	for _, s := range secrets {
		e.Faults.Hide(s)
	}
	return secrets
}

// client is the HTTP client for REST and handshakes.
func (e *Env) client() *http.Client {
	if e.HTTP == nil {
		return http.DefaultClient
	}
	return e.HTTP
}

// Tap sees everything that comes in from a vendor, as it came. Its methods are called from
// any goroutine and keep nothing of what they are given, in which there are no secrets.
type Tap interface {
	// Frame is one message of a WebSocket connection.
	Frame(source string, connection uint64, text []byte, received market.Time)
	// Response is the body of a good response to GET path, which has the query with it.
	Response(source, path string, body []byte, received market.Time)
}

// Decoder turns what came in on one connection into ticks, live and from a recording alike.
type Decoder interface {
	// Frame decodes one message and adds what it says to b. It must not keep text. What cannot be used
	// of it is counted ([Faults]) and left out. An error ends the connection; it is a [feed.Break] where
	// the vendor may be dialled again.
	Frame(text []byte, received market.Time, b *market.Batch) error
	// Response decodes the body of a response to GET path, which has its query, in the same way.
	Response(path string, body []byte, received market.Time, b *market.Batch) error
}
