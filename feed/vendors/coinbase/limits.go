package coinbase

import "time"

// What the vendor allows is for an address: 8 connections and 8 messages a second at both feeds, and over REST
// 10 requests a second and 15 at once. Within any second there are no more than a burst and a second's worth.
const (
	dialsASecond, dialsAtOnce       = 4, 4
	messagesASecond, messagesAtOnce = 6, 2
	requestsASecond, requestsAtOnce = 8, 6

	ping = 30 * time.Second

	// mostSymbols is more products than there are.
	mostSymbols = 2000
	// perConnection is how many products share a connection. There is no limit, but who reads too slowly is cut off.
	perConnection = 100
	// repliesAtOnce is how many replies may wait; there is one request at a time.
	repliesAtOnce = 16
	// newest is how many trades are asked for.
	newest = "100"
)
