package coinbase

import "tickertape/feed/vendors"

// fields are the members of a message, or of an object in one of its lists, that are of use here. The two feeds
// spell some of them in different ways.
type fields struct {
	kind, channel, sent, number, events             vendors.Value // of a message; kind of an event, too
	trades, tickers, products, channels, subscribed vendors.Value // lists in it
	message, reason                                 vendors.Value // of an error
	product, price, size, trade, time               vendors.Value
	bid, bidSize, ask, askSize                      vendors.Value
	open, percent, high, low, volume                vendors.Value // of the last 24 hours, or of a candle
	start, close                                    vendors.Value // of a candle
	last                                            vendors.Value // the number of the last trade
	id, name                                        vendors.Value // of a product or a channel in a list
	status, increment                               vendors.Value // of a product
	postOnly, cancelOnly, auction, stopped          vendors.Value // of a product: what it may not do
	ids                                             vendors.Value // the products of a channel
	bids, asks, changes                             vendors.Value // of a book
}

// read decodes one object. What is wrong with it stays with the scanner.
func (f *fields) read(s *vendors.Scanner) {
	*f = fields{}
	for s.Object(); s.More(); { // as [vendors.Scanner.Fields], without a call through a function value
		if to := f.member(s.Key()); to != nil {
			*to = s.Value()
		} else {
			s.Skip()
		}
	}
}

// member is where a member's value goes; nil: it is of no use.
func (f *fields) member(key []byte) *vendors.Value {
	switch string(key) {
	case "type":
		return &f.kind
	case "channel":
		return &f.channel
	case "timestamp":
		return &f.sent
	case "sequence_num":
		return &f.number
	case "events":
		return &f.events
	case "trades":
		return &f.trades
	case "tickers":
		return &f.tickers
	case "products":
		return &f.products
	case "channels":
		return &f.channels
	case "subscriptions":
		return &f.subscribed
	case "message":
		return &f.message
	case "reason":
		return &f.reason
	case "product_id":
		return &f.product
	case "price":
		return &f.price
	case "size":
		return &f.size
	case "trade_id":
		return &f.trade
	case "time":
		return &f.time
	case "best_bid":
		return &f.bid
	case "best_bid_size", "best_bid_quantity":
		return &f.bidSize
	case "best_ask":
		return &f.ask
	case "best_ask_size", "best_ask_quantity":
		return &f.askSize
	case "open_24h", "open":
		return &f.open
	case "price_percent_chg_24_h":
		return &f.percent
	case "high_24h", "high_24_h", "high":
		return &f.high
	case "low_24h", "low_24_h", "low":
		return &f.low
	case "volume_24h", "volume_24_h", "volume":
		return &f.volume
	case "start":
		return &f.start
	case "close":
		return &f.close
	case "last_trade_id":
		return &f.last
	case "id":
		return &f.id
	case "name":
		return &f.name
	case "status":
		return &f.status
	case "product_ids":
		return &f.ids
	}
	return f.ofProduct(key)
}

// ofProduct is where the value of a member of a product or a book goes.
func (f *fields) ofProduct(key []byte) *vendors.Value {
	switch string(key) {
	case "quote_increment":
		return &f.increment
	case "post_only":
		return &f.postOnly
	case "cancel_only":
		return &f.cancelOnly
	case "bids":
		return &f.bids
	case "asks":
		return &f.asks
	case "changes":
		return &f.changes
	case "auction_mode":
		return &f.auction
	case "trading_disabled":
		return &f.stopped
	}
	return nil
}
