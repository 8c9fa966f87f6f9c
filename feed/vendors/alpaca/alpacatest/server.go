package alpacatest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tickertape/feed/vendors/vendortest"
)

// Key and Secret are those that the server lets in.
const (
	Key    = "PKc0ffee5canary1q2w3e4"
	Secret = "5ecretc0ffee5canary9o8i7u6y"
)

// loginTime is how long a connection may take to log in.
const loginTime = 10 * time.Second

// Server is the vendor's: one connection to each stream, and so many pairs of a symbol and a channel on it.
type Server struct {
	*vendortest.Server

	mu        sync.Mutex
	limit     int                 // guarded by mu: pairs of a symbol and a counted channel on a connection
	counted   []string            // guarded by mu: channels whose symbols the limit is for
	taken     bool                // guarded by mu: another program uses the key
	failing   *Error              // guarded by mu: what every login is answered with
	mute      bool                // guarded by mu: halts are not in the plan
	clients   []*client           // guarded by mu: logged in
	snapshots map[string]string   // guarded by mu: of stocks, by symbol
	bars      map[string]string   // guarded by mu: of coins, by symbol
	actions   []action            // guarded by mu: of stocks
	days      days                // guarded by mu: of stocks
	refusal   *Error              // guarded by mu: what REST is answered with; its code is the status
	messages  map[string][]string // guarded by mu: that clients sent, by path
	id        int                 // guarded by mu: of the newest trade
}

// Error is one of the vendor's.
type Error struct {
	Code int
	Text string
}

// The errors that tests want.
var (
	AuthFailed   = Error{402, "auth failed"}
	Connections  = Error{406, "connection limit exceeded"}
	SlowClient   = Error{407, "slow client"}
	Subscription = Error{409, "insufficient subscription"}
	Scope        = Error{411, "insufficient scope"}
)

// New starts a server with the limits of the free plan, which ends with the test.
func New(t testing.TB) *Server {
	s := &Server{limit: 30, counted: []string{"trades", "quotes"},
		snapshots: map[string]string{}, bars: map[string]string{}, messages: map[string][]string{}}
	s.Server = vendortest.NewServer(t, s.socket, http.HandlerFunc(s.rest))
	return s
}

// Limit allows so many pairs of a symbol and a channel, of trades and quotes or of the given channels.
func (s *Server) Limit(pairs int, channels ...string) {
	s.set(func() {
		if s.limit = pairs; len(channels) > 0 {
			s.counted = channels
		}
	})
}

// Take lets another program use the key, or no longer.
func (s *Server) Take(taken bool) { s.set(func() { s.taken = taken }) }

// Fail answers every login with an error; nil ends that.
func (s *Server) Fail(e *Error) { s.set(func() { s.failing = e }) }

// NoHalts refuses subscriptions to trading statuses.
func (s *Server) NoHalts() { s.set(func() { s.mute = true }) }

// RefuseREST answers requests over REST with a status and a message; nil ends that.
func (s *Server) RefuseREST(e *Error) { s.set(func() { s.refusal = e }) }

// Snapshot is what REST knows of a stock from now on, as JSON.
func (s *Server) Snapshot(symbol, text string) { s.set(func() { s.snapshots[symbol] = text }) }

// Bars are the hours that REST knows of a coin from now on, as a JSON list.
func (s *Server) Bars(symbol, text string) { s.set(func() { s.bars[symbol] = text }) }

// action is one corporate action: its kind as in the answer, such as "forward_splits".
type action struct{ symbol, kind, processed, text string }

// Action is what happens to the shares of a stock from now on, with its kind as in the answer, such as "forward_splits", the date on
// which the vendor processes it, and itself as JSON.
func (s *Server) Action(symbol, kind, processed, text string) {
	s.set(func() { s.actions = append(s.actions, action{symbol, kind, processed, text}) })
}

// Messages are what clients of a path have sent, as JSON, without their keys.
func (s *Server) Messages(path string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages[path])
}

func (s *Server) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// Trade has one share or coin traded, and sends it to those who have subscribed to its trades.
func (s *Server) Trade(symbol, price string, at time.Time) {
	s.mu.Lock()
	s.id++
	id := s.id
	s.mu.Unlock()
	text := fmt.Sprintf(`{"T":"t","S":%q,"i":%d,"x":"V","p":%s,"s":1,"c":["@"],"z":"C","t":%q}`,
		symbol, id, price, at.UTC().Format(time.RFC3339Nano))
	if strings.Contains(symbol, "/") {
		text = fmt.Sprintf(`{"T":"t","S":%q,"i":%d,"p":%s,"s":1,"tks":"B","t":%q}`, symbol, id, price, at.UTC().Format(time.RFC3339Nano))
	}
	s.Send("trades", symbol, text)
}

// Send sends messages, together in one frame, to those who have subscribed to a symbol's channel.
func (s *Server) Send(channel, symbol string, messages ...string) {
	s.mu.Lock()
	var to []*client
	for _, c := range s.clients {
		if slices.Contains(c.channels[channel], symbol) || slices.Contains(c.channels[channel], "*") {
			to = append(to, c)
		}
	}
	s.mu.Unlock()
	for _, c := range to {
		c.send(messages...)
	}
}

// Break sends everybody an error and closes the connections, as the vendor does with slow readers.
func (s *Server) Break(e Error) {
	s.mu.Lock()
	to := slices.Clone(s.clients)
	s.mu.Unlock()
	for _, c := range to {
		c.fail(e)
		c.socket.Drop()
	}
}

func (s *Server) rest(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fail := func(status int, text string) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Retry-After", "3")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"message":%q}`, text)
	}
	known := s.snapshots
	symbols := strings.Split(r.URL.Query().Get("symbols"), ",")
	coins := strings.HasPrefix(r.URL.Path, "/v1beta3/crypto/") && strings.HasSuffix(r.URL.Path, "/bars")
	switch {
	case r.Header.Get("Apca-Api-Key-Id") != Key || r.Header.Get("Apca-Api-Secret-Key") != Secret:
		fail(http.StatusForbidden, "forbidden.")
		return
	case s.refusal != nil:
		fail(s.refusal.Code, s.refusal.Text)
		return
	case slices.ContainsFunc(symbols, malformed):
		fail(http.StatusBadRequest, "code=400, message=invalid symbol: "+symbols[slices.IndexFunc(symbols, malformed)])
		return
	case coins:
		known = s.bars
	case r.URL.Path == "/v1/corporate-actions":
		s.corporateActions(w, r.URL.Query())
		return
	case r.URL.Path == "/v2/stocks/bars":
		s.dailyBars(w, symbols, r.URL.Query(), fail)
		return
	case r.URL.Path != "/v2/stocks/snapshots":
		fail(http.StatusNotFound, "endpoint not found.")
		return
	case !slices.Contains([]string{"", "iex", "sip", "delayed_sip", "boats", "overnight", "otc"}, r.URL.Query().Get("feed")):
		fail(http.StatusBadRequest, "invalid feed: "+r.URL.Query().Get("feed"))
		return
	}
	answer := map[string]json.RawMessage{}
	for _, symbol := range symbols {
		if text, there := known[symbol]; there {
			answer[symbol] = json.RawMessage(text)
		} else if !coins {
			answer[symbol] = json.RawMessage("null")
		}
	}
	w.Header().Set("Content-Type", "application/json")
	if coins {
		json.NewEncoder(w).Encode(map[string]any{"bars": answer, "next_page_token": nil})
		return
	}
	json.NewEncoder(w).Encode(answer)
}

// wellFormed are the symbols that REST takes: BRK.B and BTC/USD, but not BRK-B.
var wellFormed = regexp.MustCompile(`^[A-Z0-9]+([./][A-Z0-9]+)*$`)

func malformed(symbol string) bool { return !wellFormed.MatchString(symbol) }

// corporateActions answers with those that are processed from one date to another, up to a limit; the caller holds mu.
func (s *Server) corporateActions(w http.ResponseWriter, q url.Values) {
	types := map[string]string{"forward_splits": "forward_split", "reverse_splits": "reverse_split", "stock_dividends": "stock_dividend",
		"cash_dividends": "cash_dividend", "spin_offs": "spin_off"}
	limit, err := strconv.Atoi(q.Get("limit"))
	if err != nil || limit < 1 || limit > 1000 {
		limit = 100
	}
	found := map[string][]json.RawMessage{}
	var token any
	for _, a := range s.actions {
		switch {
		case !slices.Contains(strings.Split(q.Get("symbols"), ","), a.symbol) || a.processed < q.Get("start") || a.processed > q.Get("end"),
			!slices.Contains(strings.Split(q.Get("types"), ","), types[a.kind]):
			continue
		case limit == 0:
			token = "bW9yZQ"
			continue
		}
		limit--
		found[a.kind] = append(found[a.kind], json.RawMessage(a.text))
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"corporate_actions": found, "next_page_token": token})
}
