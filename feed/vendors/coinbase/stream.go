package coinbase

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// What the vendor allows is for an address: 8 connections and 8 messages a second at both feeds, and over REST
// 10 requests a second and 15 at once. Within any second there are no more than a burst and a second's worth.
const (
	dialsASecond, dialsAtOnce       = 4, 4
	messagesASecond, messagesAtOnce = 6, 2
	requestsASecond, requestsAtOnce = 8, 6

	ping = 30 * time.Second

	// perLine is how many products share a connection. There is no limit, but whoever reads too slowly is cut
	// off.
	perLine = 100
)

// venue is what all connections share.
type venue struct {
	// static
	env   vendors.Env
	api   api
	line  vendors.Line
	rest  vendors.REST
	dials *rate.Limiter

	mu      sync.Mutex
	refused map[string]bool // guarded by mu: products and channels that the vendor did not have when they were last asked for
}

// expel notes that the vendor does not have a product or a channel, and tells whether that is news.
func (v *venue) expel(product string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	news := !v.refused[product]
	v.refused[product] = true
	return news
}

// readmit notes that the vendor has a product, and tells whether that is news.
func (v *venue) readmit(product string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	news := v.refused[product]
	delete(v.refused, product)
	return news
}

// source is one connection to the vendor.
type source struct {
	*venue
	symbols []string
	ids     []market.SymbolID
}

// Open puts the products into the directory and returns a source for each hundred of them. It does not reach
// for the vendor: that is what Run does.
func Open(cfg Config, env vendors.Env) ([]feed.Source, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	a := apis[cfg.API]
	if cfg.URL != "" {
		a.url = cfg.URL
	}
	if cfg.REST != "" {
		a.rest = cfg.REST
	}
	v := &venue{env: env, api: a, dials: rate.NewLimiter(dialsASecond, dialsAtOnce), refused: map[string]bool{}}
	v.line = vendors.Line{Source: name, URL: a.url, Header: http.Header{"User-Agent": {"tickertape"}}, Ping: ping,
		Writes: rate.NewLimiter(messagesASecond, messagesAtOnce), Client: env.Client(), Tap: env.Tap}
	v.rest = vendors.REST{Source: name, Base: strings.TrimSuffix(a.rest, "/"), Limit: rate.NewLimiter(requestsASecond, requestsAtOnce),
		Header: http.Header{"User-Agent": {"tickertape"}, "Cache-Control": {"no-cache"}}, // answers are cached for a second otherwise
		Client: env.Client(), Tap: env.Tap}
	var sources []feed.Source
	for symbols := range slices.Chunk(cfg.Symbols, perLine) {
		ids, err := enter(symbols, env.Dir)
		if err != nil {
			return nil, err
		}
		sources = append(sources, &source{v, symbols, ids})
	}
	return sources, nil
}

func (s *source) Info() feed.Info {
	return feed.Info{Name: name, Numbered: true, Market: cryptoHours, Remote: true}
}

// line is one connection while it stands.
type line struct {
	*venue
	conn    *vendors.Conn
	decoder *Decoder
	opening *vendors.Opening
	answers chan answer // to subscriptions. Never closed.
	group   *errgroup.Group
}

// Run holds one connection.
func (s *source) Run(ctx context.Context, publish func(market.Batch)) error {
	err := s.hold(ctx, publish)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (s *source) hold(ctx context.Context, publish func(market.Batch)) error {
	if err := s.dials.Wait(ctx); err != nil {
		return err
	}
	conn, err := s.line.Dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	s.env.Log.Debug("connected", "source", name, "url", conn.Where(), "symbols", len(s.symbols))
	l := &line{venue: s.venue, conn: conn, decoder: newDecoder(s.symbols, s.ids, &s.env, true), opening: vendors.NewOpening(publish),
		answers: make(chan answer, 16)}
	l.group, ctx = errgroup.WithContext(ctx)
	l.group.Go(func() error { return conn.Pump(ctx, l.decoder, l.opening.Publish, l.pass) })
	l.group.Go(func() error { return l.begin(ctx) })
	return l.group.Wait()
}

// pass hands an answer to whoever waits for it. One that nobody waits for may be lost.
func (l *line) pass(*market.Batch) error {
	if a := l.decoder.reply(); a != nil {
		select {
		case l.answers <- *a:
		default:
		}
	}
	return nil
}
