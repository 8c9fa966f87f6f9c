// Package desk stands between the sources and whoever shows their prices: it hands on what can be
// believed and says of every symbol how far.
//
// It refuses ticks that cannot be true and counts them by reason. It decides which of several sources a
// symbol's prices are from, and changes over when the preferred one fails. It tells of each symbol
// whether it is live, stale, halted, closed or down. And it begins a new session when the market does.
//
// A symbol's news come in as a tick, are checked against what the same source said before (track), and go
// on if that source is the one that counts (symbol).
package consolidate
