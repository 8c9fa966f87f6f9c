// Package consolidate makes one feed of several sources and publishes only what can be believed.
//
//   - Ticks that cannot be true are refused and counted by reason (check.go).
//   - Of several sources of a symbol, one counts at a time; another takes over when it fails (failover.go).
//   - Each symbol is live, stale, halted, closed or down (symbol.go); how long it may be silent depends on how rare its data
//     are (sourcesymbol.go).
//   - A new session begins when the symbol's market begins its trading day (schedule.go).
//
// One goroutine, that of [Feed.Run], owns all of this. Sources hand their batches over to it and wait. All symbols are visited
// periodically (rounds.go), in slices, and batches that wait come before the next slice.
package consolidate
