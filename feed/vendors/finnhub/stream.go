package finnhub

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/time/rate"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// evicted is how soon a connection ends whose key is used elsewhere.
const evicted = 2 * time.Second

// source is the one connection that a key may have.
type source struct {
	// static
	env      vendors.Env
	key      vendors.Secret
	endpoint vendors.Endpoint // without the key
	rest     vendors.REST
	all      []*instrument
	effects  map[string]vendors.Effect
	market   string

	// owned by Run, of which there is one at a time
	closes    closes // owned by the goroutine that decodes
	evictions int    // how many connections in a row ended at once
}

// Open puts the symbols into the directory and reads the key. It does not connect; Run does.
func Open(cfg Config, env vendors.Env) ([]feed.Source, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	key, err := vendors.ReadSecret("feed.finnhub.key_file", cfg.KeyFile, "FINNHUB_API_KEY")
	if err != nil {
		return nil, err
	}
	all, err := instruments(cfg.Symbols, &env)
	if err != nil {
		return nil, err
	}
	s := &source{env: env, key: key, all: all, effects: cfg.Conditions.effects(), market: marketOfAll(cfg.Symbols), closes: closes{}}
	s.endpoint = env.Endpoint(name, cfg.URL, key)
	s.endpoint.Ping, s.endpoint.Writes = ping, rate.NewLimiter(messagesASecond, messagesAtOnce)
	s.rest = env.REST(name, cfg.REST, rate.NewLimiter(rate.Every(time.Minute/time.Duration(cfg.RESTPerMinute)), 1), key)
	s.rest.Header.Set("X-Finnhub-Token", key.Reveal())
	return []feed.Source{s}, nil
}

func (s *source) Info() feed.Info { return feed.Info{Name: name, Market: s.market, Remote: true} }

// connection is one session while it lasts.
type connection struct {
	*source
	*vendors.Session
	decoder *Decoder
	began   time.Time // owned by talk, and by Run after it: when the connection was open
	heard   bool      // owned by the goroutine that decodes, and by Run after it: the vendor has sent something
	live    bool      // owned by the goroutine that decodes: prices come
}

// Run holds one connection.
func (s *source) Run(ctx context.Context, publish func(market.Batch)) error {
	endpoint := s.endpoint
	endpoint.URL += "?token=" + url.QueryEscape(s.key.Reveal())
	c := &connection{source: s, decoder: newDecoder(s.all, s.effects, &s.env)}
	c.Session = &vendors.Session{Source: name, Env: &s.env, Endpoint: endpoint, Decoder: c.decoder, Hear: c.hear, Talk: c.talk}
	err := c.Session.Run(ctx, publish)
	if c.began.IsZero() { // it was never open
		return err
	}
	return s.ended(err, !c.heard && time.Since(c.began) < evicted)
}

// hear publishes the known previous closes with the first prices, so that trades of those symbols count in full at once.
func (c *connection) hear(r *vendors.Reconciler, b *market.Batch) error {
	c.heard = true
	if c.live || len(b.Ticks) == 0 {
		return nil
	}
	c.live = true
	now := b.Ticks[0].Received
	for _, in := range c.all {
		if price := c.closes.of(in, now); price > 0 {
			r.AddFigures(b, market.Quote{Symbol: in.ID, Set: market.FieldPreviousClose, PreviousClose: price}, 0)
		}
	}
	return nil
}

// talk subscribes, and asks for the figures meanwhile: there are many symbols, and the plan may allow few requests.
func (c *connection) talk(ctx context.Context) error {
	c.began = time.Now()
	c.Go(func() error {
		c.figures(ctx)
		return nil
	})
	return c.subscribe(ctx)
}

// subscribe asks for all symbols, one a message. The vendor confirms none; prices show that one is granted.
func (c *connection) subscribe(ctx context.Context) error {
	var text []byte
	for _, in := range c.all {
		text = append(text[:0], `{"type":"subscribe","symbol":`...)
		text, _ = jsontext.AppendQuote(text, in.Symbol) // it is UTF-8, or it were no symbol
		text = append(text, '}')
		c.decoder.subscribed.Add(1) // before the answer can come
		if err := c.Write(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// ended is the error to return for the end of a connection. The vendor ends a connection at once, and without a reason, while
// another one has its key. The first time, that may be the connection before, whose end the vendor has not seen yet. The
// second time in a row, another program uses the key.
func (s *source) ended(err error, atOnce bool) error {
	if !atOnce {
		s.evictions = 0
		return err
	}
	s.evictions++
	var b *feed.Break
	if s.evictions > 1 && errors.As(err, &b) && b.Cause == feed.Lost {
		return &feed.Break{Cause: feed.Taken, After: b.After,
			Err: fmt.Errorf("connections end within %v, as they do while another program uses the key: %w", evicted, b.Err)}
	}
	return err
}
