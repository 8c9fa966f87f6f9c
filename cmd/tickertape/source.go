package main

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed"
	"tickertape/feed/calendar"
	"tickertape/feed/consolidate"
	"tickertape/feed/market"
	"tickertape/feed/replay"
	"tickertape/feed/sim"
	"tickertape/feed/vendors"
)

// kind is one kind of feed that feed.source can name.
type kind struct {
	name string
	// check reports the mistakes in the feed's section.
	check func(cfg FeedConfig) error
	// names are all symbols that there are at the feed, in its own spelling; nil where they are not known before it is opened.
	names func(cfg FeedConfig) ([]string, error)
	// open makes the sources of the feed. It connects to nobody.
	open func(cfg FeedConfig, env vendors.Env, reg prometheus.Registerer) ([]feed.Source, error)
	// symbols are those that the feed is asked for, in its own spelling; nil where there is no decoder.
	symbols func(cfg FeedConfig) []string
	// only has the feed's section name these symbols alone; nil where the feed is not on another machine.
	only func(cfg *FeedConfig, symbols []string)
	// tradesOnly says that the feed has no quotes.
	tradesOnly bool
	// decoder makes what decodes a raw recording of one connection of the feed, with these symbols in place of those of
	// its section; nil where the feed cannot be recorded raw.
	decoder func(cfg FeedConfig, env vendors.Env, symbols []string) (vendors.Decoder, error)
}

// kinds are all kinds of feeds.
func kinds() []kind {
	return append([]kind{
		{
			name:  "sim",
			check: func(cfg FeedConfig) error { return cfg.Sim.Validate() },
			names: func(cfg FeedConfig) ([]string, error) { return cfg.Sim.Names() },
			open: func(cfg FeedConfig, env vendors.Env, _ prometheus.Registerer) ([]feed.Source, error) {
				s, err := sim.New(cfg.Sim, env.Dir)
				return []feed.Source{s}, err
			},
		},
		{
			name:  "replay",
			check: func(cfg FeedConfig) error { return cfg.Replay.Validate() },
			open: func(cfg FeedConfig, env vendors.Env, reg prometheus.Registerer) ([]feed.Source, error) {
				s, err := replay.Open(cfg.Replay, env, decoders(cfg), reg)
				return []feed.Source{s}, err
			},
		},
	}, remoteKinds()...)
}

// kindOf finds a kind by its name.
func kindOf(name string) (kind, bool) {
	for _, k := range kinds() {
		if k.name == name {
			return k, true
		}
	}
	return kind{}, false
}

// kindNames are the values that feed.source can have.
func kindNames() string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return strings.Join(names, ", ")
}

// decoders are those of all feeds that can be recorded raw.
func decoders(cfg FeedConfig) replay.Decoders {
	all := replay.Decoders{}
	for _, k := range kinds() {
		if k.decoder != nil {
			all[k.name] = func(env vendors.Env, symbols []string) (vendors.Decoder, error) {
				return k.decoder(cfg, env, symbols)
			}
		}
	}
	return all
}

// checkSpellings reports each symbol of the routes that is to come from a feed and is none of its names.
func checkSpellings(routes []consolidate.Route, feed string, names []string) error {
	var errs []error
	for i, r := range routes {
		for j, text := range r.Sources {
			if of, spelling, err := consolidate.SplitSource(text); err == nil && of == feed && !slices.Contains(names, spelling) {
				errs = append(errs, fmt.Errorf("symbols[%d].sources[%d]: %q: the feed %q has no symbol %q", i, j, text, feed, spelling))
			}
		}
	}
	return errors.Join(errs...)
}

// checkRecorded reports symbols of the routes that are to come from a recording and are not in it. It reads the recording if there
// are any such.
func checkRecorded(cfg FeedConfig) error {
	const replay = "replay"
	if !slices.Contains(cfg.Sources.Source, replay) || len(consolidate.Wanted(cfg.Consolidate.Symbols, replay)) == 0 {
		return nil
	}
	cfg.Sources.Source = []string{replay}
	_, _, err := openSources(cfg, market.NewDirectory(), slog.New(slog.DiscardHandler), prometheus.NewRegistry(), nil)
	return err
}

// openSources makes the sources of all configured feeds and adds their symbols to dir. It starts nothing and needs no
// network.
func openSources(cfg FeedConfig, dir *market.Directory, log *slog.Logger, reg prometheus.Registerer,
	tap vendors.Tap) ([]feed.Source, *calendar.Calendar, error) {
	hours, err := calendar.New(cfg.Calendar)
	if err != nil {
		return nil, nil, fmt.Errorf("feed.calendar: %w", err)
	}
	faults := vendors.NewFaults(log, reg)
	var all []feed.Source
	for _, name := range cfg.Sources.Source {
		k, known := kindOf(name)
		if !known {
			return nil, nil, fmt.Errorf("feed.source: %q is not one of %s", name, kindNames())
		}
		env := vendors.Env{Dir: dir.Named(consolidate.Names(cfg.Consolidate.Symbols, name)), Log: log, Faults: faults, Hours: hours, Tap: tap}
		sources, err := k.open(cfg, env, reg)
		var secret *vendors.SecretError
		if errors.As(err, &secret) {
			err = fmt.Errorf("%w: %w", errConfig, secret)
		}
		if err != nil {
			return nil, nil, err
		}
		for _, s := range sources {
			if known, ok := s.(interface{ Names() []string }); ok {
				if err := under("feed", checkSpellings(cfg.Consolidate.Symbols, name, known.Names())); err != nil {
					return nil, nil, fmt.Errorf("%w%w", errConfig, lines(flatten(err)))
				}
			}
		}
		all = append(all, sources...)
	}
	return all, hours, nil
}

// supervise has each source redialled when its connection breaks, and watched for silence while its market is open.
func supervise(sources []feed.Source, cfg feed.Config, hours *calendar.Calendar, log *slog.Logger,
	reg prometheus.Registerer) []feed.Source {
	v := feed.NewSupervisor(cfg, log, reg)
	all := make([]feed.Source, len(sources))
	for i, s := range sources {
		var open func(time.Time) bool
		if m, known := hours.Market(s.Info().Market); known && m != nil {
			open = m.Open
		}
		all[i] = v.Supervise(s, open)
	}
	return all
}

// newFeed consolidates all configured feeds into one source, and returns the hours of their markets with it. ledger is how many
// trades may be kept for their corrections. tap, where it is not nil, sees all that vendors send.
func newFeed(cfg FeedConfig, ledger int, dir *market.Directory, log *slog.Logger, reg prometheus.Registerer,
	tap vendors.Tap) (feed.Source, *calendar.Calendar, error) {
	sources, hours, err := openSources(cfg, dir, log, reg, tap)
	if err != nil {
		return nil, nil, err
	}
	supervised := supervise(sources, cfg.Sources, hours, log, reg)
	f := consolidate.New(cfg.Consolidate, cfg.Sources.Silence, supervised, dir, hours, log, reg)
	if f.Info().Corrects {
		f.KeepTrades(ledger)
	}
	return f, hours, nil
}
