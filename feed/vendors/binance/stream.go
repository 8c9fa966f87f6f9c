package binance

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// channels are the streams of a symbol.
var channels = []string{"@trade", "@bookTicker", "@miniTicker"}

// shared is what all connections share.
type shared struct {
	// static
	env      vendors.Env
	endpoint vendors.Endpoint
	rest     vendors.REST
	dials    *rate.Limiter
	requests *rate.Limiter
	lists    *rate.Limiter // of requests for the list of symbols

	mu    sync.Mutex
	alone time.Time // guarded by mu: until when no request may be sent to REST
}

// source is one connection to the vendor.
type source struct {
	*shared
	symbols []*vendors.Instrument
	figures figures
}

// Open puts the symbols into the directory and returns a source for every 300 of them. It does not connect; Run does.
func Open(cfg Config, env vendors.Env) ([]feed.Source, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	all, err := instruments(cfg.Symbols, &env)
	if err != nil {
		return nil, err
	}
	v := &shared{env: env, endpoint: env.Endpoint(name, strings.TrimSuffix(cfg.URL, "/")+"/stream"), rest: env.REST(name, cfg.REST, nil),
		dials: rate.NewLimiter(rate.Every(dialEvery), dialsAtOnce), requests: rate.NewLimiter(requestsASecond, requestsAtOnce),
		lists: rate.NewLimiter(rate.Every(listEvery), listsAtOnce)}
	v.endpoint.Ping = ping
	var sources []feed.Source
	for symbols := range slices.Chunk(all, perConnection) {
		sources = append(sources, &source{shared: v, symbols: symbols})
	}
	return sources, nil
}

func (s *source) Info() feed.Info {
	return feed.Info{Name: name, Numbered: true, Market: cryptoHours, Remote: true}
}

// Life is how long a connection lasts before another takes its place.
func (s *source) Life() time.Duration { return life }

// connection is one session while it lasts.
type connection struct {
	*shared
	*vendors.Session
	decoder *Decoder
	figures *figures
	round   int  // owned by talk: which of the refused symbols is asked about next
	joined  bool // owned by the goroutine that decodes: all streams are subscribed to
}

// Run holds one connection.
func (s *source) Run(ctx context.Context, publish func(market.Batch)) error {
	c := &connection{shared: s.shared, decoder: newDecoder(s.symbols, &s.env, true), figures: &s.figures}
	s.figures.enter(c.decoder.hours)
	defer s.figures.leave()
	endpoint := s.endpoint
	endpoint.Writes = rate.NewLimiter(rate.Every(messageEvery), 1)
	c.Session = &vendors.Session{Source: name, Env: &s.env, Dials: s.dials, Endpoint: endpoint, Decoder: c.decoder, Talk: c.talk}
	return c.Session.Run(ctx, func(b market.Batch) {
		b.Joining = !c.joined
		publish(b)
	})
}

// talk subscribes, and asks for what the stream does not say.
func (c *connection) talk(ctx context.Context) error {
	if err := c.inherit(ctx); err != nil {
		return err
	}
	if err := c.subscribe(ctx); err != nil {
		return err
	}
	for _, sym := range c.decoder.all {
		c.Go(func() error {
			c.follow(ctx, sym)
			return nil
		})
		c.Go(func() error {
			c.awaitTrade(ctx, sym)
			return nil
		})
	}
	return c.watchProducts(ctx)
}

// inherit has the trades of symbols whose figures are published count from the first one on.
func (c *connection) inherit(ctx context.Context) error {
	return c.Do(ctx, func(r *vendors.Reconciler, b *market.Batch) error {
		for _, sym := range c.decoder.all {
			if sym.inherited = c.figures.has(sym.Instrument); sym.inherited {
				r.AddFigures(b, market.Quote{Symbol: sym.ID}, 0)
			}
		}
		return nil
	})
}

// subscribe asks for all streams of all symbols. The vendor accepts the streams of a symbol that it does not have, too; they
// are silent.
func (c *connection) subscribe(ctx context.Context) error {
	var streams []string
	for _, sym := range c.decoder.all {
		for _, ch := range channels {
			streams = append(streams, inStreams(sym.Symbol)+ch)
		}
	}
	texts, err := subscriptions(streams)
	if err != nil {
		return err
	}
	for i, text := range texts {
		if err := c.Write(ctx, text); err != nil {
			return err
		}
		what := fmt.Sprintf("subscribe, message %d of %d, at %s", i+1, len(texts), c.Where())
		err := c.decoder.replies.Await(ctx, 0, what, func(a reply) (bool, error) {
			if a.refusal != "" {
				return false, feed.Breakf(feed.Refused, "%s: the vendor says %.200q", what, a.refusal)
			}
			return a.id == uint64(i+1), nil
		})
		if err != nil {
			return err
		}
	}
	return c.Do(ctx, func(*vendors.Reconciler, *market.Batch) error {
		c.joined = true
		return nil
	})
}
