package binance

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

const (
	// A connection may send 5 messages a second, pings and pongs among them, and is cut off otherwise.
	messageEvery = 300 * time.Millisecond
	// An address may open 300 connections in 5 minutes.
	dialEvery, dialsAtOnce = 2 * time.Second, 10
	// An address has 6,000 of weight a minute; no request here has more than 25, so that other programs have some, too.
	requestsASecond, requestsAtOnce = 3, 8

	ping = 30 * time.Second
	// life is how long a connection is used: the vendor ends it after 24 hours.
	life = 23 * time.Hour

	// perLine is how many symbols share a connection, which may have 1,024 streams.
	perLine = 300
	// perMessage is how many streams are subscribed to at once.
	perMessage = 150
	// answerTime is how long an answer to a subscription may take.
	answerTime = 10 * time.Second
)

// channels are the streams of a symbol.
var channels = []string{"@trade", "@bookTicker", "@miniTicker"}

// venue is what all connections share.
type venue struct {
	// static
	env      vendors.Env
	line     vendors.Line
	rest     vendors.REST
	dials    *rate.Limiter
	requests *rate.Limiter

	mu      sync.Mutex
	refused map[string]bool // guarded by mu: symbols that the vendor did not have when it was last asked
	alone   time.Time       // guarded by mu: until when REST wants to be left alone
}

// source is one connection to the vendor.
type source struct {
	*venue
	symbols []string
	ids     []market.SymbolID
}

// Open puts the symbols into the directory and returns a source for every 300 of them. It does not reach for
// the vendor: that is what Run does.
func Open(cfg Config, env vendors.Env) ([]feed.Source, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	v := &venue{env: env, dials: rate.NewLimiter(rate.Every(dialEvery), dialsAtOnce),
		requests: rate.NewLimiter(requestsASecond, requestsAtOnce), refused: map[string]bool{}}
	header := http.Header{"User-Agent": {"tickertape"}}
	v.line = vendors.Line{Source: name, URL: strings.TrimSuffix(cfg.URL, "/") + "/stream", Header: header, Ping: ping, Client: env.Client(), Tap: env.Tap}
	v.rest = vendors.REST{Source: name, Base: strings.TrimSuffix(cfg.REST, "/"), Header: header, Client: env.Client(), Tap: env.Tap}
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

// Life is how long a connection lasts before another takes its place.
func (s *source) Life() time.Duration { return life }

// line is one connection while it stands.
type line struct {
	*venue
	conn    *vendors.Conn
	decoder *Decoder
	opening *vendors.Opening
	answers chan answer // to requests. Never closed.
	group   *errgroup.Group
	round   int // owned by tend: which of the symbols that the vendor did not have is asked about next
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
	dialled := s.line
	dialled.Writes = rate.NewLimiter(rate.Every(messageEvery), 1)
	conn, err := dialled.Dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	s.env.Log.Debug("connected", "source", name, "url", conn.Where(), "symbols", len(s.symbols))
	l := &line{venue: s.venue, conn: conn, decoder: newDecoder(s.symbols, s.ids, &s.env, true), opening: vendors.NewOpening(publish),
		answers: make(chan answer, 16)}
	l.group, ctx = errgroup.WithContext(ctx)
	l.group.Go(func() error { return conn.Pump(ctx, l.decoder, l.opening.Publish, l.pass) })
	l.group.Go(func() error {
		if err := l.subscribe(ctx); err != nil {
			return err
		}
		return l.tend(ctx)
	})
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

// subscribe asks for all streams of all symbols. One of a symbol that there is not is granted, too, and silent.
func (l *line) subscribe(ctx context.Context) error {
	var streams []string
	for _, y := range l.decoder.all {
		for _, ch := range channels {
			streams = append(streams, strings.ToLower(y.name)+ch)
		}
	}
	id := uint64(0)
	for some := range slices.Chunk(streams, perMessage) {
		id++
		text, err := json.Marshal(struct {
			Method string   `json:"method"`
			Params []string `json:"params"`
			ID     uint64   `json:"id"`
		}{"SUBSCRIBE", some, id})
		if err != nil {
			return fmt.Errorf("subscribe: %w", err)
		}
		if err := l.conn.Write(ctx, text); err != nil {
			return err
		}
		if err := l.granted(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// granted waits for the answer to a request.
func (l *line) granted(ctx context.Context, id uint64) error {
	timer := time.NewTimer(answerTime)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case a := <-l.answers:
			switch {
			case a.refusal != "":
				return feed.Breakf(feed.Refused, "subscribe at %s: it says %.200q", l.conn.Where(), a.refusal)
			case a.id == id:
				return nil
			}
		case <-timer.C:
			return feed.Breakf(feed.Lost, "subscribe at %s: no answer within %v", l.conn.Where(), answerTime)
		}
	}
}
