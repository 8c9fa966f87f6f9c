// Package check runs one feed for a short time, and says in plain words what worked and what did not.
//
// [Run] opens the feed as the program does, with a supervisor around each connection, and looks on from several sides: traffic is
// what goes over HTTP, and the dates of its answers are this machine's clock compared with the vendor's; tape is what the sources
// publish; journal is what they log and how their connections end; [vendors.Faults] counts what could not be used. At the end a
// judge makes a [Report] of it all. It is meant for strangers: it has no key in it, each text of the other side is cut and made
// printable, and each line that tells of a fault says what to do.
//
// It knows no vendor. What a refusal is about follows from its status and its words (topic.go).
package check
