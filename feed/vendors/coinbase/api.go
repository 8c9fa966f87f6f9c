package coinbase

import (
	"net/url"
	"strconv"
	"time"
)

// api is one of the two feeds, as far as they are asked in different ways.
type api struct {
	url, rest string
	channels  []channel                                            // first that of trades; prices are right without the others
	request   func(kind string, ch channel, products []string) any // kind: subscribe or unsubscribe
	// hours are the query for candles of an hour, recent is the resource of the newest trades.
	hours  func(from, to time.Time) url.Values
	recent string
}

// channel is what can be subscribed to.
type channel struct {
	name  string
	whole bool   // of all products, or of none
	alias string // by which replies call it; "": by its name
}

// bookChannel is that of the Exchange for the best 50 prices of both sides, of which it sends what has changed each 50 ms.
const bookChannel = "level2_batch"

var apis = map[string]api{
	"advanced": {
		url:  "wss://advanced-trade-ws.coinbase.com",
		rest: "https://api.coinbase.com/api/v3/brokerage/market",
		// without heartbeats, a channel that is quiet for a minute is closed
		channels: []channel{{name: "market_trades"}, {name: "ticker"}, {name: "heartbeats", whole: true}, {name: "status"}},
		request: func(kind string, ch channel, products []string) any {
			return struct {
				Type     string   `json:"type"`
				Channel  string   `json:"channel"`
				Products []string `json:"product_ids,omitempty"`
			}{kind, ch.name, products}
		},
		hours: func(from, to time.Time) url.Values {
			return url.Values{"granularity": {"ONE_HOUR"}, "start": {unix(from)}, "end": {unix(to)}}
		},
		recent: "ticker",
	},
	"exchange": {
		url:  "wss://ws-feed.exchange.coinbase.com",
		rest: "https://api.exchange.coinbase.com",
		channels: []channel{{name: "matches"}, {name: "ticker"}, {name: "heartbeat"}, {name: "status", whole: true},
			{name: bookChannel, alias: "level2_50"}},
		request: func(kind string, ch channel, products []string) any {
			return struct {
				Type     string   `json:"type"`
				Products []string `json:"product_ids,omitempty"`
				Channels []string `json:"channels"`
			}{kind, products, []string{ch.name}}
		},
		hours: func(from, to time.Time) url.Values {
			return url.Values{"granularity": {"3600"}, "start": {from.Format(time.RFC3339)}, "end": {to.Format(time.RFC3339)}}
		},
		recent: "trades",
	},
}

func unix(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }
