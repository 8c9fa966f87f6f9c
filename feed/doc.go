// Package feed runs sources: a [Source] publishes batches of ticks and changes of its own state until its context ends,
// and a [Supervisor] dials it again when it breaks. Each source has a folder of its own. The package knows nothing of
// who listens: a batch goes to a function.
package feed
