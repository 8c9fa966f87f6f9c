package alpaca

import (
	"slices"
	"time"
)

// stockFeed is one of the vendor's feeds of stocks.
type stockFeed struct {
	name      string
	path      string        // of the stream
	market    string        // whose hours it keeps
	delay     time.Duration // by contract
	snapshots bool          // REST has snapshots of it, under the same name
	days      string        // the feed whose daily bars have the closes before; "": there are none
	night     bool          // it trades from 20:00 to 04:00 in New York alone
}

// stockFeeds are all there are (https://docs.alpaca.markets/docs/real-time-stock-pricing-data). Closes are those of the whole market
// where a feed is a part of it: every plan may ask for what is older than 15 minutes.
var stockFeeds = []stockFeed{
	{name: "iex", path: "/v2/iex", market: us, snapshots: true, days: wholeMarket},
	{name: wholeMarket, path: "/v2/sip", market: us, snapshots: true, days: wholeMarket},
	{name: "delayed_sip", path: "/v2/delayed_sip", market: us, delay: 15 * time.Minute, snapshots: true, days: wholeMarket},
	{name: "boats", path: "/v1beta1/boats", market: us, snapshots: true, days: wholeMarket, night: true},
	{name: "overnight", path: "/v1beta1/overnight", market: us, snapshots: true, days: wholeMarket, night: true},
	{name: "otc", path: "/v2/otc", market: us, snapshots: true, days: "otc"},
	{name: "test", path: "/v2/test"}, // one stock, which trades around the clock
}

// wholeMarket is the feed of all exchanges.
const wholeMarket = "sip"

// cryptoFeeds are the vendor's feeds of coins.
var cryptoFeeds = []string{"us", "us-1", "us-2", "eu-1", "bs-1"}

// findFeed finds a feed of stocks; nil where there is none of that name.
func findFeed(name string) *stockFeed {
	if i := slices.IndexFunc(stockFeeds, func(f stockFeed) bool { return f.name == name }); i >= 0 {
		return &stockFeeds[i]
	}
	return nil
}

func stockFeedNames() (names []string) {
	for i := range stockFeeds {
		names = append(names, stockFeeds[i].name)
	}
	return names
}
