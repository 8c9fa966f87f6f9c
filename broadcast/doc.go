// Package broadcast is the hub: it publishes the newest value of each symbol to everyone who follows it.
//
// Ticks are handed to [Hub.Apply] in batches. [Hub.Run] flushes: it commits what came since the flush before, which
// conflates it per symbol, and publishes what changed. Flushes are numbered by [board.Seq]. Subscribers over WebSocket,
// server-sent events and long polling get the same JSON messages, which PROTOCOL.md describes. A subscriber's backlog is
// one number, the last flush of which it has everything: what it is missing is the symbols that changed after it, and
// what it gets is their newest values.
//
// Subscribers are dealt out to shards, one goroutine a core. A shard owns its subscribers: what they follow, how far they
// are, and every byte that is written to them. A shard never waits, so no subscriber waits for a slow reader. Package conn
// has the connections to clients: sockets that are written without waiting, or goroutines that wait instead.
package broadcast
