// Package recording is the project's own files of what a feed has said, line by line, so that it can be
// played again: a recording of ticks and, for what vendors themselves have sent, a raw one.
//
// Both are NDJSON, one JSON object a line, in UTF-8, plain or compressed by zstd or gzip. The first line
// is the header. Unknown keys are ignored, null is as good as missing, and whatever cannot be understood
// is one bad row: the reader names it by line and goes on. Files can be joined with cat. All times are in
// microseconds since the Unix epoch, and r is when the recorder's feed had something.
//
// # Ticks
//
// Behind the header come symbols, each before its first use, and what happened to them.
// testdata/every-kind.ndjson shows each kind of line:
//
//	{"format":"tickertape.ticks","version":1,"source":"sim","simulated":true,"recorded":µs}
//	{"k":"symbol","s":"AAPL","name":…,"sector":…,"currency":"USD","market":"us","decimals":2,"pc":189.3}
//	{"k":"trade","s":"AAPL","p":189.31,"z":100,"c":"lhv","sc":"@,I","i":5,"t":µs,"r":µs}
//	{"k":"quote","s":"AAPL","b":189.3,"bz":200,"a":189.32,"az":100,"t":µs,"r":µs}
//	{"k":"state","s":"AAPL","st":"halted","t":µs,"r":µs}
//	{"k":"session","s":"AAPL","pc":189.3,"t":µs,"r":µs}
//	{"k":"alive","s":"AAPL","t":µs,"r":µs}
//	{"k":"correction","s":"AAPL","i":5,"p":189.31,"z":100,"np":189.3,"nz":50,"t":µs,"r":µs}
//	{"k":"image","s":"AAPL",…the keys of PROTOCOL.md…,"r":µs}
//	{"k":"status","src":"sim","status":"down","since":µs,"message":…,"r":µs}
//
// t is the exchange's time; an r equal to it is left out. i is the id of a trade, where it has one. c says
// what a trade may set: l the last price, h high and low, v volume, count and VWAP, x the last price outside
// the regular session, o that it came after a later one and so sets none of the two; without c, l, h and v.
// sc are the sale conditions as the source spells them. A side that a quote does not have is gone, a size that is left
// out is unknown. A correction has the trade as it was told (p, z, c) and as it is (np, nz, nc); without
// the latter it is cancelled. Prices and sizes are exact decimals, as numbers or as strings, and never pass
// through a float.
//
// A file that goes on with another's recording begins with statuses and images that sum up what was told
// before, so that it can be read by itself. They say so, "again":true, and who has read the file before
// leaves them out.
//
// # Raw
//
// A raw recording has the messages of WebSocket connections and the answers over REST as they came, and no
// keys. testdata/raw.ndjson is one:
//
//	{"format":"tickertape.raw","version":1,"sources":[{"name":"coinbase","numbered":true,"symbols":["BTC-USD"]}],"since":µs,"recorded":µs}
//	{"k":"frame","source":"coinbase","conn":1,"r":µs,"d":"{\"channel\":…"}
//	{"k":"answer","source":"coinbase","path":"/products/BTC-USD/candles?granularity=ONE_HOUR","r":µs,"d":…}
//
// The header names the vendors and what was subscribed to, in their spelling: all that their decoders need.
// conn numbers a recorder's connections, and since is when the recorder began, which all files of a series
// share. d is the text; one that is not UTF-8 is in b64 instead, in Base64. A text that is too long for a
// line goes on in the next: "more":true says so, and at is where in the text a later part begins.
package recording
