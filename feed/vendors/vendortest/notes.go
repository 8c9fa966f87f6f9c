package vendortest

import (
	"bytes"
	"log/slog"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed/vendors"
)

// Notes are what sources and decoders have logged and counted. They can be read at any time.
type Notes struct {
	Log Log
	reg *prometheus.Registry
}

// TakeNotes replaces the log and the faults of env: whatever is opened with it from now on is noted.
func TakeNotes(env *vendors.Env) *Notes {
	n := &Notes{reg: prometheus.NewRegistry()}
	env.Log = slog.New(slog.NewTextHandler(&n.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	env.Faults = vendors.NewFaults(env.Log, n.reg)
	return n
}

// Faults is how much could not be used so far, by kind. A kind of which there is none is not in it.
func (n *Notes) Faults(t testing.TB) map[string]int {
	t.Helper()
	families, err := n.reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if l.GetName() == "kind" {
					counts[l.GetValue()] += int(m.GetCounter().GetValue())
				}
			}
		}
	}
	return counts
}

// Log is a text that can be read while it is written.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

// Write adds to the text. It never fails.
func (l *Log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// String is the text so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
