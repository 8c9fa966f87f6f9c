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
	journalPause   = 10 * time.Second // at least, between two lines of one reason
	journalClients = 64               // whose refusals are counted apart, for each reason
	journalValue   = 100              // bytes that are logged of what a client said
)

// Journal counts refusals by reason, and logs them: the first at once, then at most one line in ten seconds for
// each reason, with how many there were and whose were the most. It keeps no goroutine. Any number of
// goroutines may use it. A nil journal notes nothing.
type Journal struct {
	log     *slog.Logger
	entries [reasonCount]journalEntry
}

// journalEntry is what there is to say of one reason.
type journalEntry struct {
	count prometheus.Counter // static

	mu      sync.Mutex
	waiting bool           // a line was logged less than journalPause ago
	since   int            // refusals since that line
	value   string         // what was refused last, where there is anything to show
	clients map[client]int // refusals since that line, of those who have most: see count
}

// NewJournal logs to log and counts in reg.
func NewJournal(log *slog.Logger, reg prometheus.Registerer) *Journal {
	j := &Journal{log: log}
	counts := promauto.With(reg).NewCounterVec(prometheus.CounterOpts{Namespace: "tickertape", Subsystem: "limits",
		Name: "refusals_total", Help: "Connections, requests and messages that were refused, and connections that were cut, by reason.",
	}, []string{"reason"})
	for r := range j.entries {
		j.entries[r].count = counts.WithLabelValues(Reason(r).String())
	}
	return j
}

// Refused notes a refusal. The zero address is one that is not known.
func (j *Journal) Refused(reason Reason, addr netip.Addr) { j.RefusedValue(reason, addr, "") }

// RefusedValue notes a refusal and what was refused, such as the name of a host. The value may be a client's:
// it is clipped here, and quoted by the log's handler.
func (j *Journal) RefusedValue(reason Reason, addr netip.Addr, value string) {
	if j == nil {
		return
	}
	e := &j.entries[reason]
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
	time.AfterFunc(journalPause, func() { j.summarize(reason) })
	j.write(line)
}

// summarize logs what has come since the last line, if anything has.
func (j *Journal) summarize(reason Reason) {
	e := &j.entries[reason]
	e.mu.Lock()
	if e.since == 0 {
		e.waiting = false
		e.mu.Unlock()
		return
	}
	line := e.line(reason)
	e.mu.Unlock()
	time.AfterFunc(journalPause, func() { j.summarize(reason) })
	j.write(line)
}

// Flush logs what the next lines would have said, before a process ends.
func (j *Journal) Flush() {
	for r := range j.entries {
		e := &j.entries[r]
		e.mu.Lock()
		if e.since == 0 {
			e.mu.Unlock()
			continue
		}
		line := e.line(Reason(r))
		e.mu.Unlock()
		j.write(line)
	}
}

// write logs without the lock: whoever reads the log may be slow.
func (j *Journal) write(line []slog.Attr) {
	j.log.LogAttrs(context.Background(), slog.LevelWarn, "refused", line...)
}

// note counts one refusal. Of the addresses it keeps those that have most (the algorithm of Misra and Gries):
// when there are too many, all lose one, so that whoever has more than 1/journalClients of all stays.
func (e *journalEntry) note(addr netip.Addr, value string) {
	e.since++
	if value != "" {
		e.value = strings.ToValidUTF8(strings.Clone(value[:min(len(value), journalValue)]), "\uFFFD")
	}
	if !addr.IsValid() {
		return
	}
	who := clientOf(addr)
	if e.clients == nil {
		e.clients = map[client]int{}
	}
	if _, known := e.clients[who]; known || len(e.clients) < journalClients {
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
func (e *journalEntry) line(reason Reason) []slog.Attr {
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
