package kraken

import "time"

// What the vendor allows, and how much of it is used.
const (
	// An address may open 150 connections in 10 minutes, and is shut out for as long otherwise.
	dialEvery, dialsAtOnce = 5 * time.Second, 10
	// The vendor's limit of messages is not published, and moves with its load.
	messageEvery, messagesAtOnce = 250 * time.Millisecond, 4
	// One request a second is what REST allows in the long run.
	requestEvery, requestsAtOnce = time.Second, 3

	// ping keeps the connection open: the vendor closes it after a minute without a message.
	ping = 20 * time.Second

	// In a maintenance the vendor sends no heartbeat to who has no subscription: its answers to pings, at this interval, are the
	// signs of life. It is asked to subscribe when it says that it trades again, and after 15 to 30 s at first, then 30 to 60 s.
	maintenancePing                  = 5 * time.Second
	maintenanceWait, maintenanceMost = 30 * time.Second, time.Minute

	// Where there were too many messages, a request is repeated after 1 to 2 s, and then later and later. Meanwhile messages are
	// sent half as often each time, but one in four seconds at least.
	tooFastWait, tooFastMost = 2 * time.Second, 30 * time.Second
	slowestMessages          = 4 * time.Second
	// mostRepeats is how often a request is repeated before it counts as refused.
	mostRepeats = 6

	// How long REST is left alone after it has said that it is locked, asked too often, or in maintenance.
	lockout, afterTooMany, duringMaintenance = 15 * time.Minute, 5 * time.Second, 15 * time.Second

	// mostSymbols is more pairs than there are.
	mostSymbols = 5000
	// perConnection is how many pairs share a connection. There is no limit, but who reads too slowly is cut off.
	perConnection = 200
	// perMessage is how many pairs are subscribed to in one message.
	perMessage = 100
	// repliesAtOnce is how many replies may wait: one for each pair of a request.
	repliesAtOnce = 2 * perConnection
)
