package massive

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/time/rate"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// quiet is how long nothing comes before the vendor is asked for a sign of life: some stocks are seldom traded.
const quiet = 5 * time.Second

// channels are what is asked for of each stock: trades, quotes, and halts.
var channels = []string{"T.", "Q.", "LULD."}

// source is the one connection that a key may have.
type source struct {
	// static
	env      vendors.Env
	key      vendors.Secret
	endpoint vendors.Endpoint
	rest     vendors.REST
	all      []*stock
	lot      int
	delay    time.Duration // of the cluster, by contract
	advice   string        // what to try where the key is refused; "": nothing
	rules    *atomic.Pointer[rules]

	asked bool // owned by Run, of which there is one at a time: the vendor has sent its rules
}

// Open puts the symbols into the directory and reads the key. It does not connect; Run does.
func Open(cfg Config, env vendors.Env) ([]feed.Source, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	key, err := vendors.ReadSecret("feed.massive.key_file", cfg.KeyFile, "MASSIVE_API_KEY", "POLYGON_API_KEY")
	if err != nil {
		return nil, err
	}
	all, err := stocks(cfg.Symbols, cfg.delay(), &env)
	if err != nil {
		return nil, err
	}
	s := &source{env: env, key: key, all: all, lot: cfg.Lot, delay: cfg.delay(), advice: cfg.advice(), rules: newRules(),
		endpoint: env.Endpoint(name, cfg.URL, key)}
	s.endpoint.Ping = ping
	s.rest = env.REST(name, cfg.REST, rate.NewLimiter(rate.Every(time.Minute/time.Duration(cfg.RESTPerMinute)), 1), key)
	s.rest.Header.Set("Authorization", "Bearer "+key.Reveal())
	return []feed.Source{s}, nil
}

func (s *source) Info() feed.Info {
	return feed.Info{Name: name, Delay: s.delay, Market: usMarket, Remote: true}
}

// connection is one session while it lasts.
type connection struct {
	*source
	*vendors.Session
	decoder  *Decoder
	loggedIn signal                 // the vendor has accepted the key
	accepted signal                 // and a subscription
	reason   atomic.Pointer[string] // the last error of the vendor; nil: none
}

// signal is something that happens once. Any goroutine may give it.
type signal struct {
	given chan struct{} // closed by give
	give  func()
}

func newSignal() signal {
	given := make(chan struct{})
	return signal{given, sync.OnceFunc(func() { close(given) })}
}

// Run holds one connection.
func (s *source) Run(ctx context.Context, publish func(market.Batch)) error {
	c := &connection{source: s, decoder: newDecoder(s.all, s.lot, s.rules, &s.env), loggedIn: newSignal(), accepted: newSignal()}
	c.Session = &vendors.Session{Source: name, Env: &s.env, Endpoint: s.endpoint, Decoder: c.decoder, Hear: c.hear, Talk: c.talk}
	return c.Session.Run(ctx, publish)
}

// hear takes prices for a subscription that was accepted, whatever the vendor has answered.
func (c *connection) hear(_ *vendors.Reconciler, b *market.Batch) error {
	if len(b.Ticks) > 0 {
		c.accepted.give()
	}
	return nil
}

// talk hears what the vendor says of the connection, while another goroutine subscribes: the vendor answers each channel of
// each stock, and reads no further while nobody reads its answers.
func (c *connection) talk(ctx context.Context) error {
	c.Go(func() error { return c.subscribe(ctx) })
	return c.decoder.replies.Await(ctx, vendors.Forever, "listen at "+c.Where(), func(a reply) (bool, error) { return false, c.heed(ctx, a) })
}

// heed acts on a message about the connection.
func (c *connection) heed(ctx context.Context, a reply) error {
	switch a.status {
	case "connected":
		text, _ := jsontext.AppendQuote([]byte(`{"action":"auth","params":`), c.key.Reveal()) // ASCII
		return c.Write(ctx, append(text, '}'))
	case "auth_success":
		c.loggedIn.give()
		return nil
	case success: // one of the subscriptions
		c.accepted.give()
		return nil
	case "auth_failed":
		return feed.Breakf(feed.Final, "log in at %s: the key is refused: %.200q%s", c.Where(), a.message, c.advice)
	case "auth_timeout":
		return feed.Breakf(feed.Lost, "log in at %s: the key came too late: %.200q", c.Where(), a.message)
	case "max_connections":
		return feed.Breakf(feed.Taken, "log in at %s: another program uses the key: %.200q", c.Where(), a.message)
	case "error":
		select {
		case <-c.loggedIn.given:
		default:
			return feed.Breakf(feed.Refused, "log in at %s: the vendor says %.200q%s", c.Where(), a.message, c.adviceOn(a.message))
		}
		// a plan may have trades without quotes, and then those are followed
		c.env.Faults.Count(name, vendors.Failed, fmt.Errorf("message: %.200q", a.message))
	default:
		c.env.Faults.Count(name, vendors.Unknown, fmt.Errorf("status: %.40q is not known: %.200q", a.status, a.message))
	}
	reason := a.status + ": " + a.message
	c.reason.Store(&reason)
	return nil
}

// adviceOn is the advice where the vendor says that the plan does not allow it.
func (s *source) adviceOn(message string) string {
	message = strings.ToLower(message)
	if strings.Contains(message, "not authorized") || strings.Contains(message, "authentication failed") {
		return s.advice
	}
	return ""
}

// subscribe waits for the login, asks for all channels of all stocks, and waits until the vendor has accepted one of them.
// From then on it asks for what the stream does not say.
func (c *connection) subscribe(ctx context.Context) error {
	if err := c.await(ctx, c.loggedIn, "log in"); err != nil {
		return err
	}
	for some := range slices.Chunk(c.all, symbolsAtOnce) {
		var params []string
		for _, s := range some {
			for _, channel := range channels {
				params = append(params, channel+s.Symbol)
			}
		}
		if err := c.Write(ctx, subscription(params)); err != nil {
			return err
		}
	}
	if err := c.await(ctx, c.accepted, "subscribe"); err != nil {
		return err
	}
	first := c.all[0]
	c.Go(func() error {
		// A redial would be worse: the vendor might still count the old connection, and refuse the new one.
		return c.Probe(ctx, quiet, subscription([]string{channels[0] + first.Symbol}), first.Hours.Open)
	})
	c.figures(ctx)
	return nil
}

// await waits for a signal, up to loginTime. Its error has the vendor's reason, if there is one.
func (c *connection) await(ctx context.Context, s signal, what string) error {
	timer := time.NewTimer(loginTime)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-s.given:
		return nil
	case <-timer.C:
		if reason := c.reason.Load(); reason != nil {
			return feed.Breakf(feed.Refused, "%s at %s: the vendor says %.200q%s", what, c.Where(), *reason, c.adviceOn(*reason))
		}
		return feed.Breakf(feed.Lost, "%s at %s: no answer within %v", what, c.Where(), loginTime)
	}
}

// subscription adds channels of stocks; it changes nothing for those that are subscribed to.
func subscription(params []string) []byte {
	text, _ := jsontext.AppendQuote([]byte(`{"action":"subscribe","params":`), strings.Join(params, ",")) // it is UTF-8, or it were no symbol
	return append(text, '}')
}
