package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"tickertape/feed"
)

// Keys of what is logged.
const (
	keyURL = "url"
	keyErr = "err"
)

// Source follows another tickertape.
type Source struct {
	// static
	cfg      Config
	dir      *feed.Directory
	log      *slog.Logger
	upstream upstream
	about    about

	// owned by Run
	mirror  mirror
	publish func(feed.Batch)
	epoch   string // of the position; "" none
	seq     uint64
	imaging bool // an image of everything is under way
	odd     bool // something odd was logged on this line
}

// Open asks the server what it serves, and enters the symbols that are followed in dir. A server that
// cannot be reached, or is no tickertape, is an error; so is one that knows none of the symbols.
func Open(cfg Config, dir *feed.Directory, log *slog.Logger) (*Source, error) {
	return open(cfg, dir, log, http.DefaultTransport.(*http.Transport).Clone())
}

func open(cfg Config, dir *feed.Directory, log *slog.Logger, transport *http.Transport) (*Source, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	base, _ := cfg.base() // valid
	s := &Source{cfg: cfg, dir: dir, log: log, upstream: upstream{base, &http.Client{Transport: transport}}}
	defer s.upstream.http.CloseIdleConnections()
	if err := s.ask(context.Background()); err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	return s, nil
}

// ask takes at most twice the time that an answer may take.
func (s *Source) ask(ctx context.Context) (err error) {
	if s.about, err = s.upstream.about(ctx, s.cfg.Symbols); err != nil {
		return err
	}
	known := slices.DeleteFunc(slices.Clone(s.cfg.Symbols), func(n string) bool { return slices.Contains(s.about.Unknown, n) })
	if len(known) == 0 {
		return fmt.Errorf("symbols: %s knows none of %.200q", s.upstream.base.Redacted(), s.cfg.Symbols)
	}
	if len(s.about.Unknown) > 0 {
		s.log.Warn("the server does not know some symbols", keyURL, s.upstream.base.Redacted(), "symbols", s.about.Unknown)
	}
	symbols, err := s.upstream.symbols(ctx, known)
	if err != nil {
		return err
	}
	for _, symbol := range symbols {
		if _, err := s.dir.Add(symbol); err != nil {
			return err
		}
	}
	return nil
}

// Info says whether the prices of the server are made up.
func (s *Source) Info() feed.Info {
	return feed.Info{Name: "relay", Simulated: *s.about.Simulated}
}

// Run follows the server until ctx ends. It comes back by itself after whatever breaks the line; an
// error is a server that wants no more of it, or one whose prices are made up by now.
func (s *Source) Run(ctx context.Context, publish func(feed.Batch)) error {
	s.publish = publish
	defer s.upstream.http.CloseIdleConnections()
	var b backoff
	for {
		began := time.Now()
		err := s.follow(ctx)
		if ctx.Err() != nil {
			return nil
		}
		b.lasted(time.Since(began))
		var h *hangUp
		if errors.As(err, &h) && h.final {
			return fmt.Errorf("relay %s: %w", s.upstream.base.Redacted(), err)
		}
		asked := time.Duration(0)
		if h != nil {
			asked = h.after
		}
		wait := b.next(asked)
		s.log.Warn("line lost", keyURL, s.upstream.base.Redacted(), keyErr, err, "retry_in", wait.Round(time.Millisecond))
		s.tell(feed.Down, feed.TimeOf(time.Now()), err.Error())
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

func (s *Source) tell(state feed.State, since feed.Time, message string) {
	s.publish(feed.Batch{Status: &feed.Status{State: state, Since: since, Message: message}})
}

// follow holds one line until it breaks.
func (s *Source) follow(ctx context.Context) error {
	line, err := dial(ctx, s.upstream.base, s.upstream.http)
	if err != nil {
		return err
	}
	defer line.close()
	s.odd, s.imaging = false, false
	hello, err := line.receive(ctx)
	if err != nil {
		return err
	}
	if err := s.greet(hello, line); err != nil {
		return err
	}
	request := subscribe{Type: "subscribe", ID: 1, Symbols: s.cfg.Symbols}
	if s.epoch == hello.Epoch {
		request.Since = fmt.Sprintf("%s-%d", s.epoch, s.seq)
	} else {
		s.epoch = ""
	}
	if err := line.send(ctx, &request); err != nil {
		return err
	}
	for {
		m, err := line.receive(ctx)
		if err != nil {
			return err
		}
		if err := s.take(ctx, m, hello.Epoch); err != nil {
			return err
		}
	}
}

// greet takes in the first message.
func (s *Source) greet(hello *message, line *stream) error {
	if hello.Type != "hello" || hello.Epoch == "" {
		return &hangUp{err: fmt.Errorf("the first message is %.40q, not hello with an epoch", hello.Type)}
	}
	if simulated := s.Info().Simulated; simulated != hello.Simulated {
		// What was recorded or shown so far says otherwise.
		return &hangUp{final: true, err: fmt.Errorf("simulated: the server says %t now, and said %t before", hello.Simulated, simulated)}
	}
	state, err := feed.ParseState(hello.Status)
	if err != nil {
		return &hangUp{err: fmt.Errorf("hello: %w", err)}
	}
	if hello.Heartbeat > 0 {
		line.patience = time.Duration(min(hello.Heartbeat, int64(time.Hour/time.Millisecond))) * time.Millisecond * 5 / 2
	} else {
		line.patience = defaultHeartbeat * 5 / 2
	}
	s.log.Info("following", keyURL, s.upstream.base.Redacted(), "source", hello.Source, "status", hello.Status)
	s.tell(state, feed.TimeOf(time.Now()), "")
	return nil
}

const defaultHeartbeat = 5 * time.Second

// take takes in one message.
func (s *Source) take(ctx context.Context, m *message, epoch string) error {
	switch m.Type {
	case "snapshot", "update":
		s.board(ctx, m, epoch)
	case "status":
		state, err := feed.ParseState(m.Status)
		if err != nil {
			return &hangUp{err: fmt.Errorf("status: %w", err)}
		}
		s.tell(state, feed.Time(m.Since), m.Message)
	case "subscribed":
		if len(m.Unknown) > 0 {
			s.log.Warn("the server does not know some symbols", keyURL, s.upstream.base.Redacted(), "symbols", m.Unknown)
		}
	case "error":
		return &hangUp{final: m.Code != "rate_limited", err: fmt.Errorf("the server refuses: %.40s: %.200s", m.Code, m.Message)}
	case "rate":
		s.log.Info("the server changed the rate", keyURL, s.upstream.base.Redacted(), "rate", m.Rate, "reason", m.Reason)
	}
	return nil
}

// board takes in quotes.
func (s *Source) board(ctx context.Context, m *message, epoch string) {
	whole := m.Type == "snapshot"
	if whole && s.epoch == "" && !s.imaging { // no position: it tells everything
		s.imaging = true
		s.mirror.round++
	}
	s.enter(ctx, m.Quotes)
	for i := range m.Quotes {
		q := &m.Quotes[i]
		id, known := s.dir.ID(q.symbol)
		if q.bad == nil && !known {
			continue // enter has said why
		}
		if q.bad != nil {
			s.oddity(fmt.Errorf("quote of %.40q: %w", q.symbol, q.bad))
			if !known {
				continue
			}
		}
		s.mirror.apply(id, q, whole)
	}
	if !m.More {
		if whole && s.imaging {
			s.imaging = false
			s.mirror.forget()
		}
		s.epoch, s.seq = epoch, m.Seq
	}
	s.mirror.publish(s.publish)
}

// oddity logs the first one of a line.
func (s *Source) oddity(err error) {
	if !s.odd {
		s.odd = true
		s.log.Warn("odd message; more on this line are not told", keyURL, s.upstream.base.Redacted(), keyErr, err)
	}
}

// enter puts symbols that have appeared since Open into the directory, with their records where the
// server gives them.
func (s *Source) enter(ctx context.Context, quotes []quote) {
	var news []string
	for i := range quotes {
		name := quotes[i].symbol
		if _, known := s.dir.ID(name); known {
			continue
		}
		if err := feed.CheckSymbol(name); err != nil {
			s.oddity(err)
		} else {
			news = append(news, name)
		}
	}
	for names := range slices.Chunk(news, 1000) {
		records, err := s.upstream.symbols(ctx, names)
		if err != nil {
			s.oddity(err)
		}
		for _, name := range names {
			symbol := feed.Symbol{Symbol: name, Decimals: 2}
			if i := slices.IndexFunc(records, func(r feed.Symbol) bool { return r.Symbol == name }); i >= 0 {
				symbol = records[i]
			}
			if _, err := s.dir.Add(symbol); err != nil {
				s.oddity(err)
			}
		}
	}
}
