// Package massive is the market data of Massive, formerly Polygon.io: US stocks, for which a key of a paid plan is
// needed. Trades, the best bid and ask of all exchanges, and halts for volatility of what Nasdaq lists.
//
// A key may have one connection to each of the vendor's clusters, so there is one source, which does not renew its
// connection. A connection too many gets an error after its login has succeeded, and is cut off. A plan without
// quotes has trades all the same; if all subscriptions are refused, that is the reason of the break. While nothing is
// traded in an open market, a subscription is repeated, and its reply taken for a sign of life: the vendor documents that it
// replies to subscriptions, but not that it does to repeated ones. If it does not, the silence ends in a redial.
//
// Which sale conditions may set the last price, high, low and volume, the vendor says over REST; until it has,
// and where it cannot be asked, a table of the tapes' rules holds. Trades have numbers that grow and leave out
// some: they show the order and what comes twice, but not what is missing. Cancelled trades stay in the stream.
//
// The vendor empties its snapshots at 03:30 in New York, and a stock comes back with its first trade. One without is
// asked for by its newest whole day, and is unknown only if it has none.
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
