// Package feed runs sources of ticks. A [Source] is one connection that publishes batches of ticks and changes of its own
// state; a [Supervisor] redials it when it breaks and tracks its state.
//
// Sources are in folders of their own: feed/sim, feed/replay, feed/relay, and one for each vendor in feed/vendors.
// feed/consolidate makes one feed of several. Nothing here knows who listens: batches go to a function.
package feed
