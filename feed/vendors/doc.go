// Package upstream is what the feeds of all markets have in common: a WebSocket connection whose
// errors say when to come back, REST with its limits, JSON read without a float, secrets that are
// never shown, and the opening of a session, when trades stream before the day's sums are known.
//
// A market's own folder has its wire format (wire.go), its connection (stream.go) and, where the
// market has one, its REST (rest.go).
package vendors
