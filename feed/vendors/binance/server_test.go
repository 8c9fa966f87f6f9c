package binance

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors/vendortest"
)

// exchange is Binance as it is documented: subscriptions, their limits, pings, the end of a connection's life, and
// REST with its errors. It says nothing at all to a message that is too long for it, which is documented nowhere.
type exchange struct {
	*vendortest.Server
	t *testing.T

	mu       sync.Mutex
	symbols  map[string]*listed // guarded by mu
	life     time.Duration      // guarded by mu: of a connection; 0: no limit
	refusal  string             // guarded by mu: the answer to every request in the stream
	brokenBy map[string]int     // guarded by mu: REST paths that answer with a status
	leaving  time.Duration      // guarded by mu: how long after it is open a connection is told that the server shuts down; 0: never
}

// mostRead is the longest message that is read.
const mostRead = 4088

// illegal is a symbol that no list may have.
const illegalSymbol = "ILLEGAL."

// client is one connection.
type client struct {
	*vendortest.Socket
	said []time.Time // guarded by the exchange's mu: messages within the last second
}

// listed is a symbol that is traded.
type listed struct {
	status string
	next   uint64      // the number of the next trade
	trades []tradeJSON // oldest first
	asset  string      // what its prices are in; "": USDT
}

type tradeJSON struct {
	ID    uint64 `json:"id"`
	Price string `json:"price"`
	Qty   string `json:"qty"`
	Time  int64  `json:"time"`
}

func newExchange(t *testing.T, symbols ...string) *exchange {
	x := &exchange{t: t, symbols: map[string]*listed{}, brokenBy: map[string]int{}}
	for _, s := range symbols {
		x.symbols[s] = &listed{status: "TRADING", next: 1000}
	}
	x.Server = vendortest.NewServer(t, x.serve, http.HandlerFunc(x.rest))
	return x
}

// serve has one connection.
func (x *exchange) serve(s *vendortest.Socket) {
	if s.Request.URL.Path != "/stream" {
		x.t.Errorf("dialled %s", s.Request.URL)
	}
	x.mu.Lock()
	life, leaving := x.life, x.leaving
	x.mu.Unlock()
	c := &client{Socket: s}
	s.Every(20*time.Second, func() { x.ping(c) })
	if life > 0 {
		timer := time.AfterFunc(life, func() { s.Close(1008, "24 hours are over") })
		defer timer.Stop()
	}
	if leaving > 0 {
		timer := time.AfterFunc(leaving, func() { s.Send(shutdown) })
		defer timer.Stop()
	}
	for {
		text, err := s.Read()
		if err != nil {
			return
		}
		if !x.allowed(c) {
			go s.Close(1008, "Too many requests")
			continue
		}
		if len(text) <= mostRead {
			x.answer(c, text)
		}
	}
}

const shutdown = `{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1}}`

// ping pings a client. Whoever does not answer within a minute is cut off.
func (x *exchange) ping(c *client) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := c.Ping(ctx); err != nil {
		c.Drop()
		return
	}
	x.allowed(c) // the pong
}

// allowed counts a message of a client, of which there may be five a second.
func (x *exchange) allowed(c *client) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	now := time.Now()
	c.said = append(slices.DeleteFunc(c.said, func(at time.Time) bool { return now.Sub(at) >= time.Second }), now)
	return len(c.said) <= 5
}

func (x *exchange) answer(c *client, text string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	var r struct {
		Method string
		Params []string
		ID     json.RawMessage
	}
	if err := json.Unmarshal([]byte(text), &r); err != nil || r.Method != "SUBSCRIBE" {
		c.Send(`{"code":2,"msg":"Invalid request: unknown variant"}`)
		return
	}
	if x.refusal != "" {
		c.Send(x.refusal)
		return
	}
	for _, p := range r.Params {
		if p != strings.ToLower(strings.Split(p, "@")[0])+p[strings.Index(p, "@"):] {
			x.t.Errorf("stream %s is not in lower case", p)
		}
	}
	c.Follow(r.Params...)
	if n := len(c.Follows()); n > 1024 {
		x.t.Errorf("%d streams on a connection", n)
	}
	c.Send(fmt.Sprintf(`{"result":null,"id":%s}`, r.ID))
}

// tell sends a message to all who have subscribed to its stream.
func (x *exchange) tell(stream, data string) {
	x.Tell(stream, fmt.Sprintf(`{"stream":%q,"data":%s}`, stream, data))
}

// trade has one traded, and tells it unless it is to get lost on the way.
func (x *exchange) trade(symbol, price string, at time.Time, lost bool) {
	x.mu.Lock()
	y := x.symbols[symbol]
	k := tradeJSON{y.next, price, "1", at.UnixMilli()}
	y.next++
	y.trades = append(y.trades, k)
	x.mu.Unlock()
	if !lost {
		x.tell(strings.ToLower(symbol)+"@trade",
			fmt.Sprintf(`{"e":"trade","E":%d,"s":%q,"t":%d,"p":%q,"q":"1","T":%d,"m":true,"M":true}`, k.Time, symbol, k.ID, k.Price, k.Time))
	}
}

// set changes what a symbol is.
func (x *exchange) set(symbol string, change func(*listed)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	change(x.symbols[symbol])
}

// breaks has a REST path answer with a status; 0: as it should again.
func (x *exchange) breaks(path string, status int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.brokenBy[path] = status
}

func (x *exchange) rest(w http.ResponseWriter, r *http.Request) {
	x.mu.Lock()
	defer x.mu.Unlock()
	w.Header().Set("X-MBX-USED-WEIGHT-1M", "1")
	if status := x.brokenBy[r.URL.Path]; status != 0 {
		if status == http.StatusTooManyRequests || status == http.StatusTeapot {
			w.Header().Set("Retry-After", "60")
		}
		w.WriteHeader(status)
		fmt.Fprint(w, `{"code":-1003,"msg":"Too many requests."}`)
		return
	}
	symbol := r.URL.Query().Get("symbol")
	y := x.symbols[symbol]
	if y == nil && r.URL.Path != pathProducts {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"code":-1121,"msg":"Invalid symbol."}`)
		return
	}
	switch r.URL.Path {
	case pathProducts:
		x.products(w, r)
	case pathTrades:
		limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
		if err != nil || limit < 1 || limit > 1000 {
			x.t.Errorf("limit %q", r.URL.Query().Get("limit"))
		}
		json.NewEncoder(w).Encode(y.trades[max(0, len(y.trades)-limit):])
	case pathHours:
		fmt.Fprint(w, y.summed(r.URL.Query().Get("startTime")))
	default:
		http.NotFound(w, r)
	}
}

func (x *exchange) products(w http.ResponseWriter, r *http.Request) {
	var names []string
	if err := json.Unmarshal([]byte(r.URL.Query().Get("symbols")), &names); err != nil || len(names) > 100 {
		x.t.Errorf("symbols %s: %v", r.URL.Query().Get("symbols"), err)
	}
	var all []string
	if slices.Contains(names, illegalSymbol) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"code":-1100,"msg":"Illegal characters found in parameter 'symbols'; legal range is '^$'."}`)
		return
	}
	if len(r.URL.RawQuery) > 8000 {
		x.t.Errorf("a query of %d bytes", len(r.URL.RawQuery))
	}
	for _, n := range names {
		y := x.symbols[n]
		if y == nil {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"code":-1121,"msg":"Invalid symbol."}`)
			return
		}
		all = append(all,
			fmt.Sprintf(`{"symbol":%q,"status":%q,"quoteAsset":%q,"filters":[{"filterType":"PRICE_FILTER","tickSize":"0.01000000"}]}`, n, y.status,
				cmp.Or(y.asset, "USDT")))
	}
	fmt.Fprintf(w, `{"timezone":"UTC","symbols":[%s]}`, strings.Join(all, ","))
}

// summed are the candles of a symbol's trades from an instant on, each of one size. One of an hour without a trade
// has the last price before it.
func (y *listed) summed(from string) string {
	start, _ := strconv.ParseInt(from, 10, 64)
	const hour = 3_600_000
	var hours []string
	last := "90"
	for _, k := range y.trades {
		if k.Time < start {
			last = k.Price
		}
	}
	for begin := start; begin <= time.Now().UnixMilli(); begin += hour {
		var prices []market.Price
		sum := 0.0
		for _, k := range y.trades {
			if k.Time >= begin && k.Time < begin+hour {
				p, _ := market.ParsePrice(k.Price)
				prices = append(prices, p)
				f, _ := strconv.ParseFloat(k.Price, 64)
				sum += f
			}
		}
		open, high, low := last, last, last
		if n := len(prices); n > 0 {
			open, high, low, last = prices[0].String(), slices.Max(prices).String(), slices.Min(prices).String(), prices[n-1].String()
		}
		hours = append(hours, fmt.Sprintf(`[%d,%q,%q,%q,%q,"%d",%d,"%.2f",%d,"0","0","0"]`, begin, open, high, low, last, len(prices),
			begin+hour-1, sum, len(prices)))
	}
	return "[" + strings.Join(hours, ",") + "]"
}
