package vendortest

import (
	"log/slog"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed/calendar"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// hours are the markets', made once: fuzzing makes many decoders.
var hours = sync.OnceValues(func() (*calendar.Calendar, error) { return calendar.New(calendar.DefaultConfig()) })

// Env is what a source or a decoder gets: a new directory, New York's and the coins' hours, no log, no client.
func Env(t testing.TB) vendors.Env {
	t.Helper()
	known, err := hours()
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	return vendors.Env{Dir: market.NewDirectory(), Log: log, Faults: vendors.NewFaults(log, prometheus.NewRegistry()), Hours: known}
}

// NewDecoder makes a vendor's decoder with an [Env] of its own. open is what the vendor calls NewDecoder.
func NewDecoder[C any](t testing.TB, cfg C, open func(C, vendors.Env) (vendors.Decoder, error)) (vendors.Decoder, vendors.Env, *Notes) {
	t.Helper()
	env := Env(t)
	notes := TakeNotes(&env)
	d, err := open(cfg, env)
	if err != nil {
		t.Fatal(err)
	}
	return d, env, notes
}

// Frame is what a decoder makes of one message. The test ends if that would end the connection.
func Frame(t testing.TB, d vendors.Decoder, text string, received market.Time) (b market.Batch) {
	t.Helper()
	if err := d.Frame([]byte(text), received, &b); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return b
}
