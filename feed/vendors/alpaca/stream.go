package alpaca

import (
	"context"
	"fmt"
	"net/http"
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
	ping = 10 * time.Second // as the vendor's own client does

	// symbolsAtOnce keep a subscription well below what a server reads as one message.
	symbolsAtOnce = 500

	// A key whose connection has just ended is refused until the vendor has seen that it did. A connection
	// that is not logged in has ten seconds.
	loginPause = 2 * time.Second
	logins     = 4

	// quiet is how long nothing comes before the vendor is asked for a sign of life: the exchange may have
	// nothing to say for longer than a dead feed may go unnoticed.
	quiet = 5 * time.Second

	requestsAMinute = 180 // of the 200 of the free plan
)

// source is the one connection that a key may have to a stream.
type source struct {
	// static
	env         vendors.Env
	key, secret vendors.Secret
	line        vendors.Line
	rest        vendors.REST
	all         []*instrument
	market      string
	path        string // of the figures
	feed        string // that they are of
}

// Open puts the symbols into the directory and reads the key. It does not reach for the vendor: that is what
// Run does.
func Open(cfg Config, env vendors.Env) ([]feed.Source, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	key, err := vendors.ReadSecret("feed.alpaca.key_file", cfg.KeyFile, "APCA_API_KEY_ID")
	if err != nil {
		return nil, err
	}
	secret, err := vendors.ReadSecret("feed.alpaca.secret_file", cfg.SecretFile, "APCA_API_SECRET_KEY")
	if err != nil {
		return nil, err
	}
	secrets := []vendors.Secret{key, secret}
	for _, s := range secrets {
		env.Faults.Hide(s)
	}
	rest := vendors.REST{Source: name, Base: strings.TrimSuffix(cfg.REST, "/"), Secrets: secrets, Client: env.Client(), Tap: env.Tap,
		Header: http.Header{"User-Agent": {"tickertape"}, "Apca-Api-Key-Id": {key.Reveal()}, "Apca-Api-Secret-Key": {secret.Reveal()}},
		Limit:  rate.NewLimiter(rate.Every(time.Minute/requestsAMinute), 1)}
	stocks, coins := split(cfg.Symbols)
	var sources []feed.Source
	for _, stream := range []struct {
		symbols            []string
		market, path, feed string
		figures            string
	}{
		{stocks, us, "/v2/" + cfg.Feed, cfg.Feed, snapshotsPath},
		{coins, crypto, "/v1beta3/crypto/" + cfg.Crypto, "", "/v1beta3/crypto/" + cfg.Crypto + "/bars"},
	} {
		if len(stream.symbols) == 0 {
			continue
		}
		all, err := enter(stream.symbols, &env)
		if err != nil {
			return nil, err
		}
		sources = append(sources, &source{env: env, key: key, secret: secret, rest: rest, all: all, market: stream.market,
			path: stream.figures, feed: stream.feed,
			line: vendors.Line{Source: name, URL: strings.TrimSuffix(cfg.URL, "/") + stream.path, Header: http.Header{"User-Agent": {"tickertape"}},
				Ping: ping, Secrets: secrets, Client: env.Client(), Tap: env.Tap}})
	}
	return sources, nil
}

func (s *source) Info() feed.Info { return feed.Info{Name: name, Market: s.market, Remote: true} }

// line is one connection while it stands. What the reading goroutine owns is its alone.
type line struct {
	*source
	conn    *vendors.Conn
	decoder *Decoder
	opening *vendors.Opening
	group   *errgroup.Group
	heard   atomic.Int64  // when the newest message came, in nanoseconds
	ready   chan struct{} // closed when all subscriptions are answered

	logins  int       // owned by the reading goroutine: that were tried
	asked   []request // owned by the reading goroutine: the first is not answered yet
	settled bool      // owned by the reading goroutine: ready is closed
}

// request is one subscription: to trades and quotes, or to the halts of the same symbols.
type request struct {
	symbols []*entry
	halts   bool
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
	conn, err := s.line.Dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	s.env.Log.Debug("connected", "source", name, "url", conn.Where(), "symbols", len(s.all))
	group, ctx := errgroup.WithContext(ctx)
	l := &line{source: s, conn: conn, decoder: newDecoder(s.all, &s.env), opening: vendors.NewOpening(publish), group: group, ready: make(chan struct{})}
	group.Go(func() error {
		return conn.Pump(ctx, l.decoder, l.opening.Publish, func(b *market.Batch) error { return l.hear(ctx, b) })
	})
	group.Go(func() error { return l.probe(ctx) })
	group.Go(func() error {
		l.tend(ctx)
		return nil
	})
	return group.Wait()
}

// hear sees each message before what it says is published, and answers those about the connection.
func (l *line) hear(ctx context.Context, b *market.Batch) error {
	l.heard.Store(time.Now().UnixNano())
	for i := range l.decoder.controls {
		if err := l.control(ctx, &l.decoder.controls[i], b); err != nil {
			return err
		}
	}
	return nil
}

func (l *line) control(ctx context.Context, c *control, b *market.Batch) error {
	switch {
	case c.kind == "success" && c.text == "connected":
		l.logins++
		return l.login(ctx)
	case c.kind == "success" && c.text == "authenticated", c.code == alreadyIn:
		if l.asked != nil || l.settled {
			return nil
		}
		for all := l.decoder.all; len(all) > 0; {
			n := min(len(all), symbolsAtOnce)
			l.asked = append(l.asked, request{symbols: all[:n]})
			if l.market == us {
				l.asked = append(l.asked, request{all[:n], true})
			}
			all = all[n:]
		}
		return l.ask(ctx)
	case c.kind == "subscription" && len(l.asked) > 0:
		l.asked = l.asked[1:]
		return l.ask(ctx)
	case c.code == connections && l.logins < logins:
		l.logins++
		l.group.Go(func() error {
			if !vendors.Pause(ctx, loginPause) {
				return nil
			}
			return l.login(ctx)
		})
		return nil
	case c.kind == "error":
		if br := c.breaks(); br != nil && (c.code != noPlan || len(l.asked) == 0 || !l.asked[0].halts) {
			return br
		}
		l.decoder.note(c.fault())
		if len(l.asked) > 0 {
			l.refused(c, b)
			return l.ask(ctx)
		}
	}
	return nil
}

// login says who asks. It is called again only after an answer to the last time.
func (l *line) login(ctx context.Context) error {
	text := append([]byte(nil), `{"action":"auth","key":`...)
	text, _ = jsontext.AppendQuote(text, l.key.Reveal()) // ASCII
	text = append(text, `,"secret":`...)
	text, _ = jsontext.AppendQuote(text, l.secret.Reveal())
	return l.conn.Write(ctx, append(text, '}'))
}

// ask sends the next subscription, or lets the figures begin where there is none.
func (l *line) ask(ctx context.Context) error {
	if len(l.asked) == 0 {
		if !l.settled {
			l.settled = true
			close(l.ready)
		}
		return nil
	}
	r := l.asked[0]
	if r.halts {
		return l.conn.Write(ctx, subscription(r.symbols, "statuses"))
	}
	return l.conn.Write(ctx, subscription(r.symbols, "trades", "quotes"))
}

// subscription adds symbols to channels; those that are in change nothing.
func subscription(symbols []*entry, channels ...string) []byte {
	text := []byte(`{"action":"subscribe"`)
	for _, channel := range channels {
		text = append(append(text, `,"`...), channel...)
		text = append(text, `":[`...)
		for i, e := range symbols {
			if i > 0 {
				text = append(text, ',')
			}
			text, _ = jsontext.AppendQuote(text, e.symbol) // UTF-8, or it were no symbol
		}
		text = append(text, ']')
	}
	return append(text, '}')
}

// refused takes in that the vendor has added nothing of the first subscription, and does not say which symbol is
// the reason: its halves find that out. Without halts, prices come all the same.
func (l *line) refused(c *control, b *market.Batch) {
	r := l.asked[0]
	l.asked = l.asked[1:]
	switch n := len(r.symbols); {
	case n > 1:
		l.asked = append([]request{{r.symbols[:n/2], r.halts}, {r.symbols[n/2:], r.halts}}, l.asked...)
	case r.halts:
		l.env.Log.Warn("halts refused", "source", name, "symbol", r.symbols[0].symbol, "code", c.code, "reason", c.text)
	default:
		e := r.symbols[0]
		l.decoder.note(vendors.Bad(vendors.BadSymbol, "symbol: %q is refused: %d %.100q", e.symbol, c.code, c.text))
		if e.down.CompareAndSwap(false, true) {
			l.env.Log.Warn("symbol refused", "source", name, "symbol", e.symbol, "code", c.code, "reason", c.text)
		}
		b.Ticks = append(b.Ticks, e.state(market.Down, 0, market.TimeOf(time.Now())))
	}
}

// probe asks for what is there already when nothing comes: the answer says that the feed lives.
func (l *line) probe(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-l.ready:
	}
	for vendors.Pause(ctx, quiet) {
		if time.Now().UnixNano()-l.heard.Load() < int64(quiet) {
			continue
		}
		if err := l.conn.Write(ctx, subscription(l.decoder.all[:1], "trades")); err != nil {
			return err
		}
	}
	return nil
}
