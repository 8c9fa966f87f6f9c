package alpaca

import (
	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// reply is a message that is about the connection.
type reply struct {
	kind string // success, failure or subscribed
	text string
	code uint64 // of an error
}

// Types of messages about the connection.
const (
	success    = "success"
	failure    = "error"
	subscribed = "subscription"
)

// The vendor's errors that mean something of their own (https://docs.alpaca.markets/docs/streaming-market-data).
const (
	syntaxError = 400
	authFailed  = 402
	alreadyIn   = 403
	symbolLimit = 405
	connections = 406
	slowClient  = 407
	noPlan      = 409
	wrongAction = 410
	noScope     = 411
)

// reply hands over a message about the connection. One that accepts a subscription is a sign of life.
func (d *Decoder) reply(kind string, m *message, b *market.Batch) (err error) {
	a := reply{kind: kind}
	switch kind {
	case subscribed:
		b.Alive = true
	case failure:
		if a.code, err = m.code.Uint("code"); err != nil {
			return err
		}
		fallthrough
	default:
		if a.text, err = m.msg.String("msg"); err != nil {
			return err
		}
	}
	d.replies.Put(a)
	return nil
}

// breaks is the break for an error; nil if the connection goes on.
func (a *reply) breaks() *feed.Break {
	cause := feed.Lost
	advice := ""
	switch a.code {
	case authFailed:
		cause, advice = feed.Final, ": the key or the secret is wrong"
	case noPlan:
		cause, advice = feed.Final, ": the plan does not have this feed"
	case noScope:
		cause, advice = feed.Final, ": the key is not for market data"
	case connections:
		cause, advice = feed.Taken, ": another program uses the key"
	case slowClient:
		advice = ": this program reads too slowly, or follows too much"
	case syntaxError, alreadyIn, symbolLimit, wrongAction:
		return nil
	case 401:
		cause = feed.Refused
	}
	return feed.Breakf(cause, "%s refuses: %d %.200q%s", name, a.code, a.text, advice)
}

func (a *reply) fault() error {
	return vendors.Bad(vendors.Failed, "error %d: %.200q", a.code, a.text)
}
