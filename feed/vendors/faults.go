package vendors

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Fault is the kind of something that could not be used. There are few, so that one can be a
// metric's label.
type Fault string

const (
	NoJSON    Fault = "json"    // not the JSON that is documented
	BadNumber Fault = "number"  // a price, size or count that cannot be read, or cannot be
	BadTime   Fault = "time"    // an instant that cannot be read, or cannot be
	BadSymbol Fault = "symbol"  // a symbol that was not asked for, or cannot be
	BadValue  Fault = "value"   // any other value that makes no sense
	Unknown   Fault = "unknown" // a message of a type that is not known here: new at the vendor, and ignored
	Failed    Fault = "request" // a request, over REST or on the stream, that the vendor refused or did not answer well
	Rounded   Fault = "rounded" // a price or size with more than nine decimals, which was rounded and used
)

// Faults counts what could not be used, by source and kind, and logs the first of each kind.
type Faults struct {
	log   *slog.Logger
	total *prometheus.CounterVec

	mu      sync.Mutex
	logged  map[[2]string]bool // guarded by mu
	secrets []Secret           // guarded by mu
}

// NewFaults begins with nothing counted, and registers its metric with reg.
func NewFaults(log *slog.Logger, reg prometheus.Registerer) *Faults {
	return &Faults{log: log, logged: map[[2]string]bool{}, total: promauto.With(reg).NewCounterVec(prometheus.CounterOpts{
		Namespace: "tickertape", Subsystem: "feed", Name: "bad_messages_total",
		Help: "What a source sent that could not be used, by kind: json, number, time, symbol, value, unknown or request; " +
			"or was used after it had been rounded: rounded.",
	}, []string{"source", "kind"})}
}

// Hide keeps a key out of all that is logged: the other side may repeat it in a value that cannot be used.
func (f *Faults) Hide(s Secret) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.Contains(f.secrets, s) {
		f.secrets = append(f.secrets, s)
	}
}

// Count counts one fault. The error names the key and the value, with no secret in it.
func (f *Faults) Count(source string, kind Fault, err error) {
	if f.first(source, kind) {
		f.warn("vendor sent what cannot be used; more of this kind are only counted", source, kind, err)
	}
}

// Rounded counts a number with more decimals than are kept.
func (f *Faults) Rounded(source, key string, text []byte) {
	if f.first(source, Rounded) {
		f.warn("a number has more than nine decimals and was rounded; more of this kind are only counted", source, Rounded,
			fmt.Errorf("%s: %.60s", key, text))
	}
}

// first counts a fault, and reports whether it is the first of its kind.
func (f *Faults) first(source string, kind Fault) bool {
	f.total.WithLabelValues(source, string(kind)).Inc()
	key := [2]string{source, string(kind)}
	f.mu.Lock()
	defer f.mu.Unlock()
	first := !f.logged[key]
	f.logged[key] = true
	return first
}

func (f *Faults) warn(what, source string, kind Fault, err error) {
	f.mu.Lock()
	secrets := f.secrets
	f.mu.Unlock()
	f.log.Warn(what, KeySource, source, KeyKind, string(kind), KeyError, cleanText(err.Error(), secrets))
}

// Describe and Collect make a [prometheus.Collector] of what was counted, for a second registry.
func (f *Faults) Describe(to chan<- *prometheus.Desc) { f.total.Describe(to) }

// Collect sends what was counted.
func (f *Faults) Collect(to chan<- prometheus.Metric) { f.total.Collect(to) }

// source is whose values a [Scanner] reads.
type source struct {
	faults *Faults
	name   string
}

// rounded counts a number of the source; s may be nil.
func (s *source) rounded(key string, text []byte) {
	if s != nil {
		s.faults.Rounded(s.name, key, text)
	}
}

// Scanner is one whose rounded numbers are counted for a source.
func (f *Faults) Scanner(of string) Scanner { return Scanner{of: &source{f, of}} }

// Note counts an error of [Value] or [Scanner], whose kind it knows.
func (f *Faults) Note(source string, err error) {
	kind := NoJSON
	var bad *valueError
	if errors.As(err, &bad) {
		kind = bad.kind
	}
	f.Count(source, kind, err)
}
