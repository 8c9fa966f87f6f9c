package coinbase

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
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

// vendor behaves as Coinbase documents it: both of its feeds, on one address. A client that asks too much, or
// asks for nothing in time, is an error of the test.
type vendor struct {
	*vendortest.Server
	t testing.TB

	mu       sync.Mutex
	products map[string]*listing // guarded by mu
	clients  []*client           // guarded by mu
	asked    []time.Time         // guarded by mu: when messages of clients came
	gets     []time.Time         // guarded by mu: when REST was asked
	broken   bool                // guarded by mu: REST answers with 500
	vague    bool                // guarded by mu: errors do not name the product
	mute     bool                // guarded by mu: subscriptions are not answered
	limited  bool                // guarded by mu: every request is too much
	silently string              // guarded by mu: a product that it leaves out of every subscription
	deaf     bool                // guarded by mu: changes of books get lost
	without  []string            // guarded by mu: channels that it does not have any more
	ahead    time.Duration       // guarded by mu: of its clock
}

// listing is a product.
type listing struct {
	trades    []told // oldest first; none: it has not traded yet
	status    string
	may       string // what it may not do, such as "auction_mode"; "": all
	increment string // "": 0.001
}

// told is a trade.
type told struct {
	ID      string `json:"trade_id"`
	Product string `json:"product_id"`
	Price   string `json:"price"`
	Size    string `json:"size"`
	Time    string `json:"time"`
	Side    string `json:"side"`
}

// client is one connection.
type client struct {
	socket   *vendortest.Socket
	advanced bool
	channels map[string]map[string]bool // products of each; guarded by vendor.mu
	number   int                        // of the next message; guarded by vendor.mu
	lose     int                        // so many messages get lost; guarded by vendor.mu
}

// newVendor has products with one trade each, of yesterday, at 90.
func newVendor(t testing.TB, products ...string) *vendor {
	v := &vendor{t: t, products: map[string]*listing{}}
	for _, p := range products {
		v.products[p] = &listing{status: "online", trades: []told{{"7", p, "90", "2", stamp(time.Now().Add(-24 * time.Hour)), "BUY"}}}
	}
	rest := http.NewServeMux()
	for _, prefix := range []string{"", "/api/v3/brokerage/market"} {
		rest.HandleFunc("GET "+prefix+"/products/{product}/{what}", v.get)
	}
	v.Server = vendortest.NewServer(t, v.serve, rest)
	return v
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

func (v *vendor) now() time.Time { return time.Now().Add(v.ahead) }

// serve has one connection.
func (v *vendor) serve(s *vendortest.Socket) {
	c := &client{socket: s, advanced: strings.HasPrefix(s.Request.Host, "advanced"), channels: map[string]map[string]bool{}}
	silent := time.AfterFunc(5*time.Second, func() {
		v.t.Error("a client asked for nothing within 5s")
		s.Drop()
	})
	defer silent.Stop()
	v.mu.Lock()
	v.clients = append(v.clients, c)
	v.mu.Unlock()
	s.Every(time.Second, func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.beat(c)
	})
	defer func() {
		v.mu.Lock()
		v.clients = slices.DeleteFunc(v.clients, func(other *client) bool { return other == c })
		v.mu.Unlock()
		s.Drop()
	}()
	for {
		text, err := s.Read()
		if err != nil {
			return
		}
		silent.Stop()
		v.hear(c, text)
	}
}

// tooMany notes an event and reports whether there were more than most in the second before.
func tooMany(events *[]time.Time, most int) bool {
	now := time.Now()
	*events = append(slices.DeleteFunc(*events, func(at time.Time) bool { return now.Sub(at) >= time.Second }), now)
	return len(*events) > most
}

// hear takes in one message of a client.
func (v *vendor) hear(c *client, text string) {
	var m struct {
		Type     string   `json:"type"`
		Channel  string   `json:"channel"`
		Channels []string `json:"channels"`
		Products []string `json:"product_ids"`
	}
	if err := json.Unmarshal([]byte(text), &m); err != nil || m.Type != "subscribe" && m.Type != "unsubscribe" {
		v.t.Errorf("a client says %s", text)
		return
	}
	if c.advanced {
		m.Channels = []string{m.Channel}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if tooMany(&v.asked, 8) {
		v.t.Errorf("%d messages within a second", len(v.asked))
	}
	if v.mute {
		return
	}
	if v.limited {
		c.socket.Send(`{"type":"error","message":"rate limit exceeded"}`)
		return
	}
	if len(m.Channels) != 1 || slices.Contains(v.without, m.Channels[0]) ||
		!slices.Contains(map[bool][]string{true: {"heartbeats", "market_trades", "ticker", "status"},
			false: {"heartbeat", "matches", "ticker", "status", bookChannel}}[c.advanced], m.Channels[0]) {
		if c.advanced {
			c.socket.Send(`{"type":"error","message":"authentication failure"}`)
			return
		}
		c.socket.Send(`{"type":"error","message":"Failed to subscribe","reason":"` + strings.Join(m.Channels, ",") + ` is not a valid channel"}`)
		return
	}
	for _, p := range m.Products {
		if v.listed(p) == nil {
			reason := p + " is not a valid product"
			if v.vague {
				reason = "a product is delisted"
			}
			c.socket.Send(`{"type":"error","message":"Failed to subscribe","reason":"` + reason + `"}`)
			return
		}
	}
	name := m.Channels[0]
	if name == bookChannel {
		name = "level2_50"
	}
	if m.Type == "unsubscribe" {
		for _, p := range m.Products {
			if !c.channels[name][v.spelt(p)] {
				v.t.Errorf("a client leaves %s of %s, which it does not have", name, p)
			}
			delete(c.channels[name], v.spelt(p))
		}
		v.confirm(c)
		return
	}
	set := c.channels[name]
	if set == nil {
		set = map[string]bool{}
		c.channels[name] = set
	}
	var fresh []string
	for _, p := range m.Products {
		if p == v.silently {
			continue
		}
		if p = v.spelt(p); !set[p] {
			fresh = append(fresh, p)
		}
		set[p] = true
	}
	v.confirm(c)
	v.snapshot(c, name, fresh)
}

// listed is a product by its name or that of its twin.
func (v *vendor) listed(p string) *listing { return v.products[v.spelt(p)] }

// spelt is the name that messages have a product by.
func (v *vendor) spelt(p string) string {
	if other := twin(p); other != "" && v.products[other] != nil {
		return other
	}
	return p
}

// confirm sends the whole set of subscriptions.
func (v *vendor) confirm(c *client) {
	if c.advanced {
		set := map[string][]string{}
		for name, products := range c.channels {
			set[name] = slices.Sorted(maps.Keys(products))
			if len(products) == 0 {
				set[name] = []string{name}
			}
		}
		v.event(c, "subscriptions", map[string]any{"subscriptions": set})
		return
	}
	type entry struct {
		Name     string   `json:"name"`
		Products []string `json:"product_ids"`
	}
	var list []entry
	for name, products := range c.channels {
		list = append(list, entry{name, slices.Sorted(maps.Keys(products))})
	}
	v.message(c, map[string]any{"type": "subscriptions", "channels": list})
}

// snapshot sends what there is of a channel when it is subscribed to.
func (v *vendor) snapshot(c *client, channel string, products []string) {
	switch channel {
	case "market_trades":
		var list []told
		for _, p := range products {
			list = append(list, newestFirst(v.products[p].trades, 50)...)
		}
		v.event(c, channel, map[string]any{"type": "snapshot", "trades": list})
	case "matches":
		for _, p := range products {
			if len(v.products[p].trades) > 0 {
				v.match(c, "last_match", v.last(p))
			}
		}
	case "ticker":
		for _, p := range products {
			v.ticker(c, p)
		}
	case "status":
		v.status(c)
	case "level2_50":
		for _, p := range products {
			v.book(c, p)
		}
	}
}

// book has the prices of the ticker, and one more on either side.
func (v *vendor) book(c *client, p string) {
	price, _ := market.ParsePrice(v.last(p).Price)
	bid, ask := (price - 10_000_000).String(), (price + 10_000_000).String()
	v.message(c, map[string]any{"type": "snapshot", "product_id": p, "bids": [][]string{{bid, "1.5"}, {(price - market.Scale).String(), "5"}},
		"asks": [][]string{{ask, "2.5"}, {(price + market.Scale).String(), "5"}}})
}

// change has a book change, such as ["buy","100","2"], and tells everybody.
func (v *vendor) change(product, changes string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, c := range v.clients {
		if c.channels["level2_50"][product] && !v.deaf {
			v.message(c, map[string]any{"type": "l2update", "product_id": product, "time": stamp(v.now()),
				"changes": json.RawMessage("[" + changes + "]")})
		}
	}
}

func newestFirst(trades []told, most int) []told {
	list := slices.Clone(trades[max(0, len(trades)-most):])
	slices.Reverse(list)
	return list
}

func (v *vendor) last(p string) told {
	trades := v.products[p].trades
	if len(trades) == 0 {
		return told{ID: "0", Product: p, Price: "0", Size: "0"}
	}
	return trades[len(trades)-1]
}

// event sends an event of Advanced Trade.
func (v *vendor) event(c *client, channel string, event map[string]any) {
	v.message(c, map[string]any{"channel": channel, "timestamp": v.now().UTC().Format(time.RFC3339Nano),
		"sequence_num": c.number, "events": []any{event}})
}

// message sends a message, unless it is to get lost.
func (v *vendor) message(c *client, m map[string]any) {
	c.number++
	if c.lose > 0 {
		c.lose--
		return
	}
	text, err := json.Marshal(m)
	if err != nil {
		v.t.Error(err)
	}
	c.socket.Send(string(text))
}

func (v *vendor) match(c *client, kind string, k told) {
	id, _ := strconv.Atoi(k.ID)
	v.message(c, map[string]any{"type": kind, "trade_id": id, "maker_order_id": "a", "taker_order_id": "b", "side": strings.ToLower(k.Side),
		"size": k.Size, "price": k.Price, "product_id": k.Product, "sequence": id * 3, "time": k.Time})
}

// ticker has a book of 0.01 around the last price, and 24 hours that began at 80.
func (v *vendor) ticker(c *client, p string) {
	k := v.last(p)
	price, _ := market.ParsePrice(k.Price)
	bid, ask := (price - 10_000_000).String(), (price + 10_000_000).String()
	percent := market.Price(int64(price)*5/4 - 100*market.Scale) // (price/80 - 1) * 100
	low, high, volume := "79", "130", "1234.5"
	if k.ID == "0" {
		bid, ask, low, high, volume, percent = "41.5", "42.5", "0", "0", "0", 0
	}
	if !c.advanced && k.ID == "0" {
		v.message(c, map[string]any{"type": "ticker", "sequence": 3, "product_id": p, "price": "0", "open_24h": "0", "volume_24h": "0",
			"low_24h": "0", "high_24h": "0", "volume_30d": "0", "best_bid": bid, "best_bid_size": "1.5", "best_ask": ask, "best_ask_size": "2.5"})
		return
	}
	if !c.advanced {
		id, _ := strconv.Atoi(k.ID)
		v.message(c, map[string]any{"type": "ticker", "sequence": id * 3, "product_id": p, "price": k.Price, "open_24h": "80",
			"volume_24h": "1234.5",
			"low_24h":    "79", "high_24h": "130", "volume_30d": "9999", "best_bid": bid, "best_bid_size": "1.5", "best_ask": ask,
			"best_ask_size": "2.5",
			"side":          "buy", "time": k.Time, "trade_id": id, "last_size": k.Size})
		return
	}
	v.event(c, "ticker", map[string]any{"type": "update", "tickers": []any{map[string]any{"type": "ticker", "product_id": p, "price": k.Price,
		"volume_24_h": volume, "low_24_h": low, "high_24_h": high, "low_52_w": "1", "high_52_w": "200",
		"price_percent_chg_24_h": percent.String(),
		"best_bid":               bid, "best_bid_quantity": "1.5", "best_ask": ask, "best_ask_quantity": "2.5"}}})
}

// status tells of all products at the Exchange, and of those that were asked for at Advanced Trade.
func (v *vendor) status(c *client) {
	var list []any
	for _, p := range slices.Sorted(maps.Keys(v.products)) {
		if !c.advanced || c.channels["status"][p] {
			one := map[string]any{"id": p, "quote_increment": cmp.Or(v.products[p].increment, "0.001"),
				"display_name": strings.ReplaceAll(p, "-", "/"), "status": v.products[p].status, "status_message": "",
				"post_only": false, "limit_only": false, "cancel_only": false, "auction_mode": false, "trading_disabled": false}
			if may := v.products[p].may; may != "" {
				one[may] = true
			}
			list = append(list, one)
		}
	}
	if c.advanced {
		v.event(c, "status", map[string]any{"type": "snapshot", "products": list})
	} else {
		v.message(c, map[string]any{"type": "status", "products": list, "currencies": []any{map[string]any{"id": "BTC", "name": "Bitcoin"}}})
	}
}

// beat sends the heartbeat of a second.
func (v *vendor) beat(c *client) {
	if set, subscribed := c.channels["heartbeats"]; subscribed && len(set) == 0 {
		v.event(c, "heartbeats", map[string]any{"current_time": v.now().UTC().Format("2006-01-02 15:04:05.999999999 +0000 UTC m=+1.5"),
			"heartbeat_counter": c.number})
	}
	for _, p := range slices.Sorted(maps.Keys(c.channels["heartbeat"])) {
		id, _ := strconv.Atoi(v.last(p).ID)
		v.message(c, map[string]any{"type": "heartbeat", "sequence": id * 3, "last_trade_id": id, "product_id": p, "time": stamp(v.now())})
	}
}

// trade makes a trade and tells everybody.
func (v *vendor) trade(product, price, size string, at time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	id, _ := strconv.Atoi(v.last(product).ID)
	k := told{strconv.Itoa(id + 1), product, price, size, stamp(at), "BUY"}
	v.products[product].trades = append(v.products[product].trades, k)
	for _, c := range v.clients {
		if c.channels["market_trades"][product] {
			v.event(c, "market_trades", map[string]any{"type": "update", "trades": []told{k}})
		}
		if c.channels["matches"][product] {
			v.match(c, "match", k)
		}
		if c.channels["ticker"][product] {
			v.ticker(c, product)
		}
	}
}

// lose lets the next messages to each client get lost.
func (v *vendor) lose(n int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, c := range v.clients {
		c.lose = n
	}
}

// set changes how it behaves.
func (v *vendor) set(change func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	change()
}

// halt changes a product's status and tells everybody.
func (v *vendor) halt(product, status string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.products[product].status = status
	for _, c := range v.clients {
		v.status(c)
	}
}

// restrict changes what a product may not do and tells everybody.
func (v *vendor) restrict(product, may string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.products[product].may = may
	for _, c := range v.clients {
		v.status(c)
	}
}

// get answers over REST: candles of an hour, and the newest trades.
func (v *vendor) get(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if tooMany(&v.gets, 10+5) {
		v.t.Errorf("%d requests within a second", len(v.gets))
	}
	product := v.spelt(r.PathValue("product"))
	advanced := strings.HasPrefix(r.URL.Path, "/api/")
	switch {
	case r.Header.Get("User-Agent") == "":
		http.Error(w, `{"message":"User-Agent header is required."}`, http.StatusBadRequest)
	case v.broken:
		http.Error(w, `{"message":"Internal server error"}`, http.StatusInternalServerError)
	case v.products[product] == nil:
		http.Error(w, `{"message":"NotFound"}`, http.StatusNotFound)
	case r.PathValue("what") == "candles":
		v.candles(w, r, advanced, product)
	case r.PathValue("what") == map[bool]string{true: "ticker", false: "trades"}[advanced] && r.FormValue("limit") != "":
		limit, _ := strconv.Atoi(r.FormValue("limit"))
		list := newestFirst(v.products[product].trades, limit)
		if advanced {
			json.NewEncoder(w).Encode(map[string]any{"trades": list, "best_bid": "1", "best_ask": "2"})
			return
		}
		var plain []map[string]any
		for _, k := range list {
			id, _ := strconv.Atoi(k.ID)
			plain = append(plain, map[string]any{"time": k.Time, "trade_id": id, "price": k.Price, "size": k.Size, "side": strings.ToLower(k.Side)})
		}
		json.NewEncoder(w).Encode(plain)
	default:
		http.NotFound(w, r)
	}
}

// candles are made of the trades; the newest comes first.
func (v *vendor) candles(w http.ResponseWriter, r *http.Request, advanced bool, product string) {
	var from, to time.Time
	if advanced {
		start, err := strconv.ParseInt(r.FormValue("start"), 10, 64)
		end, endErr := strconv.ParseInt(r.FormValue("end"), 10, 64)
		if err != nil || endErr != nil || r.FormValue("granularity") != "ONE_HOUR" {
			http.Error(w, `{"error":"INVALID_ARGUMENT"}`, http.StatusBadRequest)
			return
		}
		from, to = time.Unix(start, 0), time.Unix(end, 0)
	} else {
		var err, endErr error
		from, err = time.Parse(time.RFC3339, r.FormValue("start"))
		to, endErr = time.Parse(time.RFC3339, r.FormValue("end"))
		if err != nil || endErr != nil || r.FormValue("granularity") != "3600" {
			http.Error(w, `{"message":"invalid granularity"}`, http.StatusBadRequest)
			return
		}
	}
	if to.Sub(from) > 300*time.Hour {
		http.Error(w, `{"message":"too many"}`, http.StatusBadRequest)
		return
	}
	type candle struct {
		start                  int64
		open, high, low, close market.Price
		volume                 market.Quantity
	}
	var list []*candle
	for _, k := range v.products[product].trades {
		at, _ := time.Parse(time.RFC3339Nano, k.Time)
		if at.Before(from) || at.After(to) {
			continue
		}
		price, _ := market.ParsePrice(k.Price)
		size, _ := market.ParseQuantity(k.Size)
		start := at.Truncate(time.Hour).Unix()
		if len(list) == 0 || list[0].start != start {
			list = slices.Insert(list, 0, &candle{start: start, open: price, high: price, low: price})
		}
		c := list[0]
		c.high, c.low, c.close = max(c.high, price), min(c.low, price), price
		c.volume, _ = c.volume.Add(size)
	}
	var texts []string
	for _, c := range list {
		form := `[%d,%[3]v,%[2]v,%[4]v,%[5]v,%[6]v]`
		if advanced {
			form = `{"start":"%d","high":"%v","low":"%v","open":"%v","close":"%v","volume":"%v"}`
		}
		texts = append(texts, fmt.Sprintf(form, c.start, c.high, c.low, c.open, c.close, c.volume))
	}
	if all := strings.Join(texts, ","); advanced {
		fmt.Fprintf(w, `{"candles":[%s]}`, all)
	} else {
		fmt.Fprintf(w, `[%s]`, all)
	}
}
