// Package finnhub is the market data of Finnhub, for which a key is needed: the trades of US stocks, of coins
// ("BINANCE:BTCUSDT") and the prices of currencies ("OANDA:EUR_USD"). It has no quotes, no halts and no
// corrections.
//
// A key may have one connection at a time, so that there is one source, and none that renews itself: a second
// login ends the first. Whoever is cut off at once, again and again, has a key that another program uses.
//
// Trades have neither numbers nor ids. What gets lost shows only when the connection ends, and nothing says
// two equal trades of one millisecond, which are frequent, from one that is sent twice: each counts.
//
// Previous close, open, high and low are asked for over REST, one symbol at a time, as slowly as the plan
// allows, those that nothing is known of first. The vendor sends no volume there, nor how many trades there
// were: both, and the VWAP, count from when the program began to listen.
//
// The vendor's pages: https://finnhub.io/docs/api/websocket-trades, https://finnhub.io/docs/api/quote and
// https://finnhub.io/docs/api/rate-limit.
package finnhub
