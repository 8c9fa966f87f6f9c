package admission

import (
	"context"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

const (
	logPause      = 10 * time.Second // at least, between two lines of one reason
	loggedClients = 64               // whose refusals are counted apart, for each reason
	loggedBytes   = 100              // bytes that are logged of what a client said
)

// RefusalLog counts refusals by reason, and logs them: the first at once, then at most one line in ten seconds for
// each reason, with how many there were and whose were the most. It keeps no goroutine. Any number of
// goroutines may use it. A nil RefusalLog does nothing.
type RefusalLog struct {
	log     *slog.Logger
	entries [reasonCount]refusalEntry
}

// refusalEntry is what there is to say of one reason.
type refusalEntry struct {
	count prometheus.Counter // static

	mu      sync.Mutex
	waiting bool           // a line was logged less than logPause ago
	since   int            // refusals since that line
	value   string         // what was refused last, where there is anything to show
	clients map[client]int // refusals since that line, of those who have most: see count
}

// NewRefusalLog logs to log and counts in reg.
func NewRefusalLog(log *slog.Logger, reg prometheus.Registerer) *RefusalLog {
	l := &RefusalLog{log: log}
	counts := promauto.With(reg).NewCounterVec(prometheus.CounterOpts{Namespace: "tickertape", Subsystem: "limits",
		Name: "refusals_total", Help: "Connections, requests and messages that were refused, and connections that were cut, by reason.",
	}, []string{"reason"})
	for r := range l.entries {
		l.entries[r].count = counts.WithLabelValues(Reason(r).String())
	}
	return l
}

// Note notes a refusal. The zero address is one that is not known.
func (l *RefusalLog) Note(reason Reason, addr netip.Addr) { l.NoteValue(reason, addr, "") }

// NoteValue notes a refusal and what was refused, such as the name of a host. The value may be a client's:
// it is clipped here, and quoted by the log's handler.
func (l *RefusalLog) NoteValue(reason Reason, addr netip.Addr, value string) {
	if l == nil {
		return
	}
	e := &l.entries[reason]
	e.count.Inc()
	e.mu.Lock()
	e.note(addr, value)
	if e.waiting {
		e.mu.Unlock()
		return
	}
	e.waiting = true
	line := e.line(reason)
	e.mu.Unlock()
	time.AfterFunc(logPause, func() { l.summarize(reason) })
	l.write(line)
}

// summarize logs what has come since the last line, if anything has.
func (l *RefusalLog) summarize(reason Reason) {
	e := &l.entries[reason]
	e.mu.Lock()
	if e.since == 0 {
		e.waiting = false
		e.mu.Unlock()
		return
	}
	line := e.line(reason)
	e.mu.Unlock()
	time.AfterFunc(logPause, func() { l.summarize(reason) })
	l.write(line)
}

// Flush logs what the next lines would have said, before a process ends.
func (l *RefusalLog) Flush() {
	for r := range l.entries {
		e := &l.entries[r]
		e.mu.Lock()
		if e.since == 0 {
			e.mu.Unlock()
			continue
		}
		line := e.line(Reason(r))
		e.mu.Unlock()
		l.write(line)
	}
}

// write logs without the lock: whoever reads the log may be slow.
func (l *RefusalLog) write(line []slog.Attr) {
	l.log.LogAttrs(context.Background(), slog.LevelWarn, "refused", line...)
}

// note counts one refusal. Of the addresses it keeps those that have most (the algorithm of Misra and Gries):
// when there are too many, all lose one, so that whoever has more than 1/loggedClients of all stays.
func (e *refusalEntry) note(addr netip.Addr, value string) {
	e.since++
	if value != "" {
		e.value = strings.ToValidUTF8(strings.Clone(value[:min(len(value), loggedBytes)]), "\uFFFD")
	}
	if !addr.IsValid() {
		return
	}
	who := clientOf(addr)
	if e.clients == nil {
		e.clients = map[client]int{}
	}
	if _, known := e.clients[who]; known || len(e.clients) < loggedClients {
		e.clients[who]++
		return
	}
	for c := range e.clients {
		if e.clients[c]--; e.clients[c] == 0 {
			delete(e.clients, c)
		}
	}
}

// line is what there is to say; afterwards there is nothing.
func (e *refusalEntry) line(reason Reason) []slog.Attr {
	attrs := []slog.Attr{slog.String("reason", reason.String())}
	if key := reason.Key(); key != "" {
		attrs = append(attrs, slog.String("key", key))
	}
	attrs = append(attrs, slog.Int("count", e.since))
	if e.value != "" {
		attrs = append(attrs, slog.String("value", e.value))
	}
	var worst client
	for c, n := range e.clients {
		if n > e.clients[worst] {
			worst = c
		}
	}
	if worst.IsValid() {
		name := worst.String()
		if worst.IsSingleIP() {
			name = worst.Addr().String()
		}
		attrs = append(attrs, slog.String("worst_address", name), slog.Int("worst_count", e.clients[worst]))
	}
	e.since, e.value, e.clients = 0, "", nil
	return attrs
}
