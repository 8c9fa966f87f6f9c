package vendors_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
	"tickertape/feed/vendors/vendortest"
)

// tapped is all that a tap is given.
type tapped struct {
	mu  sync.Mutex
	all []string // guarded by mu
}

func (t *tapped) Frame(source string, _ uint64, text []byte, _ market.Time) {
	t.add("frame " + source + " " + string(text))
}

func (t *tapped) Response(source, path string, body []byte, _ market.Time) {
	t.add("answer " + source + " " + path + " " + string(body))
}

func (t *tapped) add(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, text)
}

// silent is a decoder that hears nothing.
type silent struct{}

func (silent) Frame([]byte, market.Time, *market.Batch) error            { return nil }
func (silent) Response(string, []byte, market.Time, *market.Batch) error { return nil }

// TestATapSeesNoKeys has a vendor that says the key in everything, and a key that URLs write otherwise.
func TestATapSeesNoKeys(t *testing.T) {
	const key = "s3cr3t/+="
	t.Setenv("TAP_KEY", key)
	secret, err := vendors.ReadSecret("", "", "TAP_KEY")
	if err != nil {
		t.Fatal(err)
	}
	secrets := []vendors.Secret{secret}
	synctest.Test(t, func(t *testing.T) {
		server := vendortest.NewServer(t, func(s *vendortest.Socket) {
			s.Send("hello " + key)
			s.Send("and " + url.QueryEscape(key))
			s.Close(1000, "that is all")
		}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "you asked for "+r.URL.Path+" with "+r.URL.Query().Get("token"))
		}))
		var tap tapped
		rest := vendors.REST{Source: "x", Base: "https://x.example", Secrets: secrets, Client: server.Client(), Tap: &tap}
		if body, _, err := rest.Get(t.Context(), "/day", url.Values{"token": {key}, "symbol": {"A/B"}}); err != nil ||
			!strings.Contains(string(body), key) {
			t.Errorf("the answer is %q, %v; want it as it is", body, err)
		}
		env := server.Env(t)
		env.Tap = &tap
		session := vendors.Session{Source: "x", Env: &env, Endpoint: env.Endpoint("x", "wss://x.example", secret), Decoder: silent{}}
		session.Run(t.Context(), func(market.Batch) {})
		want := "answer x /day?symbol=A%2FB&token=%2A%2A%2A you asked for /day with ***\nframe x hello ***\nframe x and ***"
		if got := strings.Join(tap.all, "\n"); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	})
}
