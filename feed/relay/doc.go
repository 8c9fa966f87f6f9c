// Package relay is the feed that follows another tickertape over its public protocol
// (broadcast/PROTOCOL.md), to record it or to serve it on: nodes can form a tree.
//
// What comes is conflated already, and the node whose source is a market has checked it. So quotes are published as
// images, each with all that is known of a symbol and with the state that the other node gives it.
//
// Bars and trades are published as they are there (seriesstream.go). They come on a connection of their own, once the quotes are
// up to date, and that goes on from its own position. If the server has none for relays, or refuses them, the status says so, and
// they are asked for again after a minute. A recording has the quotes alone.
//
// A connection begins with the position that the one before had reached. The feed stays down until all that has
// changed since then has come. A message that cannot be read ends the connection; the next one resumes from the
// position, and so gets what that message said.
//
// A symbol that the server does not know is down until the server tells that it knows it: one that has just started learns its
// own symbols. Its bars and trades come from the first on then. Older servers do not tell, so they are asked again and again; and
// so are all for the records of symbols.
//
// The server's hello promises heartbeats, and the relay passes the promise on: whoever supervises it knows after two of them
// that the server is gone.
//
// The status has the state of the other node as a whole and, behind it, that of each of its sources, with those behind another
// relay in its place: nothing that the server says of them is lost, within bounds. Its message says the same in words. It
// begins with "via" and the relays between here and the source. Each relay makes up its name when it starts. A relay
// that finds its own name there is part of a ring, in which old prices would go round for ever. It ends the connection, and
// its status says why.
package relay
