// Package alpacatest is Alpaca's market data server, for tests: it follows what the vendor documents, in memory or
// on this machine's loopback, as JSON or, where the client asks for it as the vendor's own does, as MessagePack.
package alpacatest
