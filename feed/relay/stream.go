package relay

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/sync/errgroup"

	"tickertape/feed"
	"tickertape/feed/upstream"
)

const (
	subprotocol = "tickertape.v1.json"
	// mostText is how long a request is at most, which servers take unless they are told not to.
	mostText = 32 << 10
	// mostRetry is how long a server can want to be left alone.
	mostRetry = time.Hour
)

// source follows another tickertape.
type source struct {
	// static
	env     upstream.Env
	symbols []string
	self    string // what this relay is called among those on the way
	line    upstream.Line
	rest    upstream.REST
	pinned  bool // simulated must stay as it is

	simulated atomic.Bool
	board     board // owned by Run, of which there is one at a time: connections need no renewal
}

// Open puts the symbols that are named into the directory. It does not reach for the server: that is what Run
// does.
func Open(cfg Config, env upstream.Env) ([]feed.Source, error) {
	s, err := open(cfg, env)
	if err != nil {
		return nil, err
	}
	return []feed.Source{s}, nil
}

// Connect is Open for whoever has to know at once whether prices are made up: it asks the server. A server that
// cannot be reached, is no tickertape or knows none of the symbols is an error; and so is, later, one that says
// otherwise than now.
func Connect(ctx context.Context, cfg Config, env upstream.Env) (feed.Source, error) {
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

func open(cfg Config, env upstream.Env) (*source, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := enter(cfg.Symbols, &env); err != nil {
		return nil, err
	}
	base, _ := cfg.base() // valid
	s := &source{env: env, symbols: cfg.Symbols, self: strconv.FormatUint(rand.Uint64N(1<<40), 36)}
	agent := http.Header{"User-Agent": {"tickertape"}}
	s.rest = upstream.REST{Source: name, Base: base.String(), Header: agent, Client: env.Client(), Tap: env.Tap}
	socket := *base
	socket.Scheme = strings.Replace(base.Scheme, "http", "ws", 1)
	socket.Path += "/ws"
	s.line = upstream.Line{Source: name, URL: socket.String(), Header: agent, Subprotocols: []string{subprotocol},
		Client: env.Client(), Tap: env.Tap}
	return s, nil
}

// enter puts the symbols that are named into the directory. How many decimals they have, the server will tell.
func enter(symbols []string, env *upstream.Env) error {
	for _, s := range symbols {
		if isList(s) {
			continue
		}
		if _, err := env.Dir.Add(feed.Symbol{Symbol: s}); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// Info says that the prices are made up once the server does.
func (s *source) Info() feed.Info {
	return feed.Info{Name: name, Simulated: s.simulated.Load(), Whole: true, Remote: true}
}

// Run holds one connection.
func (s *source) Run(ctx context.Context, publish func(feed.Batch)) error {
	err := s.hold(ctx, publish)
	if ctx.Err() != nil {
		return nil
	}
	return patient(err)
}

// connection is one while it stands.
type connection struct {
	*source
	conn    *upstream.Conn
	decoder *Decoder
	turns   chan string // one slot: the position to resume at, each time that a request can be sent
}

func (s *source) hold(ctx context.Context, publish func(feed.Batch)) error {
	conn, err := s.line.Dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	s.env.Log.Debug("connected", "source", name, "url", conn.Where())
	appeared := newQueue()
	asks := requests(s.symbols)
	c := &connection{source: s, conn: conn, decoder: newDecoder(&s.env, s.self, &s.board, len(asks), appeared.add), turns: make(chan string, 1)}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return conn.Pump(ctx, c.decoder, publish, c.hear) })
	group.Go(func() error { return c.subscribe(ctx, asks) })
	group.Go(func() error {
		s.describe(ctx, appeared)
		return nil
	})
	return group.Wait()
}

// hear sees each message before what it says is published.
func (c *connection) hear(b *feed.Batch) error {
	if c.decoder.turn {
		c.decoder.turn = false
		select {
		case c.turns <- c.board.position.String():
		default: // all were sent
		}
	}
	if b.Status == nil || b.Status.Simulated == c.simulated.Load() {
		return nil
	}
	if c.pinned {
		return fmt.Errorf("simulated: the server at %s says %t now, and said %t before", c.conn.Where(), b.Status.Simulated, !b.Status.Simulated)
	}
	c.simulated.Store(b.Status.Simulated)
	return nil
}

// subscribe sends the requests, each when the one before has been answered: a position holds for all or none.
func (c *connection) subscribe(ctx context.Context, asks []string) error {
	for i, ask := range asks {
		var since string
		select {
		case <-ctx.Done():
			return nil
		case since = <-c.turns:
		}
		text := `{"type":"subscribe","id":` + strconv.Itoa(i+1) + `,"symbols":[` + ask + `]`
		if since != "" {
			text += `,"since":"` + since + `"`
		}
		if err := c.conn.Write(ctx, []byte(text+"}")); err != nil {
			return err
		}
	}
	return nil
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

// patient leaves the server alone for a random part of the time that it asks for when it closes a connection.
func patient(err error) error {
	var b *feed.Break
	var closed *upstream.Closed
	if !errors.As(err, &b) || !errors.As(b.Err, &closed) {
		return err
	}
	text, found := strings.CutPrefix(closed.Reason, "retry_ms=")
	if ms, err := strconv.ParseUint(text, 10, 31); found && err == nil && ms > 0 {
		b.After = rand.N(min(time.Duration(ms)*time.Millisecond, mostRetry))
	}
	return b
}
