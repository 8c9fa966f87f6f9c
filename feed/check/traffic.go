package check

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

const (
	mostAddresses = 50  // of which answers are kept apart; further ones are counted together
	mostWords     = 512 // bytes of what the other side says of a failure
	// slow is how long a request that is broken off has to have taken to be a failure.
	slow = 5 * time.Second
)

// traffic is what goes over HTTP: handshakes, which open connections, requests over REST, and messages.
type traffic struct {
	mu         sync.Mutex
	handshakes map[string]*exchanges // guarded by mu: by address
	requests   map[string]*exchanges // guarded by mu: by address
	clock      clock                 // guarded by mu
	messages   int                   // guarded by mu
	first      time.Time             // guarded by mu: when the first message came; zero: none has
}

// exchanges are the requests to one address and their answers.
type exchanges struct {
	where  string // without what can be a secret
	count  int
	good   int
	last   time.Duration // how long the newest good answer took
	failed int
	status int    // of the newest failure; 0: there was no answer
	why    error  // why there was no answer
	words  string // what the other side says of the newest failure
}

func newTraffic() *traffic {
	return &traffic{handshakes: map[string]*exchanges{}, requests: map[string]*exchanges{}}
}

// client is a client whose traffic is noted; nil stands for the default one.
func (t *traffic) client(of *http.Client) *http.Client {
	if of == nil {
		of = http.DefaultClient
	}
	noted := *of
	noted.Transport = notedTransport{of.Transport, t}
	return &noted
}

type notedTransport struct {
	http.RoundTripper
	traffic *traffic
}

// RoundTrip has the wrapped transport do it. Of an answer that tells of a failure it reads the beginning, and puts it back.
func (n notedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	transport := n.RoundTripper
	if transport == nil {
		transport = http.DefaultTransport
	}
	sent := time.Now()
	response, err := transport.RoundTrip(r)
	received := time.Now()
	upgrade := strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
	where := vendors.Shown(r.URL.String())
	if upgrade {
		where = strings.Replace(where, "http", "ws", 1)
	}
	if err != nil {
		if r.Context().Err() == nil || received.Sub(sent) > slow { // not the end of the check alone
			n.traffic.note(upgrade, where, func(e *exchanges) { e.failed, e.status, e.why, e.words = e.failed+1, 0, err, "" })
		}
		return response, err
	}
	words := ""
	if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusSwitchingProtocols {
		words = peek(response)
	}
	n.traffic.note(upgrade, where, func(e *exchanges) {
		if words != "" || response.StatusCode >= http.StatusMultipleChoices {
			e.failed, e.status, e.why, e.words = e.failed+1, response.StatusCode, nil, words
		} else {
			e.good, e.last = e.good+1, received.Sub(sent)
		}
	})
	n.traffic.date(response.Header, sent, received)
	return response, nil
}

// peek reads the beginning of a body, which can be read again.
func peek(r *http.Response) string {
	start := make([]byte, mostWords)
	n, _ := io.ReadFull(r.Body, start) // whoever reads on gets the error
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(start[:n]), r.Body), r.Body}
	return strings.TrimSpace(string(start[:n]))
}

func (t *traffic) note(handshake bool, where string, change func(*exchanges)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := t.requests
	if handshake {
		all = t.handshakes
	}
	e := all[where]
	if e == nil {
		if len(all) >= mostAddresses {
			where = "further addresses"
		}
		if e = all[where]; e == nil {
			e = &exchanges{where: where}
			all[where] = e
		}
	}
	e.count++
	change(e)
}

func (t *traffic) date(h http.Header, sent, received time.Time) {
	at, err := http.ParseTime(h.Get("Date"))
	if err != nil || h.Get("Age") != "" { // a cache's
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.clock.note(at, sent, received)
}

// Frame notes a message; it is called for each.
func (t *traffic) Frame(string, uint64, []byte, market.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.messages++; t.first.IsZero() {
		t.first = time.Now()
	}
}

// Response does nothing: RoundTrip has seen it.
func (t *traffic) Response(string, string, []byte, market.Time) {}

// each are copies of exchanges, by address.
func (t *traffic) each(all map[string]*exchanges) (list []exchanges) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, where := range slices.Sorted(maps.Keys(all)) {
		list = append(list, *all[where])
	}
	return list
}

// sum adds up exchanges.
func sum(all []exchanges) (total exchanges) {
	for _, e := range all {
		total.count += e.count
		total.good += e.good
		total.failed += e.failed
	}
	return total
}
