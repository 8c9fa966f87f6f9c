// Package broadcast holds the newest quote of each symbol and tells it to everyone who listens.
//
// A [Board] takes ticks in batches ([Board.Apply]), merges them per symbol, and publishes what
// changed in flushes ([Board.Run]) that are numbered by [Seq]. Subscribers over WebSocket,
// server-sent events and long polling get the same JSON messages, described in PROTOCOL.md. A
// subscriber's backlog is one number, the last flush that it has been told whole: what it has missed
// is the symbols that changed since, and what it gets is their newest values.
//
// Subscribers are dealt out to shards, one goroutine a core, which own them: what they follow, how
// far they are, and every byte that is written to them. A shard never waits, so nobody waits for
// a slow reader. A subscriber reaches its client through a conn, which frames messages for its
// transport, and that through a line: a socket that is written without waiting, or a carrier.
package broadcast
