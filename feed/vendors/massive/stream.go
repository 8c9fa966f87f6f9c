package massive

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
	ping = 25 * time.Second // as the vendor's own client does

	// loginTime is how long the vendor may take to let us in, and then to accept a first subscription. It is less than
	// the silence after which a feed is dialled anew, so that the vendor's reason shows.
	loginTime = 7 * time.Second

	// quiet is how long nothing comes before the vendor is asked for a sign of life: some stocks are seldom traded.
	quiet = 5 * time.Second

	symbolsAtOnce = 200 // in one message
)

// channels are what is asked for of each stock: trades, quotes, and halts.
var channels = []string{"T.", "Q.", "LULD."}

// source is the one connection that a key may have.
type source struct {
	// static
	env   vendors.Env
	key   vendors.Secret
	line  vendors.Line
	rest  vendors.REST
	all   []*stock
	lot   int
	rules *atomic.Pointer[rules]

	asked atomic.Bool // the vendor has told its rules
}

// Open puts the symbols into the directory and reads the key. It does not reach for the vendor: that is what
// Run does.
func Open(cfg Config, env vendors.Env) ([]feed.Source, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	key, err := vendors.ReadSecret("feed.massive.key_file", cfg.KeyFile, "MASSIVE_API_KEY", "POLYGON_API_KEY")
	if err != nil {
		return nil, err
	}
	env.Faults.Hide(key)
	all, err := enter(cfg.Symbols, &env)
	if err != nil {
		return nil, err
	}
	secrets := []vendors.Secret{key}
	s := &source{env: env, key: key, all: all, lot: cfg.Lot, rules: newRules()}
	s.line = vendors.Line{Source: name, URL: cfg.URL, Header: http.Header{"User-Agent": {"tickertape"}}, Ping: ping, Secrets: secrets,
		Client: env.Client(), Tap: env.Tap}
	s.rest = vendors.REST{Source: name, Base: strings.TrimSuffix(cfg.REST, "/"), Secrets: secrets,
		Header: http.Header{"User-Agent": {"tickertape"}, "Authorization": {"Bearer " + key.Reveal()}},
		Limit:  rate.NewLimiter(rate.Every(time.Minute/time.Duration(cfg.RESTPerMinute)), 1), Client: env.Client(), Tap: env.Tap}
	return []feed.Source{s}, nil
}

func (s *source) Info() feed.Info { return feed.Info{Name: name, Market: usMarket, Remote: true} }

// line is one connection while it stands.
type line struct {
	*source
	conn    *vendors.Conn
	decoder *Decoder // owned by the reading goroutine
	opening *vendors.Opening
	in      latch                  // the vendor has let us in
	ready   latch                  // and has accepted a subscription
	reason  atomic.Pointer[string] // what it last said against one; nil: nothing
	heard   atomic.Int64           // when the newest message came, in nanoseconds
}

// latch is something that happens once. The reading goroutine alone closes it.
type latch struct {
	happened chan struct{}
	closed   bool // owned by the reading goroutine
}

func newLatch() latch { return latch{happened: make(chan struct{})} }

func (a *latch) close() {
	if !a.closed {
		a.closed = true
		close(a.happened)
	}
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
	l := &line{source: s, conn: conn, decoder: newDecoder(s.all, s.lot, s.rules, &s.env), opening: vendors.NewOpening(publish), in: newLatch(), ready: newLatch()}
	group.Go(func() error {
		return conn.Pump(ctx, l.decoder, l.opening.Publish, func(b *market.Batch) error { return l.hear(ctx, b) })
	})
	group.Go(func() error { return l.tend(ctx) })
	return group.Wait()
}

// hear sees each message before what it says is published, and answers what the vendor says of the connection.
func (l *line) hear(ctx context.Context, b *market.Batch) error {
	l.heard.Store(time.Now().UnixNano())
	for _, c := range l.decoder.controls {
		if err := l.control(ctx, c, b); err != nil {
			return err
		}
	}
	if len(b.Ticks) > 0 {
		l.ready.close() // whatever it answered
	}
	return nil
}

func (l *line) control(ctx context.Context, c control, b *market.Batch) error {
	switch c.status {
	case "connected":
		text, _ := jsontext.AppendQuote([]byte(`{"action":"auth","params":`), l.key.Reveal()) // ASCII
		return l.conn.Write(ctx, append(text, '}'))
	case "auth_success":
		l.in.close()
		return nil
	case "success": // one of the subscriptions
		b.Pulse = true
		l.ready.close()
		return nil
	case "auth_failed":
		return feed.Breakf(feed.Final, "log in at %s: the key is refused: %.200q", l.conn.Where(), c.message)
	case "auth_timeout":
		return feed.Breakf(feed.Lost, "log in at %s: it heard of no key in time: %.200q", l.conn.Where(), c.message)
	case "max_connections":
		return feed.Breakf(feed.Taken, "log in at %s: another program uses the key: %.200q", l.conn.Where(), c.message)
	case "error":
		if !l.in.closed {
			return feed.Breakf(feed.Refused, "log in at %s: it says %.200q", l.conn.Where(), c.message)
		}
		// a plan may have trades without quotes, and then those are followed
		l.env.Faults.Count(name, vendors.Failed, fmt.Errorf("message: %.200q", c.message))
	default:
		l.env.Faults.Count(name, vendors.Unknown, fmt.Errorf("status: %.40q is not known: %.200q", c.status, c.message))
	}
	reason := c.status + ": " + c.message
	l.reason.Store(&reason)
	return nil
}

// enlist waits for the login, asks for everything, and waits until the vendor has accepted something of it. It does
// not do so where messages are read: the vendor answers each channel of each stock, and writes no further while nobody
// reads its answers.
func (l *line) enlist(ctx context.Context) error {
	if err := l.await(ctx, &l.in, "log in"); err != nil || ctx.Err() != nil {
		return err
	}
	if err := l.subscribe(ctx); err != nil {
		return err
	}
	return l.await(ctx, &l.ready, "subscribe")
}

// await waits for what the vendor has to say, or ctx to end.
func (l *line) await(ctx context.Context, a *latch, what string) error {
	timer := time.NewTimer(loginTime)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-a.happened:
	case <-timer.C:
		if reason := l.reason.Load(); reason != nil {
			return feed.Breakf(feed.Refused, "%s at %s: it says %.200q", what, l.conn.Where(), *reason)
		}
		return feed.Breakf(feed.Lost, "%s at %s: no answer within %v", what, l.conn.Where(), loginTime)
	}
	return nil
}

// subscribe asks for the channels of all stocks.
func (l *line) subscribe(ctx context.Context) error {
	for rest := l.all; len(rest) > 0; {
		n := min(len(rest), symbolsAtOnce)
		var wanted []string
		for _, s := range rest[:n] {
			for _, ch := range channels {
				wanted = append(wanted, ch+s.symbol)
			}
		}
		rest = rest[n:]
		text, err := jsontext.AppendQuote([]byte(`{"action":"subscribe","params":`), strings.Join(wanted, ","))
		if err != nil {
			return fmt.Errorf("subscribe: %w", err)
		}
		if err := l.conn.Write(ctx, append(text, '}')); err != nil {
			return err
		}
	}
	return nil
}

// probe asks for what is there already when nothing comes while the market is open: the answer says that the feed
// lives. Were it dialled anew instead, the vendor might still count the connection before.
func (l *line) probe(ctx context.Context) error {
	first := l.all[0]
	text, err := jsontext.AppendQuote([]byte(`{"action":"subscribe","params":`), channels[0]+first.symbol)
	if err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	text = append(text, '}')
	for vendors.Pause(ctx, quiet) {
		if now := time.Now(); now.UnixNano()-l.heard.Load() < int64(quiet) || !first.hours.Open(now) {
			continue
		}
		if err := l.conn.Write(ctx, text); err != nil {
			return err
		}
	}
	return nil
}
