package main

import (
	"io"
	"log/slog"
	"os"

	"golang.org/x/term"
)

// Keys of what cmd logs.
const (
	keyDelay     = "delay"
	keyFeed      = "feed"
	keyFile      = "file"
	keyReplayed  = "replayed"
	keySimulated = "simulated"
	keySymbols   = "symbols"
	keyTicks     = "ticks"
	keyURL       = "url"
	keyVersion   = "version"
)

// newLogger writes text to a terminal and JSON to everything else, unless the format is fixed.
func newLogger(cfg LogConfig, w io.Writer) *slog.Logger {
	var level slog.Level
	level.UnmarshalText([]byte(cfg.Level)) // validated
	options := &slog.HandlerOptions{Level: level}
	text := cfg.Format == "text"
	if f, ok := w.(*os.File); ok && cfg.Format == "auto" {
		text = term.IsTerminal(int(f.Fd()))
	}
	if text {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}
