package finnhub

import "time"

// What the vendor allows, and how much of it is used. What depends on the plan is in the configuration.
const (
	// The vendor names no limit of messages, but 30 requests a second for everything on any plan.
	messagesASecond, messagesAtOnce = 25, 5
	mostRequests                    = 1800 // a minute: the most that rest_per_minute can be

	ping = 30 * time.Second

	// mostSymbols is the most that max_symbols can be.
	mostSymbols = 10_000
)
