// Package kraken is the market data of Kraken's spot market, version 2 of its WebSocket, for which nobody needs a
// key: every trade, the best bid and ask, halts, and the trading day's previous close, open, high, low, volume
// and VWAP.
//
// A connection subscribes, and only then asks over REST for the hours since the day began; trades that come
// meanwhile are counted as soon as the response is there. Until then, what the stream says of the last 24 hours
// is published instead. Trades have consecutive numbers: when some are missing, the hours are asked for again.
// Kraken sends a heartbeat each second in which it sends nothing else. It also says when it stops trading, in
// one pair or in all.
//
// A pair that the vendor refuses is asked for again after 1 to 15 minutes, as long as the connection stands. So are
// the channels of quotes and of instruments, without which trades and figures come all the same. In a maintenance the
// connection stays, and subscribes when the vendor is online again. Where the vendor says that there were too many
// messages, the lost request is repeated and messages are sent less often.
//
// The vendor's pages: https://docs.kraken.com/api/docs/websocket-v2/trade, /ticker, /instrument and /status beside
// it, and https://docs.kraken.com/api/docs/rest-api/get-ohlc-data.
package kraken
