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
// Trades are not in the order of their times: the last price is that of the latest by its time. Which conditions keep a trade from
// setting the last price, open, high, low or volume is in the sheet that the vendor's page of trades links; its numbers are the vendor's
// own, and feed.finnhub.conditions has them. The official opens and closes of market centres (16 and 20), which come like trades and
// again and again, set and count nothing: of a stock of the NYSE they are several times the volume of its day.
//
// Previous close, open, high and low are asked for over REST, one symbol at a time and as slowly as the plan
// allows, unknown symbols first. A symbol whose figures the plan does not have, or that REST does not understand, has prices without
// them. REST has neither the volume nor the number of trades: both, and the VWAP, count what has come since the program connected. So
// they are those of the whole day only if it has run since before 04:00 in New York, and lack what is traded while a connection is
// lost.
//
// A plan has so many symbols. The vendor refuses those beyond, without saying which; they are down, and asked for again with each
// connection.
//
// The vendor's pages: https://finnhub.io/docs/api/websocket-trades, https://finnhub.io/docs/api/quote and
// https://finnhub.io/docs/api/rate-limit.
package finnhub
