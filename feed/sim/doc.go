// Package sim is a market that does not exist: the members of the S&P 500, and fictional companies
// beyond them, at prices that are made up.
//
// The same seed and configuration give the same ticks, byte for byte and on every platform: prices,
// volatilities and random numbers are all integers, and each comes from the seed alone. Time is part
// of it once start is set; else the ticks differ in their times only.
//
// Prices move every tenth of a second, by a market factor, a sector factor and the company's own,
// each with a volatility that wanders, so that calm and storm come in clusters. They do not depend
// on the rate: two rates show the same market at different resolutions. Ticks are then drawn by how
// busy a symbol is, about four quotes a trade, and several in a row for one symbol more often than
// chance would. A trade is at the bid or at the ask of the last quote. One of less than a round lot
// (100 shares up to 250 dollars, 40 up to 1,000, 10 above) sets the volume and no price, as on the
// consolidated tape.
//
// A session opens with wide quotes for all symbols and an opening trade each, the busiest first,
// at up to three times the rate; the rate falls to normal within three seconds, and the minute after
// pays back what the opening took, so that every session from one minute up has its rate on average.
// It may begin in the middle of its first session: then what that has had so far is told at once, with fewer and
// larger trades.
//
// Sessions follow one another without a night between them: at the end of one, every symbol gets its
// closing price as previous close, and opens with a gap.
package sim
