package check

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"tickertape/feed/vendors"
)

const (
	mostNotes  = 100
	mostBreaks = 20
)

// journal is what the sources have logged, and how their connections have ended.
type journal struct {
	mu     sync.Mutex
	notes  []note   // guarded by mu: the first mostNotes
	breaks []ending // guarded by mu: the first mostBreaks
	broken int      // guarded by mu: how many breaks there were
}

// note is one thing that a source has logged.
type note struct {
	text                          string // what all such notes have alike
	symbol, channel, reason, kind string // "": not of one
}

// ending is the end of a connection.
type ending struct {
	after time.Duration // since the check began
	cause string        // as feed.Cause has it; "": the source cannot go on
	why   string
	retry string // how long the program waits before it dials again; "": it does not
}

func (j *journal) write(n note) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.notes) < mostNotes {
		j.notes = append(j.notes, n)
	}
}

func (j *journal) end(e ending) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.broken++; len(j.breaks) < mostBreaks {
		j.breaks = append(j.breaks, e)
	}
}

// failed notes that a source cannot go on.
func (j *journal) failed(after time.Duration, err error) {
	j.end(ending{after: after, why: err.Error()})
}

// maintenance is what the other side says where a connection has ended since it is under maintenance.
func (j *journal) maintenance() (why string, there bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.breaks {
		if e.cause == "maintenance" {
			return e.why, true
		}
	}
	return "", false
}

// warnings is the sources' log. It keeps warnings, and what says that a channel of a symbol is refused.
type warnings struct {
	journal *journal
	with    []slog.Attr
}

// Enabled is true: at what level a refusal is logged differs.
func (w *warnings) Enabled(context.Context, slog.Level) bool { return true }

func (w *warnings) Handle(_ context.Context, r slog.Record) error {
	n := note{text: r.Message}
	read := func(a slog.Attr) bool {
		switch value := a.Value.Resolve().String(); a.Key {
		case vendors.KeySymbol:
			n.symbol = value
		case vendors.KeyChannel:
			n.channel = value
		case vendors.KeyKind:
			n.kind = value
		case vendors.KeyReason, vendors.KeyError:
			n.reason = value
		case vendors.KeySymbols:
			n.symbol = value
		}
		return true
	}
	for _, a := range w.with {
		read(a)
	}
	r.Attrs(read)
	if r.Level >= slog.LevelWarn || n.channel != "" && n.reason != "" {
		w.journal.write(n)
	}
	return nil
}

// WithAttrs is for what is logged of one thing.
func (w *warnings) WithAttrs(more []slog.Attr) slog.Handler {
	return &warnings{w.journal, append(w.with[:len(w.with):len(w.with)], more...)}
}

// WithGroup leaves the keys as they are.
func (w *warnings) WithGroup(string) slog.Handler { return w }

// breaks is the log of a supervisor: feed.Supervisor has it say of each break what serve would do.
type breaks struct {
	slog.Handler
	journal         *journal
	began, deadline time.Time
	futile          func() // is called when the source is not dialled again before the deadline
}

// Enabled is true: all that a supervisor logs is rare.
func (b *breaks) Enabled(context.Context, slog.Level) bool { return true }

func (b *breaks) Handle(_ context.Context, r slog.Record) error {
	e := ending{after: r.Time.Sub(b.began)}
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "cause":
			e.cause = a.Value.String()
		case "message":
			e.why = a.Value.String()
		case "retry_in":
			e.retry = a.Value.String()
		}
		return true
	})
	switch r.Message {
	case "feed lost":
	case "feed given up":
		e.cause = "final"
	default:
		return nil
	}
	b.journal.end(e)
	if wait, err := time.ParseDuration(e.retry); err != nil || !r.Time.Add(wait).Before(b.deadline) {
		b.futile()
	}
	return nil
}
