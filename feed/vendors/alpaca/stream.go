package alpaca

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/time/rate"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// quiet is how long nothing comes before the vendor is asked for a sign of life: a stream without trades and a dead connection
// look the same.
const quiet = 5 * time.Second

// source is the one connection that a key may have to a stream.
type source struct {
	// static
	env         vendors.Env
	key, secret vendors.Secret
	endpoint    vendors.Endpoint
	rest        vendors.REST
	all         []*instrument
	stocks      *stockFeed // nil: they are coins
	bars        string     // path of the hours of coins

	mu          sync.Mutex
	lacking     map[string][]string // guarded by mu: symbols whose channel is refused, as they were logged
	closesTold  bool                // guarded by mu: that the closes of all exchanges are refused was logged
	closeAbsent []string            // guarded by mu: stocks without such a close, as they were logged
}

// Open puts the symbols into the directory and reads the key. It does not connect; Run does.
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
	rest := env.REST(name, cfg.REST, rate.NewLimiter(rate.Every(time.Minute/requestsAMinute), requestsAtOnce), key, secret)
	rest.Header.Set("Apca-Api-Key-Id", key.Reveal())
	rest.Header.Set("Apca-Api-Secret-Key", secret.Reveal())
	stocks, coins := split(cfg.Symbols)
	source := func(symbols []string, path string, stocks *stockFeed, bars string) (*source, error) {
		all, err := instruments(symbols, &env, stocks)
		if err != nil {
			return nil, err
		}
		endpoint := env.Endpoint(name, strings.TrimSuffix(cfg.URL, "/")+path, key, secret)
		endpoint.Ping = ping
		return &source{env: env, key: key, secret: secret, endpoint: endpoint, rest: rest, all: all, stocks: stocks, bars: bars,
			lacking: map[string][]string{}}, nil
	}
	var sources []feed.Source
	if len(stocks) > 0 {
		of := findFeed(cfg.Feed)
		s, err := source(stocks, of.path, of, "")
		if err != nil {
			return nil, err
		}
		sources = append(sources, s)
	}
	if len(coins) > 0 {
		path := "/v1beta3/crypto/" + cfg.Crypto
		s, err := source(coins, path, nil, path+"/bars")
		if err != nil {
			return nil, err
		}
		sources = append(sources, s)
	}
	return sources, nil
}

func (s *source) Info() feed.Info {
	info := feed.Info{Name: name, Market: crypto, Remote: true, Corrects: true}
	if s.stocks != nil {
		info.Market, info.Delay = s.stocks.market, s.stocks.delay
	}
	return info
}

// connection is one session while it lasts.
type connection struct {
	*source
	*vendors.Session
	decoder *Decoder
	logins  int // owned by talk: how many were tried

	badMu sync.Mutex
	bad   map[question]bool // guarded by badMu: that REST refuses; with the path "" under any
}

// Run holds one connection.
func (s *source) Run(ctx context.Context, publish func(market.Batch)) error {
	c := &connection{source: s, decoder: newDecoder(s.all, &s.env, s.stocks), bad: map[question]bool{}}
	c.Session = &vendors.Session{Source: name, Env: &s.env, Endpoint: s.endpoint, Decoder: c.decoder, Talk: c.talk}
	return c.Session.Run(ctx, publish)
}

// talk logs in and subscribes. Then it has another goroutine ask for the figures, and acts on what the vendor says of the
// connection.
func (c *connection) talk(ctx context.Context) error {
	err := c.await(ctx, "log in", func(a reply) (bool, error) {
		if a.code == alreadyIn || a.kind == success && a.text == "authenticated" {
			return true, nil
		}
		return false, c.heed(ctx, a)
	})
	if err != nil {
		return err
	}
	if c.stocks != nil && c.stocks.night {
		closer{c}.begin(ctx) // the last price of the day before has to come before trades, which are later
	}
	followed, err := subscriber{c}.all(ctx)
	if err != nil {
		return err
	}
	if len(followed) == 0 {
		followed = c.decoder.all // the reply is an error, but there is nothing else to ask
	}
	c.Go(func() error {
		c.figures(ctx)
		return nil
	})
	c.Go(func() error {
		return c.Probe(ctx, quiet, subscription(followed[:1], "trades"), func(time.Time) bool { return true })
	})
	return c.await(ctx, "listen", func(a reply) (bool, error) { return false, c.heed(ctx, a) })
}

// await passes answers to judge, for as long as it takes: silence is the supervisor's business.
func (c *connection) await(ctx context.Context, what string, judge func(reply) (bool, error)) error {
	return c.decoder.replies.Await(ctx, vendors.Forever, what+" at "+c.Where(), judge)
}

// heed acts on a message that is not about a subscription.
func (c *connection) heed(ctx context.Context, a reply) error {
	switch {
	case a.kind == success && a.text == "connected":
		return c.login(ctx)
	case a.code == connections && c.logins < logins:
		if !vendors.Pause(ctx, loginPause) {
			return nil
		}
		return c.login(ctx)
	case a.kind == failure:
		if b := a.breaks(); b != nil {
			return b
		}
		c.env.Faults.Note(name, a.fault())
	}
	return nil
}

// login sends the key. It is called again only after a reply to the last time.
func (c *connection) login(ctx context.Context) error {
	c.logins++
	text := append([]byte(nil), `{"action":"auth","key":`...)
	text, _ = jsontext.AppendQuote(text, c.key.Reveal()) // ASCII
	text = append(text, `,"secret":`...)
	text, _ = jsontext.AppendQuote(text, c.secret.Reveal())
	return c.Write(ctx, append(text, '}'))
}
