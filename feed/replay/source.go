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

// Source plays a recording. It is a [feed.Source].
type Source struct {
	cfg      Config
	env      vendors.Env
	decoders Decoders
	metrics  *metrics
	damages  map[string]recording.Damages // of the files that have been opened, by path
	from, to market.Time                  // 0: no limit
	found    *summary
	symbols  []market.SymbolID
}

// Open reads the whole recording once and enters its symbols in env.Dir. A file that cannot be read, is no recording or has
// nothing to play is an error. decoders, made with env, decode raw recordings. Open starts nothing.
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
	env.Tap = nil // a replay is not recorded
	s := &Source{cfg: cfg, env: env, decoders: decoders, metrics: newMetrics(reg), damages: map[string]recording.Damages{}}
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
	log.Info("recording read", keyFile, cfg.File, keyRows, s.found.entries, keyTrades, s.found.kinds[0], keyQuotes, s.found.kinds[1],
		keyImages, s.found.kinds[2], keyBadRows, s.found.badRows(), keySymbols, len(s.symbols),
		keyFrom, shown(s.found.first), keyTo, shown(s.found.last))
	return s, nil
}

// Names are the symbols of the recording, in its own spelling.
func (s *Source) Names() []string {
	names := make([]string, len(s.found.symbols))
	for i := range s.found.symbols {
		names[i] = s.found.symbols[i].Symbol
	}
	return names
}

// Info says that the prices are those of a recording, and whether they were simulated, or late, when they were recorded.
//
// A replay is always lossless, a raw one too: nothing is lost between the file and here. It must be, because the consolidated
// feed compares the ticks of other sources with the wall clock and their silence with their usual pauses. A recording is of a
// day that is over, and its pauses depend on speed and max_gap. All other checks apply: the order of ticks, repeated trades,
// crossed quotes, and prices that jump.
func (s *Source) Info() feed.Info {
	return feed.Info{
		Name: "replay", Simulated: s.found.simulated, Replayed: true, Delay: s.found.delay,
		Lossless: true, Numbered: s.found.numbered, Corrects: s.found.corrects,
	}
}

// Run plays the recording once, or again and again where that is configured, and returns nil at its end and when ctx ends. A
// row is published when it is due by speed and max_gap, or up to 2 ms later together with others; where the program cannot
// keep up, rows that are due follow at once. An error means that a file cannot be read any more.
func (s *Source) Run(ctx context.Context, publish func(market.Batch)) error {
	p := newPlayer(s, publish)
	defer p.timer.Stop()
	for round := 0; ctx.Err() == nil; round++ {
		if round > 0 {
			s.env.Log = slog.New(slog.DiscardHandler) // decoders have logged all of it in the first round
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

// play plays one round.
func (s *Source) play(ctx context.Context, p *player) error {
	f, err := s.cfg.open(s.env, s.decoders, s.damages)
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
			if !p.beginDays(ctx, f.days, &e) || !p.play(ctx, &e) {
				return nil
			}
		}
	}
	p.flush()
	return nil
}
