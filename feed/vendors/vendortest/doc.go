// Package vendortest is a market's server in memory, for the tests of the feeds: WebSocket and REST over
// pipes, so that they run in a synctest bubble, and misbehaviour on demand. It has what else these tests share, too:
// decoders with all that they need, what they counted and logged, recordings, the time in a bubble,
// and a week of some stocks that vendors tell of and a viewer looks at ([Week], [PlayWeek]).
package vendortest
