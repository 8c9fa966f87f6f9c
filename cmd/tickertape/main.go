// Command tickertape is a real-time stock ticker: it takes prices from a feed and serves a live dashboard, and streams
// over WebSocket, server-sent events and long polling.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitOK     = 0
	exitError  = 1
	exitConfig = 2 // the configuration or the command line is wrong
)

func main() { os.Exit(execute(os.Args[1:])) }

// usageError is a mistake on the command line.
type usageError struct{ error }

// execute runs the command line and returns the exit code.
func execute(args []string) int {
	ctx, stop := untilSignal()
	defer stop()
	root := newRoot()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(os.Stderr, "tickertape:", err)
	var usage usageError
	if errors.As(err, &usage) {
		fmt.Fprintln(os.Stderr, "tickertape: see tickertape --help")
		return exitConfig
	}
	if errors.Is(err, errConfig) {
		return exitConfig
	}
	return exitError
}

// untilSignal is a context that ends with the first SIGINT or SIGTERM. The second exits at once. stop ends the watch for
// signals, and the context; it has to be called.
func untilSignal() (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-signals:
			cancel()
		case <-over:
			return
		}
		select {
		case <-signals:
			fmt.Fprintln(os.Stderr, "tickertape: second signal: exit at once")
			os.Exit(exitError)
		case <-over:
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(over)
		<-ended
		cancel()
	}
}

func newRoot() *cobra.Command {
	var file string
	root := &cobra.Command{
		Use:   "tickertape",
		Short: "A real-time stock ticker dashboard",
		Long: "tickertape takes prices from a feed and shows them live: on a web page, and over WebSocket, server-sent events and REST.\n" +
			"Without a command it serves.",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.PersistentFlags().StringVar(&file, "config", "", "configuration file (default config.yaml where it exists)")
	serve := serveCommand(&file)
	root.Args, root.RunE = serve.Args, serve.RunE
	root.Flags().AddFlagSet(serve.Flags())
	root.AddCommand(serve, configCommand(&file), recordCommand(&file), feedCommand(&file), benchCommand(&file), healthCommand(&file),
		versionCommand())
	return root
}

// noArgs refuses arguments. A misspelt command is one, too.
func noArgs(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("unknown command or argument %q", args[0])}
	}
	return nil
}
