// Package attack does to a tickertape what a hostile client would, and measures what honest clients beside it
// see. Only tests use it: make attack, and the short form of it in make test.
//
// Attackers and honest clients are processes of their own, apart from the server and from each other, so that
// neither's work delays the measuring of the other. Both are this package's test binary (see [Start]).
// All traffic is to loopback addresses.
package attack
