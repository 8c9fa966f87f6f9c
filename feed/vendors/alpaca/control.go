package alpaca

import (
	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// control is a message that is about the connection.
type control struct {
	kind string // success, error or subscription
	text string
	code uint64 // of an error
}

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

// control keeps a message for who speaks with the vendor. An answer to a subscription is a sign of life.
func (d *Decoder) control(kind string, m *message, b *market.Batch) (err error) {
	c := control{kind: kind}
	switch kind {
	case "subscription":
		b.Pulse = true
	case "error":
		if c.code, err = m.code.Uint("code"); err != nil {
			return err
		}
		fallthrough
	default:
		if c.text, err = m.msg.String("msg"); err != nil {
			return err
		}
	}
	d.controls = append(d.controls, c)
	return nil
}

// breaks is what an error means for the connection; nil for one that it outlives.
func (c *control) breaks() *feed.Break {
	cause := feed.Lost
	advice := ""
	switch c.code {
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
	return feed.Breakf(cause, "%s refuses: %d %.200q%s", name, c.code, c.text, advice)
}

func (c *control) fault() error {
	return vendors.Bad(vendors.Failed, "error %d: %.200q", c.code, c.text)
}
