// Package attack attacks a tickertape as a hostile client would, and measures what honest clients see meanwhile. Only
// tests use it: make attack, and the short form of it in make test.
//
// Attackers and honest clients run in processes of their own, so that the work of one does not delay the measurements of
// another. Both are this package's test binary (see [Start]).
// All traffic is to loopback addresses.
package attack
