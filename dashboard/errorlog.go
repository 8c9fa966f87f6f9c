package dashboard

import (
	"bytes"
	"context"
	"log"
	"log/slog"
)

// errorLog is the http.Server's. Most of what it says is about clients who went away; a panic is a mistake of ours.
func errorLog(out *slog.Logger) *log.Logger {
	return log.New(errorLines{out}, "", 0)
}

type errorLines struct{ out *slog.Logger }

func (l errorLines) Write(b []byte) (int, error) {
	level := slog.LevelDebug
	if bytes.HasPrefix(b, []byte("http: panic serving")) {
		level = slog.LevelError
	}
	l.out.Log(context.Background(), level, string(bytes.TrimSpace(b)))
	return len(b), nil
}
