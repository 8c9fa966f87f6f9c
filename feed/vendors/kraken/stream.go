package kraken

import (
	"context"
	"fmt"
	"slices"

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
	rest     vendors.REST
	dials    *rate.Limiter
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
	all, err := instruments(cfg.Symbols, &env)
	if err != nil {
		return nil, err
	}
	v := &shared{env: env, endpoint: env.Endpoint(name, cfg.URL), dials: rate.NewLimiter(rate.Every(dialEvery), dialsAtOnce),
		rest: env.REST(name, cfg.REST, rate.NewLimiter(rate.Every(requestEvery), requestsAtOnce))}
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
	request uint64 // owned by talk: the number of the last one
}

// Run holds one connection.
func (s *source) Run(ctx context.Context, publish func(market.Batch)) error {
	c := &connection{shared: s.shared, decoder: newDecoder(s.pairs, &s.env, true)}
	c.Session = &vendors.Session{Source: name, Env: &s.env, Dials: s.dials, Endpoint: s.endpoint, Decoder: c.decoder, Talk: c.talk}
	return c.Session.Run(ctx, publish)
}

// talk subscribes to all channels, asks for what the stream does not say, and keeps the connection open.
func (c *connection) talk(ctx context.Context) error {
	accepted, err := c.subscribe(ctx, subscription{Channel: "trade", Snapshot: true}, c.decoder.all)
	if err != nil {
		return err
	}
	for _, p := range c.decoder.all {
		if slices.Contains(accepted, p) {
			c.MarkAvailable(ctx, p.Instrument)
		} else {
			c.MarkUnavailable(ctx, p.Instrument, "the vendor does not have it")
		}
	}
	if len(accepted) == 0 {
		return feed.Breakf(feed.Refused, "subscribe to trade at %s: it has none of the pairs", c.Where())
	}
	if _, err := c.subscribe(ctx, subscription{Channel: "ticker", Snapshot: true, Trigger: "bbo"}, accepted); err != nil {
		return err
	}
	if _, err := c.subscribe(ctx, subscription{Channel: "instrument", Snapshot: true, Tokens: true}, nil); err != nil {
		return err
	}
	for _, p := range accepted {
		c.Go(func() error {
			c.follow(ctx, p)
			return nil
		})
	}
	return c.Keepalive(ctx, ping, []byte(`{"method":"ping"}`))
}
