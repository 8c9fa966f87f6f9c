// Package dashboard is the HTTP server: the page and its files, the streams, REST, health and metrics.
//
// Streams and REST are thin: they read a request, have the hub of package broadcast admit and charge it, and write the
// answer (streams.go, quotes.go, bars.go, symbols.go). What is refused becomes a problem of RFC 9457 (problem.go), or an
// ending that a browser can read. Pages of other origins are refused before that (origins.go), and so are requests that
// call the server by another name (hosts.go).
//
// The package also bounds the connections that are no subscribers: each is counted, and whatever it does ends in time
// (connection.go, connections.go). The folder web holds the page's source and client its library; dist is what Vite makes
// of them, embedded here.
package dashboard
