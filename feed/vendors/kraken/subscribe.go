package kraken

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/time/rate"

	"tickertape/feed"
	"tickertape/feed/vendors"
)

// channel is what can be subscribed to.
type channel struct {
	Channel  string   `json:"channel"`
	Symbols  []string `json:"symbol,omitempty"`
	Snapshot bool     `json:"snapshot"`
	Trigger  string   `json:"event_trigger,omitempty"`
	Tokens   bool     `json:"include_tokenized_assets,omitzero"`
}

var (
	trades      = channel{Channel: "trade", Snapshot: true}
	tickers     = channel{Channel: "ticker", Snapshot: true, Trigger: "bbo"}
	instruments = channel{Channel: "instrument", Snapshot: true, Tokens: true} // of all pairs
)

// verdict is the vendor's decision on a subscription.
type verdict struct {
	accepted []*pair
	refused  []refusal
	whole    error // the request as a whole is refused or not answered, a [feed.Break]; nil: it is not
}

// refusal is why the vendor refuses a channel of a pair.
type refusal struct {
	*pair
	reason string
}

// add adds the verdict on some more pairs.
func (v *verdict) add(o verdict) {
	v.accepted, v.refused = append(v.accepted, o.accepted...), append(v.refused, o.refused...)
	if v.whole == nil {
		v.whole = o.whole
	}
}

// inMaintenance reports whether nothing is accepted, and a maintenance is why.
func (v *verdict) inMaintenance() bool {
	var b *feed.Break
	return len(v.accepted) == 0 && (errors.As(v.whole, &b) && b.Cause == feed.Maintenance ||
		slices.ContainsFunc(v.refused, func(r refusal) bool { return troubleOf(r.reason) == maintenance }))
}

// tooFast reports whether the request as a whole is lost since there were too many messages.
func (v *verdict) tooFast() bool { return v.whole != nil && troubleOf(v.whole.Error()) == tooFast }

// lost are those of the pairs for which the request is lost for that reason.
func (v *verdict) lost(pairs []*pair) (lost []*pair) {
	for _, p := range pairs {
		if !slices.Contains(v.accepted, p) {
			i := slices.IndexFunc(v.refused, func(r refusal) bool { return r.pair == p })
			if i < 0 && v.tooFast() || i >= 0 && troubleOf(v.refused[i].reason) == tooFast {
				lost = append(lost, p)
			}
		}
	}
	return lost
}

// subscribe asks for a channel of pairs, or for one of all pairs where none is given. Its error is the end of the connection.
func (c *connection) subscribe(ctx context.Context, ch channel, pairs []*pair) (v verdict, err error) {
	if len(pairs) == 0 {
		return c.ask(ctx, ch, nil)
	}
	for some := range slices.Chunk(pairs, perMessage) {
		part, err := c.ask(ctx, ch, some)
		if err != nil {
			return v, err
		}
		if v.add(part); part.whole != nil {
			break
		}
	}
	return v, nil
}

// ask sends one request and waits for its replies, one for each pair. It repeats it where the vendor says that there were too
// many messages.
func (c *connection) ask(ctx context.Context, ch channel, pairs []*pair) (v verdict, err error) {
	for repeats := 0; ; repeats++ {
		part, err := c.askOnce(ctx, ch, pairs)
		if err != nil {
			return v, err
		}
		lost := part.lost(pairs)
		if len(lost) == 0 && !part.tooFast() || repeats == mostRepeats {
			c.quicken()
			v.add(part)
			return v, nil
		}
		part.whole = nil
		part.refused = slices.DeleteFunc(part.refused, func(r refusal) bool { return slices.Contains(lost, r.pair) })
		v.add(part)
		pairs = lost
		c.slowDown()
		span := min(tooFastWait<<repeats, tooFastMost)
		if !vendors.Pause(ctx, span/2+rand.N(span/2)) {
			return v, context.Cause(ctx)
		}
	}
}

// slowDown has messages sent half as often, and quicken more often again, up to what the vendor usually allows.
func (c *connection) slowDown() {
	c.endpoint.Writes.SetLimit(max(c.endpoint.Writes.Limit()/2, rate.Every(slowestMessages)))
}

func (c *connection) quicken() {
	if now, usual := c.endpoint.Writes.Limit(), rate.Every(messageEvery); now < usual {
		c.endpoint.Writes.SetLimit(min(now*5/4, usual))
	}
}

// askOnce sends one request and waits for its replies. Its error is the end of the connection.
func (c *connection) askOnce(ctx context.Context, ch channel, pairs []*pair) (v verdict, err error) {
	c.request++
	ch.Symbols = nil
	for _, p := range pairs {
		ch.Symbols = append(ch.Symbols, p.Symbol)
	}
	text, err := json.Marshal(struct {
		Method string  `json:"method"`
		Params channel `json:"params"`
		ID     uint64  `json:"req_id"`
	}{"subscribe", ch, c.request})
	if err != nil {
		return v, fmt.Errorf("subscribe to %s: %w", ch.Channel, err)
	}
	c.decoder.replies.Forget() // those to an earlier request
	if err := c.Write(ctx, text); err != nil {
		return v, err
	}
	what := fmt.Sprintf("subscribe to %s at %s", ch.Channel, c.Where())
	waiting := slices.Clone(pairs)
	err = c.decoder.replies.Await(ctx, 0, what, func(a reply) (bool, error) {
		if a.request != 0 && a.request != c.request {
			return false, nil
		}
		i := slices.IndexFunc(waiting, func(p *pair) bool { return p.Symbol == a.pair })
		switch {
		case i >= 0:
			if a.refusal == "" {
				v.accepted = append(v.accepted, waiting[i])
			} else {
				v.refused = append(v.refused, refusal{waiting[i], a.refusal})
				c.env.Log.Debug("channel of a symbol refused", vendors.KeySource, name, vendors.KeySymbol, a.pair,
					vendors.KeyChannel, ch.Channel, vendors.KeyReason, a.refusal)
			}
			waiting = slices.Delete(waiting, i, i+1)
		case a.refusal != "":
			cause := feed.Refused
			if troubleOf(a.refusal) == maintenance {
				cause = feed.Maintenance
			}
			v.whole = feed.Breakf(cause, "%s: the vendor says %.200q", what, a.refusal)
			return true, nil
		case len(pairs) > 0:
			return false, nil
		}
		return len(waiting) == 0, nil
	})
	if errors.Is(err, vendors.ErrNoReply) {
		v.whole, err = err, nil
	}
	return v, err
}

// awaitOnline waits until the vendor says that it trades again, or for a time after which it can be asked once more. It keeps the
// connection alive meanwhile.
func (c *connection) awaitOnline(ctx context.Context, failures int) error {
	span := min(maintenanceWait<<min(failures, 4), maintenanceMost)
	over := time.NewTimer(span/2 + rand.N(span/2))
	defer over.Stop()
	beat := time.NewTicker(maintenancePing)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-c.decoder.online:
			return nil
		case <-over.C:
			return nil
		case <-beat.C:
			if err := c.Write(ctx, pingText); err != nil {
				return err
			}
		}
	}
}
