package kraken

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

const (
	// An address may open 150 connections in 10 minutes, and is shut out for as long otherwise.
	dialEvery, dialsAtOnce = 5 * time.Second, 10
	// The vendor names no limit of messages.
	messageEvery, messagesAtOnce = 250 * time.Millisecond, 4
	// One request a second is what REST allows for good.
	requestEvery, requestsAtOnce = time.Second, 3

	// ping keeps the connection: it is closed after a minute without a message.
	ping = 20 * time.Second

	// perLine is how many pairs share a connection. There is no limit, but whoever reads too slowly is cut off.
	perLine = 200
)

// venue is what all connections share.
type venue struct {
	// static
	env   vendors.Env
	line  vendors.Line
	rest  vendors.REST
	dials *rate.Limiter

	mu      sync.Mutex
	refused map[string]bool // guarded by mu: pairs that the vendor did not have when they were last asked for
}

// expel notes whether the vendor lacks a pair, and tells whether that is news.
func (v *venue) expel(pair string, lacks bool) (news bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	news = v.refused[pair] != lacks
	v.refused[pair] = lacks
	return news
}

// source is one connection to the vendor.
type source struct {
	*venue
	symbols []string
	ids     []market.SymbolID
}

// Open puts the pairs into the directory and returns a source for every 200 of them. It does not reach for the
// vendor: that is what Run does.
func Open(cfg Config, env vendors.Env) ([]feed.Source, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	v := &venue{env: env, dials: rate.NewLimiter(rate.Every(dialEvery), dialsAtOnce), refused: map[string]bool{}}
	header := http.Header{"User-Agent": {"tickertape"}}
	v.line = vendors.Line{Source: name, URL: cfg.URL, Header: header, Ping: ping, Writes: rate.NewLimiter(rate.Every(messageEvery), messagesAtOnce),
		Client: env.Client(), Tap: env.Tap}
	v.rest = vendors.REST{Source: name, Base: strings.TrimSuffix(cfg.REST, "/"), Header: header,
		Limit: rate.NewLimiter(rate.Every(requestEvery), requestsAtOnce), Client: env.Client(), Tap: env.Tap}
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
	answers chan answer // to requests. Never closed.
	request uint64      // owned by the subscribing goroutine: the number of the last one
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
	s.env.Log.Debug("connected", "source", name, "url", conn.Where(), "pairs", len(s.symbols))
	l := &line{venue: s.venue, conn: conn, decoder: newDecoder(s.symbols, s.ids, &s.env, true), opening: vendors.NewOpening(publish),
		answers: make(chan answer, 2*perLine)}
	l.group, ctx = errgroup.WithContext(ctx)
	l.group.Go(func() error { return conn.Pump(ctx, l.decoder, l.opening.Publish, l.pass) })
	l.group.Go(func() error { return l.begin(ctx) })
	return l.group.Wait()
}

// pass hands an answer to whoever waits for it.
func (l *line) pass(*market.Batch) error {
	if a := l.decoder.answered(); a != nil {
		select {
		case l.answers <- *a:
		default: // nobody has asked
		}
	}
	return nil
}

// begin subscribes to all channels, tends the pairs that the vendor has, and says from time to time that somebody
// is there.
func (l *line) begin(ctx context.Context) error {
	good, err := l.subscribe(ctx, subscription{Channel: "trade", Snapshot: true}, l.decoder.all)
	if err != nil {
		return err
	}
	l.judge(good)
	if len(good) == 0 {
		return feed.Breakf(feed.Refused, "subscribe to trade at %s: it has none of the pairs", l.conn.Where())
	}
	if _, err := l.subscribe(ctx, subscription{Channel: "ticker", Snapshot: true, Trigger: "bbo"}, good); err != nil {
		return err
	}
	if _, err := l.subscribe(ctx, subscription{Channel: "instrument", Snapshot: true, Tokens: true}, nil); err != nil {
		return err
	}
	for _, p := range good {
		l.group.Go(func() error {
			l.follow(ctx, p)
			return nil
		})
	}
	for vendors.Pause(ctx, ping) {
		if err := l.conn.Write(ctx, []byte(`{"method":"ping"}`)); err != nil {
			return err
		}
	}
	return nil
}
