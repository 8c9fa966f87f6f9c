// Package recording writes and reads what a feed has published, so that it can be replayed: as a recording of ticks, or as a
// raw recording of the messages that vendors have sent.
//
// Both are NDJSON, one JSON object a line, in UTF-8, plain or compressed by zstd or gzip. The first line is the header.
// Unknown keys are ignored, and null counts as missing. A line that cannot be read is a bad row: the reader reports it by
// number and goes on. Files can be joined with cat.
//
// A compressed file that is damaged or breaks off is read as far as it can be, and again from the next gzip member or zstd frame on.
// What lies between is one bad row. Neither format says where a damage begins: only the checksum at the end of a member tells
// whether a line before it that looks right is as it was written.
//
// All times are in microseconds since the Unix epoch; r is when the
// recorder's feed received something.
//
// # Ticks
//
// After the header come symbols, each before its first use, and what happened to them. testdata/every-kind.ndjson shows each
// kind of line:
//
//	{"format":"tickertape.ticks","version":1,"source":"sim","simulated":true,"replayed":true,"delayed_ms":900000,"recorded":µs}
//	{"k":"symbol","s":"AAPL","name":…,"sector":…,"currency":"USD","market":"us","decimals":2,"rounded":true,"pc":189.3}
//	{"k":"trade","s":"AAPL","p":189.31,"z":100,"c":"lhv","sc":"@,I","i":5,"t":µs,"r":µs}
//	{"k":"quote","s":"AAPL","b":189.3,"bz":200,"a":189.32,"az":100,"t":µs,"r":µs}
//	{"k":"state","s":"AAPL","st":"stale","why":"in doubt","t":µs,"r":µs}
//	{"k":"session","s":"AAPL","pc":189.3,"t":µs,"r":µs}
//	{"k":"alive","s":"AAPL","t":µs,"r":µs}
//	{"k":"roll","s":"AAPL","t":µs,"r":µs}
//	{"k":"reopen","s":"AAPL","t":µs,"r":µs}
//	{"k":"adjust","s":"AAPL","adj":"split 10:1","t":µs,"r":µs}
//	{"k":"correction","s":"AAPL","i":5,"ni":6,"tt":µs,"p":189.31,"z":100,"np":189.3,"nz":50,"t":µs,"r":µs}
//	{"k":"image","s":"AAPL",…the keys of PROTOCOL.md…,"r":µs}
//	{"k":"status","src":"sim","status":"down","since":µs,"message":…,"simulated":true,"sources":[{"src":…,"status":…}],"r":µs}
//
// t is the exchange's time; an r equal to it is left out. i is the id of a trade that has one. c says what a trade may set: l
// the last price; h high and low; v volume, count and VWAP; x the last price outside the regular session; o that it came after
// a later trade and so sets neither last price; f that it sets the last price only if its session has none yet. Without c, it
// is lhv. sc are the sale conditions as the source spells them. A quote without one side has none there; a size that is left
// out is unknown. A correction has the trade as it was (p, z, c) and as it should have been (np, nz, nc); without the latter,
// it is cancelled. tt is when it was traded, and ni the id by which it is called from then on. A roll begins the trading day
// of the symbol's market at t, and the last price becomes the previous close; a reopen says that this was too early, and that
// the day of t goes on. An adjust says what adjusts the previous close of the day that begins at t; without adj, it is nothing
// after all. An image with "whole":true takes the place of all before it, and one with "old":true has the last price of a
// session before. Prices and sizes are exact decimals, as numbers or strings, and never pass through a float. What has more
// than nine decimals, which only others write, is rounded. Header and statuses say what the prices were when they were
// recorded: made up (simulated), those of another recording (replayed), so many milliseconds late by contract (delayed_ms). A
// status also has quiet, and the sources behind a relay, as PROTOCOL.md explains them.
//
// A recording with a rotation is several files. A later one begins with statuses, images and rolls that sum up the files before, so
// that it can be read on its own. They are marked "again":true; whoever has read the files before skips them.
//
// # Raw
//
// A raw recording has the messages of WebSocket connections ("frame") and the responses over REST ("answer") as they came, but
// no secrets.
// testdata/raw.ndjson is one:
//
//	{"format":"tickertape.raw","version":1,"sources":[{"name":"coinbase","numbered":true,"symbols":["BTC-USD"]}],"since":µs,"recorded":µs}
//	{"k":"frame","source":"coinbase","conn":1,"r":µs,"d":"{\"channel\":…"}
//	{"k":"answer","source":"coinbase","path":"/products/BTC-USD/candles?granularity=ONE_HOUR","r":µs,"d":…}
//
// The header names the vendors and the symbols subscribed to, in their spelling: all that their decoders need. conn numbers
// the recorder's connections. since is when the recorder began, the same in all files of a rotation. d is the text; a text that
// is not UTF-8 is in b64 instead, as Base64. A text that is too long for a line continues in the next: the line has
// "more":true, and in each later line at is where its part begins, in bytes.
package recording
