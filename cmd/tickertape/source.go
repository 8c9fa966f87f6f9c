package main

import (
	"fmt"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed"
	"tickertape/feed/replay"
	"tickertape/feed/sim"
)

// sources are the names that feed.source can have.
var sources = []string{"sim", "replay"}

// openSource makes the configured source and enters its symbols in dir. It starts nothing.
func openSource(cfg FeedConfig, dir *feed.Directory, log *slog.Logger, reg prometheus.Registerer) (feed.Source, error) {
	switch cfg.Source {
	case "sim":
		return sim.New(cfg.Sim, dir)
	case "replay":
		return replay.Open(cfg.Replay, dir, log, reg)
	}
	return nil, fmt.Errorf("feed.source: %q is not one of %v", cfg.Source, sources)
}
