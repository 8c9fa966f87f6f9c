// Package bench measures what a tickertape holds: many subscribers at once, over its public protocol
// (PROTOCOL.md), and what they see and what it costs.
//
// The generator shares its machine with what it measures, so a subscriber is one goroutine and one
// socket: nothing is decoded, no buffer is kept while nothing comes, and no lock is waited for. What it
// uses itself is in the report, so that one sees whose limit was found.
package bench
