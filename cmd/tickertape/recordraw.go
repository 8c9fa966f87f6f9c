package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed/market"
	"tickertape/feed/recording"
)

// recordRaw writes what the vendors of the configured feeds send. The feeds run as they do under serve, so that what is
// recorded is what would have been shown.
func (p *recordPlan) recordRaw(ctx context.Context, cfg FeedConfig, log *slog.Logger) error {
	header, err := rawHeader(cfg)
	if err != nil {
		return err
	}
	cfg.Relay.QuotesOnly() // what is recorded is one connection
	tap := &rawTap{}
	source, _, err := newFeed(cfg, 0, market.NewDirectory(), log, prometheus.NewRegistry(), tap)
	if err != nil {
		return err
	}
	w, err := recording.CreateRaw(p.out, p.rotation, header, log)
	if err != nil {
		return err
	}
	tap.RawWriter = w
	return p.run(ctx, source, w, func(market.Batch) {}, log)
}

// rawTap hands on what vendors send to a writer that is set after the feeds are opened and before they run.
type rawTap struct{ *recording.RawWriter }

// rawHeader names the configured feeds and the symbols that each subscribes to.
func rawHeader(cfg FeedConfig) (h recording.RawHeader, err error) {
	h.Since = market.TimeOf(time.Now())
	h.Recorded = h.Since
	for _, name := range cfg.Sources.Source {
		k, _ := kindOf(name) // the configuration is valid
		if k.decoder == nil {
			return h, usageError{fmt.Errorf("record: --raw: the feed %q has no vendor; those that have one: %s",
				name, strings.Join(rawNames(cfg), ", "))}
		}
		alone := cfg
		alone.Sources.Source = []string{name}
		sources, _, err := openSources(alone, market.NewDirectory(), slog.New(slog.DiscardHandler), prometheus.NewRegistry(), nil)
		if err != nil {
			return h, err
		}
		s := recording.RawSource{Name: name, Numbered: sources[0].Info().Numbered, Symbols: k.symbols(cfg)}
		h.Sources = append(h.Sources, s)
	}
	return h, nil
}

// rawNames are the feeds that can be recorded raw.
func rawNames(cfg FeedConfig) (names []string) {
	for name := range decoders(cfg) {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
