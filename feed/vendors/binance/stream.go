package binance

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
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

	mu    sync.Mutex
	alone time.Time // guarded by mu: until when no request may be sent to REST
}

// source is one connection to the vendor.
type source struct {
	*shared
	symbols []*vendors.Instrument
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
		dials: rate.NewLimiter(rate.Every(dialEvery), dialsAtOnce), requests: rate.NewLimiter(requestsASecond, requestsAtOnce)}
	v.endpoint.Ping = ping
	var sources []feed.Source
	for symbols := range slices.Chunk(all, perConnection) {
		sources = append(sources, &source{v, symbols})
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
	round   int // owned by talk: which of the refused symbols is asked about next
}

// Run holds one connection.
func (s *source) Run(ctx context.Context, publish func(market.Batch)) error {
	c := &connection{shared: s.shared, decoder: newDecoder(s.symbols, &s.env, true)}
	endpoint := s.endpoint
	endpoint.Writes = rate.NewLimiter(rate.Every(messageEvery), 1)
	c.Session = &vendors.Session{Source: name, Env: &s.env, Dials: s.dials, Endpoint: endpoint, Decoder: c.decoder, Talk: c.talk}
	return c.Session.Run(ctx, publish)
}

// talk subscribes, and asks for what the stream does not say.
func (c *connection) talk(ctx context.Context) error {
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

// subscribe asks for all streams of all symbols. The vendor accepts the streams of a symbol that it does not have, too; they
// are silent.
func (c *connection) subscribe(ctx context.Context) error {
	var streams []string
	for _, sym := range c.decoder.all {
		for _, ch := range channels {
			streams = append(streams, strings.ToLower(sym.Symbol)+ch)
		}
	}
	id := uint64(0)
	for some := range slices.Chunk(streams, perMessage) {
		id++
		text, err := json.Marshal(struct {
			Method string   `json:"method"`
			Params []string `json:"params"`
			ID     uint64   `json:"id"`
		}{"SUBSCRIBE", some, id})
		if err != nil {
			return fmt.Errorf("subscribe: %w", err)
		}
		if err := c.Write(ctx, text); err != nil {
			return err
		}
		what := "subscribe at " + c.Where()
		err = c.decoder.replies.Await(ctx, 0, what, func(a reply) (bool, error) {
			if a.refusal != "" {
				return false, feed.Breakf(feed.Refused, "%s: the vendor says %.200q", what, a.refusal)
			}
			return a.id == id, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
