// Package feed says what a price, a symbol and a tick are, and where they come from.
//
// A [Source] publishes batches of ticks and changes of its own state until its context ends;
// its folders (feed/sim, feed/replay) are one source each. The package knows nothing of who
// listens: a batch goes to a function.
//
// Numbers are integers of 1e-9 units throughout, parsed from and formatted to decimal text
// without a float in between.
package feed
