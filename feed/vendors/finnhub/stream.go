package finnhub

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

const (
	// The vendor names no limit of messages, but 30 requests a second for everything on any plan.
	messagesASecond = 25
	messagesAtOnce  = 5

	ping = 30 * time.Second

	// evicted is how soon a connection ends whose key is used elsewhere.
	evicted = 2 * time.Second
)

// source is the one connection that a key may have.
type source struct {
	// static
	env     vendors.Env
	key     vendors.Secret
	line    vendors.Line // without the key
	rest    vendors.REST
	all     []*instrument
	effects map[string]effect
	market  string
	closes  *closes

	evictions atomic.Int32 // connections in a row that ended at once
}

// Open puts the symbols into the directory and reads the key. It does not reach for the vendor: that is what
// Run does.
func Open(cfg Config, env vendors.Env) ([]feed.Source, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	key, err := vendors.ReadSecret("feed.finnhub.key_file", cfg.KeyFile, "FINNHUB_API_KEY")
	if err != nil {
		return nil, err
	}
	env.Faults.Hide(key)
	all, err := enter(cfg.Symbols, &env)
	if err != nil {
		return nil, err
	}
	secrets := []vendors.Secret{key}
	s := &source{env: env, key: key, all: all, effects: cfg.Conditions.effects(), market: marketOfAll(cfg.Symbols),
		closes: &closes{known: map[market.SymbolID]previousClose{}}}
	s.line = vendors.Line{Source: name, URL: cfg.URL, Header: http.Header{"User-Agent": {"tickertape"}}, Ping: ping, Secrets: secrets,
		Writes: rate.NewLimiter(messagesASecond, messagesAtOnce), Client: env.Client(), Tap: env.Tap}
	s.rest = vendors.REST{Source: name, Base: strings.TrimSuffix(cfg.REST, "/"), Secrets: secrets,
		Header: http.Header{"User-Agent": {"tickertape"}, "X-Finnhub-Token": {key.Reveal()}},
		Limit:  rate.NewLimiter(rate.Every(time.Minute/time.Duration(cfg.RESTPerMinute)), 1), Client: env.Client(), Tap: env.Tap}
	return []feed.Source{s}, nil
}

func (s *source) Info() feed.Info { return feed.Info{Name: name, Market: s.market, Remote: true} }

// line is one connection while it stands.
type line struct {
	*source
	conn    *vendors.Conn
	decoder *Decoder
	opening *vendors.Opening
	heard   bool // owned by the reading goroutine: the vendor has said something
	live    bool // owned by the reading goroutine: prices come
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
	dialled := s.line
	dialled.URL += "?token=" + url.QueryEscape(s.key.Reveal())
	conn, err := dialled.Dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	s.env.Log.Debug("connected", "source", name, "url", conn.Where(), "symbols", len(s.all))
	began := time.Now()
	l := &line{source: s, conn: conn, decoder: newDecoder(s.all, s.effects, &s.env), opening: vendors.NewOpening(publish)}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return conn.Pump(ctx, l.decoder, l.opening.Publish, l.hear) })
	group.Go(func() error { return l.subscribe(ctx) })
	group.Go(func() error {
		l.tend(ctx)
		return nil
	})
	err = group.Wait()
	return s.ended(err, !l.heard && time.Since(began) < evicted)
}

// hear sees each message before what it says is published.
func (l *line) hear(b *market.Batch) error {
	l.heard = true
	if !l.live && len(b.Ticks) > 0 {
		l.live = true
		l.recall(b.Ticks[0].Received)
	}
	return nil
}

// subscribe asks for all symbols, one a message. Nothing says that one is granted but its prices.
func (l *line) subscribe(ctx context.Context) error {
	var text []byte
	for _, in := range l.all {
		text = append(text[:0], `{"type":"subscribe","symbol":`...)
		text, _ = jsontext.AppendQuote(text, in.symbol) // UTF-8, or it were no symbol
		text = append(text, '}')
		l.decoder.subscribed.Add(1) // before the answer can come
		if err := l.conn.Write(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// ended is what the end of a connection means. The vendor ends one at once, without a word, when its key has
// another. That may be the one before this, whose end it has not seen yet; when it goes on, it is another
// program's.
func (s *source) ended(err error, atOnce bool) error {
	if !atOnce {
		s.evictions.Store(0)
		return err
	}
	var b *feed.Break
	if s.evictions.Add(1) > 1 && errors.As(err, &b) && b.Cause == feed.Lost {
		return &feed.Break{Cause: feed.Taken, After: b.After,
			Err: fmt.Errorf("connections end within %v, as they do while another program uses the key: %w", evicted, b.Err)}
	}
	return err
}
