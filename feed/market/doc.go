// Package market has the types of what is traded and what is published about it: symbols, prices, quantities, ticks, quotes, sessions and
// states. It imports nothing of this program, and everything else imports it.
//
// Numbers are integers of 1e-9 units throughout, parsed from decimal text and formatted to it without a float in
// between.
package market
