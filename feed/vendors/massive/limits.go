package massive

import "time"

// What the vendor allows, and how much of it is used. What depends on the plan is in the configuration.
const (
	ping = 25 * time.Second // as the vendor's own client does

	// loginTime is how long the vendor may take to accept the key, and then to accept a first subscription. It is less than
	// the silence after which a feed is dialled again, so that the vendor's reason shows.
	loginTime = 7 * time.Second

	clusterDelay = 15 * time.Minute // of the clusters that are late

	mostRequests = 6000        // a minute: the most that rest_per_minute can be
	leastPause   = time.Second // between the first request over REST and the next

	// mostSymbols is more stocks than there are.
	mostSymbols   = 20_000
	symbolsAtOnce = 200 // in one message
	figuresAtOnce = 100 // stocks in one request

	// repliesAtOnce is how many replies may wait. Those to subscriptions can come by the thousand, and may get lost.
	repliesAtOnce = 256
)
