package binance

import "time"

// What the vendor allows, and how much of it is used.
const (
	// A connection may send 5 messages a second, pings and pongs included, and is cut off otherwise.
	messageEvery = 300 * time.Millisecond
	// An address may open 300 connections in 5 minutes.
	dialEvery, dialsAtOnce = 2 * time.Second, 10
	// An address may use 6,000 of weight a minute. No request here has a weight above 25.
	requestsASecond, requestsAtOnce = 3, 8
	// Requests for the list of symbols, whose weight is 20, do not wait for the others: with many symbols that takes minutes.
	listEvery, listsAtOnce = 1500 * time.Millisecond, 8

	ping = 30 * time.Second
	// life is how long a connection is used: the vendor ends it after 24 hours.
	life = 23 * time.Hour

	// mostSymbols is more symbols than there are.
	mostSymbols = 5000
	// perConnection is how many symbols share a connection, which may have 1,024 streams.
	perConnection = 300
	// mostMessage is how many bytes a message may have. To one above 4,088 the vendor says nothing at all
	// (github.com/binance/binance-connector-rust/issues/27).
	mostMessage = 4000
	// repliesAtOnce is how many replies may wait; there is one request at a time.
	repliesAtOnce = 16

	// newest is how many trades are asked for, at most.
	newest = "1000"
	// perResponse is how many symbols are asked about in one request, whose list of them has no more than mostQuery bytes as it
	// stands in the address.
	perResponse, mostQuery = 100, 4000
	// leftAlone is how long REST is left alone after it has refused this machine, if it does not say how long.
	leftAlone = time.Minute
	// perRound is how many of the unavailable symbols are asked about each time, each in a request of its own, since one
	// spoils the response about all others.
	perRound = 3
)
