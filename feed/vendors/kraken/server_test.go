package kraken

import (
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

// exchange is Kraken as it is documented: the status first, an answer for each pair, heartbeats once there is a
// subscription, the end of a connection on which the client says nothing, and REST whose errors have a good status.
type exchange struct {
	*vendortest.Server
	t *testing.T

	mu      sync.Mutex
	pairs   map[string]*listed // guarded by mu
	system  string             // guarded by mu
	refusal string             // guarded by mu: the answer to every request in the stream; "mute": none
	refuses map[string]string  // guarded by mu: the error for a channel, or for one of a pair, such as "trade BTC/USD"
	tooFast int                // guarded by mu: so many more requests to subscribe are lost since there are too many messages
	warning string             // guarded by mu: stands beside the result of every good answer over REST
	failure string             // guarded by mu: the error of every answer over REST
	status  int                // guarded by mu: of every answer over REST; 0: a good one
	asked   []time.Time        // guarded by mu: when REST was
}

// client is one connection. It follows channels such as "trade BTC/USD", and "instrument".
type client struct {
	*vendortest.Socket
	heard time.Time // guarded by the exchange's mu: when it last said something
}

// listed is a pair that is traded.
type listed struct {
	status    string
	precision int     // decimals of its prices; 0: 2
	class     string  // what REST wants as its asset_class
	next      uint64  // the number of the next trade
	trades    []print // oldest first
}

type print struct {
	id    uint64
	price string
	at    time.Time
}

func newExchange(t *testing.T, symbols ...string) *exchange {
	x := &exchange{t: t, pairs: map[string]*listed{}, system: "online", refuses: map[string]string{}}
	for _, s := range symbols {
		x.pairs[s] = &listed{status: "online", next: 1000}
	}
	x.Server = vendortest.NewServer(t, x.serve, http.HandlerFunc(x.rest))
	return x
}

// serve has one connection.
func (x *exchange) serve(s *vendortest.Socket) {
	if s.Request.URL.Path != "/v2" {
		x.t.Errorf("dialled %s", s.Request.URL)
	}
	x.mu.Lock()
	system := x.system
	x.mu.Unlock()
	c := &client{s, time.Now()}
	s.Send(statusText(system))
	s.Every(time.Second, func() { x.beat(c) })
	for {
		text, err := s.Read()
		if err != nil {
			return
		}
		x.answer(c, text)
	}
}

func statusText(system string) string {
	return fmt.Sprintf(
		`{"channel":"status","type":"update","data":[{"api_version":"v2","connection_id":15564437896659189083,"system":%q,"version":"2.0.10"}]}`,
		system)
}

// idle is how long the client may say nothing.
const idle = time.Minute

// beat sends a heartbeat after a second in which there was nothing else to say, and cuts off who is idle.
func (x *exchange) beat(c *client) {
	x.mu.Lock()
	heard := c.heard
	x.mu.Unlock()
	switch {
	case time.Since(heard) > idle:
		c.Close(1000, "idle")
	case len(c.Follows()) > 0 && time.Since(c.Sent()) >= time.Second:
		c.Send(`{"channel":"heartbeat"}`)
	}
}

// answer answers one request. The answers to a subscription come last pair first, with data between them.
func (x *exchange) answer(c *client, text string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	c.heard = time.Now()
	now := time.Now().UTC().Format(time.RFC3339Nano)
	var r struct {
		Method string
		Params struct {
			Channel  string
			Symbol   []string
			Snapshot bool
			Trigger  string `json:"event_trigger"`
		}
		ID uint64 `json:"req_id"`
	}
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		x.t.Errorf("%s: %v", text, err)
		return
	}
	switch {
	case r.Method == "ping":
		c.Send(fmt.Sprintf(`{"method":"pong","time_in":%q,"time_out":%q}`, now, now))
		return
	case r.Method != "subscribe":
		c.Send(`{"error":"Malformed request","success":false}`)
		return
	case x.refusal == "mute":
		return
	case x.refusal != "":
		c.Send(x.refusal)
		return
	}
	ch := r.Params.Channel
	switch {
	case x.declines(c, ch, r.ID, now):
		return
	case ch == "instrument":
		c.Follow(ch)
		c.Send(fmt.Sprintf(`{"method":"subscribe","result":{"channel":"instrument","snapshot":true},"success":true,"time_in":%q,`+
			`"time_out":%q,"req_id":%d}`, now, now, r.ID))
		var all []string
		for name, p := range x.pairs {
			all = append(all, p.text(name))
		}
		c.Send(fmt.Sprintf(`{"channel":"instrument","type":"snapshot","data":{"assets":[{"id":"USD","status":"enabled"}],"pairs":[%s]}}`,
			strings.Join(all, ",")))
		return
	}
	if len(r.Params.Symbol) == 0 || ch == "ticker" && r.Params.Trigger != "bbo" {
		x.t.Errorf("%s", text)
	}
	for _, name := range slices.Backward(r.Params.Symbol) {
		p := x.pairs[name]
		why := x.refuses[ch+" "+name]
		if p == nil {
			why = "Currency pair not supported " + name
		}
		if why != "" {
			c.Send(fmt.Sprintf(`{"error":%q,"method":"subscribe","success":false,"symbol":%q,"time_in":%q,"time_out":%q,"req_id":%d}`,
				why, name, now, now, r.ID))
			continue
		}
		if slices.Contains(c.Follows(), ch+" "+name) {
			x.t.Errorf("subscribed to %s of %s twice", ch, name)
		}
		c.Follow(ch + " " + name)
		c.Send(
			fmt.Sprintf(
				`{"method":"subscribe","result":{"channel":%q,"snapshot":true,"symbol":%q},"success":true,"time_in":%q,"time_out":%q,"req_id":%d}`, ch,
				name, now, now, r.ID))
		if ch == "trade" && r.Params.Snapshot && len(p.trades) > 0 {
			var some []string
			for _, k := range p.trades[max(0, len(p.trades)-50):] {
				some = append(some, k.text(name))
			}
			c.Send(fmt.Sprintf(`{"channel":"trade","type":"snapshot","data":[%s]}`, strings.Join(some, ",")))
		}
	}
}

// declines refuses a request as a whole, or does not.
func (x *exchange) declines(c *client, channel string, id uint64, now string) bool {
	if x.tooFast > 0 {
		x.tooFast--
		return c.Send(`{"Error":"Exceeded msg rate"}`) == nil
	}
	why := x.refuses[channel]
	if why != "" {
		c.Send(fmt.Sprintf(`{"error":%q,"method":"subscribe","success":false,"time_in":%q,"time_out":%q,"req_id":%d}`, why, now, now, id))
	}
	return why != ""
}

// text is the pair as the channel of instruments has it, with a member that is new.
func (p *listed) text(name string) string {
	precision := p.precision
	if precision == 0 {
		precision = 2
	}
	return fmt.Sprintf(`{"symbol":%q,"base":"X","quote":"Y","status":%q,"price_precision":%d,"qty_increment":0.00000001,`+
		`"execution_venue":"international"}`, name, p.status, precision)
}

// refuse has a channel, or one of a pair, refused for a reason; "" has it accepted from here on.
func (x *exchange) refuse(what, why string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.refuses[what] = why
}

// loses has so many requests to subscribe lost.
func (x *exchange) loses(n int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.tooFast = n
}

func (k print) text(symbol string) string {
	return tradeItem(symbol, int(k.id), k.price, k.at.UTC().Format("2006-01-02T15:04:05.000000Z"))
}

// trade has 2.5 traded, and tells it unless it is to get lost on the way.
func (x *exchange) trade(symbol, price string, at time.Time, lost bool) {
	x.mu.Lock()
	p := x.pairs[symbol]
	k := print{p.next, price, at}
	p.next++
	p.trades = append(p.trades, k)
	x.mu.Unlock()
	if !lost {
		x.Tell("trade "+symbol, fmt.Sprintf(`{"channel":"trade","type":"update","data":[%s]}`, k.text(symbol)))
	}
}

// becomes changes a pair's status, and tells it.
func (x *exchange) becomes(symbol, status string) {
	x.mu.Lock()
	x.pairs[symbol].status = status
	text := x.pairs[symbol].text(symbol)
	x.mu.Unlock()
	x.Tell("instrument", fmt.Sprintf(`{"channel":"instrument","type":"update","data":{"assets":[],"pairs":[%s]}}`, text))
}

// is changes what the exchange is in, and tells it.
func (x *exchange) is(system string) {
	x.mu.Lock()
	x.system = system
	x.mu.Unlock()
	for _, s := range x.Sockets() {
		s.Send(statusText(system))
	}
}

// answers changes how REST answers: with an error, or with a status.
func (x *exchange) answers(failure string, status int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.failure, x.status = failure, status
}

func (x *exchange) rest(w http.ResponseWriter, r *http.Request) {
	x.mu.Lock()
	defer x.mu.Unlock()
	now := time.Now()
	x.asked = append(slices.DeleteFunc(x.asked, func(at time.Time) bool { return now.Sub(at) >= 10*time.Second }), now)
	if len(x.asked) > 15 {
		x.t.Errorf("%d requests in 10 seconds", len(x.asked))
	}
	q := r.URL.Query()
	if r.URL.Path != pathHours || q.Get("interval") != "60" {
		x.t.Errorf("asked for %s", r.URL)
	}
	if x.status != 0 {
		w.WriteHeader(x.status)
		return
	}
	failure := x.failure
	for name, p := range x.pairs {
		if failure == "" && strings.NewReplacer("BTC", "XBT", "DOGE", "XDG", "/", "").Replace(name) == q.Get("pair") &&
			p.class == q.Get("asset_class") {
			warning := ""
			if x.warning != "" {
				warning = strconv.Quote(x.warning)
			}
			fmt.Fprintf(w, `{"error":[%s],"result":{"X%sZ":[%s],"last":1}}`, warning, q.Get("pair"), p.hours(q.Get("since")))
			return
		}
	}
	if failure == "" {
		failure = "EQuery:Unknown asset pair"
	}
	fmt.Fprintf(w, `{"error":[%q]}`, failure)
}

// hours are the candles of a pair's trades that begin after an instant.
func (p *listed) hours(since string) string {
	s, _ := strconv.ParseInt(since, 10, 64)
	const hour = 3600
	var rows []string
	last := "90"
	for begin := s - s%hour + hour; begin <= time.Now().Unix(); begin += hour {
		var prices []market.Price
		sum := 0.0
		for _, k := range p.trades {
			if at := k.at.Unix(); at >= begin && at < begin+hour {
				price, _ := market.ParsePrice(k.price)
				prices = append(prices, price)
				f, _ := strconv.ParseFloat(k.price, 64)
				sum += f
			}
		}
		open, high, low, vwap := last, last, last, "0.0"
		if n := len(prices); n > 0 {
			open, high, low, last = prices[0].String(), slices.Max(prices).String(), slices.Min(prices).String(), prices[n-1].String()
			vwap = strconv.FormatFloat(sum/float64(n), 'f', 2, 64)
		}
		rows = append(rows, fmt.Sprintf(`[%d,%q,%q,%q,%q,%q,"%.8f",%d]`, begin, open, high, low, last, vwap,
			2.5*float64(len(prices)), len(prices)))
	}
	return strings.Join(rows, ",")
}
