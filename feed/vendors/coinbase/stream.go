package coinbase

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
	api      api
	endpoint vendors.Endpoint
	rest     vendors.REST
	dials    *rate.Limiter
	notes    vendors.Once
}

// source is one connection to the vendor.
type source struct {
	*shared
	products []*vendors.Instrument
}

// Open puts the products into the directory and returns a source for each hundred of them. It does not connect; Run does.
func Open(cfg Config, env vendors.Env) ([]feed.Source, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	a := apis[cfg.API]
	if !cfg.Book {
		a.channels = slices.DeleteFunc(slices.Clone(a.channels), func(ch channel) bool { return ch.name == bookChannel })
	}
	if cfg.URL != "" {
		a.url = cfg.URL
	}
	if cfg.REST != "" {
		a.rest = cfg.REST
	}
	all, err := instruments(cfg.Symbols, &env)
	if err != nil {
		return nil, err
	}
	v := &shared{env: env, api: a, endpoint: env.Endpoint(name, a.url),
		rest:  env.REST(name, a.rest, rate.NewLimiter(requestsASecond, requestsAtOnce)),
		dials: rate.NewLimiter(dialsASecond, dialsAtOnce)}
	v.endpoint.Ping, v.endpoint.Writes = ping, rate.NewLimiter(messagesASecond, messagesAtOnce)
	v.rest.Header.Set("Cache-Control", "no-cache") // answers are cached for a second otherwise
	var sources []feed.Source
	for products := range slices.Chunk(all, perConnection) {
		sources = append(sources, &source{v, products})
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
	decoder  *Decoder
	again    vendors.Again[wanted]
	admitted []*product // owned by talk: whose trades the vendor has
}

// wanted is a channel of a product, or of all.
type wanted struct {
	channel string
	product *product // nil: all
}

// Run holds one connection.
func (s *source) Run(ctx context.Context, publish func(market.Batch)) error {
	c := &connection{shared: s.shared, decoder: newDecoder(s.products, &s.env, true)}
	c.decoder.books, c.decoder.again = true, &c.again
	c.Session = &vendors.Session{Source: name, Env: &s.env, Dials: s.dials, Endpoint: s.endpoint, Decoder: c.decoder, Talk: c.talk}
	return c.Session.Run(ctx, publish)
}
