package finnhub

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"tickertape/feed"
	"tickertape/feed/vendors"
	"tickertape/feed/vendors/vendortest"
)

// canary is the key of all tests.
const canary = "c0ffee5canary1q2w3e4"

// vendor is the vendor's server as its pages and users describe it: one connection a key, which ends at once and
// without a word while another has it; one symbol a subscription, granted without an answer until the plan's limit
// is reached; pings of its own; 60 requests a minute over REST.
type vendor struct {
	*vendortest.Server
	*vendortest.Notes
	t   testing.TB
	env vendors.Env

	mu       sync.Mutex
	limit    int                               // guarded by mu: symbols that the plan has
	pings    time.Duration                     // guarded by mu: between two
	taken    bool                              // guarded by mu: another program uses the key
	inUse    bool                              // guarded by mu: a connection has the key
	figures  map[string]string                 // guarded by mu: answers by symbol
	refused  func(symbol string) (int, string) // guarded by mu: status and body; nil: none is
	requests []request                         // guarded by mu
}

// request is one that was made over REST.
type request struct {
	at     time.Time
	symbol string
}

// newVendor starts a server with the limits of the free plan.
func newVendor(t testing.TB) *vendor {
	v := &vendor{t: t, limit: 50, pings: time.Minute, figures: map[string]string{}}
	v.Server = vendortest.NewServer(t, v.socket, http.HandlerFunc(v.quote))
	v.env = v.Env(t)
	v.Notes = vendortest.TakeNotes(&v.env)
	return v
}

// open opens the feed; FINNHUB_API_KEY has to be set.
func (v *vendor) open(symbols ...string) []feed.Source {
	v.t.Helper()
	cfg := DefaultConfig()
	cfg.Symbols, cfg.MaxSymbols = symbols, max(cfg.MaxSymbols, len(symbols))
	return vendortest.Open(v.t, cfg, v.env, Open)
}

func (v *vendor) socket(s *vendortest.Socket) {
	if got := s.Request.URL.Query().Get("token"); got != canary {
		v.t.Errorf("token %q", got)
		return
	}
	v.mu.Lock()
	refused := v.taken || v.inUse
	v.inUse = v.inUse || !refused
	pings := v.pings
	v.mu.Unlock()
	if refused {
		time.Sleep(300 * time.Millisecond)
		s.Drop()
		return
	}
	defer v.set(func() { v.inUse = false })
	s.Every(pings, func() { s.Send(`{"type":"ping"}`) })
	for {
		text, err := s.Read()
		if err != nil {
			return
		}
		var m struct{ Type, Symbol string }
		if err := json.Unmarshal([]byte(text), &m); err != nil || m.Type != "subscribe" || m.Symbol == "" {
			v.t.Errorf("message %q, %v", text, err)
			return
		}
		v.mu.Lock()
		limit := v.limit
		v.mu.Unlock()
		if len(s.Follows()) < limit {
			s.Follow(m.Symbol)
		} else {
			s.Send(`{"msg":"Subscribing to too many symbols","type":"error"}`)
		}
	}
}

func (v *vendor) quote(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/api/v1/quote" || r.Header.Get("X-Finnhub-Token") != canary || strings.Contains(r.URL.RawQuery, canary) {
		v.t.Errorf("request for %s with the token %q", r.URL, r.Header.Get("X-Finnhub-Token"))
	}
	symbol := r.URL.Query().Get("symbol")
	v.mu.Lock()
	defer v.mu.Unlock()
	v.requests = append(v.requests, request{time.Now(), symbol})
	recent := 0
	for _, q := range v.requests {
		if time.Since(q.at) < time.Minute {
			recent++
		}
	}
	if recent > 60 {
		v.t.Errorf("%d requests within a minute", recent)
		http.Error(w, `{"error":"API limit reached. Please try again later. Remaining Limit: 0"}`, http.StatusTooManyRequests)
		return
	}
	if v.refused != nil {
		if status, body := v.refused(symbol); status != 0 {
			w.Header().Set("Retry-After", "7")
			http.Error(w, body, status)
			return
		}
	}
	if body, known := v.figures[symbol]; known {
		fmt.Fprint(w, body)
		return
	}
	fmt.Fprint(w, `{"c":0,"d":null,"dp":null,"h":0,"l":0,"o":0,"pc":0,"t":0}`)
}

// set changes the server.
func (v *vendor) set(change func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	change()
}

// asked are the symbols that figures were asked of, in order.
func (v *vendor) asked() (symbols []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, r := range v.requests {
		symbols = append(symbols, r.symbol)
	}
	return symbols
}

// trade has a symbol traded, with the conditions of a regular trade.
func (v *vendor) trade(symbol, price string, size int, at time.Time) {
	v.Tell(symbol,
		fmt.Sprintf(`{"data":[{"c":["1"],"p":%s,"s":%q,"t":%d,"v":%d}],"type":"trade"}`, price, symbol, at.UnixMilli(), size))
}
