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

	"tickertape/feed"
	"tickertape/feed/recording"
	"tickertape/feed/relay"
)

func recordCommand(file *string) *cobra.Command {
	var (
		out, source, url string
		symbols          []string
		length           time.Duration
	)
	c := &cobra.Command{
		Use:   "record",
		Short: "Record the ticks of a feed, or of a running tickertape, to a file",
		Long: "record writes the ticks of the configured feed, or what a running tickertape tells (--url), to a file that the replay feed plays.\n" +
			"The end of the file's name says how it is compressed: .zst, .gz or neither; - is standard output. It ends with the feed, after --for, or at SIGINT or SIGTERM.",
		Args: noArgs,
	}
	c.Flags().StringVarP(&out, "out", "o", "", "file to write; it must not exist (required)")
	c.Flags().StringVar(&source, "feed", "", "the feed to record: sim, replay (key feed.source)")
	c.Flags().StringVar(&url, "url", "", "a running tickertape to record instead, such as http://localhost:8080")
	c.Flags().StringSliceVar(&symbols, "symbols", []string{"*"}, "with --url: what to follow")
	c.Flags().DurationVar(&length, "for", 0, "how long to record; 0s is until the end")
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		switch {
		case out == "":
			return usageError{errors.New("record: --out is missing")}
		case url != "" && source != "":
			return usageError{errors.New("record: --feed and --url exclude each other")}
		case length < 0:
			return usageError{fmt.Errorf("record: --for: %v is negative", length)}
		}
		cfg, warnings, err := loadConfig(*file, map[string]string{"feed.source": source})
		if err != nil {
			return err
		}
		log := newLogger(cfg.Log, os.Stderr)
		for _, w := range warnings {
			log.Warn(w)
		}
		ctx := cmd.Context()
		if length > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, length)
			defer cancel()
		}
		dir := feed.NewDirectory()
		reg := prometheus.NewRegistry() // nobody scrapes a recording
		var from feed.Source
		if url != "" {
			from, err = relay.Open(relay.Config{URL: url, Symbols: symbols}, dir, log)
		} else {
			from, err = openSource(cfg.Feed, dir, log, reg)
		}
		if err != nil {
			return err
		}
		return record(ctx, from, out, dir, log)
	}
	return c
}

// record writes what the source publishes until it or ctx ends. A file that cannot be written ends it too.
func record(ctx context.Context, source feed.Source, out string, dir *feed.Directory, log *slog.Logger) error {
	info := source.Info()
	w, err := recording.Create(out, recording.Header{Source: info.Name, Simulated: info.Simulated, Recorded: feed.TimeOf(time.Now())}, dir)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	ticks := 0
	err = source.Run(ctx, func(b feed.Batch) {
		ticks += len(b.Ticks) + len(b.Images)
		if err := w.Write(b); err != nil {
			stop(err)
		}
	})
	var failed error
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) && !errors.Is(cause, context.DeadlineExceeded) {
		failed = cause
	}
	if err := errors.Join(failed, err, w.Close()); err != nil {
		return err
	}
	log.Info("recorded", "file", out, "ticks", ticks)
	return nil
}
