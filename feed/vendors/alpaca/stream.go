package alpaca

import (
	"context"
	"fmt"
	"slices"
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
	market      string
	path        string // of the figures
	feed        string // that they are of
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
		all, err := instruments(stream.symbols, &env)
		if err != nil {
			return nil, err
		}
		endpoint := env.Endpoint(name, strings.TrimSuffix(cfg.URL, "/")+stream.path, key, secret)
		endpoint.Ping = ping
		sources = append(sources, &source{env: env, key: key, secret: secret, endpoint: endpoint, rest: rest, all: all,
			market: stream.market, path: stream.figures, feed: stream.feed})
	}
	return sources, nil
}

func (s *source) Info() feed.Info {
	info := feed.Info{Name: name, Market: s.market, Remote: true, Corrects: true}
	if s.feed == delayedFeed {
		info.Delay = feedDelay
	}
	return info
}

// connection is one session while it lasts.
type connection struct {
	*source
	*vendors.Session
	decoder *Decoder
	logins  int // owned by talk: how many were tried
}

// Run holds one connection.
func (s *source) Run(ctx context.Context, publish func(market.Batch)) error {
	c := &connection{source: s, decoder: newDecoder(s.all, &s.env)}
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
	for some := range slices.Chunk(c.decoder.all, symbolsAtOnce) {
		if err := c.subscribe(ctx, some, c.refused, "trades", "quotes"); err != nil {
			return err
		}
		if c.market != us {
			continue
		}
		if err := c.subscribe(ctx, some, c.withoutHalts, "statuses"); err != nil {
			return err
		}
	}
	asked := make(chan struct{}) // closed when it is known what happened to shares, or will not be soon
	ask := sync.OnceFunc(func() { close(asked) })
	if c.market == us {
		c.Go(func() error {
			c.actions(ctx, ask)
			return nil
		})
	} else {
		ask()
	}
	c.Go(func() error {
		c.figures(ctx, asked)
		return nil
	})
	c.Go(func() error {
		return c.Probe(ctx, quiet, subscription(c.decoder.all[:1], "trades"), func(time.Time) bool { return true })
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

// subscribe adds symbols to channels. The vendor adds nothing of a subscription that it refuses, and does not say which
// symbol is the reason.
func (c *connection) subscribe(ctx context.Context, some []*entry,
	refused func(context.Context, *entry, reply), channels ...string) error {
	var reason reply
	_, err := vendors.Subscribe(some, func(some []*entry) (v vendors.Verdict[*entry], err error) {
		if err := c.Write(ctx, subscription(some, channels...)); err != nil {
			return v, err
		}
		return v, c.await(ctx, "subscribe", func(a reply) (bool, error) {
			switch {
			case a.kind == subscribed:
				v.Accepted = some
				return true, nil
			case a.kind == failure && (a.breaks() == nil || a.code == noPlan && channels[0] == "statuses"):
				c.env.Faults.Note(name, a.fault())
				reason, v.Reason = a, a.text
				return true, nil
			}
			return false, c.heed(ctx, a)
		})
	}, func(e *entry, _ string) { refused(ctx, e, reason) })
	return err
}

// subscription adds symbols to channels; it changes nothing for those that are in.
func subscription(symbols []*entry, channels ...string) []byte {
	text := []byte(`{"action":"subscribe"`)
	for _, channel := range channels {
		text = append(append(text, `,"`...), channel...)
		text = append(text, `":[`...)
		for i, e := range symbols {
			if i > 0 {
				text = append(text, ',')
			}
			text, _ = jsontext.AppendQuote(text, e.Symbol) // it is UTF-8, or it were no symbol
		}
		text = append(text, ']')
	}
	return append(text, '}')
}

// refused counts and publishes that the vendor does not stream a symbol.
func (c *connection) refused(ctx context.Context, e *entry, why reply) {
	c.env.Faults.Note(name, vendors.Bad(vendors.BadSymbol, "symbol: %q is refused: %d %.100q", e.Symbol, why.code, why.text))
	c.MarkUnavailable(ctx, e.Instrument, fmt.Sprintf("%d %s", why.code, why.text))
}

// withoutHalts logs that halts of a symbol are not to be had. Its prices come all the same.
func (c *connection) withoutHalts(_ context.Context, e *entry, why reply) {
	c.env.Log.Warn("halts refused", vendors.KeySource, name, vendors.KeySymbol, e.Symbol,
		vendors.KeyCode, why.code, vendors.KeyReason, why.text)
}
