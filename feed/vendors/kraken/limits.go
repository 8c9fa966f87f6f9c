package kraken

import "time"

// What the vendor allows, and how much of it is used.
const (
	// An address may open 150 connections in 10 minutes, and is shut out for as long otherwise.
	dialEvery, dialsAtOnce = 5 * time.Second, 10
	// The vendor names no limit of messages.
	messageEvery, messagesAtOnce = 250 * time.Millisecond, 4
	// One request a second is what REST allows in the long run.
	requestEvery, requestsAtOnce = time.Second, 3

	// ping keeps the connection open: the vendor closes it after a minute without a message.
	ping = 20 * time.Second

	// mostSymbols is more pairs than there are.
	mostSymbols = 5000
	// perConnection is how many pairs share a connection. There is no limit, but who reads too slowly is cut off.
	perConnection = 200
	// perMessage is how many pairs are subscribed to in one message.
	perMessage = 100
	// repliesAtOnce is how many replies may wait: one for each pair of a request.
	repliesAtOnce = 2 * perConnection
)
