//go:build race

package board

// batches is a tenth of what is tried without the race detector.
const batches = 100_000
