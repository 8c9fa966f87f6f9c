package relay

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tickertape/feed"
	"tickertape/feed/vendors"
	"tickertape/feed/vendors/vendortest"
)

// sim is the one source of the node, as a status message has it.
const sim = `"source":"sim","status":"live","since":1,"message":"","simulated":true`

// node is a tickertape's server as PROTOCOL.md has it, with the one symbol AAPL, which has a name, and as many
// others as are told.
type node struct {
	*vendortest.Server
	t   testing.TB
	env vendors.Env

	mu       sync.Mutex
	epoch    string                      // guarded by mu
	sources  string                      // guarded by mu: of hello
	seq      int                         // guarded by mu
	mute     bool                        // guarded by mu: it answers no request
	quotes   map[string]string           // guarded by mu: by symbol, without braces
	changed  map[string]int              // guarded by mu: seq of the newest change
	asked    []string                    // guarded by mu: requests of all connections
	records  []string                    // guarded by mu: symbols whose records were asked for
	follows  map[*vendortest.Socket]bool // guarded by mu: those that were told a snapshot
	unknowns []string                    // guarded by mu
	bare     bool                        // guarded by mu: it has no records yet
	awaits   bool                        // guarded by mu: it tells when it knows a name
	kept     string                      // guarded by mu: of hello, what it has for relays
	relayed  func(s *vendortest.Socket, id int, text string)
}

func newNode(t testing.TB) *node {
	n := &node{t: t, epoch: "e1", sources: "{" + sim + "}", seq: 1, quotes: map[string]string{}, changed: map[string]int{},
		follows: map[*vendortest.Socket]bool{}}
	n.Server = vendortest.NewServer(t, n.socket, http.HandlerFunc(n.rest))
	n.env = n.Env(t)
	return n
}

// open follows the node.
func (n *node) open(symbols ...string) []feed.Source {
	n.t.Helper()
	sources, err := Open(Config{URL: "http://node.example/ticks", Symbols: symbols}, n.env)
	if err != nil {
		n.t.Fatal(err)
	}
	return sources
}

func (n *node) rest(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	names := r.URL.Query().Get("symbols")
	switch r.URL.Path {
	case "/ticks/api/quotes":
		unknown, _ := json.Marshal(n.unknowns)
		fmt.Fprintf(w, `{"epoch":%q,"seq":1,"source":"sim","simulated":true,"unknown":%s,"quotes":[]}`, n.epoch, unknown)
	case "/ticks/api/symbols":
		n.records = append(n.records, names)
		if n.bare {
			io.WriteString(w, `{"symbols":[]}`)
			return
		}
		io.WriteString(w,
			`{"symbols":[{"symbol":"AAPL","name":"Apple Inc.","sector":"Tech","currency":"USD","decimals":2},{"symbol":"LATE","name":"Late & Co","currency":"EUR","decimals":3,"rounded":true}]}`)
	default:
		n.t.Errorf("request for %s", r.URL)
	}
}

func (n *node) socket(s *vendortest.Socket) {
	if s.Request.URL.Path != "/ticks/ws" || s.Request.Header.Get("Sec-WebSocket-Protocol") != subprotocol {
		n.t.Errorf("handshake for %s, %v", s.Request.URL, s.Request.Header)
	}
	n.mu.Lock()
	s.Send(
		fmt.Sprintf(
			`{"type":"hello","protocol":1,"epoch":%q,"seq":%d,"time":1,"interval_ms":100,"heartbeat_ms":5000,"source":"sim","simulated":true,"status":"live","awaits":%t,"sources":[%s]%s}`, n.epoch, n.seq, n.awaits, n.sources, n.kept))
	n.mu.Unlock()
	done := make(chan struct{})
	var beating sync.WaitGroup
	beating.Go(func() {
		ticker := time.NewTicker(5 * time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				s.Send(`{"type":"heartbeat","seq":1,"time":1}`)
			}
		}
	})
	defer beating.Wait()
	defer close(done)
	defer func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.follows, s)
	}()
	for {
		text, err := s.Read()
		if err != nil {
			return
		}
		n.subscribe(s, text)
	}
}

func (n *node) subscribe(s *vendortest.Socket, text string) {
	var m struct {
		Type    string
		ID      int
		Symbols []string
		Since   string
	}
	if err := json.Unmarshal([]byte(text), &m); err != nil || m.Type != "subscribe" {
		n.t.Errorf("message %q, %v", text, err)
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if strings.Contains(text, `"relay":true`) {
		n.relayed(s, m.ID, text)
		return
	}
	n.asked = append(n.asked, text)
	if n.mute {
		return
	}
	since := 0
	epoch, position, _ := strings.Cut(m.Since, "-")
	if epoch == n.epoch {
		fmt.Sscan(position, &since)
	}
	isUnknown := func(symbol string) bool { return slices.Contains(n.unknowns, symbol) }
	known := slices.DeleteFunc(slices.Clone(m.Symbols), isUnknown)
	unknown := slices.DeleteFunc(slices.Clone(m.Symbols), func(symbol string) bool { return !isUnknown(symbol) })
	named, _ := json.Marshal(map[string]any{"type": "subscribed", "id": m.ID, "symbols": known, "unknown": unknown, "rate": 10})
	s.Send(string(named))
	var told []string
	for symbol, q := range n.quotes {
		if (slices.Contains(known, "*") || slices.Contains(known, symbol)) && n.changed[symbol] > since {
			told = append(told, fmt.Sprintf(`{"s":%q,%s}`, symbol, q))
		}
	}
	slices.Sort(told)
	s.Send(fmt.Sprintf(`{"type":"snapshot","seq":%d,"time":1,"quotes":[%s]}`, n.seq, strings.Join(told, ",")))
	n.follows[s] = true
}

// tell changes a symbol.
func (n *node) tell(symbol, values string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.seq++
	n.quotes[symbol], n.changed[symbol] = values, n.seq
	n.say(fmt.Sprintf(`{"type":"update","seq":%d,"time":1,"quotes":[{"s":%q,%s}]}`, n.seq, symbol, values))
}

// say sends a message to all who follow. The caller holds mu.
func (n *node) say(text string) {
	for s := range n.follows {
		s.Send(text)
	}
}

// trade is a trade of AAPL.
func (n *node) trade(price string, at time.Time) {
	n.tell("AAPL", fmt.Sprintf(`"p":%s,"z":100,"t":%d`, price, at.UnixMicro()))
}

// set changes the node.
func (n *node) set(change func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	change()
}

// requests are those that were made so far.
func (n *node) requests() (asked, records []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.asked), slices.Clone(n.records)
}
