package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/history"
	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/recording"
	"tickertape/feed/relay"
	"tickertape/feed/vendors"
)

// recordPlan is what the flags of record say.
type recordPlan struct {
	out      string
	raw      bool
	source   string
	url      string
	symbols  []string
	length   time.Duration
	rotation recording.Rotation
	size     string // of rotation, as it is written
}

func recordCommand(file *string) *cobra.Command {
	var plan recordPlan
	c := &cobra.Command{
		Use:   "record",
		Short: "Record a feed, or a running tickertape, to a file",
		Long: "record writes the ticks of the configured feeds, or of a running tickertape (--url), to a file that the replay feed\n" +
			"plays. With --raw it writes the vendors' own messages, unchanged, so that a recording of a bug is its test case; keys\n" +
			"are left out. The end of the file's name says how it is compressed: .zst, .gz or neither; - is standard output. With\n" +
			"--rotate or --rotate-size it writes a series of files, and the time at which each begins is in its name. It ends with\n" +
			"the feed, after --for, or at SIGINT or SIGTERM.",
		Args: noArgs,
	}
	f := c.Flags()
	f.StringVarP(&plan.out, "out", "o", "", "file to write; it must not exist (required)")
	f.BoolVar(&plan.raw, "raw", false, "record the vendors' messages instead of ticks")
	f.StringVar(&plan.source, "feed", "", "the feeds to record, one or several: "+kindNames()+" (key feed.source)")
	f.StringVar(&plan.url, "url", "", "a running tickertape to record instead, such as http://localhost:8080")
	f.StringSliceVar(&plan.symbols, "symbols", []string{"*"}, "with --url: the symbols to record")
	f.DurationVar(&plan.length, "for", 0, "how long to record; 0s is until the end")
	f.DurationVar(&plan.rotation.Every, "rotate", 0,
		"begin a new file at each multiple of this in UTC, such as 1h: 1s or more; 0s is never")
	f.StringVar(&plan.size, "rotate-size", "", "begin a new file when one has this size, such as 100MB: 1KB or more")
	f.IntVar(&plan.rotation.Keep, "keep", 0, "with --rotate or --rotate-size: number of files to keep, the newest; 0 is all")
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := plan.check(); err != nil {
			return usageError{fmt.Errorf("record: %w", err)}
		}
		cfg, warnings, err := loadConfig(*file, map[string]string{"feed.source": plan.source})
		if err != nil {
			return err
		}
		log := newLogger(cfg.Log, os.Stderr)
		for _, w := range warnings {
			log.Warn(w)
		}
		ctx := cmd.Context()
		if plan.length > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, plan.length)
			defer cancel()
		}
		if plan.raw {
			return plan.recordRaw(ctx, cfg.Feed, log)
		}
		return plan.record(ctx, cfg.Feed, log)
	}
	return c
}

// check refuses flags that exclude each other or are out of range, and reads the size.
func (p *recordPlan) check() error {
	if p.size != "" {
		size, err := admission.ParseSize(p.size)
		if err != nil {
			return fmt.Errorf("--rotate-size: %w", err)
		}
		p.rotation.Size = int64(size)
	}
	rotates := p.rotation.Every != 0 || p.rotation.Size != 0
	switch {
	case p.out == "":
		return errors.New("--out is missing")
	case p.url != "" && p.source != "":
		return errors.New("--feed and --url exclude each other")
	case p.url != "" && p.raw:
		return errors.New("--raw and --url exclude each other: a running tickertape does not pass on what vendors sent")
	case p.length < 0:
		return fmt.Errorf("--for: %v is negative", p.length)
	case p.rotation.Every != 0 && p.rotation.Every < time.Second:
		return fmt.Errorf("--rotate: %v is neither 0s nor 1s or more", p.rotation.Every)
	case p.size != "" && p.rotation.Size < 1000:
		return fmt.Errorf("--rotate-size: %s is less than 1KB", p.size)
	case p.rotation.Keep < 0:
		return fmt.Errorf("--keep: %d is negative", p.rotation.Keep)
	case p.rotation.Keep > 0 && !rotates:
		return errors.New("--keep: there is one file only without --rotate or --rotate-size")
	case p.out == "-" && rotates:
		return errors.New("--out: standard output cannot be rotated")
	}
	return nil
}

// record writes the plausible ticks of the configured feeds, or all ticks of a running tickertape.
func (p *recordPlan) record(ctx context.Context, cfg FeedConfig, log *slog.Logger) error {
	dir := market.NewDirectory()
	var source feed.Source
	var err error
	if p.url != "" {
		source, err = p.follow(ctx, cfg.Sources, dir, log)
	} else {
		cfg.Relay.QuotesOnly()
		source, _, err = newFeed(cfg, history.DefaultConfig().Ledger, dir, log, prometheus.NewRegistry(), nil) // nobody scrapes a recording
	}
	if err != nil {
		return err
	}
	info := source.Info()
	header := recording.Header{
		Source: info.Name, Simulated: info.Simulated, Replayed: info.Replayed, Delay: info.Delay, Recorded: market.TimeOf(time.Now()),
	}
	w, err := recording.Create(p.out, p.rotation, header, dir, log)
	if err != nil {
		return err
	}
	return p.run(ctx, source, w, func(b market.Batch) { w.Write(b) }, log) // w keeps the first error of Write
}

// follow connects to a running tickertape, whose ticks are plausible already. It is an error when it cannot be reached:
// the header of a recording says whether its prices are simulated, replayed or late, and only the server knows.
func (p *recordPlan) follow(ctx context.Context, cfg feed.Config, dir *market.Directory, log *slog.Logger) (feed.Source, error) {
	reg := prometheus.NewRegistry() // nobody scrapes a recording
	env := vendors.Env{Dir: dir, Log: log, Faults: vendors.NewFaults(log, reg)}
	source, err := relay.Connect(ctx, relay.Config{URL: p.url, Symbols: p.symbols}, env)
	if err != nil {
		return nil, err
	}
	return feed.NewSupervisor(cfg, log, reg).Supervise(source, nil), nil
}

// recorder is a recording that is written.
type recorder interface {
	Failed() <-chan struct{} // closed with its first error
	Close() error            // returns that error
}

// run records until the source or ctx ends, or the file cannot be written.
func (p *recordPlan) run(ctx context.Context, source feed.Source, w recorder, publish func(market.Batch), log *slog.Logger) error {
	ctx, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-w.Failed():
			stop()
		case <-ctx.Done():
		}
	}()
	ticks := 0
	err := source.Run(ctx, func(b market.Batch) {
		ticks += len(b.Ticks) + len(b.Images) + len(b.Corrections)
		publish(b)
	})
	stop()
	<-done
	if err := errors.Join(err, w.Close()); err != nil {
		return err
	}
	log.Info("recorded", keyFile, p.out, keyTicks, ticks)
	return nil
}
