//go:build !race

package board

// batches is how many random batches are tried.
const batches = 1_000_000
