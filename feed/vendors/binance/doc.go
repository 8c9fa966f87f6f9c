// Package binance is the market data of Binance's spot market, for which nobody needs a key: every trade, the
// best bid and ask, halts, and the trading day's previous close, open, high, low, volume and VWAP. Binance.US
// is the same at other addresses.
//
// A connection subscribes, and only then asks over REST for the hours since the day began; trades that come
// meanwhile are counted as soon as the response is there. If there is none, what the stream says of the last 24
// hours is published instead. Trades have consecutive numbers: missing ones are asked for over REST; if it does
// not have them either, the hours are asked for again. The vendor ends each connection after 24 hours; another
// takes its place an hour before.
//
// The best bid and ask have no time, so their time is that of receipt. The vendor accepts a subscription to a
// symbol that it does not have, and then sends nothing; and it sends no halts in the stream. Both show in a list
// of symbols that is asked for once a minute.
//
// The vendor's pages:
// https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams and
// https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints.
package binance
