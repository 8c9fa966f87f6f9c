// Package vendors is what the feeds of all markets have in common.
//
// A [Session] is one connection: it dials, decodes, publishes, lets the vendor's package subscribe and ask over REST, and
// ends with a [feed.Break] that says when to dial again. Its files are named for what they hold: endpoint, conn and rest are
// the network, failure its errors; replies and instrument are subscriptions, and which symbols the vendor does not have;
// reconciler, day, candle, bar and numberedsymbol are the figures of the trading day while trades stream in; scanner and value
// read JSON without a float; secret, address and faults keep keys out of all that is shown.
//
// The folder of a vendor has its decoder (wire.go and the files beside it), its limits (limits.go) and its paths (rest.go).
// Where a file response.go stands beside wire.go, it decodes what REST returns.
// Package vendortest is a vendor's server for tests, which misbehaves on demand.
package vendors
