// Package admission decides who gets in and what they may cost. Each request and each connection has a cost that
// is known before it is paid, a bound, and a budget by connection, by address and of the whole; what goes beyond
// is refused with a reason that is counted, logged and sent to the client.
package admission
