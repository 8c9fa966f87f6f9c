// Package relay is the feed that follows another tickertape over its public protocol
// (PROTOCOL.md), to record it or to serve it on.
//
// What comes is conflated already, so it is published as images: the newest state of each symbol,
// whole. A line that breaks is dialled again, with the position reached, for as long as the
// feed runs; meanwhile its status is down.
package relay
