// Package sim simulates a market: the members of the S&P 500, and fictional companies beyond them, at prices that are made
// up.
//
// The same seed and configuration give the same ticks, byte for byte and on every platform: prices, volatilities and random
// numbers are integers that depend on the seed alone. Where start is configured, the times are the same too.
//
// Prices move every tenth of a second, by a factor of the market, one of the sector and one of the company. The volatility
// of each varies, so that calm and wild phases come in clusters. Prices do not depend on the rate: two rates show the same
// market at different resolutions. Symbols tick in proportion to how busy they are, with about four quotes a trade, and often
// several times in a row. A trade is at the bid or the ask of the last quote. A trade of less than a round lot (100 shares up
// to 250 dollars, 40 up to 1,000, 10 above) sets the volume but no price, as on the consolidated tape.
//
// A session opens with wide quotes of all symbols and an opening trade of each, the busiest first, at up to three times the
// rate. The rate is normal again within three seconds, and lower for the rest of the first minute, so that sessions of a
// minute or more have their rate on average. The market may start within its first session: then the session so far is
// published at once, with fewer and larger trades.
//
// Sessions follow one another without a night between them: at the end of each, the last price becomes the previous close,
// and every symbol opens with a gap. They begin on boundaries of whole seconds, minutes or hours, whichever a session is a
// multiple of. The first one ends on such a boundary, wherever it opens, and a clock that is set ahead moves no boundary.
package sim
