// Package broadcast is the hub: it publishes the newest value of each symbol to everyone who follows it.
//
// Ticks are handed to [Hub.Apply] in batches. [Hub.Run] flushes: it commits what came since the flush before, which
// conflates it per symbol, and publishes what changed. Flushes are numbered by [board.Seq]. Subscribers over WebSocket,
// server-sent events and long polling get the same JSON messages, which PROTOCOL.md describes. A subscriber's backlog is
// one number, the last flush of which it has everything: what it is missing is the symbols that changed after it, and
// what it gets is their newest values.
//
// Subscribers are dealt out to shards, one goroutine a core. A shard owns its subscribers: what they follow, how far they
// are, and every byte that is written to them. A shard never waits, so no subscriber waits for a slow reader. Subscribers
// who follow the same are members of a watch, for which a frame is encoded once a flush. Package conn has the connections
// to clients: sockets that are written without waiting, or goroutines that wait instead.
//
// The package does not serve HTTP. Whoever does hands over the visitor and the parsed query of a request, and answers
// with what it gets back:
//
//   - [Hub.Admit] admits a [Stream], which is then opened on a connection of package conn.
//   - [Hub.Query] and [Hub.Bars] admit requests over REST. A [Query] waits where it is a long poll, and reads series.
//
// Each reserves a place and memory, finds what the names in the query stand for, and charges the visitor's budgets. Its
// error says why a client is refused: it is a *wire.Fault, an *admission.Refusal or a wire.Ending.
package broadcast
