//go:build !unix

package recording

// noFollow is not there; create has looked before.
const noFollow = 0
