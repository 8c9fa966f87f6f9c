// Package history keeps what was traded of each symbol: its newest trades, and its bars of every interval. It is fed
// in order, by one goroutine at a time, and copies out what readers ask for.
package history
