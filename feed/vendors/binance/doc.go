// Package binance is the market data of Binance's spot market, for which nobody needs a key: every trade, the
// best bid and ask, halts, and the trading day's previous close, open, high, low, volume and VWAP. Binance.US
// is the same at other addresses.
//
// A connection subscribes, and only then asks over REST for the hours since the day began; trades that come
// meanwhile are counted as soon as the response is there. If there is none, what the stream says of the last 24
// hours is published instead, unless an earlier connection has had the figures of this day: then trades count on top
// of these until the response is there. Trades have consecutive numbers: missing ones are asked for over REST; if it does
// not have them either, the hours are asked for again. The vendor ends each connection after 24 hours; another
// takes its place an hour before. When the vendor says that a server shuts down, another takes its place at once.
// The successor takes over when it has subscribed to all symbols, so that no trade is missed.
//
// Symbols may be of any script. The vendor says nothing at all to a message that is too long for it, so those that
// subscribe are bounded in bytes. Its status 403 is a firewall's; REST is left alone for a minute then.
//
// The best bid and ask have no time, so their time is that of receipt. The vendor accepts a subscription to a
// symbol that it does not have, and then sends nothing; and it sends no halts in the stream. Both show in a list
// of symbols that is asked for once a minute.
//
// The vendor's pages:
// https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams and
// https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints.
package binance
