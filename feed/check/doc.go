// Package check runs one feed for a short time, and says in plain words what worked and what did not.
//
// [Run] opens the feed as the program does, with a supervisor around each connection, and looks on from five sides: traffic is
// what goes over HTTP, tape what the sources publish, journal what they log and how their connections end, clock how far this
// machine's clock is off, and the counters of [vendors.Faults] what could not be used. A [Report] is made of these at the end. It is meant for
// strangers: it has no key in it, each text of the other side is cut and made printable, and each line that tells of a fault says
// what to do.
//
// It knows no vendor. What a refusal is about follows from its cause and its words.
package check
