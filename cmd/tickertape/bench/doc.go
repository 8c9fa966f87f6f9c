// Package bench connects many subscribers to a tickertape over its public protocol (PROTOCOL.md), and measures what they
// get, how late it is, and what it costs the server.
//
// The generator usually shares a machine with the server, so it has to be cheap. A subscriber is one goroutine and one
// socket; messages are not decoded; an idle subscriber holds no buffer; nobody waits for a lock. The report says what the
// generator used itself, so that one can tell whether the server or the machine was the limit.
package bench
