package kraken

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// shared is what all connections share.
type shared struct {
	// static
	env      vendors.Env
	endpoint vendors.Endpoint
	rest     vendors.REST // without a limit: requests is it
	requests *rate.Limiter
	dials    *rate.Limiter
	notes    vendors.Once

	mu    sync.Mutex
	alone time.Time // guarded by mu: until when REST is not asked
}

// source is one connection to the vendor.
type source struct {
	*shared
	pairs []*vendors.Instrument
}

// Open puts the pairs into the directory and returns a source for every 200 of them. It does not connect; Run does.
func Open(cfg Config, env vendors.Env) ([]feed.Source, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	all, err := register(cfg.Symbols, &env)
	if err != nil {
		return nil, err
	}
	v := &shared{env: env, endpoint: env.Endpoint(name, cfg.URL), dials: rate.NewLimiter(rate.Every(dialEvery), dialsAtOnce),
		rest: env.REST(name, cfg.REST, nil), requests: rate.NewLimiter(rate.Every(requestEvery), requestsAtOnce)}
	v.endpoint.Ping, v.endpoint.Writes = ping, rate.NewLimiter(rate.Every(messageEvery), messagesAtOnce)
	var sources []feed.Source
	for pairs := range slices.Chunk(all, perConnection) {
		sources = append(sources, &source{v, pairs})
	}
	return sources, nil
}

func (s *source) Info() feed.Info {
	return feed.Info{Name: name, Numbered: true, Market: cryptoHours, Remote: true}
}

// connection is one session while it lasts.
type connection struct {
	*shared
	*vendors.Session
	decoder *Decoder
	again   vendors.Again[wanted]
	request uint64 // owned by talk: the number of the last one
}

// wanted is a channel of a pair, or of all pairs.
type wanted struct {
	channel string
	pair    *pair // nil: all
}

// Run holds one connection.
func (s *source) Run(ctx context.Context, publish func(market.Batch)) error {
	c := &connection{shared: s.shared, decoder: newDecoder(s.pairs, &s.env, &s.notes, true)}
	c.decoder.again = &c.again
	c.Session = &vendors.Session{Source: name, Env: &s.env, Dials: s.dials, Endpoint: s.endpoint, Decoder: c.decoder, Talk: c.talk}
	return c.Session.Run(ctx, publish)
}

var pingText = []byte(`{"method":"ping"}`)

// talk subscribes to all channels, asks for what the stream does not say, and keeps the connection open.
func (c *connection) talk(ctx context.Context) error {
	c.Go(func() error { return c.Keepalive(ctx, ping, pingText) })
	accepted, err := c.begin(ctx)
	if err != nil {
		return err
	}
	for _, p := range accepted {
		c.admit(ctx, p)
	}
	if err := c.quote(ctx, accepted...); err != nil {
		return err
	}
	if _, err := c.describe(ctx); err != nil {
		return err
	}
	return c.again.Run(ctx, c.askAgain)
}

// begin subscribes to the trades of all pairs and returns those that are accepted. It waits for the end of a maintenance.
func (c *connection) begin(ctx context.Context) ([]*pair, error) {
	for failures := 0; ; failures++ {
		select {
		case <-c.decoder.online: // said before
		default:
		}
		v, err := c.subscribe(ctx, trades, c.decoder.all)
		if err != nil {
			return nil, err
		}
		away := v.inMaintenance()
		c.Do(ctx, func(_ *vendors.Reconciler, b *market.Batch) error {
			c.decoder.away = away
			c.decoder.tell(b)
			return nil
		})
		if away {
			if err := c.awaitOnline(ctx, failures); err != nil {
				return nil, err
			}
			continue
		}
		if v.whole != nil {
			return nil, v.whole
		}
		for _, r := range v.refused {
			c.leaveOut(ctx, r)
		}
		if len(v.accepted) == 0 {
			return nil, feed.Breakf(feed.Refused, "subscribe to trade at %s: it has none of the pairs", c.Where())
		}
		return v.accepted, nil
	}
}

// leaveOut notes that the vendor refuses the trades of a pair, and has it asked for again. A pair in maintenance is halted.
func (c *connection) leaveOut(ctx context.Context, r refusal) {
	halted := troubleOf(r.reason) == maintenance
	c.Do(ctx, func(_ *vendors.Reconciler, b *market.Batch) error {
		if r.absent = true; halted {
			r.SetState(market.Halted, 0, market.TimeOf(time.Now()), b)
		}
		return nil
	})
	if !halted {
		c.MarkUnavailable(ctx, r.Instrument, r.reason)
	}
	c.again.Add(wanted{trades.Channel, r.pair})
}

// admit notes that the vendor has a pair, and asks for its figures.
func (c *connection) admit(ctx context.Context, p *pair) {
	isNew := p.MarkAvailable()
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

// quote subscribes to the best bid and ask of pairs. Those that are refused are asked for again.
func (c *connection) quote(ctx context.Context, pairs ...*pair) error {
	v, err := c.subscribe(ctx, tickers, pairs)
	if err != nil {
		return err
	}
	for _, p := range pairs {
		if !slices.Contains(v.accepted, p) {
			c.again.Add(wanted{tickers.Channel, p})
		}
	}
	c.lacks(tickers, v)
	return nil
}

// describe subscribes to what the vendor says of all pairs. Where it is refused, it is asked for again.
func (c *connection) describe(ctx context.Context) (accepted bool, err error) {
	v, err := c.subscribe(ctx, instruments, nil)
	if err != nil {
		return false, err
	}
	if v.whole != nil {
		c.again.Add(wanted{channel: instruments.Channel})
		c.lacks(instruments, v)
	}
	return v.whole == nil, nil
}

// lacks counts a refused channel without which prices are right.
func (c *connection) lacks(ch channel, v verdict) {
	switch {
	case v.whole != nil:
		c.notes.Lacks(&c.env, name, ch.Channel, v.whole)
	case len(v.refused) > 0:
		c.notes.Lacks(&c.env, name, ch.Channel, fmt.Errorf("%s: %s", v.refused[0].Symbol, v.refused[0].reason))
	}
}

// askAgain asks once more for what was refused.
func (c *connection) askAgain(ctx context.Context, w wanted) (accepted bool, err error) {
	switch w.channel {
	case instruments.Channel:
		return c.describe(ctx)
	case tickers.Channel:
		v, err := c.subscribe(ctx, tickers, []*pair{w.pair})
		return len(v.accepted) > 0, err
	}
	v, err := c.subscribe(ctx, trades, []*pair{w.pair})
	if err != nil || len(v.accepted) == 0 {
		return false, err
	}
	c.env.Log.Info("symbol accepted after a refusal", vendors.KeySource, name, vendors.KeySymbol, w.pair.Symbol)
	c.admit(ctx, w.pair)
	return true, c.quote(ctx, w.pair)
}
