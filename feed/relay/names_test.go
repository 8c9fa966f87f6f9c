package relay_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"tickertape/broadcast/conn/conntest"
	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// heard is what a client looks at of what a server sends.
type heard struct {
	Epoch  string
	Seq    uint64
	Quotes []struct {
		S string
		P json.Number
	}
}

// priceIn is the price of a symbol in a message or an answer; "" is none.
func priceIn(text []byte, symbol string) (price string, h heard) {
	json.Unmarshal(text, &h) // what is no message has no quotes
	for _, q := range h.Quotes {
		if q.S == symbol {
			price = string(q.P)
		}
	}
	return price, h
}

// listeners wait on a node for the price of a symbol, each by a transport of its own. They call ready when they have been
// answered for the first time, and return the price.
var listeners = map[string]func(ctx context.Context, addr, names, symbol string, ready func()) (string, error){
	"WebSocket": func(ctx context.Context, addr, names, symbol string, ready func()) (string, error) {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			return "", err
		}
		defer c.Close()
		defer context.AfterFunc(ctx, func() { c.Close() })()
		fmt.Fprintf(c, "GET /ws?symbols=%s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", url.QueryEscape(names), addr)
		r := bufio.NewReader(c)
		if answer, err := http.ReadResponse(r, nil); err != nil || answer.StatusCode != http.StatusSwitchingProtocols {
			return "", fmt.Errorf("%v: %w", answer, err)
		}
		for {
			_, text, err := conntest.ReadFrame(r)
			if err != nil {
				return "", err
			}
			if strings.HasPrefix(string(text), `{"type":"snapshot"`) {
				ready()
			}
			if price, _ := priceIn(text, symbol); price != "" {
				return price, nil
			}
		}
	},
	"events": func(ctx context.Context, addr, names, symbol string, ready func()) (string, error) {
		answer, err := get(ctx, addr, "/events", url.Values{"symbols": {names}})
		if err != nil {
			return "", err
		}
		defer answer.Body.Close()
		for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
			if lines.Text() == "event: snapshot" {
				ready()
			}
			text, _ := strings.CutPrefix(lines.Text(), "data: ")
			if price, _ := priceIn([]byte(text), symbol); price != "" {
				return price, nil
			}
		}
		return "", fmt.Errorf("the stream has ended: %w", ctx.Err())
	},
	"long poll": func(ctx context.Context, addr, names, symbol string, ready func()) (string, error) {
		return polled(ctx, addr, names, symbol, ready, "25s", 0)
	},
	"polling": func(ctx context.Context, addr, names, symbol string, ready func()) (string, error) {
		return polled(ctx, addr, names, symbol, ready, "0s", 200*time.Millisecond)
	},
}

// polled asks again and again, each time from the position of the answer before, as soon as it may.
func polled(ctx context.Context, addr, names, symbol string, ready func(), wait string, pace time.Duration) (string, error) {
	query := url.Values{"symbols": {names}}
	for next := time.NewTicker(max(pace, time.Millisecond)); ; {
		answer, err := get(ctx, addr, "/api/quotes", query)
		if err != nil {
			return "", err
		}
		text, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil {
			return "", err
		}
		price, h := priceIn(text, symbol)
		if price != "" {
			return price, nil
		}
		if ready(); answer.StatusCode == http.StatusOK {
			query.Set("since", fmt.Sprintf("%s-%d", h.Epoch, h.Seq))
			query.Set("wait", wait)
		}
		select {
		case <-next.C:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

func get(ctx context.Context, addr, path string, query url.Values) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+path+"?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err == nil && answer.StatusCode >= 400 {
		defer answer.Body.Close()
		text, _ := io.ReadAll(answer.Body)
		return nil, fmt.Errorf("%s: %s", answer.Status, text)
	}
	return answer, err
}

// Whoever asks a relay for a symbol before the source has it gets its prices with the first, and so does whoever asks a relay
// of that relay.
func TestWhoeverAsksBeforeTheSourceHasASymbolGetsItsFirstPrice(t *testing.T) {
	m := &venue{feed.Info{Name: "sim", Simulated: true, Lossless: true}, make(chan market.Batch)}
	first := serve(t, "127.0.0.1:0", func(vendors.Env) []feed.Source { return []feed.Source{m} })
	second := serve(t, "127.0.0.1:0", follow(t, first.addr, "*"))
	third := serve(t, "127.0.0.1:0", follow(t, second.addr, "AAPL"))
	v := view(third)
	v.until("nobody knows it", func() bool { return v.states["AAPL"] == market.Down })

	const each = 25
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	g, ctx := errgroup.WithContext(ctx)
	ready := make(chan struct{}, 1000)
	came := make(chan time.Time, 1000)
	for _, node := range []*server{second, third} {
		for name, listen := range listeners {
			for i := range each {
				names := []string{"AAPL", "AAPL,NEVER", "*", "NEVER,MSFT,AAPL"}[i%4]
				if name == "polling" && names == "*" {
					names = "AAPL"
				}
				g.Go(func() error {
					told := false
					price, err := listen(ctx, node.addr, names, "AAPL", func() {
						if !told {
							told = true
							ready <- struct{}{}
						}
					})
					if came <- time.Now(); err == nil && price != "1.5" {
						err = fmt.Errorf("the price is %s", price)
					}
					if err != nil {
						return fmt.Errorf("%s of %s: %w", name, names, err)
					}
					return nil
				})
			}
		}
	}
	all := 2 * len(listeners) * each
	for range all {
		select {
		case <-ready:
		case <-ctx.Done():
			t.Fatal(g.Wait())
		}
	}
	if _, err := first.dir.Add(market.Symbol{Symbol: "AAPL", Name: "Apple Inc.", Currency: "USD", Decimals: 2}); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	m.trade(150)
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	last := began
	for range all {
		if at := <-came; at.After(last) {
			last = at
		}
	}
	if took := last.Sub(began); took > 2*time.Second {
		t.Errorf("the last of %d has the price after %v, want 2 s at most", all, took)
	} else {
		t.Logf("the last of %d has the price after %v", all, took)
	}
}

// relayed waits until so many relays follow bars and trades of a node, or wait for them.
func (s *server) relayed(n int) {
	s.t.Helper()
	for began := time.Now(); ; time.Sleep(time.Millisecond) {
		all, err := s.reg.Gather()
		if err != nil {
			s.t.Fatal(err)
		}
		for _, m := range all {
			if m.GetName() == "tickertape_broadcast_relays" && m.GetMetric()[0].GetGauge().GetValue() == float64(n) {
				return
			}
		}
		if time.Since(began) > 20*time.Second {
			s.t.Fatalf("there are never %d relays", n)
		}
	}
}

// A relay of named symbols has all bars and trades of one that its server learns later, and goes on after a break. It does not ask
// again: that would take 4 s.
func TestBarsAndTradesOfASymbolThatComesLaterAreTheOrigins(t *testing.T) {
	m := &venue{feed.Info{Name: "sim", Simulated: true, Lossless: true}, make(chan market.Batch)}
	origin := serve(t, "127.0.0.1:0", func(vendors.Env) []feed.Source { return []feed.Source{m} })
	way := newCable(t, origin.addr)
	named := serve(t, "127.0.0.1:0", follow(t, way.Addr().String(), "AAPL", "NEVER"))
	all := serve(t, "127.0.0.1:0", follow(t, origin.addr, "*"))
	origin.relayed(2)
	behind := serve(t, "127.0.0.1:0", follow(t, all.addr, "AAPL", "NEVER"))
	all.relayed(1)
	if _, err := origin.dir.Add(market.Symbol{Symbol: "AAPL", Name: "Apple Inc.", Currency: "USD", Decimals: 2}); err != nil {
		t.Fatal(err)
	}
	trades := 0
	trade := func() {
		t.Helper()
		m.trade(int64(150 + trades))
		began := time.Now()
		for key := fmt.Sprintf("AAPL trade %d", trades); origin.shownSeries("AAPL")[key] == ""; {
			if time.Since(began) > 20*time.Second {
				t.Fatalf("the origin shows %v", origin.shownSeries("AAPL"))
			}
		}
		trades++
	}
	for range 5 {
		trade()
	}
	for name, s := range map[string]*server{"named": named, "all": all, "behind": behind} {
		if took := s.becomes(name, origin, "AAPL"); took > 2*time.Second {
			t.Errorf("%s is equal after %v", name, took)
		}
	}
	way.cut()
	trade()
	named.becomes("after a break", origin, "AAPL")
}
