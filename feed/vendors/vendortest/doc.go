// Package vendortest is a market's server in memory, for the tests of the feeds: WebSocket and REST over
// pipes, so that they run in a synctest bubble, and misbehaviour on demand.
package vendortest
