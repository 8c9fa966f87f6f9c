// Package massive is the market data of Massive, formerly Polygon.io: US stocks, for which a key of a paid plan is
// needed. Trades, the best bid and ask of all exchanges, and halts for volatility of what Nasdaq lists.
//
// A key may have one connection to each of the vendor's clusters, so there is one source, which does not renew its
// connection. A connection too many gets an error after its login has succeeded, and is cut off. A plan without
// quotes has trades all the same; if all subscriptions are refused, that is the reason of the break. A plan whose data are delayed is
// refused at the host that has them in real time, in the words for a wrong key: the error says so, and names the host to use. While
// nothing is traded in an open market, a subscription is repeated, and its reply taken for a sign of life: the vendor documents that
// it replies to subscriptions, but not that it does to repeated ones. If it does not, the silence ends in a redial.
//
// Which sale conditions may set the last price, high, low and volume, the vendor says over REST; until it has,
// and where it cannot be asked, a table of the tapes' rules holds. Trades have numbers that grow and leave out
// some: they show the order and what comes twice, but not what is missing. Cancelled trades stay in the stream. Times are documented
// as milliseconds, also those of halts, which come in micro- or nanoseconds: the unit follows from the size.
//
// In its snapshots, the vendor begins a new day at 03:30 in New York on each date, with or without trading. Until the first trade all
// of that day is zero or missing, and the previous day is the newest one with trading. A trading day here lasts from 04:00 until
// 04:00 (calendar.us_roll). So on weekends and holidays, and from 03:30 until 04:00, the previous day of a snapshot is the trading
// day that goes on, and the close before it is asked for by itself. A stock without a snapshot is asked for by its newest whole day,
// and is unknown only if it has none. Before the regular session, the last price is that of the day before. The figures are asked for
// when a trading day has begun, and again one to five minutes after 09:30: before that, they can lack what was traded in the morning.
//
// A request for several stocks that the vendor answers with status 400 is repeated with halves of them, until the symbol is found
// that it does not understand. That one has no figures, and the others do. A 404 for one stock concerns that stock alone, and one whose
// answers are no good is asked for again behind the others.
//
// Splits and dividends in shares come from /stocks/v1/splits, and special dividends in cash (those whose distribution_type is
// "special") from /stocks/v1/dividends. Closes over REST are adjusted for splits unless that is declined, and of snapshots it is not
// documented from when on. So a stock that is split today has its previous close from its newest whole day, as it was traded, and not
// from a snapshot.
//
// The cluster delayed.massive.com is fifteen minutes late. Its prices have the exchange's time: by that they are in or
// out of the session, so that the close still comes in after 16:00. Whether they are stale is judged by when they come,
// as with the others. Subscribers are told how late they are by contract. The price of a snapshot is stale until the first
// trade follows.
//
// The vendor's pages: https://massive.com/docs/websocket/stocks/trades, /quotes and /luld beside it,
// https://massive.com/docs/rest/stocks/snapshots/full-market-snapshot,
// https://massive.com/docs/rest/stocks/aggregates/previous-day-bar,
// https://massive.com/docs/rest/stocks/corporate-actions/splits, /dividends beside it, and
// https://massive.com/docs/rest/stocks/market-operations/condition-codes.
package massive
