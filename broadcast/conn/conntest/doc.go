// Package conntest has what tests of connections share: a client's WebSocket frames, and connections in memory.
package conntest
