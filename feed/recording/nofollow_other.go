//go:build !unix

package recording

// noFollow does nothing here. create has checked the path before.
const noFollow = 0
