package vendors_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed"
	"tickertape/feed/vendors"
	"tickertape/feed/vendors/vendortest"
)

// failing is a transport that fails with an error.
type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

// TestErrorsOfDialAndGetKeepTheirCause looks whether who calls can tell what happened without reading the text.
func TestErrorsOfDialAndGetKeepTheirCause(t *testing.T) {
	secret := key(t)
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	for name, do := range map[string]func(*http.Client) error{
		"dial": func(c *http.Client) error {
			_, err := vendors.Endpoint{URL: "wss://example.com/?token=CANARY", Client: c, Secrets: []vendors.Secret{secret}}.Dial(t.Context())
			return err
		},
		"get": func(c *http.Client) error {
			rest := vendors.REST{Base: "https://example.com", Client: c, Secrets: []vendors.Secret{secret}}
			_, _, err := rest.Get(t.Context(), "/quote", map[string][]string{"token": {"CANARY"}})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := do(&http.Client{Transport: failing{refused}})
			wantBreak(t, err, feed.Lost, "connection refused")
			var op *net.OpError
			if !errors.As(err, &op) || op != refused {
				t.Errorf("%v has lost its net.OpError", err)
			}
			err = do(&http.Client{Transport: failing{fmt.Errorf("proxy CANARY: %w", io.ErrClosedPipe)}})
			wantBreak(t, err, feed.Lost, "proxy ***")
			if !errors.Is(err, io.ErrClosedPipe) {
				t.Errorf("%v has lost its cause", err)
			}
			for e := err; e != nil; e = errors.Unwrap(e) {
				if strings.Contains(e.Error(), "CANARY") {
					t.Errorf("an error inside shows %q", e)
				}
			}
		})
	}
}

func TestErrorsOfAConnectionKeepTheirCause(t *testing.T) {
	for name, test := range map[string]struct {
		end func(*vendortest.Socket)
		is  error
	}{
		"dropped":   {(*vendortest.Socket).Drop, io.ErrUnexpectedEOF},
		"torn":      {(*vendortest.Socket).Tear, io.ErrUnexpectedEOF},
		"frozen":    {(*vendortest.Socket).Freeze, context.DeadlineExceeded},
		"cancelled": {func(*vendortest.Socket) {}, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := vendortest.NewServer(t, listen, nil)
				conn, err := vendors.Endpoint{URL: "wss://example.com", Client: server.Client(), Ping: 10 * time.Second}.Dial(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				synctest.Wait()
				test.end(server.Sockets()[0])
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if test.is == context.Canceled {
					cancel()
				}
				_, err = conn.Read(ctx, nil)
				if !errors.Is(err, test.is) {
					t.Errorf("read: %v, want one that is %v", err, test.is)
				}
				if _, err := conn.Read(ctx, nil); err == nil {
					t.Error("it can be read after its end")
				}
			})
		})
	}
}

func TestACloseFrameIsAnErrorWithCodeAndReason(t *testing.T) {
	secret := key(t)
	synctest.Test(t, func(t *testing.T) {
		server := vendortest.NewServer(t, func(s *vendortest.Socket) { s.Close(4001, "go CANARY away") }, nil)
		conn, err := vendors.Endpoint{URL: "wss://example.com", Client: server.Client(), Secrets: []vendors.Secret{secret}}.Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_, err = conn.Read(t.Context(), nil)
		var closed *vendors.Closed
		if !errors.As(err, &closed) || closed.Code != 4001 || closed.Reason != "go *** away" {
			t.Errorf("%v is not the close frame", err)
		}
	})
}

func TestARefusedHandshakeAndRequestKeepTheStatus(t *testing.T) {
	secret := key(t)
	synctest.Test(t, func(t *testing.T) {
		server := vendortest.NewServer(t, listen, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			io.WriteString(w, `{"code":-1121,"msg":"CANARY is no symbol"}`)
		}))
		env := server.Env(t)
		rest := env.REST("x", "https://example.com", nil, secret)
		_, _, err := rest.Get(t.Context(), "/quote", nil)
		var status *vendors.StatusError
		if !errors.As(err, &status) || status.Code != 400 || status.Body != `{"code":-1121,"msg":"*** is no symbol"}` {
			t.Errorf("%v has lost its status or its body", err)
		}
		server.Refuse(http.StatusUnauthorized, nil)
		_, err = env.Endpoint("x", "wss://example.com", secret).Dial(t.Context())
		if !errors.As(err, &status) || status.Code != http.StatusUnauthorized {
			t.Errorf("%v has lost its status", err)
		}
	})
}

// TestARefusalSpeaksOfAKeyOnlyWhereThereIsOne has all statuses that are a refusal, at the handshake and over REST.
func TestARefusalSpeaksOfAKeyOnlyWhereThereIsOne(t *testing.T) {
	secret := key(t)
	const plan, place = "the key or the plan does not allow it", "not offered in the place of this machine"
	for status, want := range map[int]struct {
		keyed, keyless string
		cause          feed.Cause
	}{
		401: {plan, "a key or a password is wanted, and none is sent", feed.Refused},
		402: {plan, "a key or a password is wanted, and none is sent", feed.Refused},
		403: {plan, "this machine or this request is refused; a firewall or the terms can be why", feed.Refused},
		404: {"404 Not Found", "404 Not Found", feed.Refused},
		418: {"418 I'm a teapot", "418 I'm a teapot", feed.Refused},
		429: {"429 Too Many Requests", "429 Too Many Requests", feed.Lost},
		451: {place, place, feed.Refused},
		503: {"503 Service Unavailable", "503 Service Unavailable", feed.Lost},
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			server := vendortest.NewServer(t, listen, nil)
			server.Refuse(status, nil)
			env := server.Env(t)
			for keyed, text := range map[bool]string{true: want.keyed, false: want.keyless} {
				var secrets []vendors.Secret
				if keyed {
					secrets = []vendors.Secret{secret}
				}
				_, dialled := env.Endpoint("x", "wss://example.com", secrets...).Dial(t.Context())
				rest := env.REST("x", "https://example.com", nil, secrets...)
				_, _, got := rest.Get(t.Context(), "/quote", nil)
				for _, err := range []error{dialled, got} {
					wantBreak(t, err, want.cause, text)
					if !keyed && strings.Contains(err.Error(), "the key or the plan") {
						t.Errorf("there is no key: %v", err)
					}
				}
			}
		})
	}
}
