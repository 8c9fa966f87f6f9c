// Package alpaca is the market data of Alpaca, for which a key is needed: trades, quotes, halts, corrections and cancellations of
// US stocks, and trades and quotes of coins, whose symbols have a slash ("BTC/USD").
//
// Feeds of stocks are iex (one exchange, free), sip (all exchanges) and delayed_sip (all of them, 15 minutes late by contract),
// which keep the hours of the US market; boats (the Blue Ocean ATS) and overnight (what Alpaca derives from it, free: its quotes
// are indicative, and its trades may be late), which trade from 20:00 to 04:00 in New York alone; otc (what no exchange lists);
// and test, one made-up stock, FAKEPACA, which trades around the clock and of which REST knows nothing.
//
// Overnight trades are outside the regular session: they set the extended price, and count into the volume of the trading day
// that the calendar puts them in, the one before or, where us_roll is in the evening, the one to come. The last price is then the
// close of the newest session. What the stream said before the connection is missing from the volume: nothing says which hours
// are in a daily bar of these feeds.
//
// Stocks and coins are two connections, and two sources. Most plans allow one connection to each: another one is refused while
// the first is open, even if that is another program's. So a source does not renew its connection.
//
// A plan allows so many pairs of a symbol and one of the channels trades and quotes, on each connection: 30 of the free one. A
// subscription that goes beyond is refused as a whole (error 405). Trades of all symbols are asked for first, then quotes of as
// many as there is room for, in the order of the configuration, and last halts, which do not count as far as is known. Symbols
// without quotes are live by their trades, and logged once. Those without room for their trades are down.
//
// Messages have no numbers, so a loss shows only when the connection ends. A trade's id is unique for its symbol and exchange;
// the id and the exchange together are the id here. Exchange D is the exception: it is all of FINRA's reporting facilities, each
// of which numbers its trades by itself. So a trade is known again by its price, size and time, too.
//
// The day's figures of stocks are the daily bars of the vendor's snapshots; those of coins are summed up from its hourly bars
// since the roll. Both are as of the last whole minute. What was traded between that minute and the first message is missing
// until they are asked for again, half a minute after the next whole one. Until a stock's first regular trade its daily bar is
// that of the day before, which has no volume of the pre-market. So they are asked for once more after the session has begun.
//
// The previous close of a stock is that of all exchanges, whatever the feed: the newest daily bar of feed sip (of otc: otc)
// before the trading day, which every plan may ask for once it is 15 minutes old. Where the vendor refuses that or has none, the
// previous daily bar of the snapshot stands in, which is of the feed alone.
//
// Splits, dividends in shares and special dividends in cash ("special":true) come from /v1/corporate-actions
// (https://docs.alpaca.markets/reference/corporateactions), which finds them by when they are processed: a split on its ex-date,
// a dividend when it is paid. They count on the ex-date. Closes are taken as traded (adjustment=raw): the consolidated feed
// applies what happens on the trading day, and feed.adjustments can overrule it. What happened on a day between the close and
// this one is applied here.
//
// REST refuses a request for several symbols if one of them cannot be, as BRK-B, which is BRK.B at Alpaca. Such a request is
// repeated in halves until that symbol is alone. It is down, and the others have their figures.
//
// Which conditions let a trade set what follows the table of the vendor's bars
// (https://docs.alpaca.markets/docs/market-data-faq). Its VWAP leaves out odd lots and trades at average or contingent prices,
// which ours counts once they come over the stream. The rest is in https://docs.alpaca.markets/docs/streaming-market-data,
// https://docs.alpaca.markets/docs/real-time-stock-pricing-data and
// https://docs.alpaca.markets/docs/real-time-crypto-pricing-data.
package alpaca
