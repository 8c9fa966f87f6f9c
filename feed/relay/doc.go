// Package relay is the feed that follows another tickertape over its public protocol
// (broadcast/PROTOCOL.md), to record it or to serve it on: nodes can form a tree.
//
// What comes is conflated and judged already: times, rhythm and states are the business of the node whose
// source is a market. So it is published as images, each with all that is known of a symbol and with the
// state that the other node gives it.
//
// A connection begins with the position that the one before had reached. Until all that has changed since
// then is there, the feed stays down: what is known is old. A message that cannot be read ends the connection,
// since the position makes good for what it said.
//
// A name that the server does not know is down, and asked for again while the connection stands, since a server that has just
// started learns its own symbols. So are the records of symbols.
//
// The status has the state of the other node as a whole, and its message how each of its sources is. It begins
// with "via", followed by the relays between here and the source, each of which has a name of its own that it makes up when it starts.
// A relay that finds itself among those behind the other node is part of a ring, in which prices would
// keep each other alive, and lets go of it: a ring is a mistake that every node of it names in its status.
package relay
