package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"tickertape/feed"
	"tickertape/feed/calendar"
	"tickertape/feed/check"
	"tickertape/feed/consolidate"
	"tickertape/feed/vendors"
)

const (
	checkedSymbols = 2  // of a feed, where --symbols names none
	mostChecked    = 50 // with --symbols
	leastCheck     = time.Second
	mostCheck      = time.Hour
)

func feedCommand(file *string) *cobra.Command {
	c := &cobra.Command{Use: "feed", Short: "Say what works of one feed, and what does not", Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			return usageError{errors.New("feed: want check")}
		}}
	c.AddCommand(feedCheckCommand(file))
	return c
}

// feedCheck is what the flags of feed check say.
type feedCheck struct {
	kind    kind
	symbols []string
	length  time.Duration
}

func feedCheckCommand(file *string) *cobra.Command {
	var plan feedCheck
	var name string
	c := &cobra.Command{
		Use:   "check",
		Short: "Run one feed for a minute and say what works, exit 1 if it does not",
		Long: "check connects to a feed with the key and the addresses of the configuration, subscribes to two symbols, and says\n" +
			"what worked: the connection, the key, the plan, the symbols, trades, quotes, the day's figures, this machine's clock.\n" +
			"Below each line that tells of a fault it says what to do. The report has no key in it and belongs in a bug report.\n" +
			"SIGINT or SIGTERM ends the check early, with what is known so far.",
		Args: noArgs,
	}
	names := feedNames()
	f := c.Flags()
	f.StringVar(&name, "feed", "", "the feed to check: "+strings.Join(names, ", ")+" (required)")
	f.StringSliceVar(&plan.symbols, "symbols", nil,
		"symbols to ask for, as the feed spells them (default the first two of the feed's section)")
	f.DurationVar(&plan.length, "for", time.Minute, "how long to look on, 1s to 1h")
	if err := c.RegisterFlagCompletionFunc("feed", cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the flag is there
	}
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		var known bool
		switch plan.kind, known = kindOf(name); {
		case name == "":
			return usageError{fmt.Errorf("feed check: --feed is missing; it is one of %s", strings.Join(names, ", "))}
		case !known || plan.kind.only == nil:
			return usageError{fmt.Errorf("feed check: --feed: %q is not one of %s", name, strings.Join(names, ", "))}
		case plan.length < leastCheck || plan.length > mostCheck:
			return usageError{fmt.Errorf("feed check: --for: %v is not between %v and %v", plan.length, leastCheck, mostCheck)}
		case len(plan.symbols) > mostChecked:
			return usageError{fmt.Errorf("feed check: --symbols: %d are more than %d", len(plan.symbols), mostChecked)}
		}
		cfg, warnings, err := loadConfig(*file, map[string]string{"feed." + name + ".symbols": strings.Join(plan.symbols, ",")})
		if err != nil {
			return err
		}
		for _, w := range warnings {
			fmt.Fprintln(cmd.ErrOrStderr(), "warning:", w)
		}
		return plan.run(cmd.Context(), cfg.Feed, cmd.OutOrStdout(), cmd.ErrOrStderr())
	}
	return c
}

// feedNames are the feeds that can be checked: those that are on another machine.
func feedNames() (names []string) {
	for _, k := range kinds() {
		if k.only != nil {
			names = append(names, k.name)
		}
	}
	slices.Sort(names)
	return names
}

// run runs the check and prints the report. It returns an error if the feed does not work.
func (f *feedCheck) run(ctx context.Context, cfg FeedConfig, out, progress io.Writer) error {
	hours, err := calendar.New(cfg.Calendar)
	if err != nil {
		return fmt.Errorf("feed.calendar: %w", err)
	}
	symbols := f.symbols
	if len(symbols) == 0 {
		symbols = f.kind.symbols(cfg)
		symbols = symbols[:min(len(symbols), checkedSymbols)]
	}
	cfg.Consolidate.Symbols = []consolidate.Route{}
	f.kind.only(&cfg, symbols)
	if slices.ContainsFunc(symbols, func(s string) bool { return s == "*" || strings.HasPrefix(s, "#") }) {
		cfg.Relay.QuotesOnly() // nobody asked for the bars of all symbols
	}
	show, wipe := progressTo(progress, f.kind.name)
	report, err := check.Run(ctx, check.Plan{
		Feed: f.kind.name, Symbols: symbols, For: f.length, Version: versionText(), TradesOnly: f.kind.tradesOnly,
		Silence: cfg.Sources.Silence, Hours: hours, Progress: show,
		Open: func(env vendors.Env) ([]feed.Source, error) { return f.kind.open(cfg, env, prometheus.NewRegistry()) },
	})
	wipe()
	var secret *vendors.SecretError
	if errors.As(err, &secret) {
		return fmt.Errorf("%w: %w", errConfig, secret)
	}
	if err != nil {
		return err
	}
	if _, err := io.WriteString(out, report.String()); err != nil {
		return err
	}
	if !report.Works {
		return errors.New(report.Verdict)
	}
	return nil
}

// progressTo shows how far a check is in one line of a terminal, which wipe takes away. It does nothing for what is no terminal.
func progressTo(w io.Writer, name string) (show func(check.Progress), wipe func()) {
	if f, ok := w.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		return nil, func() {}
	}
	return func(p check.Progress) {
		fmt.Fprintf(w, "\rchecking %s: %d of %d s, %d trades, %d quotes\x1b[K", name, int(p.Elapsed.Seconds()), int(p.For.Seconds()),
			p.Trades, p.Quotes)
	}, func() { fmt.Fprint(w, "\r\x1b[K") }
}
