package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"tickertape/broadcast"
	"tickertape/broadcast/history"
	"tickertape/dashboard"
	"tickertape/feed/calendar"
	"tickertape/feed/market"
)

func serveCommand(file *string) *cobra.Command {
	var listen, source string
	c := &cobra.Command{Use: "serve", Short: "Serve the dashboard and the streams (the default)", Args: noArgs}
	c.Flags().StringVar(&listen, "listen", "", "address to listen on, host:port (key listen)")
	c.Flags().StringVar(&source, "feed", "", "where prices come from, one or several: "+kindNames()+" (key feed.source)")
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, warnings, err := loadConfig(*file, map[string]string{"listen": listen, "feed.source": source})
		if err != nil {
			return err
		}
		log := newLogger(cfg.Log, os.Stderr)
		for _, w := range warnings {
			log.Warn(w)
		}
		return run(cmd.Context(), cfg, log)
	}
	return c
}

// run is the program: it serves until ctx ends, and returns when all subscribers have been sent away and all goroutines
// have ended.
func run(ctx context.Context, cfg Config, log *slog.Logger) error {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	registerBuild(reg)

	cfg.Feed.Relay.KeepBars(cfg.Broadcast.History.Bars.Kept())
	dir := market.NewDirectory()
	source, hours, err := newFeed(cfg.Feed, cfg.Broadcast.History.Ledger, dir, log, reg, nil)
	if err != nil {
		return err
	}
	lists := knownLists(cfg.Watchlists, dir)
	limits, err := newAdmission(cfg, log, reg)
	if err != nil {
		return err
	}
	info := source.Info()
	if !info.Corrects {
		cfg.Broadcast.History.Ledger = 0
	}
	origin := broadcast.Source{Name: info.Name, Simulated: info.Simulated, Replayed: info.Replayed}
	hub := broadcast.NewHub(cfg.Broadcast.Config, lists, dir, origin, limits, log, reg)
	hub.TradingDays(tradingDays(hours))
	server, err := dashboard.OpenServer(ctx, cfg.Server, dashboard.Bounds{
		Admission: limits, AckTimeout: cfg.Broadcast.WriteTimeout + cfg.Broadcast.Heartbeat,
	}, dashboard.Site{
		Hub: hub, Symbols: dir, Watchlists: lists, Zone: zones(hours),
		Version: version, Revision: revision(), MaxSymbols: cfg.Broadcast.MaxSymbols, Origins: cfg.Broadcast.Origins,
	}, log, reg)
	if err != nil {
		return err
	}
	log.Info("serving", keyURL, "http://"+server.Addr(), keyFeed, info.Name, keySimulated, info.Simulated, keyReplayed, info.Replayed,
		keyDelay, info.Delay.String(), keySymbols, dir.Len(), keyVersion, version)
	if at := server.AdminAddr(); at != "" {
		log.Info("serving health and metrics", keyURL, "http://"+at)
	}

	// The feed and the hub go on until the last subscriber has been sent away.
	serving, failed := context.WithCancel(ctx)
	g, live := errgroup.WithContext(context.WithoutCancel(ctx))
	live, done := context.WithCancel(live)
	g.Go(func() error {
		err := source.Run(live, hub.Apply)
		if err != nil {
			failed()
		}
		return err
	})
	g.Go(func() error { return hub.Run(live) })
	g.Go(func() error {
		defer done()
		defer failed()
		return server.Run(serving)
	})
	err = g.Wait()
	limits.Refusals.Flush()
	if err == nil {
		log.Info("stopped")
	}
	return err
}

// tradingDays returns, for a venue, what finds the trading day that a time is in; nil where the venue's market has none.
func tradingDays(hours *calendar.Calendar) func(venue string) history.Days {
	return func(venue string) history.Days {
		m, known := hours.Market(venue)
		if !known || m == nil {
			return nil
		}
		return func(at market.Time) (from, to market.Time) {
			return market.TimeOf(m.Rolled(at.Std())), market.TimeOf(m.NextRoll(at.Std()))
		}
	}
}

// zones are those of the markets' hours, as IANA names.
func zones(hours *calendar.Calendar) func(venue string) string {
	return func(venue string) string {
		m, _ := hours.Market(venue)
		return m.Zone().String()
	}
}
