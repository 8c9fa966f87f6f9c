package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/recording"
	"tickertape/feed/vendors"
)

// Source plays a recording.
type Source struct {
	cfg      Config
	env      vendors.Env
	decoders Decoders
	metrics  *metrics
	from, to market.Time // 0: no limit
	found    *summary
	symbols  []market.SymbolID
}

// Open reads the whole recording once and enters its symbols in env.Dir. A file that cannot be read,
// is no recording, or has nothing to play is an error; it starts nothing. Raw recordings are decoded by
// decoders; env is what those are made with.
func Open(cfg Config, env vendors.Env, decoders Decoders, reg prometheus.Registerer) (*Source, error) {
	s, err := open(cfg, env, decoders, reg)
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	return s, nil
}

func open(cfg Config, env vendors.Env, decoders Decoders, reg prometheus.Registerer) (*Source, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	env.Tap = nil // what is played is recorded already
	s := &Source{cfg: cfg, env: env, decoders: decoders, metrics: newMetrics(reg)}
	s.from, _ = instant("from", cfg.From) // valid
	s.to, _ = instant("to", cfg.To)
	var err error
	if s.found, err = s.scan(); err != nil {
		return nil, err
	}
	dir, log := env.Dir, env.Log
	for _, symbol := range s.found.symbols {
		id, err := dir.Add(symbol)
		if err != nil {
			return nil, err
		}
		s.symbols = append(s.symbols, id)
	}
	log.Info("recording read", keyFile, cfg.File, "rows", s.found.entries, "trades", s.found.kinds[0], "quotes", s.found.kinds[1],
		"images", s.found.kinds[2], "bad_rows", s.found.badRows(), "symbols", len(s.symbols), "from", shown(s.found.first), "to", shown(s.found.last))
	return s, nil
}

// Info says whether what was recorded was made up.
//
// A recording is whole, a raw one, too: nothing gets lost between the file and here. And it has to be:
// whoever receives from a source that is not whole holds its ticks against the clock on the wall, and its
// silences against its usual pauses. All ticks of a recording are of a day that is over, and what is
// played at another speed or without its silences has no rhythm of its own. What does not depend on the
// clock is judged as ever: the order of ticks, what was told twice, crossed quotes, and prices that jump.
func (s *Source) Info() feed.Info {
	return feed.Info{Name: "replay", Simulated: s.found.simulated, Whole: true, Numbered: s.found.numbered}
}

// Run plays the recording until its end, or again and again, and returns nil then and when ctx
// ends. A row comes when its time does, by speed and gaps, or up to 2 ms later, together with others;
// none waits for one before it that was late. Where the program cannot keep up, what is due
// comes at once. An error is a file that cannot be read any more.
func (s *Source) Run(ctx context.Context, publish func(market.Batch)) error {
	p := newPlayer(s, publish)
	defer p.timer.Stop()
	for round := 0; ctx.Err() == nil; round++ {
		if round > 0 {
			s.env.Log = slog.New(slog.DiscardHandler) // decoders said in the first round what there is to say
			p.rewind()
		}
		if err := s.play(ctx, p); err != nil {
			return fmt.Errorf("replay: %w", err)
		}
		if !s.cfg.Loop {
			break
		}
		p.rest(ctx)
	}
	return nil
}

// play is one round.
func (s *Source) play(ctx context.Context, p *player) error {
	f, err := s.cfg.open(s.env, s.decoders)
	if err != nil {
		return err
	}
	defer f.Close()
	var e recording.Entry
	for read, played := 0, 0; ; read++ {
		if read%512 == 0 && ctx.Err() != nil {
			return nil
		}
		if played == s.found.entries && s.to != noInstant {
			break // no need to read to the end
		}
		err := f.Next(&e)
		var row *recording.RowError
		switch {
		case err == io.EOF:
			p.flush()
			return nil
		case errors.As(err, &row):
			s.metrics.bad[row.Reason].Inc()
		case err != nil:
			p.flush()
			return err
		case e.Kind != recording.KindSymbol && within(e.At, s.from, s.to):
			played++
			if !p.take(ctx, &e) {
				return nil
			}
		}
	}
	p.flush()
	return nil
}
