package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed"
	"tickertape/feed/recording"
)

// Source plays a recording.
type Source struct {
	cfg      Config
	dir      *feed.Directory
	metrics  *metrics
	from, to feed.Time // 0: no limit
	found    *summary
	symbols  []feed.SymbolID
}

// Open reads the whole recording once and enters its symbols in dir. A file that cannot be read,
// is no recording, or has nothing to play is an error; it starts nothing.
func Open(cfg Config, dir *feed.Directory, log *slog.Logger, reg prometheus.Registerer) (*Source, error) {
	s, err := open(cfg, dir, log, reg)
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	return s, nil
}

func open(cfg Config, dir *feed.Directory, log *slog.Logger, reg prometheus.Registerer) (*Source, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := &Source{cfg: cfg, dir: dir, metrics: newMetrics(reg)}
	s.from, _ = instant("from", cfg.From) // valid
	s.to, _ = instant("to", cfg.To)
	var err error
	if s.found, err = cfg.scan(s.from, s.to, log); err != nil {
		return nil, err
	}
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
func (s *Source) Info() feed.Info {
	return feed.Info{Name: "replay", Simulated: s.found.header.Simulated}
}

// Run plays the recording until its end, or again and again, and returns nil then and when ctx
// ends. A row comes when its time does, by speed and gaps, or up to 2 ms later, together with others;
// none waits for one before it that was late. Where the program cannot keep up, what is due
// comes at once. An error is a file that cannot be read any more.
func (s *Source) Run(ctx context.Context, publish func(feed.Batch)) error {
	p := newPlayer(s, publish)
	defer p.timer.Stop()
	for round := 0; ctx.Err() == nil; round++ {
		if round > 0 {
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
	f, err := s.cfg.open(s.dir)
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
			return fmt.Errorf("read %s: %w", s.cfg.File, err)
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
