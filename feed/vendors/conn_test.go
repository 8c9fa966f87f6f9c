package vendors_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/time/rate"

	"tickertape/feed"
	"tickertape/feed/vendors"
	"tickertape/feed/vendors/vendortest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// key is a secret that must not show.
func key(t *testing.T) vendors.Secret {
	t.Setenv("UPSTREAM_TEST_KEY", "CANARY")
	s, err := vendors.ReadSecret("key_file", "", "UPSTREAM_TEST_KEY")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// listen is a server's part of a connection on which it only reads.
func listen(s *vendortest.Socket) {
	for {
		if _, err := s.Read(); err != nil {
			return
		}
	}
}

// wantBreak looks whether an error says what it should, and no secret.
func wantBreak(t *testing.T, err error, cause feed.Cause, text string) *feed.Break {
	t.Helper()
	var b *feed.Break
	if !errors.As(err, &b) {
		t.Fatalf("error %v is no break", err)
	}
	if b.Cause != cause || !strings.Contains(b.Error(), text) {
		t.Errorf("break %v %q, want %v with %q", b.Cause, b, cause, text)
	}
	if strings.Contains(b.Error(), "CANARY") || strings.ContainsAny(b.Error(), "\n\r\x00") {
		t.Errorf("break %q shows what it must not", b)
	}
	return b
}

func TestRefusedHandshakeSaysWhenToComeBack(t *testing.T) {
	for status, want := range map[int]feed.Cause{
		http.StatusUnauthorized: feed.Refused, http.StatusPaymentRequired: feed.Refused, http.StatusForbidden: feed.Refused,
		http.StatusUnavailableForLegalReasons: feed.Refused, http.StatusNotFound: feed.Refused, http.StatusTeapot: feed.Refused,
		http.StatusTooManyRequests: feed.Lost, http.StatusInternalServerError: feed.Lost, http.StatusBadGateway: feed.Lost,
		http.StatusOK: feed.Lost,
	} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			secret := key(t)
			synctest.Test(t, func(t *testing.T) {
				server := vendortest.NewServer(t, listen, nil)
				server.Refuse(status, http.Header{"Retry-After": {"90"}})
				endpoint := vendors.Endpoint{Source: "test", URL: "wss://example.com/stream?token=CANARY", Client: server.Client(),
					Secrets: []vendors.Secret{secret}}
				_, err := endpoint.Dial(t.Context())
				b := wantBreak(t, err, want, "dial wss://example.com/stream: "+fmt.Sprint(status))
				if b.After != 90*time.Second {
					t.Errorf("to be left alone for %v, want 90s", b.After)
				}
				rest := vendors.REST{Source: "test", Base: "https://example.com/v1", Client: server.Client(), Secrets: []vendors.Secret{secret}}
				if status != http.StatusOK {
					_, _, err = rest.Get(t.Context(), "/quote", url.Values{"token": {"CANARY"}})
					if b := wantBreak(t, err, want, "get https://example.com/v1/quote: "+fmt.Sprint(status)); b.After != 90*time.Second {
						t.Errorf("to be left alone for %v, want 90s", b.After)
					}
				}
			})
		})
	}
}

func TestRetryAfterMayBeADate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := vendortest.NewServer(t, listen, nil)
		server.Refuse(http.StatusServiceUnavailable, http.Header{"Retry-After": {time.Now().Add(time.Minute).UTC().Format(http.TimeFormat)}})
		_, err := vendors.Endpoint{URL: "wss://example.com", Client: server.Client()}.Dial(t.Context())
		if b := wantBreak(t, err, feed.Maintenance, "503"); b.After != time.Minute {
			t.Errorf("to be left alone for %v, want 1m", b.After)
		}
	})
}

func TestHowAConnectionEndsSaysWhenToComeBack(t *testing.T) {
	for name, tc := range map[string]struct {
		end  func(*vendortest.Socket)
		want feed.Cause
		text string
	}{
		"going away":      {func(s *vendortest.Socket) { s.Close(1001, "bye CANARY") }, feed.Restart, `closed the connection: 1001 "bye ***"`},
		"service restart": {func(s *vendortest.Socket) { s.Close(1012, "") }, feed.Restart, "1012"},
		"policy":          {func(s *vendortest.Socket) { s.Close(1008, "too many\nmessages") }, feed.Refused, `"too many\nmessages"`},
		"normal":          {func(s *vendortest.Socket) { s.Close(1000, "") }, feed.Lost, "1000"},
		"dropped":         {(*vendortest.Socket).Drop, feed.Lost, "broke off"},
		"torn":            {(*vendortest.Socket).Tear, feed.Lost, "broke off"},
		"frozen":          {(*vendortest.Socket).Freeze, feed.Lost, "answers no ping"},
		"too long":        {func(s *vendortest.Socket) { s.Send(strings.Repeat("x", 9<<20)); listen(s) }, feed.Lost, "broke off"},
	} {
		t.Run(name, func(t *testing.T) {
			secret := key(t)
			synctest.Test(t, func(t *testing.T) {
				server := vendortest.NewServer(t, func(s *vendortest.Socket) {
					if _, err := s.Read(); err != nil {
						return
					}
					go tc.end(s)
					listen(s)
				}, nil)
				conn, err := vendors.Endpoint{URL: "wss://example.com/?k=CANARY", Client: server.Client(), Ping: 10 * time.Second,
					Secrets: []vendors.Secret{secret}}.Dial(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				if err := conn.Write(t.Context(), []byte("hello")); err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				_, err = conn.Read(t.Context(), nil)
				wantBreak(t, err, tc.want, tc.text)
				if took := time.Since(began); took > 20*time.Second {
					t.Errorf("it took %v to notice", took)
				}
			})
		})
	}
}

func TestSlowHandshakeIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := vendortest.NewServer(t, listen, nil)
		server.Delay(time.Hour)
		began := time.Now()
		_, err := vendors.Endpoint{URL: "wss://example.com/stream", Client: server.Client()}.Dial(t.Context())
		wantBreak(t, err, feed.Lost, "dial wss://example.com/stream: no answer within 10s")
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

func TestCauseOfTheContextIsTheBreak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := vendortest.NewServer(t, listen, nil)
		ctx, cancel := context.WithCancelCause(t.Context())
		conn, err := vendors.Endpoint{URL: "wss://example.com", Client: server.Client()}.Dial(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		time.AfterFunc(time.Minute, func() { cancel(feed.Breakf(feed.Silent, "not a word")) })
		_, err = conn.Read(ctx, nil)
		wantBreak(t, err, feed.Silent, "not a word")
	})
}

func TestMessageRateOfAnEndpointIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var came []time.Time
		server := vendortest.NewServer(t, func(s *vendortest.Socket) {
			for {
				if _, err := s.Read(); err != nil {
					return
				}
				came = append(came, time.Now())
			}
		}, nil)
		conn, err := vendors.Endpoint{URL: "wss://example.com", Client: server.Client(),
			Writes: rate.NewLimiter(rate.Every(300*time.Millisecond), 1)}.Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for range 10 {
			if err := conn.Write(t.Context(), []byte("{}")); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if len(came) != 10 || came[9].Sub(came[0]) != 2700*time.Millisecond {
			t.Errorf("%d messages within %v", len(came), came[len(came)-1].Sub(came[0]))
		}
	})
}

func TestRepeatedRequestWaitsAsLongAsItIsAskedTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		began := time.Now()
		answers := []error{feed.Breakf(feed.Lost, "gone"), &feed.Break{Err: errors.New("slower"), After: time.Minute}, errors.New("other"), nil}
		failures := 0
		vendors.Repeat(t.Context(), func(context.Context) error {
			at = append(at, time.Since(began))
			return answers[len(at)-1]
		}, func(error) { failures++ })
		if want := "[0s 2s 1m2s 1m10s]"; fmt.Sprint(at) != want || failures != 3 {
			t.Errorf("asked at %v, %d failures; want %s and 3", at, failures, want)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		tries := 0
		vendors.Repeat(ctx, func(context.Context) error { tries++; return errors.New("never") }, func(error) {})
		if tries < 20 || tries > 60 {
			t.Errorf("%d tries in an hour", tries)
		}
	})
}
