package alpaca

import "time"

// What the vendor allows, and how much of it is used. The plan's number of symbols is in the configuration.
const (
	ping = 10 * time.Second // as the vendor's own client does

	// mostSymbols is the most that max_symbols can be.
	mostSymbols = 10_000
	// symbolsAtOnce keeps a subscription well below what a server reads as one message.
	symbolsAtOnce = 500
	// figuresAtOnce is how many symbols' figures are asked for in one request.
	figuresAtOnce = 100
	// repliesAtOnce is how many messages about the connection may wait. The vendor sends one or two before it gets an answer.
	repliesAtOnce = 16

	// The vendor refuses a key until it has seen that the key's last connection has ended. A connection that is not logged
	// in has ten seconds.
	loginPause = 2 * time.Second
	logins     = 4

	requestsAMinute = 180 // of the 200 of the free plan
	requestsAtOnce  = 3   // actions, closes and figures of a connection that begins

	// settled is how old the newest bar is that is asked for. Without a plan for it, REST refuses what is younger than 15 minutes; the
	// rest is for a clock that is ahead.
	settled = 20 * time.Minute
	// pagesAtMost is how many parts of an answer are asked for.
	pagesAtMost = 20
)
