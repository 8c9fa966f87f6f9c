package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"tickertape/cmd/tickertape/bench"
)

// benchFlags are those of tickertape bench that are no part of a plan.
type benchFlags struct {
	standard, json, quiet bool
}

// benchCommand measures how many subscribers a machine holds.
func benchCommand(file *string) *cobra.Command {
	plan := bench.DefaultPlan()
	var flags benchFlags
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure how many subscribers a machine holds, and what each costs",
		Long: "bench connects subscribers to a running tickertape (--url), or to one that it starts with the simulated feed.\n" +
			"It reports how much they get, how late it is, and what CPU and memory the server needs for it. It ends by itself,\n" +
			"or at SIGINT or SIGTERM with what it has measured until then.",
		Args: noArgs,
	}
	f := c.Flags()
	benchPlanFlags(f, &plan)
	f.BoolVar(&flags.standard, "standard", false,
		"run the standard set and print its tables in Markdown; --subscribers limits each scenario")
	f.BoolVar(&flags.json, "json", false, "print JSON instead of a table")
	f.BoolVar(&flags.quiet, "quiet", false, "show no progress")
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := checkBench(cmd, plan, flags, *file); err != nil {
			return usageError{fmt.Errorf("bench: %w", err)}
		}
		launch := bench.Launch{}
		if plan.URL == "" {
			var err error
			if launch.Executable, err = os.Executable(); err != nil {
				return fmt.Errorf("bench: find this program: %w", err)
			}
			if *file != "" {
				if launch.Config, err = filepath.Abs(*file); err != nil {
					return fmt.Errorf("bench: find --config: %w", err)
				}
			}
		}
		progress := bench.Progress{W: cmd.ErrOrStderr(), Terminal: term.IsTerminal(int(os.Stderr.Fd()))}
		if flags.quiet {
			progress.W = nil
		}
		if flags.standard {
			return benchStandard(cmd, plan, launch, progress, flags.json)
		}
		report, err := bench.Run(cmd.Context(), plan, launch, progress)
		if err != nil {
			err = fmt.Errorf("bench: %w", oneLine(err))
		}
		if report == nil {
			return err
		}
		return errors.Join(printBench(cmd.OutOrStdout(), report, flags.json), err)
	}
	return c
}

// benchPlanFlags are those that set a plan, whose values are the defaults.
func benchPlanFlags(f *pflag.FlagSet, plan *bench.Plan) {
	f.StringVar(&plan.URL, "url", plan.URL, "a running tickertape, such as http://localhost:8080 (default: start one)")
	f.IntVar(&plan.Subscribers, "subscribers", plan.Subscribers, "number of subscribers")
	f.StringVar(&plan.Transport, "transport", plan.Transport, "websocket or sse")
	f.StringVar(&plan.Watchlist, "watchlist", plan.Watchlist,
		"shared: all follow the same symbols; personal: each follows random symbols of its own")
	f.IntVar(&plan.Symbols, "symbols", plan.Symbols, "number of symbols whose quotes each follows; 0 is all")
	f.BoolVar(&plan.NoQuotes, "no-quotes", plan.NoQuotes, "follow no quotes, only bars and trades")
	f.IntVar(&plan.Bars, "bars", plan.Bars, "number of symbols whose bars of a minute each follows")
	f.IntVar(&plan.Trades, "trades", plan.Trades, "number of symbols whose trades each follows")
	f.Uint64Var(&plan.Seed, "seed", plan.Seed, "seed of the personal watchlists: the same seed gives the same symbols")
	f.Float64Var(&plan.Rate, "rate", plan.Rate, "most updates a second that each asks for; 0 is every flush")
	f.StringSliceVar(&plan.Fields, "fields", plan.Fields, "keys that each asks for, such as p,v,t (default all)")
	f.Float64Var(&plan.Slow, "slow", plan.Slow, "part of the subscribers that read slowly, 4 KiB every 2s: 0 to 1")
	f.DurationVar(&plan.Ramp, "ramp", plan.Ramp,
		"time over which they connect; 0s is all at once, which is more than a server admits (key limits.total.handshakes)")
	f.DurationVar(&plan.Warmup, "warmup", plan.Warmup, "time from the last snapshot to the start of the measurement")
	f.DurationVar(&plan.Duration, "duration", plan.Duration, "length of the measurement")
	f.BoolVar(&plan.Compress, "compress", plan.Compress, "offer compression (permessage-deflate), with --transport websocket")
	f.IntVar(&plan.Server.Ticks, "ticks", plan.Server.Ticks, "without --url: ticks a second (key feed.sim.rate)")
	f.IntVar(&plan.Server.Symbols, "market-symbols", plan.Server.Symbols, "without --url: symbols in the market (key feed.sim.symbols)")
	f.DurationVar(&plan.Server.Interval, "interval", plan.Server.Interval,
		"without --url: least time between two flushes (key broadcast.interval)")
}

// printBench writes a report as a table, or as JSON.
func printBench(w io.Writer, report *bench.Report, asJSON bool) error {
	if asJSON {
		return bench.JSON(w, report)
	}
	return report.Table(w)
}

// benchStandard prints what was measured even when a scenario could not be.
func benchStandard(cmd *cobra.Command, plan bench.Plan, launch bench.Launch, progress bench.Progress, asJSON bool) error {
	if !cmd.Flags().Changed("subscribers") {
		plan.Subscribers = 0 // as many as each scenario has
	}
	reports, err := bench.Standard(cmd.Context(), plan, launch, progress)
	if err != nil {
		err = fmt.Errorf("bench: %w", oneLine(err))
	}
	if asJSON {
		return errors.Join(bench.JSON(cmd.OutOrStdout(), reports), err)
	}
	return errors.Join(bench.Markdown(cmd.OutOrStdout(), reports), err)
}

// Which flags go together.
var (
	ofServer   = []string{"ticks", "market-symbols", "interval"}
	ofStandard = []string{"standard", "subscribers", "ramp", "warmup", "duration", "json", "quiet"}
)

// checkBench finds flags that exclude each other and values that are not allowed.
func checkBench(cmd *cobra.Command, plan bench.Plan, flags benchFlags, config string) error {
	var errs []error
	cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
		switch {
		case !f.Changed:
		case flags.standard && !slices.Contains(ofStandard, f.Name):
			errs = append(errs, fmt.Errorf("--standard and --%s exclude each other", f.Name))
		case plan.URL != "" && slices.Contains(ofServer, f.Name):
			errs = append(errs, fmt.Errorf("--url and --%s exclude each other: the server is running already", f.Name))
		}
	})
	if config != "" && flags.standard {
		errs = append(errs, errors.New("--standard and --config exclude each other: the set is for the defaults"))
	}
	if config != "" && plan.URL != "" {
		errs = append(errs, errors.New("--url and --config exclude each other: the server is running already"))
	}
	if len(errs) == 0 {
		errs = append(errs, plan.Validate())
	}
	return oneLine(errors.Join(errs...))
}

// oneLine joins errors with semicolons, so that all that is wrong with a command line fits into one line.
func oneLine(err error) error {
	var all error
	for _, e := range flatten(err) {
		if all == nil {
			all = e
		} else {
			all = fmt.Errorf("%w; %w", all, e)
		}
	}
	return all
}
