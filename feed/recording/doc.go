// Package recording is the project's own tick file: what a feed published, line by line, so that
// it can be played again.
//
// A file is NDJSON, one JSON object a line, in UTF-8, plain or compressed by zstd or gzip. The
// first line is the header; then come symbols, each before its first use, and what happened to
// them. testdata/every-kind.ndjson shows each kind of line:
//
//	{"format":"tickertape.ticks","version":1,"source":"sim","simulated":true,"recorded":µs}
//	{"k":"symbol","s":"AAPL","name":…,"sector":…,"currency":"USD","decimals":2,"pc":189.3}
//	{"k":"trade","s":"AAPL","p":189.31,"z":100,"c":"lhv","t":µs,"r":µs}
//	{"k":"quote","s":"AAPL","b":189.3,"bz":200,"a":189.32,"az":100,"t":µs,"r":µs}
//	{"k":"state","s":"AAPL","st":"halted","t":µs,"r":µs}
//	{"k":"session","s":"AAPL","pc":189.3,"t":µs,"r":µs}
//	{"k":"image","s":"AAPL",…the keys of PROTOCOL.md…,"r":µs}
//	{"k":"status","status":"down","since":µs,"message":…,"r":µs}
//
// t is the exchange's time, r the time at which the recorder's feed had it, both in microseconds
// since the Unix epoch; an r equal to t is left out. c says what a trade may set: l the last price,
// h high and low, v volume, count and VWAP; without c, all three. A side that a quote does not
// have is gone, a size that is left out is unknown.
//
// Prices and sizes are exact decimals, as numbers or as strings, and never pass through a float.
// Unknown keys are ignored, null is as good as missing, and whatever cannot be understood is one
// bad row: the reader names it by line and goes on. Files can be joined with cat.
package recording
