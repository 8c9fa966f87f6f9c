package coinbase

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// talk subscribes to all channels, and asks for what the stream does not say of the products whose trades it has.
func (c *connection) talk(ctx context.Context) error {
	trades := c.api.channels[0]
	products, err := c.subscribe(ctx, trades, c.decoder.all, func(p *product, why string) {
		c.env.Faults.Count(name, vendors.BadSymbol, fmt.Errorf("subscribe to %s of %s: %.200s", trades.name, p.Symbol, why))
		c.leaveOut(ctx, p)
		c.MarkUnavailable(ctx, p.Instrument, why)
		c.again.Add(wanted{trades.name, p})
	})
	if err != nil {
		return err
	}
	if len(products) == 0 {
		return feed.Breakf(feed.Refused, "subscribe to %s at %s: it has none of the products", trades.name, c.Where())
	}
	for _, p := range products {
		c.admit(ctx, p)
	}
	for _, ch := range c.api.channels[1:] {
		if _, err := c.complete(ctx, ch, products); err != nil {
			return err
		}
	}
	return c.again.Run(ctx, c.askAgain)
}

// admit notes that the vendor has the trades of a product, and asks for its figures.
func (c *connection) admit(ctx context.Context, p *product) {
	isNew := p.MarkAvailable()
	c.admitted = append(c.admitted, p)
	c.Do(ctx, func(_ *vendors.Reconciler, b *market.Batch) error {
		if isNew || p.absent {
			p.absent = false
			p.SetState(p.status, 0, market.TimeOf(time.Now()), b)
		}
		return nil
	})
	c.Go(func() error {
		c.follow(ctx, p)
		return nil
	})
}

// leaveOut notes that the vendor refuses the trades of a product, so that it stays down whatever its status says.
func (c *connection) leaveOut(ctx context.Context, p *product) {
	c.Do(ctx, func(*vendors.Reconciler, *market.Batch) error {
		p.absent = true
		return nil
	})
}

// complete subscribes to a channel without which prices are right. What is refused of it is asked for again, and is in
// lacking; nil there is the whole channel. Its error is the end of the connection.
func (c *connection) complete(ctx context.Context, ch channel, products []*product) (lacking []*product, err error) {
	if ch.whole {
		products = nil
	}
	lacks := func(p *product, why error) {
		lacking = append(lacking, p)
		c.notes.Lacks(&c.env, name, ch.name, why)
		c.again.Add(wanted{ch.name, p})
	}
	_, err = c.subscribe(ctx, ch, products, func(p *product, why string) { lacks(p, fmt.Errorf("%s: %.200s", p.Symbol, why)) })
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil { // if the connection has ended, reading it says why
		lacks(nil, err)
	}
	return lacking, nil
}

// askAgain asks once more for what was refused: the trades of a product, or another channel of one or of all.
func (c *connection) askAgain(ctx context.Context, w wanted) (accepted bool, err error) {
	i := slices.IndexFunc(c.api.channels, func(ch channel) bool { return ch.name == w.channel })
	ch := c.api.channels[i]
	if i > 0 {
		products := c.admitted
		if w.product != nil {
			products = []*product{w.product}
		}
		if ch.name == bookChannel && c.hadBook(ctx, w.product) { // it was given up: only a new subscription has a snapshot
			if err := c.leave(ctx, ch, products); err != nil {
				return false, err
			}
		}
		lacking, err := c.complete(ctx, ch, products)
		return !slices.Contains(lacking, w.product), err
	}
	products, err := c.subscribe(ctx, ch, []*product{w.product}, func(*product, string) {})
	if err != nil || len(products) == 0 {
		if ctx.Err() == nil {
			err = nil // the request is refused as a whole
		}
		return false, err
	}
	c.env.Log.Info("symbol accepted after a refusal", vendors.KeySource, name, vendors.KeySymbol, w.product.Symbol)
	c.admit(ctx, w.product)
	for _, ch := range c.api.channels[1:] {
		if !ch.whole {
			if _, err := c.complete(ctx, ch, products); err != nil {
				return true, err
			}
		}
	}
	return true, nil
}

// subscribe asks for a channel and returns the accepted products; refused gets the others. Without products it is a channel
// of all products.
func (c *connection) subscribe(ctx context.Context, ch channel, products []*product, refused func(*product, string)) ([]*product, error) {
	ask := func(products []*product) (vendors.Verdict[*product], error) { return c.verdict(ctx, ch, products) }
	if len(products) == 0 {
		_, err := ask(nil)
		return nil, err
	}
	return vendors.Subscribe(products, ask, refused)
}

// verdict asks for a channel of products once. An error of the vendor does not always say which product it is about.
func (c *connection) verdict(ctx context.Context, ch channel, products []*product) (v vendors.Verdict[*product], err error) {
	a, err := c.ask(ctx, ch, products)
	if err != nil {
		return v, err
	}
	if a.refusal == "" {
		v.Reason = "it is not among those that are subscribed to"
		for _, p := range products {
			if a.has(ch, p) {
				v.Accepted = append(v.Accepted, p)
			} else {
				v.Refused = append(v.Refused, p)
			}
		}
		return v, nil
	}
	v.Reason = a.refusal
	for _, p := range products {
		if names(a.refusal, p.Symbol) {
			v.Refused = append(v.Refused, p)
		}
	}
	about := strings.ToLower(a.refusal)
	if len(v.Refused) == 0 && (len(products) == 0 || !strings.Contains(about, "product") && !strings.Contains(about, "delisted")) {
		return v, feed.Breakf(feed.Refused, "subscribe to %s at %s: the vendor says %.200q", ch.name, c.Where(), a.refusal)
	}
	return v, nil
}

// hadBook reports whether a book of a product has come; nil is no product.
func (c *connection) hadBook(ctx context.Context, p *product) (had bool) {
	if p == nil {
		return false
	}
	c.Do(ctx, func(*vendors.Reconciler, *market.Batch) error {
		had = p.book.bids.sign != 0
		return nil
	})
	return had
}

// leave ends the subscription to a channel of products.
func (c *connection) leave(ctx context.Context, ch channel, products []*product) error {
	text, err := json.Marshal(c.api.request("unsubscribe", ch, namesOf(products)))
	if err != nil {
		return fmt.Errorf("unsubscribe from %s: %w", ch.name, err)
	}
	return c.Write(ctx, text)
}

// namesOf are the products as the vendor spells them.
func namesOf(products []*product) []string {
	names := make([]string, len(products))
	for i, p := range products {
		names[i] = p.Symbol
	}
	return names
}

// names reports whether a text has a product's name as a word of its own.
func names(text, product string) bool {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool {
		return (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
	}) {
		if word == product {
			return true
		}
	}
	return false
}

// has reports whether an answer confirms a channel of a product; without one, the channel.
func (a reply) has(ch channel, p *product) bool {
	products, subscribed := a.channels[ch.name]
	if !subscribed && ch.alias != "" {
		products, subscribed = a.channels[ch.alias]
	}
	return subscribed && (p == nil || products[p.Symbol] || products[twin(p.Symbol)])
}

// hasAll reports whether an answer confirms a channel of all products.
func (a reply) hasAll(ch channel, products []*product) bool {
	return a.has(ch, nil) && !slices.ContainsFunc(products, func(p *product) bool { return !a.has(ch, p) })
}

// ask sends one request and waits for its reply: a refusal, or a list that has all that was asked for. If neither comes in
// time, it returns the last list that has the channel.
func (c *connection) ask(ctx context.Context, ch channel, products []*product) (result reply, err error) {
	text, err := json.Marshal(c.api.request("subscribe", ch, namesOf(products)))
	if err != nil {
		return reply{}, fmt.Errorf("subscribe to %s: %w", ch.name, err)
	}
	c.decoder.replies.Forget() // those to an earlier request
	if err := c.Write(ctx, text); err != nil {
		return reply{}, err
	}
	partial := false
	err = c.decoder.replies.Await(ctx, 0, fmt.Sprintf("subscribe to %s at %s", ch.name, c.Where()), func(a reply) (bool, error) {
		if a.refusal != "" || a.hasAll(ch, products) {
			result = a
			return true, nil
		}
		if a.has(ch, nil) {
			result, partial = a, true
		}
		return false, nil
	})
	if partial && errors.Is(err, vendors.ErrNoReply) {
		err = nil
	}
	return result, err
}
