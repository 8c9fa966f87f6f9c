// Package alpaca is the market data of Alpaca, for which a key is needed: trades, quotes, halts, corrections and
// cancellations of US stocks, from one exchange (feed iex, which is free) or from all of them (feed sip, which is
// not), and trades and quotes of coins, whose symbols have a slash ("BTC/USD").
//
// Stocks and coins are two connections, and two sources. Most plans allow one connection to each: another one is
// refused while the first is open, even if that is another program's. So a source does not renew its connection.
//
// Messages have no numbers, so a loss shows only when the connection ends. A trade's id is unique for its symbol and
// exchange; the id and the exchange together are the id here.
//
// Previous close and the day's figures of stocks are the daily bars of the vendor's snapshots; those of coins are
// summed up from its hourly bars since the roll. Both are as of the last whole minute. What was traded between that
// minute and the first message is missing until they are asked for again, one and a half minutes later.
//
// Splits, dividends in shares and special dividends in cash ("special":true) come from /v1/corporate-actions
// (https://docs.alpaca.markets/reference/corporateactions), which finds them by when they are processed: a split on its ex-date, a
// dividend when it is paid. They count on the ex-date. The closes of snapshots are as traded: only /v2/stocks/bars can adjust.
//
// Which conditions let a trade set what follows the table of the vendor's bars
// (https://docs.alpaca.markets/docs/market-data-faq). The rest is in
// https://docs.alpaca.markets/docs/streaming-market-data, https://docs.alpaca.markets/docs/real-time-stock-pricing-data
// and https://docs.alpaca.markets/docs/real-time-crypto-pricing-data.
package alpaca
