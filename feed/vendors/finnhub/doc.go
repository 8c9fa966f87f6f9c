// Package finnhub is the market data of Finnhub, for which a key is needed: the trades of US stocks, of coins
// ("BINANCE:BTCUSDT") and the prices of currencies ("OANDA:EUR_USD"). It has no quotes, no halts and no
// corrections.
//
// A key may have one connection at a time, so there is one source, which does not renew its connection: a second
// login ends the first. If connections end at once several times in a row, another program uses the key.
//
// Trades have neither numbers nor ids. So a loss shows only when the connection ends, and a trade that is sent
// twice cannot be told from two equal trades of one millisecond, which are frequent: each counts.
//
// Previous close, open, high and low are asked for over REST, one symbol at a time and as slowly as the plan
// allows, unknown symbols first. REST has neither the volume nor the number of trades: both, and the VWAP, count
// from when the program connected.
//
// The vendor's pages: https://finnhub.io/docs/api/websocket-trades, https://finnhub.io/docs/api/quote and
// https://finnhub.io/docs/api/rate-limit.
package finnhub
