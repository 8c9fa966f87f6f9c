// Package wire is PROTOCOL.md in Go: what a client may ask for, and what it is sent. A message of a WebSocket and the
// query of a request both become a [Request]; what a client is sent is appended to a buffer as JSON. Every refusal and
// every end of a connection is a [Code].
package wire
