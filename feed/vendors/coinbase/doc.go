// Package coinbase is the market data of Coinbase, for which nobody needs a key: every trade, the best bid
// and ask, halts, and the trading day's previous close, open, high, low and volume.
//
// Coinbase has two feeds of the same market. The default is that of the Exchange; that of Advanced Trade
// is the other choice (api: advanced). They differ in the shape of their messages, which the [Decoder]
// tells apart by itself, in their addresses and in what is asked for (api).
//
// A connection subscribes, and only then asks over REST for the hours since the day began; trades that come
// meanwhile are counted as soon as the response is there. If there is none, what the stream says of the last 24
// hours is published instead. Losses show: Advanced Trade numbers its messages, the Exchange says each second
// which trade is the last one, and trades have consecutive numbers at both. Missing trades are asked for over
// REST; if it does not have them either, the hours are asked for again.
//
// The best bid and ask are those of the order book (book), which the Exchange sends in changes of at most every 50 ms
// and without numbers. Each ticker is compared with it. A book that is crossed, cannot be read, or does not fit the
// tickers is given up and asked for anew after a minute; until it has come, and where it is refused or turned off,
// quotes are those of the tickers, which come with trades only. Advanced Trade is asked for tickers only.
//
// A product that the vendor refuses is asked for again after 1 to 15 minutes, as long as the connection stands. So are
// all channels but that of trades: prices are right without them. A product in an auction is halted, and so is one whose
// orders can only be placed or only be cancelled.
//
// The vendor's pages:
// https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-channels,
// https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-rate-limits,
// https://docs.cdp.coinbase.com/api-reference/advanced-trade-api/rest-api/public/get-public-product-candles,
// https://docs.cdp.coinbase.com/exchange/websocket-feed/channels and
// https://docs.cdp.coinbase.com/exchange/websocket-feed/rate-limits.
package coinbase
