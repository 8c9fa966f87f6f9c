package relay

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

const (
	subprotocol = "tickertape.v1.json"
	// mostText is the most bytes of a request. Servers accept so many unless their configuration says otherwise.
	mostText = 32 << 10
	// mostRetry is the longest wait before a redial that a server can ask for.
	mostRetry = time.Hour
	// askAgain is the least time between two requests for names that an older server did not know, which does not tell when it
	// does: one that has just started learns its symbols. Servers accept 16 KiB of requests a second.
	askAgain = 4 * time.Second
)

// source follows another tickertape.
type source struct {
	// static
	env      vendors.Env
	symbols  []string
	self     string // the name of this relay among those between here and the source
	endpoint vendors.Endpoint
	rest     vendors.REST
	pinned   bool // whether prices are simulated or replayed must stay as it is

	origin   atomic.Pointer[origin]
	series   *seriesState // nil: bars and trades are not followed. Owned by Run, as upstream is
	upstream *upstream    // owned by Run, of which there is one at a time: connections need no renewal
}

// origin is what the server's prices are, as in [feed.Info].
type origin struct {
	simulated, replayed bool
	delay               time.Duration
}

// Open puts the symbols that are named into the directory. It does not connect; Run does.
func Open(cfg Config, env vendors.Env) ([]feed.Source, error) {
	s, err := open(cfg, env)
	if err != nil {
		return nil, err
	}
	if !cfg.quotesOnly {
		s.series = newSeriesState(s.symbols, cfg.intervals)
	}
	return []feed.Source{s}, nil
}

// Connect is Open for whoever has to know at once whether prices are made up or replayed: it asks the server. It returns an error if the
// server cannot be reached, is no tickertape or knows none of the symbols. Run returns one if the server later says otherwise.
func Connect(ctx context.Context, cfg Config, env vendors.Env) (feed.Source, error) {
	s, err := open(cfg, env)
	if err != nil {
		return nil, err
	}
	if err := s.ask(ctx); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	s.pinned = true
	return s, nil
}

func open(cfg Config, env vendors.Env) (*source, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := addSymbols(cfg.Symbols, &env); err != nil {
		return nil, err
	}
	base, _ := cfg.base() // valid
	s := &source{env: env, symbols: cfg.Symbols, upstream: newUpstream(), self: strconv.FormatUint(rand.Uint64N(1<<40), 36)}
	s.origin.Store(&origin{})
	secrets := vendors.Passwords(base)
	s.rest = env.REST(name, base.String(), nil, secrets...)
	socket := *base
	socket.Scheme = strings.Replace(base.Scheme, "http", "ws", 1)
	socket.Path += "/ws"
	s.endpoint = env.Endpoint(name, socket.String(), secrets...)
	s.endpoint.Subprotocols = []string{subprotocol}
	return s, nil
}

// addSymbols puts the symbols that are named into the directory. The server says later how many decimals they have.
func addSymbols(symbols []string, env *vendors.Env) error {
	for _, s := range symbols {
		if isList(s) {
			continue
		}
		if _, err := env.Dir.Add(market.Symbol{Symbol: s}); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// Info says that the prices are made up, replayed or late once the server does.
func (s *source) Info() feed.Info {
	is := s.origin.Load()
	return feed.Info{Name: name, Simulated: is.simulated, Replayed: is.replayed, Delay: is.delay, Lossless: true, Remote: true}
}

// Resend asks the server for all bars and trades of a symbol again. It returns at once, and may be called from anywhere.
func (s *source) Resend(id market.SymbolID) {
	if s.series != nil {
		s.series.again.add(id)
	}
}

// Run holds one connection.
func (s *source) Run(ctx context.Context, publish func(market.Batch)) error {
	appeared := newQueue()
	toAsk := requests(s.symbols)
	c := &connection{source: s, asks: toAsk, toSend: make(chan string, 1), upToDate: make(chan struct{})}
	c.decoder = newDecoder(&s.env, s.self, s.upstream, len(toAsk), appeared.add)
	c.Session = &vendors.Session{Source: name, Env: &s.env, Endpoint: s.endpoint, Decoder: c.decoder, Hear: c.hear}
	c.Talk = func(ctx context.Context) error {
		c.Go(func() error {
			s.describe(ctx, appeared)
			return nil
		})
		if s.series != nil {
			c.Go(func() error {
				s.followSeries(ctx, c, appeared.add)
				return nil
			})
		}
		return c.send(ctx)
	}
	return waitAsAsked(c.Session.Run(ctx, publish))
}

// connection is one session while it lasts. The goroutine that decodes owns what is not static.
type connection struct {
	// static
	*source
	*vendors.Session
	decoder  *Decoder
	toSend   chan string   // one slot: a request to be sent. Never closed.
	upToDate chan struct{} // closed once all quotes are up to date

	asks     []string // symbols of the requests that are still to be made
	made     int      // requests
	caughtUp bool     // upToDate is closed
	last     time.Time
}

// hear makes the next request, and notes what the server says that its prices are.
func (c *connection) hear(_ *vendors.Reconciler, b *market.Batch) error {
	c.ask(time.Now())
	if !c.caughtUp && c.decoder.current() {
		c.caughtUp = true
		close(c.upToDate)
	}
	if b.Status == nil {
		return nil
	}
	before, now := c.origin.Load(), origin{b.Status.Simulated, b.Status.Replayed, b.Status.Delay}
	switch {
	case c.pinned && now.simulated != before.simulated:
		return fmt.Errorf("simulated: the server at %s says %t now, and said %t before", c.Where(), now.simulated, before.simulated)
	case c.pinned && now.replayed != before.replayed:
		return fmt.Errorf("replayed: the server at %s says %t now, and said %t before", c.Where(), now.replayed, before.replayed)
	case now != *before:
		c.origin.Store(&now)
	}
	return nil
}

// ask makes the next request, if it is time for one. First come those of the subscription, each once the one before has been
// answered, since a position holds for all symbols or none; later those for names that an older server did not know.
func (c *connection) ask(now time.Time) {
	var symbols, since string
	switch {
	case len(c.asks) > 0:
		if !c.decoder.mayAsk {
			return
		}
		c.decoder.mayAsk = false
		symbols, c.asks = c.asks[0], c.asks[1:]
		since = c.upstream.position.String()
	case c.decoder.current() && !c.decoder.awaits && len(c.upstream.unknown) > 0 && now.Sub(c.last) >= askAgain:
		parts := requests(slices.Sorted(maps.Keys(c.upstream.unknown)))
		symbols = parts[c.made%len(parts)]
	default:
		return
	}
	c.made++
	c.last = now
	text := `{"type":"subscribe","id":` + strconv.Itoa(c.made) + `,"symbols":[` + symbols + `]`
	if since != "" {
		text += `,"since":"` + since + `"`
	}
	select {
	case c.toSend <- text + "}":
	default: // the one before is not sent yet; this one is made again later
	}
}

// send sends the requests that ask makes, until ctx ends.
func (c *connection) send(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case text := <-c.toSend:
			if err := c.Write(ctx, []byte(text)); err != nil {
				return err
			}
		}
	}
}

// requests are the symbols as JSON strings with commas, in parts that one message can hold.
func requests(symbols []string) []string {
	var parts []string
	var part []byte
	for _, s := range symbols {
		if len(part) > mostText {
			parts = append(parts, string(part))
			part = part[:0]
		}
		if len(part) > 0 {
			part = append(part, ',')
		}
		part, _ = jsontext.AppendQuote(part, s) // UTF-8, or it were no symbol
	}
	return append(parts, string(part))
}

// waitAsAsked has the redial wait for a random part of the time that the server asks for when it closes a connection.
func waitAsAsked(err error) error {
	var b *feed.Break
	var closed *vendors.Closed
	if !errors.As(err, &b) || !errors.As(b.Err, &closed) {
		return err
	}
	text, found := strings.CutPrefix(closed.Reason, "retry_ms=")
	if ms, err := strconv.ParseUint(text, 10, 31); found && err == nil && ms > 0 {
		b.After = rand.N(min(time.Duration(ms)*time.Millisecond, mostRetry))
	}
	return b
}
